"""A sheet of a workbook: its cells, its merged areas and its hidden rows and columns."""

from __future__ import annotations

import re
from collections import deque
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from math import isinf
from typing import TYPE_CHECKING, TypeAlias

from lxml import etree

from ._date_format import FormatError
from ._number_format import format_number, format_text
from ._workbook import BROKEN, CellStyle, MalformedError, parse, rich_text, unescaped, words

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ._workbook import Sheet, Workbook

__all__ = ["Cells", "Layout", "SheetReader", "UnreadableRowError", "is_filled", "layout_of"]

Cells: TypeAlias = "tuple[int, list[str], dict[int, str]]"
"""A row's number, its cells, and the faults of cells that are not what a person sees."""

_REFERENCE = re.compile(r"([A-Z]{1,3})([0-9]{1,7})")
_COLUMNS = 16_384
_ROWS = 1_048_576
_EPOCH = datetime(1899, 12, 30)  # noqa: DTZ001 - Excel knows no zones
_EPOCH_1904 = datetime(1904, 1, 1)  # noqa: DTZ001
_NUMBER = re.compile(r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]{1,3})?")
# More than a person would merge by hand. All are kept in memory.
_MAX_MERGED = 100_000
_PLAIN = CellStyle("General", crossed_out=False)
_CROSSED_OUT = "it is crossed out; delete the row, or remove the strikethrough"
_UNCALCULATED = "its formula was never calculated: open the file in Excel and save it"


class UnreadableRowError(Exception):
    """Raised if the rest of a sheet is cut off or hostile.

    Attributes:
        line: the number of the row.
        reason: the reason, in words.
    """

    def __init__(self, line: int, error: Exception) -> None:
        super().__init__(line, error)
        self.line = line
        self.reason = words(error)


@dataclass(frozen=True, slots=True)
class Area:
    """A rectangle of cells. Columns count from 0, rows from 1."""

    left: int
    top: int
    right: int
    bottom: int

    def holds(self, column: int, line: int) -> bool:
        """Return True if the cell is in the area."""
        return self.left <= column <= self.right and self.top <= line <= self.bottom


@dataclass(frozen=True, slots=True)
class Layout:
    """The merged cells and hidden rows and columns of a sheet.

    Attributes:
        merged: the merged areas.
        hidden_columns: the positions of hidden columns.
        hidden_rows: the number of hidden rows that have cells.
        first_hidden: the number of the first of them. 0 if there are none.
    """

    merged: tuple[Area, ...]
    hidden_columns: frozenset[int]
    hidden_rows: int
    first_hidden: int


def is_filled(cell: etree._Element) -> bool:
    """Return True if a cell has a value, a formula or a text."""
    return any(child.tag.rpartition("}")[2] in {"v", "f", "is"} for child in cell)


def layout_of(book: Workbook, sheet: Sheet) -> Layout:
    """Return the layout, which takes a pass of its own: merged areas stand after the cells.

    Raises:
        UnreadableRowError: the sheet cannot be read to its end.
    """
    merged: list[Area] = []
    columns: set[int] = set()
    hidden = first = line = 0
    try:
        with book.part(sheet.part) as file:
            for element in parse(file, "row", "mergeCell", "col"):
                match etree.QName(element).localname:
                    case "mergeCell":
                        merged.append(_area(element.get("ref", "")))
                        if len(merged) > _MAX_MERGED:
                            raise MalformedError("it has too many merged cells")
                    case "col":
                        if _is_hidden(element) or element.get("width") == "0":
                            last = min(int(element.get("max", "0")), _COLUMNS)
                            columns.update(range(int(element.get("min", "1")) - 1, last))
                    case "row":
                        line = _row_number(element, line)
                        if _is_hidden(element) and any(map(is_filled, element)):
                            hidden += 1
                            first = first or line
    except BROKEN as error:
        raise UnreadableRowError(line + 1, error) from None
    return Layout(tuple(merged), frozenset(columns), hidden, first)


class SheetReader:
    """Reads a sheet's rows.

    Args:
        book: the workbook.
        sheet: the sheet.
        layout: the layout of the sheet.
        skip_hidden: True to leave out hidden rows.
    """

    def __init__(self, book: Workbook, sheet: Sheet, layout: Layout, *, skip_hidden: bool) -> None:
        self._book = book
        self._sheet = sheet
        self._merged = deque(sorted(layout.merged, key=lambda area: area.top))
        # Areas that reach the current row.
        self._open: list[Area] = []
        self._skip_hidden = skip_hidden
        # Cells that an array formula fills have no formula of their own.
        self._arrays: list[Area] = []
        self._line = 0

    def rows(self) -> Iterator[Cells]:
        """Yield the rows that have cells.

        Raises:
            UnreadableRowError: the rest of the sheet cannot be read.
        """
        try:
            yield from self._rows()
        except BROKEN as error:
            raise UnreadableRowError(self._line + 1, error) from None

    def _rows(self) -> Iterator[Cells]:
        with self._book.part(self._sheet.part) as file:
            for element in parse(file, "row"):
                line = _row_number(element, self._line)
                found = None
                if not (self._skip_hidden and _is_hidden(element)):
                    found = self._row(element, line)
                self._line = line
                if found is not None and (found[2] or any(cell.strip() for cell in found[1])):
                    yield found

    def _row(self, element: etree._Element, line: int) -> Cells:
        cells: list[str] = []
        faults: dict[int, str] = {}
        if self._arrays:
            self._arrays = [area for area in self._arrays if area.bottom >= line]
        for cell in element.iterfind("{*}c"):
            column = _column(cell.get("r"), line, len(cells))
            cells.extend([""] * (column + 1 - len(cells)))
            try:
                cells[column] = self._text(cell, column, line)
            except FormatError as error:
                faults[column] = str(error)
        if self._merged or self._open:
            self._find_merged(line, cells, faults)
        return line, cells, faults

    def _find_merged(self, line: int, cells: list[str], faults: dict[int, str]) -> None:
        while self._merged and self._merged[0].top <= line:
            self._open.append(self._merged.popleft())
        self._open = [area for area in self._open if area.bottom >= line]
        for area in self._open:
            for column in range(area.left, area.right + 1):
                if (column, line) != (area.left, area.top):
                    cells.extend([""] * (column + 1 - len(cells)))
                    faults[column] = f"it is merged with row {area.top}, column {area.left + 1}"

    def _text(self, cell: etree._Element, column: int, line: int) -> str:
        """Return the text of a cell.

        Raises:
            FormatError: the text is not what a person sees.
        """
        value = formula = inline = None
        for child in cell:
            match child.tag.rpartition("}")[2]:
                case "v":
                    value = child.text or ""
                case "f":
                    formula = child
                case "is":
                    inline = child
        if (
            (formula is not None or self._arrays)
            and self._is_computed(formula, column, line)
            and (self._book.uncalculated or (formula is not None and value is None))
        ):
            raise FormatError(_UNCALCULATED)
        kind, style = cell.get("t", "n"), self._style(cell)
        if kind == "inlineStr":
            shown = "" if inline is None else _shown_text(rich_text(inline), style)
        else:
            shown = "" if value is None else self._value(kind, value, style)
        if style.crossed_out and shown.strip():
            raise FormatError(_CROSSED_OUT)
        return shown

    def _is_computed(self, formula: etree._Element | None, column: int, line: int) -> bool:
        """Return True if the cell has a formula, or a part of an array formula's result."""
        if formula is not None and formula.get("t") == "array" and formula.get("ref"):
            filled = _area(formula.get("ref", ""))
            if filled.bottom > line or filled.right > column:
                self._arrays.append(filled)
        return formula is not None or any(area.holds(column, line) for area in self._arrays)

    def _value(self, kind: str, value: str, style: CellStyle) -> str:
        match kind:
            case "s":
                at = int(value)
                if at < 0:
                    raise ValueError(value)
                return _shown_text(self._book.shared[at], style)
            case "n" if _NUMBER.fullmatch(value):
                return self._shown_number(float(value), style)
            case "str":
                return _shown_text(unescaped(value), style)
            case "e":
                raise FormatError(f"Excel shows the error {value}")
            case "b":
                raise FormatError("Excel shows yes and no in its own language: write it as text")
            case "d":
                then = datetime.fromisoformat(value).replace(tzinfo=None)
                epoch = _EPOCH_1904 if self._book.date1904 else _EPOCH
                return self._shown_number((then - epoch) / timedelta(days=1), style)
        raise ValueError(kind)

    def _shown_number(self, number: float, style: CellStyle) -> str:
        if isinf(number):
            raise MalformedError("a number is too large")
        return _format(number, style.format, self._book.date1904)

    def _style(self, cell: etree._Element) -> CellStyle:
        styles, style = self._book.styles, int(cell.get("s", "0"))
        return styles[style] if 0 <= style < len(styles) else _PLAIN


def _shown_text(text: str | None, style: CellStyle) -> str:
    if text is None:
        raise FormatError(_CROSSED_OUT)
    return format_text(text, style.format) if style.changes_text else text


@lru_cache(maxsize=4096)
def _format(number: float, code: str, date1904: bool) -> str:
    return format_number(number, code, date1904=date1904)


def _row_number(element: etree._Element, before: int) -> int:
    """Return the number of a row, from 1. Without one it follows the row before.

    Raises:
        MalformedError: the number is not after that of the row before.
    """
    line = int(element.get("r", before + 1))
    if not before < line <= _ROWS:
        raise MalformedError("its rows are not in order, or more than a sheet can have")
    return line


def _is_hidden(element: etree._Element) -> bool:
    return element.get("hidden") in {"1", "true"} or element.get("ht") == "0"


def _column(reference: str | None, line: int, following: int) -> int:
    """Return the position of a cell, from 0. Without a reference it follows the cell before.

    Raises:
        ValueError: the reference is not valid.
        MalformedError: the position is not after that of the cell before.
    """
    if reference is None:
        column = following
    else:
        found = _REFERENCE.fullmatch(reference)
        if found is None:
            raise ValueError(reference)
        column = _position(found[1]) if int(found[2]) == line else -1
    if not following <= column < _COLUMNS:
        raise MalformedError("the cells are not in order")
    return column


def _position(letters: str) -> int:
    number = 0
    for letter in letters:
        number = number * 26 + ord(letter) - ord("A") + 1
    if number > _COLUMNS:
        raise ValueError(letters)
    return number - 1


def _area(reference: str) -> Area:
    corners = [_REFERENCE.fullmatch(corner) for corner in reference.split(":")]
    first, last = corners[0], corners[-1]
    if first is None or last is None:
        raise ValueError(reference)
    return Area(_position(first[1]), int(first[2]), _position(last[1]), int(last[2]))
