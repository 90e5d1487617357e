"""A row of a file, as all readers return it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal, get_args

from convergia_sms._counts import counted

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

__all__ = ["HIDDEN_CHOICES", "Hidden", "Row", "SourceError", "names", "row"]

Hidden = Literal["refuse", "skip", "send"]
"""The treatment of rows that Excel hides."""

HIDDEN_CHOICES: tuple[Hidden, ...] = get_args(Hidden)


class SourceError(Exception):
    """Raised for a file that cannot be read as the kind that its suffix names.

    Attributes:
        cure: the advice for the user.
    """

    def __init__(self, cause: str, cure: str) -> None:
        super().__init__(cause)
        self.cure = cure


@dataclass(frozen=True, slots=True)
class Row:
    """A row of a file.

    Attributes:
        line: the number of its first line, from 1, as in an editor or Excel.
        cells: the cells by column. Cells that the row lacks are left out.
        missing: the columns that the row lacks.
        problem: why the whole row cannot be read. Empty if it can.
        faults: why a cell is not what a person sees in it, by column.
    """

    line: int
    cells: dict[str, str]
    problem: str = ""
    missing: tuple[str, ...] = ()
    faults: Mapping[str, str] = field(default_factory=dict)

    def cell(self, name: str) -> str | None:
        """Return the cell of a column, or None if the row lacks it.

        Raises:
            ValueError: the cell is not what a person sees in it.
        """
        fault = self.faults.get(name)
        if fault is not None:
            raise ValueError(f"column {name!r}: {fault}")
        return self.cells.get(name)


def names(header: list[str]) -> list[str]:
    """Return the header, after checking that no name is used twice.

    Raises:
        SourceError: a name is used twice.
    """
    twice = next((name for name in header if name and header.count(name) > 1), None)
    if twice is not None:
        raise SourceError(f"the header names {twice!r} twice", "give each column a name of its own")
    return header


def row(
    line: int, header: list[str], cells: Sequence[str], faults: Mapping[int, str] | None = None
) -> Row:
    """Return the row. The keys of `faults` are positions of cells."""
    named = {name: cell for name, cell in zip(header, cells, strict=False) if name}
    if any(cell.strip() for cell in cells[len(header) :]):
        problem = counted(
            len(header),
            f"{len(cells)} cells where the header has 1 column",
            f"{len(cells)} cells where the header has {len(header)} columns",
        )
        return Row(line, named, problem)
    return Row(
        line,
        named,
        missing=tuple(filter(None, header[len(cells) :])),
        faults={header[at]: why for at, why in (faults or {}).items() if at < len(header)},
    )
