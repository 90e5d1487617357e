"""The chart of a report: the positions of its parts, which the template draws."""

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
# The largest width of a label's character, and the least space between two labels.
_CHARACTER, _BETWEEN = 7.0, 14.0


@dataclass(frozen=True, slots=True)
class Room:
    """The size of a chart, in pixels at its natural size."""

    width: int
    height: int


WIDE = Room(960, 220)
# For telephones, on which the labels of the wide one would be too small to read.
SLIM = Room(330, 200)


@dataclass(frozen=True, slots=True)
class Block:
    """The part of a bar that shows one state."""

    x: float
    y: float
    width: float
    height: float
    state: int


@dataclass(frozen=True, slots=True)
class Label:
    """A label of an axis.

    Attributes:
        x: the position of the anchor.
        y: the baseline.
        text: the text.
        at: for a time, the middle of its bar.
        anchor: the side of the text that is at `x`: `start`, `middle` or `end`.
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
        blocks: the filled parts of all bars.
        grid: the labels of the horizontal lines.
        times: the labels below the bars.
        left: the left end of the lines.
        right: the right end of the lines.
        floor: the bottom of the bars.
        width: the width of the chart.
        height: the height of the chart.
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
        totals: the totals of the report, with at least one message.
        order: the states, from the bottom of a bar to its top.
        room: the size of the chart.
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
    """Yield labels for as many bars as have room, each below its bar."""
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
    """Round up to a number that is suitable for an axis."""
    power = 1
    while True:
        for step in (1, 2, 4, 5, 8):
            if step * power >= value:
                return step * power
        power *= 10
