"""What a report adds up: by state, and over time."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from convergia_mockserver.gateway.text import measure

if TYPE_CHECKING:
    from collections.abc import Iterable
    from zoneinfo import ZoneInfo

    from convergia_mockserver.gateway import Message

_MINUTE, _HOUR, _DAY = 60, 3600, 86_400
# Widths a person reads without effort; the last one repeats itself.
_WIDTHS = (
    _MINUTE, 5 * _MINUTE, 15 * _MINUTE, _HOUR, 3 * _HOUR, 6 * _HOUR, _DAY, 7 * _DAY, 30 * _DAY,
    91 * _DAY, 365 * _DAY,
)  # fmt: skip
_MAX_BARS = 48


@dataclass(frozen=True, slots=True)
class Bar:
    """A stretch of time.

    Attributes:
        start: its beginning, in the account's time zone.
        states: how many messages, by the guide's status code.
    """

    start: datetime
    states: Counter[int]


@dataclass(frozen=True, slots=True)
class ReportTotals:
    """What a report adds up to.

    Attributes:
        messages: how many.
        parts: SMS that they make on the air.
        states: how many, by the guide's status code.
        bars: over time, oldest first, none left out; empty when there are no messages.
        width: seconds that a bar stands for.
    """

    messages: int
    parts: int
    states: Counter[int]
    bars: tuple[Bar, ...]
    width: int


def add_up(messages: Iterable[Message], zone: ZoneInfo) -> ReportTotals:
    """Add up a report. A text that repeats itself is weighed once."""
    weights: dict[str, int] = {}
    states: Counter[int] = Counter()
    points: list[tuple[float, int]] = []
    parts = 0
    for message in messages:
        text = message.text
        weight = weights.get(text)
        if weight is None:
            weight = measure(text).segments
            if len(weights) < 10_000:  # noqa: PLR2004 - templates repeat; a memory of all is no use
                weights[text] = weight
        parts += weight
        states[message.state] += 1
        points.append((message.created.timestamp(), message.state))
    width, bars = _bars(points, zone)
    return ReportTotals(len(points), parts, states, bars, width)


def _bars(points: list[tuple[float, int]], zone: ZoneInfo) -> tuple[int, tuple[Bar, ...]]:
    if not points:
        return _MINUTE, ()
    first, last = min(points)[0], max(points)[0]
    # So that days begin at the account's midnight.
    moved = datetime.fromtimestamp(first, zone).utcoffset()
    shift = 0.0 if moved is None else moved.total_seconds()
    width = next(
        (each for each in _WIDTHS if (last + shift) // each - (first + shift) // each < _MAX_BARS),
        _WIDTHS[-1],
    )
    start, end = int((first + shift) // width), int((last + shift) // width)
    if end - start >= _MAX_BARS:  # centuries, by a clock that was set far ahead
        width *= -(-(end - start + 1) // _MAX_BARS)
        start, end = int((first + shift) // width), int((last + shift) // width)
    counts = [Counter[int]() for _ in range(end - start + 1)]
    for at, state in points:
        counts[int((at + shift) // width) - start][state] += 1
    return width, tuple(
        Bar(datetime.fromtimestamp(position * width - shift, UTC).astimezone(zone), states)
        for position, states in enumerate(counts, start)
    )
