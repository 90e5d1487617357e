"""A file of rows: chooses the reader, and words what keeps a file from being read."""

from __future__ import annotations

import codecs
import hashlib
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from ._csv_rows import csv_rows
from ._encoding import encoding_of
from ._json_rows import json_rows
from ._row import HIDDEN_CHOICES, Hidden, Row, SourceError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from ._xlsx import ExcelFile

__all__ = ["HIDDEN_CHOICES", "Hidden", "Source"]

_JSON = (".jsonl", ".ndjson")
_XLSX = (".xlsx", ".xlsm")
_KINDS = (".csv", ".tsv", ".txt", *_XLSX, *_JSON)
# What the libraries that read these say of a cell is its value: neither its format nor whether a
# filter hides it, so nobody could say what a person sees in it.
_OTHER_SHEETS = (".xls", ".xlsb", ".ods", ".numbers")
_UNSAID = "utf-8-sig"
_BLOCK = 1 << 16


@dataclass(frozen=True)
class Source:
    """A file of rows.

    Attributes:
        path: the file.
        encoding: of a text file.
        sheet: the name of a workbook's sheet; None for the only one that a person sees filled.
        hidden: what becomes of rows that a person does not see in Excel.
    """

    path: Path
    encoding: str = _UNSAID
    sheet: str | None = None
    hidden: Hidden = "refuse"

    def digest(self) -> str:
        """Return what tells this content from any other: the beginning of its SHA-256."""
        with self.path.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256")
        if self.sheet is not None:
            digest.update(self.sheet.encode(errors="surrogatepass"))
        return digest.hexdigest()[:12]

    def header(self) -> tuple[str, ...]:
        """Return the names of the columns; of JSON Lines, those of the first object.

        Raises:
            SourceError: the file has no rows.
        """
        with self.rows() as rows:
            first = next(rows, None)
        if first is None:
            raise SourceError(f"{self.path.name} has no rows", "give a header line and rows")
        if first.problem and not first.cells:
            raise SourceError(f"{self.path.name}: line {first.line}: {first.problem}", "correct it")
        return (*first.cells, *first.missing)

    def notes(self, used: frozenset[str] = frozenset()) -> list[str]:
        """Return what a person should know about the file before its rows are sent.

        Args:
            used: the columns that messages are made of.

        Raises:
            SourceError: one of them is hidden in Excel.
        """
        if self.path.suffix.lower() not in _XLSX:
            return []
        return self._excel.notes(used)

    @contextmanager
    def rows(self) -> Iterator[Iterator[Row]]:
        """Read the rows, streaming.

        Raises:
            SourceError: the file cannot be read, is of another kind or in another encoding.
        """
        kind = self.path.suffix.lower()
        if kind in _OTHER_SHEETS:
            raise SourceError(
                f"{self.path.name}: a {kind} file does not say what a person sees in its cells",
                "open it in Excel or LibreOffice and save it as .xlsx",
            )
        if kind not in _KINDS:
            raise SourceError(
                f"{self.path.name}: {kind or 'no'} suffix", f"use {', '.join(_KINDS)}"
            )
        if kind in _XLSX:
            with self._excel.rows() as rows:
                yield rows
            return
        if self.sheet is not None:
            raise SourceError(
                f"{self.path.name} is no workbook and has no sheets", "leave out --sheet"
            )
        encoding = self._encoding
        try:
            with self.path.open(encoding=encoding, newline="") as file:
                yield (json_rows if kind in _JSON else csv_rows)(file)
        except UnicodeError as error:
            raise SourceError(
                f"{self.path.name}: line {_undecodable_line(self.path, encoding)} is not"
                f" {encoding.removesuffix('-sig')}: {error.args[-1]}",
                "save it as UTF-8, or say --encoding: cp1252 for a file from Excel on Windows,"
                " utf-16 for its Unicode text",
            ) from None

    @cached_property
    def _excel(self) -> ExcelFile:
        from ._xlsx import ExcelFile

        return ExcelFile(self.path, self.sheet, self.hidden)

    @cached_property
    def _encoding(self) -> str:
        return encoding_of(self.path, None if self.encoding == _UNSAID else self.encoding)


def _undecodable_line(path: Path, encoding: str) -> int:
    """Return the line, from 1, of the first bytes that are not in `encoding`."""
    decoder = codecs.getincrementaldecoder(encoding)()
    line = 1
    with path.open("rb") as file:
        for block in iter(lambda: file.read(_BLOCK), b""):
            try:
                line += decoder.decode(block).count("\n")
            except UnicodeDecodeError as error:
                good = error.object[: error.start]
                return line + good.decode(encoding, "ignore").count("\n")
            except UnicodeError:
                break
    return line
