"""Tables for people on a terminal, and tab-separated rows for `cut` and `grep` in a pipe."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ._language import translated, translated_word
from ._output import is_terminal, say, visible

if TYPE_CHECKING:
    from collections.abc import Container, Iterable, Sequence

    from rich.text import Text

# Class names are shorter. Longer words are addresses, digests and paths.
_LONGEST_NAME = 28
_BORDER, _NARROWEST = 3, 10


def print_table(
    columns: Sequence[str],
    rows: Iterable[Sequence[object]],
    *,
    worded: Container[int] = (),
    lines_only: bool = False,
) -> None:
    """Print a table: drawn on a terminal, tab-separated without headings in a pipe.

    An empty cell stays empty in both. In a pipe, tabs and line breaks in a cell become spaces.

    Args:
        columns: the headings.
        rows: the cells.
        worded: positions of columns whose cells are our own words, which a terminal shows in the
            user's language.
        lines_only: True for a table that arrives row by row, which is never drawn.
    """
    if is_terminal() and not lines_only:
        _draw(columns, rows, worded)
        return
    for row in rows:
        line = "\t".join(" ".join(str(cell).split()) for cell in row)
        say(visible(line), stream=lines_only)


def _draw(columns: Sequence[str], rows: Iterable[Sequence[object]], worded: Container[int]) -> None:
    from rich import box
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    # Text and not str, because rich would interpret square brackets in a str as markup.
    drawn = [
        [
            cell if isinstance(cell, Text) else Text(_shown(cell, worded=place in worded))
            for place, cell in enumerate(row)
        ]
        for row in rows
    ]
    headings = [translated(column) for column in columns]
    console = Console()
    names = _columns_of_names(headings, drawn, console.width)
    table = Table(box=box.SIMPLE_HEAD)
    for position, heading in enumerate(headings):
        table.add_column(
            heading,
            style="bold cyan" if position == 0 else None,
            # Long cells continue on the next line, so that nothing is cut off.
            overflow="fold",
            no_wrap=position in names,
        )
    for row in drawn:
        table.add_row(*row)
    console.print(table)


def _columns_of_names(
    headings: Sequence[str], rows: Sequence[Sequence[Text]], width: int
) -> set[int]:
    """Return the columns of single words, which keep their width if the others have room."""
    found: dict[int, int] = {}
    for position, heading in enumerate(headings):
        cells = [heading, *(row[position].plain for row in rows)]
        longest = max(map(len, cells))
        if longest <= _LONGEST_NAME and not any(" " in cell for cell in cells[1:]):
            found[position] = longest
    others = len(headings) - len(found)
    taken = sum(found.values()) + _BORDER * len(headings) + _NARROWEST * others
    return set(found) if taken <= width else set()


def _shown(cell: object, *, worded: bool) -> str:
    return visible(translated_word(str(cell)) if worded else str(cell))
