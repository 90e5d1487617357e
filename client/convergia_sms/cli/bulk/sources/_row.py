"""One row of a file, as its reader hands it on."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal, get_args

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

__all__ = ["HIDDEN_CHOICES", "Hidden", "Row", "SourceError", "names", "row"]

Hidden = Literal["refuse", "skip", "send"]
"""What becomes of rows that a person does not see in Excel."""

HIDDEN_CHOICES: tuple[Hidden, ...] = get_args(Hidden)


class SourceError(Exception):
    """The file cannot be read as what its name says.

    Attributes:
        cure: what to do about it.
    """

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
        faults: why a cell is not what a person sees in it, by the header's names.
    """

    line: int
    cells: dict[str, str]
    problem: str = ""
    missing: tuple[str, ...] = ()
    faults: Mapping[str, str] = field(default_factory=dict)

    def cell(self, name: str) -> str | None:
        """Return the cell of a column; None if the row does not have it.

        Raises:
            ValueError: the cell is not what a person sees in it.
        """
        fault = self.faults.get(name)
        if fault is not None:
            raise ValueError(f"column {name!r}: {fault}")
        return self.cells.get(name)


def names(header: list[str]) -> list[str]:
    """Return the header if no name stands in it twice.

    Raises:
        SourceError: a name does.
    """
    twice = next((name for name in header if name and header.count(name) > 1), None)
    if twice is not None:
        raise SourceError(f"the header names {twice!r} twice", "give each column a name of its own")
    return header


def row(
    line: int, header: list[str], cells: Sequence[str], faults: Mapping[int, str] | None = None
) -> Row:
    """Return the row; `faults` are by the cells' positions."""
    named = {name: cell for name, cell in zip(header, cells, strict=False) if name}
    if any(cell.strip() for cell in cells[len(header) :]):
        return Row(line, named, f"{len(cells)} cells where the header has {len(header)} columns")
    return Row(
        line,
        named,
        missing=tuple(filter(None, header[len(cells) :])),
        faults={header[at]: why for at, why in (faults or {}).items() if at < len(header)},
    )
