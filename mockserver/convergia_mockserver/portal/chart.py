"""A report's chart: where each bar stands. The template draws it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from .report_totals import Bar, ReportTotals

WIDTH, HEIGHT = 960, 220
_LEFT, _BOTTOM, _TOP, _RIGHT = 48, 28, 10, 8
_GAP = 0.22
_MAX_BAR = 40.0
_LABELS = 6
_DAY = 86_400


@dataclass(frozen=True, slots=True)
class Block:
    """One state's share of a bar."""

    x: float
    y: float
    width: float
    height: float
    state: int


@dataclass(frozen=True, slots=True)
class Label:
    """A word beside an axis."""

    x: float
    y: float
    text: str


@dataclass(frozen=True, slots=True)
class Chart:
    """A stacked chart over time, in a box of `WIDTH` by `HEIGHT`."""

    blocks: tuple[Block, ...]
    grid: tuple[Label, ...]
    times: tuple[Label, ...]
    left: float = _LEFT
    right: float = WIDTH - _RIGHT
    width: int = WIDTH
    height: int = HEIGHT


def draw(totals: ReportTotals, order: Sequence[int]) -> Chart:
    """Return the chart of a report.

    Args:
        totals: not without messages.
        order: the states, from the bottom of a bar to its top.
    """
    bars = totals.bars
    top = _round_up(max(bar.states.total() for bar in bars))
    room = HEIGHT - _BOTTOM - _TOP
    slot = (WIDTH - _LEFT - _RIGHT) / len(bars)
    width = min(slot * (1 - _GAP), _MAX_BAR)
    blocks: list[Block] = []
    for position, bar in enumerate(bars):
        x = _LEFT + position * slot + (slot - width) / 2
        y = float(HEIGHT - _BOTTOM)
        for state in order:
            height = room * bar.states[state] / top
            if height:
                y -= height
                blocks.append(
                    Block(round(x, 1), round(y, 2), round(width, 1), round(height, 2), state)
                )
    steps = [step for step in (0.0, 0.5, 1.0) if (top * step).is_integer()]
    grid = tuple(
        Label(_LEFT - 8, round(HEIGHT - _BOTTOM - room * step, 1), f"{int(top * step):,}")
        for step in steps
    )
    every = -(-len(bars) // _LABELS)
    times = tuple(
        Label(round(_LEFT + (position + 0.5) * slot, 1), HEIGHT - 8, _time(bars, position, totals))
        for position in range(0, len(bars), every)
    )
    return Chart(tuple(blocks), grid, times)


def _time(bars: Sequence[Bar], position: int, totals: ReportTotals) -> str:
    start = bars[position].start
    if totals.width >= _DAY:
        return start.strftime("%Y-%m-%d")
    if bars[0].start.date() != bars[-1].start.date():
        return start.strftime("%m-%d %H:%M")
    return start.strftime("%H:%M")


def _round_up(value: int) -> int:
    """Return a number at least as large that looks well beside an axis."""
    power = 1
    while True:
        for step in (1, 2, 4, 5, 8):
            if step * power >= value:
                return step * power
        power *= 10
