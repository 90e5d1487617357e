"""Rows for people on a terminal, and for `cut` and `grep` in a pipe."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ._language import translated, translated_word
from ._output import is_terminal, say, visible

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence


def print_table(
    columns: Sequence[str], rows: Iterable[Sequence[object]], *, lines_only: bool = False
) -> None:
    """Print a table: drawn and coloured on a terminal, tab-separated without headings in a pipe.

    An empty cell stays empty in both; tabs and line breaks in a cell become spaces in a pipe.
    `lines_only` is for a table that comes row by row: a terminal, too, gets lines.
    """
    if is_terminal() and not lines_only:
        _draw(columns, rows)
        return
    for row in rows:
        line = "\t".join(" ".join(str(cell).split()) for cell in row)
        say(visible(line), stream=lines_only)


def _draw(columns: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    from rich import box
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(box=box.SIMPLE_HEAD)
    for position, column in enumerate(columns):
        table.add_column(translated(column), style="bold cyan" if position == 0 else None)
    for row in rows:
        # Text, not str: a message in square brackets is no markup.
        table.add_row(
            *(
                cell if isinstance(cell, Text) else Text(visible(translated_word(str(cell))))
                for cell in row
            )
        )
    Console().print(table)
