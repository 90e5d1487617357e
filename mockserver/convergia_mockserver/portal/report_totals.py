"""The totals of a report, by state and over time."""

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
# Widths that are easy to read. Above the last one, its multiples are used.
_WIDTHS = (
    _MINUTE, 5 * _MINUTE, 15 * _MINUTE, _HOUR, 3 * _HOUR, 6 * _HOUR, _DAY, 7 * _DAY, 30 * _DAY,
    91 * _DAY, 365 * _DAY,
)  # fmt: skip
_MAX_BARS = 48


@dataclass(frozen=True, slots=True)
class Bar:
    """The messages of one period.

    Attributes:
        start: the beginning of the period, in the account's timezone.
        states: the number of messages by the guide's status code.
    """

    start: datetime
    states: Counter[int]


@dataclass(frozen=True, slots=True)
class ReportTotals:
    """The totals of a report.

    Attributes:
        messages: the number of messages.
        parts: the number of SMS parts that they take.
        states: the number of messages by the guide's status code.
        bars: the periods in order, without gaps. Empty if there are no messages.
        width: the length of a period in seconds.
    """

    messages: int
    parts: int
    states: Counter[int]
    bars: tuple[Bar, ...]
    width: int


def add_up(messages: Iterable[Message], zone: ZoneInfo) -> ReportTotals:
    """Add up the messages of a report. A repeated text is measured only once."""
    weights: dict[str, int] = {}
    states: Counter[int] = Counter()
    points: list[tuple[float, int]] = []
    parts = 0
    for message in messages:
        text = message.text
        weight = weights.get(text)
        if weight is None:
            weight = measure(text).segments
            if len(weights) < 10_000:  # noqa: PLR2004 - enough for templates, which repeat
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
    # The shift makes days begin at midnight in the account's timezone.
    moved = datetime.fromtimestamp(first, zone).utcoffset()
    shift = 0.0 if moved is None else moved.total_seconds()
    width = next(
        (each for each in _WIDTHS if (last + shift) // each - (first + shift) // each < _MAX_BARS),
        _WIDTHS[-1],
    )
    start, end = int((first + shift) // width), int((last + shift) // width)
    if end - start >= _MAX_BARS:  # centuries, if the clock was set far ahead
        width *= -(-(end - start + 1) // _MAX_BARS)
        start, end = int((first + shift) // width), int((last + shift) // width)
    counts = [Counter[int]() for _ in range(end - start + 1)]
    for at, state in points:
        counts[int((at + shift) // width) - start][state] += 1
    return width, tuple(
        Bar(datetime.fromtimestamp(position * width - shift, UTC).astimezone(zone), states)
        for position, states in enumerate(counts, start)
    )
