"""Rows of a CSV file, with the habits of the programs that write them."""

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
# Excel writes, and reads, the delimiter on a line of its own.
_SEPARATOR_LINE = re.compile(r"\ufeff?\"?sep=(.)\"?(?:\r\n|\r|\n)", re.IGNORECASE)
# Characters of a field; csv's own limit is 128 KiB and Excel's cells hold 32,767 characters.
_MAX_FIELD = 1 << 20
# Of a row, over all its lines: a file without line ends, or with a quotation mark astray, must not
# fill the memory.
_MAX_ROW = 1 << 22
# How some programs make Excel take a number for text: Excel shows what stands in it.
_TEXT_FORMULA = re.compile(r'="((?:[^"]|"")*)"')
_LETTER = re.compile(r"[^\W\d_]")


def csv_rows(file: TextIO) -> Iterator[Row]:
    """Read the rows below the header; empty ones are left out."""
    csv.field_size_limit(_MAX_FIELD)
    sample = file.read(_SAMPLE)
    said = _SEPARATOR_LINE.match(sample)
    skipped = 0 if said is None else 1
    file.seek(0)
    if said is not None:
        file.readline()
        sample = sample[said.end() :]
    dialect = _dialect(sample, said[1] if said is not None else None)
    lines = _lines(file, dialect, skipped)
    first = next((cells for _, cells in lines if any(cell.strip() for cell in cells)), [])
    # The mark is still there when --encoding says utf-8.
    header = names([name.strip().removeprefix("\ufeff") for name in first])
    spaced = [name.startswith(" ") for name in first]
    for begins, cells in lines:
        # Excel writes delimiters for empty rows that once held something.
        if any(cell.strip() for cell in cells):
            faults = None if dialect.delimiter == "\t" else _cut(cells, spaced, dialect.delimiter)
            yield row(begins, header, list(map(_shown, cells)), faults)


def _shown(cell: str) -> str:
    found = _TEXT_FORMULA.fullmatch(cell) if cell[:2] == '="' else None
    return cell if found is None else found[1].replace('""', '"')


def _cut(cells: list[str], spaced: list[bool], delimiter: str) -> dict[int, str] | None:
    """Find texts that look cut at a delimiter that should have stood in quotation marks.

    `Hola Ana, su pedido` without them is two cells, the second of which begins with a space. Where
    the header, or the row's other cells, begin with one as well, that is just how the file is
    written.
    """
    behind = [at for at, cell in enumerate(cells) if at and cell[:1] == " " and cell.strip()]
    if not behind or len(behind) == sum(bool(cell.strip()) for cell in cells[1:]):
        return None
    return {
        at - 1: f"it looks cut at {delimiter!r}; put the text in quotation marks"
        for at in behind
        if at < len(spaced) and not spaced[at] and _LETTER.search(cells[at - 1])
    }


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


def _lines(
    file: TextIO, dialect: type[csv.Dialect], skipped: int
) -> Iterator[tuple[int, list[str]]]:
    """Read what csv's reader reads, with the line where each row begins.

    Raises:
        SourceError: with that line: what stands there is not CSV.
    """
    metered = _Metered(file)
    reader = csv.reader(metered, dialect, strict=True)
    while True:
        begins, metered.left = reader.line_num + 1 + skipped, _MAX_ROW
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


def _dialect(sample: str, said: str | None) -> type[csv.Dialect]:
    """Return the dialect; the header line's bare part tells the delimiter if the file does not.

    Texts and quoted names have commas.
    """
    bare = _QUOTED.sub("", sample).lstrip()
    header = re.split("[\r\n]", bare, maxsplit=1)[0]
    counts = {delimiter: header.count(delimiter) for delimiter in _DELIMITERS}
    best = max(counts, key=lambda delimiter: counts[delimiter])

    class Found(csv.excel):
        delimiter = said or (best if counts[best] else ",")

    return Found
