"""A report's chart: where each bar stands. The template draws it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from .report_totals import Bar, ReportTotals

_LEFT, _BOTTOM, _TOP, _RIGHT = 48, 28, 10, 8
_GAP = 0.22
_MAX_BAR = 40.0
_DAY = 86_400
# How wide a character of a label is at most, and the least room between two labels.
_CHARACTER, _BETWEEN = 7.0, 14.0


@dataclass(frozen=True, slots=True)
class Room:
    """The box that a chart is drawn in, in pixels where it is shown in its own size."""

    width: int
    height: int


WIDE = Room(960, 220)
# For telephones, where the wide one's labels would shrink beyond reading.
SLIM = Room(330, 200)


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
    """A word beside an axis.

    Attributes:
        x: where the text is anchored.
        y: its baseline.
        text: the word.
        at: what it names: the middle of a bar, for a time.
        anchor: the side that `x` is at: `start`, `middle` or `end`.
    """

    x: float
    y: float
    text: str
    at: float = 0.0
    anchor: str = "end"


@dataclass(frozen=True, slots=True)
class Chart:
    """A stacked chart over time.

    Attributes:
        blocks: what is filled.
        grid: the labels of the lines across.
        times: the labels below the bars.
        left: where the lines begin.
        right: where they end.
        floor: where the bars stand.
        width: of the whole.
        height: of the whole.
    """

    blocks: tuple[Block, ...]
    grid: tuple[Label, ...]
    times: tuple[Label, ...]
    left: int
    right: int
    floor: int
    width: int
    height: int


def draw(totals: ReportTotals, order: Sequence[int], room: Room = WIDE) -> Chart:
    """Return the chart of a report.

    Args:
        totals: not without messages.
        order: the states, from the bottom of a bar to its top.
        room: the box that it is drawn in.
    """
    bars = totals.bars
    top = _round_up(max(bar.states.total() for bar in bars))
    floor = room.height - _BOTTOM
    scale = (floor - _TOP) / top
    slot = (room.width - _LEFT - _RIGHT) / len(bars)
    width = min(slot * (1 - _GAP), _MAX_BAR)
    blocks: list[Block] = []
    for position, bar in enumerate(bars):
        x = _LEFT + position * slot + (slot - width) / 2
        y = float(floor)
        for state in order:
            height = scale * bar.states[state]
            if height:
                y -= height
                blocks.append(
                    Block(round(x, 1), round(y, 2), round(width, 1), round(height, 2), state)
                )
    steps = [step for step in (0.0, 0.5, 1.0) if (top * step).is_integer()]
    grid = tuple(
        Label(_LEFT - 8, round(floor - scale * top * step, 1), f"{int(top * step):,}")
        for step in steps
    )
    return Chart(
        tuple(blocks),
        grid,
        tuple(_times(totals, slot, room)),
        _LEFT,
        room.width - _RIGHT,
        floor,
        room.width,
        room.height,
    )


def _times(totals: ReportTotals, slot: float, room: Room) -> Iterator[Label]:
    """Yield a label for as many bars as there is room for, each below its own bar."""
    free = 0.0
    for position, bar in enumerate(totals.bars):
        if not bar.states.total():
            continue
        text = _time(totals.bars, position, totals)
        half = len(text) * _CHARACTER / 2
        middle = _LEFT + (position + 0.5) * slot
        x, anchor = middle, "middle"
        if middle + half > room.width:
            x, anchor = float(room.width), "end"
        begins = x - half if anchor == "middle" else x - 2 * half
        if begins < free:
            continue
        free = begins + 2 * half + _BETWEEN
        yield Label(round(x, 1), room.height - 8, text, round(middle, 1), anchor)


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
