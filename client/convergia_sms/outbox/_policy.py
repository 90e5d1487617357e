"""Retry policy, circuit breaker and sending window. Pure."""

from __future__ import annotations

import random
import re
from dataclasses import dataclass, field
from datetime import UTC, datetime, time, timedelta
from typing import TYPE_CHECKING, Self
from zoneinfo import ZoneInfo

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["CircuitBreaker", "RetryPolicy", "SendingWindow"]

_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_WINDOW = re.compile(
    r"(?:(?P<days>[a-z]{3}(?:[-,][a-z]{3})*)\s+)?(?P<start>\d\d?:\d\d)\s*-\s*(?P<end>\d\d?:\d\d)"
)


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    """Number and delays of the retries of a message that was certainly not sent.

    Attributes:
        budget: failures after which the message is given up (rejected or not_sent).
        first: seconds before the second attempt.
        factor: the factor by which each pause is longer than the one before.
        ceiling: the longest pause in seconds.
        jitter: the part of a pause that is random, from 0 to 1, so that retries spread out.
    """

    budget: int = 8
    first: float = 5.0
    factor: float = 2.0
    ceiling: float = 900.0
    jitter: float = 0.5

    def delay(self, failures: int, chance: Callable[[], float] = random.random) -> float | None:
        """Return the seconds until the next attempt, or None if the budget is used up."""
        if failures >= self.budget:
            return None
        try:
            pause = min(self.ceiling, self.first * self.factor ** (failures - 1))
        except OverflowError:  # with a very large budget
            pause = self.ceiling
        return pause * (1 - self.jitter * chance())


class CircuitBreaker:
    """Stops all sending after repeated failures, then tries one message at a time.

    Written here because pybreaker 1.4 and purgatory 3.0 wrap one call, and raise if it must not be
    made. The outbox has to ask before it claims a message, and for many messages at once.

    Args:
        failures: consecutive failures that open the breaker.
        pause: seconds until one message may be tried. Another failure starts the pause again.
    """

    def __init__(self, failures: int = 10, pause: float = 30.0) -> None:
        if failures < 1 or pause <= 0:
            raise ValueError("a breaker needs failures of at least 1 and a pause above 0 seconds")
        self._threshold = failures
        self._pause = pause
        self._row = 0
        self._open_until: float | None = None

    def room(self, now: float, in_flight: int) -> int | None:
        """Return how many more messages may be claimed, or None for no limit.

        Args:
            now: seconds of any clock that does not go back.
            in_flight: the number of messages being sent.
        """
        if self._open_until is None:
            return None
        return 1 if now >= self._open_until and not in_flight else 0

    def closed_for(self, now: float) -> float:
        """Return the seconds until a message may be tried, 0 if one may now."""
        return 0.0 if self._open_until is None else max(0.0, self._open_until - now)

    def record(self, now: float, *, success: bool) -> None:
        """Record whether a message that was sent got through."""
        if success:
            self._row, self._open_until = 0, None
            return
        self._row += 1
        waiting = self._open_until is not None and now < self._open_until
        if self._row >= self._threshold and not waiting:
            self._open_until = now + self._pause


@dataclass(frozen=True, slots=True)
class SendingWindow:
    """Days and hours in which messages may be sent.

    Attributes:
        start: the first minute of the window, in `zone`.
        end: the first minute after the window. If it is not after `start`, it is on the next day.
        days: weekdays, 0 is Monday. A window past midnight counts for the day on which it begins.
        zone: the name of a time zone.
    """

    start: time
    end: time
    days: frozenset[int] = frozenset(range(7))
    zone: str = "America/Mexico_City"
    _zone: ZoneInfo = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        if not self.days or not self.days <= set(range(7)):
            raise ValueError("a window needs days from 0 (Monday) to 6 (Sunday)")
        object.__setattr__(self, "_zone", ZoneInfo(self.zone))

    @classmethod
    def parse(cls, text: str, zone: str = "America/Mexico_City") -> Self:
        """Return a window from `9:00-21:00`, `mon-fri 9:00-21:00` or `mon,wed,sat 22:00-6:00`.

        Raises:
            ValueError: `text` has another form. The error lists the valid forms.
        """
        match = _WINDOW.fullmatch(text.strip().lower())
        try:
            if match is None:
                raise ValueError(text)  # noqa: TRY301 - one error text for all causes
            start, end = (_time(match[name]) for name in ("start", "end"))
            days = _days(match["days"])
        except ValueError as error:
            raise ValueError(
                f"{text!r} is not a window: write 9:00-21:00, mon-fri 9:00-21:00"
                " or sat,sun 22:00-6:00"
            ) from error
        return cls(start, end, days, zone)

    def opens_in(self, now: datetime) -> float:
        """Return the seconds until sending is allowed, 0 if it is allowed now."""
        today = now.astimezone(self._zone).date()
        waits = []
        # From yesterday, whose window may end today, to the same weekday of next week.
        for offset in range(-1, 8):
            day = today + timedelta(days=offset)
            if day.weekday() not in self.days:
                continue
            last = day if self.end > self.start else day + timedelta(days=1)
            opens = datetime.combine(day, self.start, self._zone).astimezone(UTC)
            closes = datetime.combine(last, self.end, self._zone).astimezone(UTC)
            if opens <= now < closes:
                return 0.0
            if opens > now:
                waits.append((opens - now).total_seconds())
        return min(waits)


def _time(text: str) -> time:
    hour, minute = text.split(":")
    # People write 24:00 for the end of a day.
    return time(int(hour) % 24 if minute == "00" and hour == "24" else int(hour), int(minute))


def _days(text: str | None) -> frozenset[int]:
    if text is None:
        return frozenset(range(7))
    days: set[int] = set()
    for part in text.split(","):
        first, _, last = part.partition("-")
        begin, end = _DAYS.index(first), _DAYS.index(last or first)
        # A range such as fri-mon wraps around the end of the week.
        days |= {day % 7 for day in range(begin, end + 1 if end >= begin else end + 8)}
    return frozenset(days)
