"""A file of rows: chooses the reader by suffix, and explains why a file cannot be read."""

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
# The libraries for these formats return only values of cells, without formats or hidden rows. So
# nobody could know what a person sees.
_OTHER_SHEETS = (".xls", ".xlsb", ".ods", ".numbers")
_DEFAULT_ENCODING = "utf-8-sig"
_BLOCK = 1 << 16


@dataclass(frozen=True)
class Source:
    """A file with a row for each message.

    Attributes:
        path: the file.
        encoding: the encoding of a text file.
        sheet: the name of a workbook's sheet. None for the only visible one that has cells.
        hidden: the treatment of rows that Excel hides.
    """

    path: Path
    encoding: str = _DEFAULT_ENCODING
    sheet: str | None = None
    hidden: Hidden = "refuse"

    def digest(self) -> str:
        """Return a digest of the content: the first 12 hex digits of its SHA-256."""
        with self.path.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256")
        if self.sheet is not None:
            digest.update(self.sheet.encode(errors="surrogatepass"))
        return digest.hexdigest()[:12]

    def header(self) -> tuple[str, ...]:
        """Return the names of the columns. For JSON Lines, those of the first object.

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
            SourceError: one of those columns is hidden in Excel.
        """
        if self.path.suffix.lower() not in _XLSX:
            return []
        return self._excel.notes(used)

    @contextmanager
    def rows(self) -> Iterator[Iterator[Row]]:
        """Open the file, and yield an iterator over its rows.

        Raises:
            SourceError: the file cannot be read, or is of another kind or in another encoding.
        """
        kind = self.path.suffix.lower()
        if kind in _OTHER_SHEETS:
            raise SourceError(
                f"{self.path.name}: what a person sees in a {kind} file cannot be read",
                "open it in Excel or LibreOffice and save it as .xlsx",
            )
        if kind not in _KINDS:
            raise SourceError(
                f"{self.path.name}: {kind or 'no'} suffix", f"use {', '.join(_KINDS)}"
            )
        if kind in _XLSX:
            with self._excel.rows() as rows:
                yield self._read(rows)
            return
        if self.sheet is not None:
            raise SourceError(
                f"{self.path.name} is not a workbook and has no sheets", "leave out --sheet"
            )
        encoding = self._encoding
        try:
            with self.path.open(encoding=encoding, newline="") as file:
                yield self._read((json_rows if kind in _JSON else csv_rows)(file))
        except UnicodeError as error:
            raise SourceError(
                f"{self.path.name}: line {_undecodable_line(self.path, encoding)} is not"
                f" {encoding.removesuffix('-sig')}: {error.args[-1]}",
                "save it as UTF-8, or add --encoding: cp1252 for a file from Excel on Windows,"
                " utf-16 for its Unicode text",
            ) from None

    @cached_property
    def _excel(self) -> ExcelFile:
        from ._xlsx import ExcelFile

        return ExcelFile(self.path, self.sheet, self.hidden)

    @cached_property
    def _encoding(self) -> str:
        said = None if self.encoding == _DEFAULT_ENCODING else self.encoding
        try:
            return encoding_of(self.path, said)
        except OSError as error:
            raise self._unreadable(error) from None

    def _read(self, rows: Iterator[Row]) -> Iterator[Row]:
        try:
            yield from rows
        except OSError as error:
            raise self._unreadable(error) from None

    def _unreadable(self, error: OSError) -> SourceError:
        return SourceError(
            f"{self.path.name} cannot be read: {error.strerror or error}",
            "check that the file is complete, and that your user may read it",
        )


def _undecodable_line(path: Path, encoding: str) -> int:
    """Return the number of the first line that is not in `encoding`, from 1."""
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
