"""When to try again, and when to pause for everything. Pure."""

from __future__ import annotations

import random
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["CircuitBreaker", "RetryPolicy"]


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    """How often a message that certainly was not sent is tried again, and after how long.

    Attributes:
        budget: failures after which it is given up (rejected or not_sent).
        first: seconds before the second try.
        factor: by how much each further pause is longer.
        ceiling: seconds that no pause exceeds.
        jitter: which part of a pause is left to chance, so that a crowd does not return at once.
    """

    budget: int = 8
    first: float = 5.0
    factor: float = 2.0
    ceiling: float = 900.0
    jitter: float = 0.5

    def delay(self, failures: int, chance: Callable[[], float] = random.random) -> float | None:
        """Seconds until the next try after `failures` failures; None when the budget is used up."""
        if failures >= self.budget:
            return None
        try:
            pause = min(self.ceiling, self.first * self.factor ** (failures - 1))
        except OverflowError:  # of a budget without end
            pause = self.ceiling
        return pause * (1 - self.jitter * chance())


class CircuitBreaker:
    """Stops all sending when nothing gets through, and tries with one message at a time.

    Written here because the libraries (pybreaker 1.4, purgatory 3.0) wrap one call and raise when
    it must not be made. An outbox has to ask before it claims a message, and for many at once.

    Args:
        failures: so many in a row open it.
        pause: seconds until one message is let through to try; as long again after each failure.
    """

    def __init__(self, failures: int = 10, pause: float = 30.0) -> None:
        if failures < 1 or pause <= 0:
            raise ValueError("a breaker opens after at least one failure, for some time")
        self._threshold = failures
        self._pause = pause
        self._row = 0
        self._open_until: float | None = None

    def room(self, now: float, in_flight: int) -> int | None:
        """How many more messages may be claimed; None: as many as you like.

        Args:
            now: seconds, of any clock that does not go back.
            in_flight: how many are being sent.
        """
        if self._open_until is None:
            return None
        return 1 if now >= self._open_until and not in_flight else 0

    def closed_for(self, now: float) -> float:
        """Seconds until a message may be tried; 0 when one may now."""
        return 0.0 if self._open_until is None else max(0.0, self._open_until - now)

    def record(self, now: float, *, success: bool) -> None:
        """Take note of what came of a message that was sent."""
        if success:
            self._row, self._open_until = 0, None
            return
        self._row += 1
        waiting = self._open_until is not None and now < self._open_until
        if self._row >= self._threshold and not waiting:
            self._open_until = now + self._pause
