"""Rows of a CSV file, tolerant of the habits of the programs that write them."""

from __future__ import annotations

import csv
import re
from typing import TYPE_CHECKING

from ._row import Row, SourceError, names, row

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Self, TextIO

__all__ = ["csv_rows"]

_SAMPLE = 64 * 1024
_DELIMITERS = ",;\t|"
_QUOTED = re.compile(r'"[^"]*"?')
# Excel may write, and reads, the delimiter on a line of its own.
_SEPARATOR_LINE = re.compile(r"\ufeff?\"?sep=(.)\"?(?:\r\n|\r|\n)", re.IGNORECASE)
# The most characters of a field. The csv module's own limit is 128 KiB, and a cell of Excel holds
# 32,767 characters.
_MAX_FIELD = 1 << 20
# The most characters of a row. A file without line ends, or with an unclosed quotation mark, must
# not fill the memory.
_MAX_ROW = 1 << 22
# Some programs write ="…" so that Excel shows a number as text. Excel shows the text in it.
_TEXT_FORMULA = re.compile(r'="((?:[^"]|"")*)"')
_LETTER = re.compile(r"[^\W\d_]")


def csv_rows(file: TextIO) -> Iterator[Row]:
    """Yield the rows below the header, without empty ones."""
    csv.field_size_limit(_MAX_FIELD)
    sample = file.read(_SAMPLE)
    declared = _SEPARATOR_LINE.match(sample)
    skipped = 0 if declared is None else 1
    file.seek(0)
    if declared is not None:
        file.readline()
        sample = sample[declared.end() :]
    dialect = _dialect(sample, declared[1] if declared is not None else None)
    lines = _lines(file, dialect, skipped)
    first = next((cells for _, cells in lines if any(cell.strip() for cell in cells)), [])
    # The byte order mark is still there if --encoding is utf-8.
    header = names([name.strip().removeprefix("\ufeff") for name in first])
    spaced = [name.startswith(" ") for name in first]
    for begins, cells in lines:
        # Excel also writes delimiters for empty rows that once held something.
        if any(cell.strip() for cell in cells):
            faults = None if dialect.delimiter == "\t" else _cut(cells, spaced, dialect.delimiter)
            yield row(begins, header, list(map(_shown, cells)), faults)


def _shown(cell: str) -> str:
    found = _TEXT_FORMULA.fullmatch(cell) if cell[:2] == '="' else None
    return cell if found is None else found[1].replace('""', '"')


def _cut(cells: list[str], spaced: list[bool], delimiter: str) -> dict[int, str] | None:
    """Find texts that seem cut at a delimiter, because their quotation marks are missing.

    `Hola Ana, su pedido` without quotation marks is two cells, and the second begins with a space.
    If the header or all other cells of the row begin with a space too, the file is just written
    that way.
    """
    behind = [at for at, cell in enumerate(cells) if at and cell[:1] == " " and cell.strip()]
    if not behind or len(behind) == sum(bool(cell.strip()) for cell in cells[1:]):
        return None
    return {
        at - 1: f"it seems cut at {delimiter!r}: put the text in quotation marks"
        for at in behind
        if at < len(spaced) and not spaced[at] and _LETTER.search(cells[at - 1])
    }


class _Metered:
    """The lines of a file for csv's reader, limited to the size of one row at a time."""

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


def _lines(
    file: TextIO, dialect: type[csv.Dialect], skipped: int
) -> Iterator[tuple[int, list[str]]]:
    """Yield each row that csv's reader reads, with the line where it begins.

    Raises:
        SourceError: the row is not CSV. The error names the line.
    """
    metered = _Metered(file)
    reader = csv.reader(metered, dialect, strict=True)
    while True:
        begins, metered.left = reader.line_num + 1 + skipped, _MAX_ROW
        try:
            cells = next(reader, None)
        except csv.Error as error:
            raise SourceError(
                f"line {begins}: {_reason(error)}",
                "look for a quotation mark that is never closed, or save the file as CSV again",
            ) from None
        if cells is None:
            return
        yield begins, cells


def _reason(error: csv.Error) -> str:
    """Return the csv module's error in words for people."""
    # Its two errors about quotation marks: "unexpected end of data", and "',' expected after '"'".
    words = str(error).split()
    if "unexpected" in words:
        return "a quotation mark is never closed"
    if "expected" in words:
        return "text follows a closing quotation mark; inside a text, write the mark twice"
    return str(error)


def _dialect(sample: str, declared: str | None) -> type[csv.Dialect]:
    """Return the dialect. Guess the delimiter from the header if the file does not declare it.

    Only the unquoted part of the header counts, because texts and quoted names have commas.
    """
    bare = _QUOTED.sub("", sample).lstrip()
    header = re.split("[\r\n]", bare, maxsplit=1)[0]
    counts = {delimiter: header.count(delimiter) for delimiter in _DELIMITERS}
    best = max(counts, key=lambda delimiter: counts[delimiter])

    class Found(csv.excel):
        delimiter = declared or (best if counts[best] else ",")

    return Found
