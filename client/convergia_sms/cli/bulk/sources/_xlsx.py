"""Rows of an Excel workbook, as a person sees them on the screen.

A message never contains what a person does not see. A cell that Excel shows differently is a fault
of its row: an error, a formula that no program has calculated, a part of merged cells, a format
that cannot be rendered for certain. Hidden rows and columns are rejected unless the caller decides.
"""

from __future__ import annotations

from contextlib import closing, contextmanager
from typing import TYPE_CHECKING

from convergia_sms._counts import counted

from ._row import Row, SourceError, names, row
from ._sheet import SheetReader, UnreadableRowError, is_filled, layout_of
from ._workbook import BROKEN, open_workbook, parse

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator
    from pathlib import Path

    from ._row import Hidden
    from ._sheet import Cells, Layout
    from ._workbook import Sheet, Workbook

__all__ = ["ExcelFile"]


class ExcelFile:
    """The rows of one sheet of a workbook.

    Args:
        path: the workbook.
        sheet: the name of the sheet. None for the only visible one that has cells.
        hidden: the treatment of rows and columns that Excel hides.
    """

    def __init__(self, path: Path, sheet: str | None, hidden: Hidden) -> None:
        self._path = path
        self._sheet = sheet
        self._hidden = hidden
        self._known: tuple[Sheet, Layout] | None = None

    @contextmanager
    def rows(self) -> Iterator[Iterator[Row]]:
        """Open the workbook, and yield an iterator over the rows below the header.

        Raises:
            SourceError: the workbook cannot be read, or it is not clear which rows are meant.
        """
        with self._filled() as (_, layout, header, filled):
            if layout.hidden_rows and self._hidden == "refuse":
                name, first = self._path.name, layout.first_hidden
                raise SourceError(
                    counted(
                        layout.hidden_rows,
                        f"{name}: 1 row is hidden, perhaps by a filter: row {first}",
                        f"{name}: {layout.hidden_rows:,} rows are hidden, perhaps by a filter; the"
                        f" first is row {first}",
                    ),
                    "show them and save the file, or add --hidden skip or --hidden send",
                )
            # A row ends with its last filled cell. The cells after it exist, and are empty.
            yield (
                row(line, header, cells + [""] * (len(header) - len(cells)), faults)
                for line, cells, faults in filled
            )

    def notes(self, used: frozenset[str]) -> list[str]:
        """Return what a person should know about the workbook.

        Raises:
            SourceError: a column that messages are made of is hidden.
        """
        with self._filled() as (book, layout, header, _):
            notes = []
            if len(book.sheets) > 1:
                sheet, _layout = self._choose(book)
                notes.append(f"The rows are read from the sheet {sheet.name!r}.")
        for at, name in enumerate(header):
            if name in used and at in layout.hidden_columns and self._hidden != "send":
                raise SourceError(
                    f"{self._path.name}: the column {name!r} is hidden",
                    "show it and save the file, or add --hidden send",
                )
        if layout.hidden_rows:
            rows = layout.hidden_rows
            notes.append(
                counted(rows, "1 hidden row is sent too.", f"{rows:,} hidden rows are sent too.")
                if self._hidden == "send"
                else counted(
                    rows, "1 hidden row is left out.", f"{rows:,} hidden rows are left out."
                )
            )
        return notes

    @contextmanager
    def _filled(self) -> Iterator[tuple[Workbook, Layout, list[str], Iterator[Cells]]]:
        with open_workbook(self._path) as book:
            try:
                sheet, layout = self._choose(book)
            except UnreadableRowError as error:
                raise self._unreadable(error) from None
            reader = SheetReader(book, sheet, layout, skip_hidden=self._hidden != "send")
            # If the caller stops early, the sheet's file closes with the generator.
            with closing(self._guarded(reader)) as filled:
                _, first, _ = next(filled, (1, [], {}))
                yield book, layout, names([cell.strip() for cell in first]), filled

    def _guarded(self, reader: SheetReader) -> Generator[Cells]:
        """Yield the rows of the sheet.

        Raises:
            SourceError: the rest of the sheet is cut off or hostile. The error names the row.
        """
        try:
            yield from reader.rows()
        except UnreadableRowError as error:
            raise self._unreadable(error) from None

    def _unreadable(self, error: UnreadableRowError) -> SourceError:
        return SourceError(
            f"{self._path.name}: row {error.line} cannot be read: {error.reason}",
            "save it as .xlsx again, or as CSV",
        )

    def _choose(self, book: Workbook) -> tuple[Sheet, Layout]:
        if self._known is None:
            sheet = _chosen(book, self._path.name, self._sheet)
            self._known = sheet, layout_of(book, sheet)
        return self._known


def _chosen(book: Workbook, name: str, wanted: str | None) -> Sheet:
    """Return the sheet that `wanted` names, or the only visible one with cells.

    Raises:
        SourceError: no sheet fits, or more than one does.
    """
    if wanted is not None:
        for sheet in book.sheets:
            if sheet.name == wanted:
                return sheet
        known = ", ".join(repr(sheet.name) for sheet in book.sheets)
        raise SourceError(f"{name} has no sheet {wanted!r}", f"the sheets are: {known}")
    filled = [sheet for sheet in book.sheets if sheet.visible and _is_filled(book, sheet)]
    if len(filled) > 1:
        known = ", ".join(repr(sheet.name) for sheet in filled)
        raise SourceError(f"{name} has several sheets with cells: {known}", "add --sheet NAME")
    if not filled:
        unseen = " in a visible sheet" if any(not sheet.visible for sheet in book.sheets) else ""
        raise SourceError(f"{name} has no rows{unseen}", "give a header line and rows")
    return filled[0]


def _is_filled(book: Workbook, sheet: Sheet) -> bool:
    try:
        with book.part(sheet.part) as file:
            return any(any(map(is_filled, row)) for row in parse(file, "row"))
    except BROKEN:
        # Return True: reading the rows will report which one is broken.
        return True
