"""Rows of a CSV, Excel or JSON Lines file, one at a time: memory does not grow with the file."""

from __future__ import annotations

import csv
import gc
import hashlib
import json
import re
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime, time
from itertools import count
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path
    from typing import Self, TextIO

KINDS = (".csv", ".tsv", ".txt", ".xlsx", ".jsonl", ".ndjson")
_SAMPLE = 64 * 1024
_DELIMITERS = ",;\t|"
_QUOTED = re.compile(r'"[^"]*"?')
# Characters of a CSV row's field, and of a line of JSON; csv's own limit is 128 KiB and Excel's
# cells hold 32,767 characters.
_MAX_FIELD = _MAX_LINE = 1 << 20
# Of a CSV row, over all its lines: a file without line ends, or with a quotation mark astray, is
# not to fill the memory.
_MAX_ROW = 1 << 22


class SourceError(Exception):
    """The file cannot be read as what its name says; with the cause and the cure."""

    def __init__(self, cause: str, cure: str) -> None:
        super().__init__(cause)
        self.cure = cure


@dataclass(frozen=True, slots=True)
class Row:
    """One row.

    Attributes:
        line: where it begins in the file, from 1, as an editor or Excel counts.
        cells: by the header's names; what the row does not have is not there.
        missing: the header's other names.
        problem: why the row as a whole cannot be read; empty when it can.
    """

    line: int
    cells: dict[str, str]
    problem: str = ""
    missing: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Source:
    """A file of rows.

    Attributes:
        path: the file.
        encoding: of a text file.
    """

    path: Path
    encoding: str = "utf-8-sig"

    @property
    def size(self) -> int:
        """Bytes."""
        return self.path.stat().st_size

    def digest(self) -> str:
        """What tells this content from any other: the beginning of its SHA-256."""
        with self.path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()[:12]

    def header(self) -> tuple[str, ...]:
        """The names of the columns; of JSON Lines, those of the first object.

        Raises:
            SourceError: there are none.
        """
        with self.rows() as rows:
            first = next(rows, None)
        if first is None:
            raise SourceError(f"{self.path.name} has no rows", "give a header line and rows")
        if first.problem and not first.cells:
            raise SourceError(f"{self.path.name}: line {first.line}: {first.problem}", "mend it")
        return (*first.cells, *first.missing)

    @contextmanager
    def rows(self) -> Iterator[Iterator[Row]]:
        """The rows, streaming.

        Raises:
            SourceError: the file cannot be read, is of another kind or in another encoding.
        """
        kind = self.path.suffix.lower()
        if kind not in KINDS:
            raise SourceError(f"{self.path.name}: {kind or 'no'} suffix", f"use {', '.join(KINDS)}")
        if kind == ".xlsx":
            with _xlsx(self.path) as rows:
                yield rows
            return
        try:
            with self.path.open(encoding=self.encoding, newline="") as file:
                read = _json_lines if kind in (".jsonl", ".ndjson") else _csv
                yield read(file)
        except UnicodeError as error:
            raise SourceError(
                f"{self.path.name} is not {self.encoding.removesuffix('-sig')}: {error.args[-1]}",
                "save it as UTF-8, or say --encoding: cp1252 for a file from Excel on Windows,"
                " utf-16 for its Unicode text",
            ) from None


def _csv(file: TextIO) -> Iterator[Row]:
    csv.field_size_limit(_MAX_FIELD)
    sample = file.read(_SAMPLE)
    file.seek(0)
    lines = _lines(file, _dialect(sample))
    first = next((cells for _, cells in lines if any(cell.strip() for cell in cells)), [])
    # The mark is still there when --encoding says utf-8.
    header = _names([name.strip().removeprefix("\ufeff") for name in first])
    for begins, cells in lines:
        if cells:  # an empty line is none
            yield _row(begins, header, cells)


def _names(header: list[str]) -> list[str]:
    """The header, if it names nothing twice.

    Raises:
        SourceError: it does.
    """
    twice = next((name for name in header if name and header.count(name) > 1), None)
    if twice is not None:
        raise SourceError(f"the header names {twice!r} twice", "give each column a name of its own")
    return header


class _Metered:
    """A file's lines for csv's reader, while the row that they make stays within bounds."""

    def __init__(self, file: TextIO) -> None:
        self._file = file
        self.left = _MAX_ROW

    def __iter__(self) -> Self:
        return self

    def __next__(self) -> str:
        line = self._file.readline(self.left + 1)
        self.left -= len(line)
        if self.left < 0:
            raise csv.Error(f"row larger than {_MAX_ROW:,} characters")
        if not line:
            raise StopIteration
        return line


def _lines(file: TextIO, dialect: type[csv.Dialect]) -> Iterator[tuple[int, list[str]]]:
    """What csv's reader reads, with the line where each row begins.

    Raises:
        SourceError: with that line: what stands there is no CSV.
    """
    metered = _Metered(file)
    reader = csv.reader(metered, dialect, strict=True)
    while True:
        begins, metered.left = reader.line_num + 1, _MAX_ROW
        try:
            cells = next(reader, None)
        except csv.Error as error:
            raise SourceError(
                f"line {begins}: {error}",
                "look for a quotation mark that is never closed, or save the file as CSV again",
            ) from None
        if cells is None:
            return
        yield begins, cells


def _row(line: int, header: list[str], cells: list[str]) -> Row:
    named = {name: cell for name, cell in zip(header, cells, strict=False) if name}
    if any(cell.strip() for cell in cells[len(header) :]):
        return Row(line, named, f"{len(cells)} cells where the header has {len(header)} columns")
    return Row(line, named, missing=tuple(filter(None, header[len(cells) :])))


def _dialect(sample: str) -> type[csv.Dialect]:
    """The delimiter, judged by the header line's bare part: texts and quoted names have commas."""
    bare = _QUOTED.sub("", sample).lstrip()
    header = re.split("[\r\n]", bare, maxsplit=1)[0]
    counts = {delimiter: header.count(delimiter) for delimiter in _DELIMITERS}
    best = max(counts, key=lambda delimiter: counts[delimiter])

    class Found(csv.excel):
        delimiter = best if counts[best] else ","

    return Found


def _json_lines(file: TextIO) -> Iterator[Row]:
    for line, text in enumerate(_bounded(file), start=1):
        if text is None:
            yield Row(line, {}, f"more than {_MAX_LINE:,} characters on a line")
            continue
        if not text.strip():
            continue
        try:
            found = json.loads(text)
        except (ValueError, RecursionError) as error:
            reason = str(error) if isinstance(error, ValueError) else "nested too deep"
            yield Row(line, {}, f"not JSON: {reason}")
            continue
        if not isinstance(found, dict):
            yield Row(line, {}, "not a JSON object")
            continue
        # A list or an object is no text: whoever names it is told that it is not there.
        cells = {
            name: _text(value)
            for name, value in found.items()
            if not isinstance(value, list | dict)
        }
        yield Row(line, cells)


def _bounded(file: TextIO) -> Iterator[str | None]:
    """The lines, however long the file's are: None stands for one that is too long to hold."""
    ends = ("\n", "\r")
    while line := file.readline(_MAX_LINE + 1):
        if len(line) <= _MAX_LINE or line.endswith(ends):
            yield line
            continue
        while line and not line.endswith(ends):
            line = file.readline(_MAX_LINE)
        yield None


@contextmanager
def _xlsx(path: Path) -> Iterator[Iterator[Row]]:
    try:
        from openpyxl import load_workbook
    except ModuleNotFoundError:
        raise SourceError(
            f"{path.name}: Excel files need openpyxl", "pip install 'convergia-sms[xlsx]'"
        ) from None
    try:
        book = load_workbook(path, read_only=True, data_only=True)
    except Exception as error:  # noqa: BLE001 - openpyxl raises whatever zip, XML and its own code do
        raise SourceError(
            f"{path.name} is no Excel file: {type(error).__name__}", "save it as .xlsx, or as CSV"
        ) from None
    try:
        sheet = _cells(path.name, book.worksheets[0].iter_rows(values_only=True))
        filled = (
            (line, [_excel_text(cell) for cell in cells])
            for line, cells in sheet
            if any(cell is not None for cell in cells)
        )
        _, first = next(filled, (1, []))
        header = _names([cell.strip() for cell in first])
        # A row ends with its last filled cell: those after it are there, and empty.
        yield (
            _row(line, header, cells + [""] * (len(header) - len(cells))) for line, cells in filled
        )
    finally:
        book.close()


def _cells(
    name: str, sheet: Iterator[tuple[object, ...]]
) -> Iterator[tuple[int, tuple[object, ...]]]:
    """What the sheet holds, row by row, with the row's number.

    Raises:
        SourceError: with that number: the rest is cut off, or hostile.
    """
    problem = ""
    for line in count(1):
        try:
            cells = next(sheet, None)
        except Exception as error:  # noqa: BLE001 - the sheet is only parsed now
            problem = type(error).__name__
        if problem:
            # The XML parser that failed is in a cycle, and CPython 3.12.1 crashes when it frees it
            # at the interpreter's end: so it is freed now. Within the `except` the error would
            # hold it still.
            gc.collect()
            raise SourceError(
                f"{name}: row {line} cannot be read: {problem}",
                "save it as .xlsx again, or as CSV",
            )
        if cells is None:
            return
        yield line, cells


def _excel_text(value: object) -> str:
    """A cell of Excel's as a person sees it: a date has no hour, a sum no seventeenth digit."""
    if isinstance(value, datetime) and value.time() == time():
        return value.date().isoformat()
    if isinstance(value, float) and not value.is_integer():
        return f"{value:.15g}"
    return _text(value)


def _text(value: object) -> str:
    """A cell as a person sees it: a number column's 5512345678.0 is 5512345678."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    if isinstance(value, datetime | date):
        return value.isoformat(sep=" ") if isinstance(value, datetime) else value.isoformat()
    return value if isinstance(value, str) else str(value)
