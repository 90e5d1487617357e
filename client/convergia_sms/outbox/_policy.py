"""Retry policy and circuit breaker. Pure."""

from __future__ import annotations

import random
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["CircuitBreaker", "RetryPolicy"]


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
