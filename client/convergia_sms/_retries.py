"""When a call is tried again, how long it waits before that, and what all calls may spend on it."""

from __future__ import annotations

import random
from dataclasses import dataclass
from typing import TYPE_CHECKING

from convergia_sms._locks import ProcessLock

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["Retries", "RetryBudget", "pause"]

_FIRST_PAUSE = 0.1
_LONGEST_PAUSE = 5.0


@dataclass(frozen=True, slots=True)
class Retries:
    """How many times more a call is made after a failure of each kind.

    Attributes:
        connect: after a connection that failed before anything was written.
        status: after any failure of a status query; it only reads.
        retryable_codes: after a send that was rejected with a code that the profile calls
            retryable. None by default.
        risking_duplicates: after a send whose outcome is unknown. Each may deliver the message
            once more; for those who prefer duplicates to losses. None by default.
    """

    connect: int = 2
    status: int = 3
    retryable_codes: int = 0
    risking_duplicates: int = 0

    def __post_init__(self) -> None:
        for name in ("connect", "status", "retryable_codes", "risking_duplicates"):
            value = getattr(self, name)
            if not isinstance(value, int) or value < 0:
                raise ValueError(f"retries: {name}: a whole number, 0 or more, not {value!r}")


class RetryBudget:
    """What all calls of a client share: when the gateway is down, they stop retrying together.

    A bucket of tokens as in botocore's quota: a retry takes some, a success gives one back; with
    too few left there is no retry.
    """

    def __init__(self, capacity: int = 500, cost: int = 14) -> None:
        self._capacity = capacity
        self._cost = cost
        self._tokens = capacity
        self._lock = ProcessLock()

    def take(self) -> bool:
        """Pay for a retry; False when there is not enough left."""
        with self._lock.own():
            if self._tokens < self._cost:
                return False
            self._tokens -= self._cost
            return True

    def give(self) -> None:
        """Put one back after a success."""
        with self._lock.own():
            self._tokens = min(self._capacity, self._tokens + 1)


def pause(attempt: int, dice: Callable[[float, float], float] = random.uniform) -> float:
    """Seconds before retry number `attempt` (from 1): full jitter below a doubling limit."""
    return dice(0.0, min(_LONGEST_PAUSE, _FIRST_PAUSE * 2.0 ** min(attempt - 1, 16)))
