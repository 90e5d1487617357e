"""Retries: their numbers, their delays, and the budget that all calls share."""

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
    """Numbers of retries of a call, for each kind of failure.

    Attributes:
        connect: retries of a connection that failed before anything was written.
        status: retries of a query, which is read-only, after no reply, or one that cannot be read.
        retryable_codes: retries of a send that was rejected with a code that the profile lists as
            retryable. 0 by default.
        risking_duplicates: retries of a send whose outcome is unknown. Each may deliver the message
            once more. Only for those who prefer duplicates to losses. 0 by default.
    """

    connect: int = 2
    status: int = 3
    retryable_codes: int = 0
    risking_duplicates: int = 0

    def __post_init__(self) -> None:
        for name in ("connect", "status", "retryable_codes", "risking_duplicates"):
            value = getattr(self, name)
            if not isinstance(value, int) or value < 0:
                raise ValueError(
                    f"retries: {name} must be a whole number of at least 0, not {value!r}"
                )


class RetryBudget:
    """A retry budget shared by all calls of a client, so that they stop together in an outage.

    It is a bucket of tokens like botocore's retry quota: a retry takes some, a success returns one,
    and with too few left there is no retry.
    """

    def __init__(self, capacity: int = 500, cost: int = 14) -> None:
        self._capacity = capacity
        self._cost = cost
        self._tokens = capacity
        self._lock = ProcessLock()

    def take(self) -> bool:
        """Pay for a retry. Return False if the budget is used up."""
        with self._lock.own():
            if self._tokens < self._cost:
                return False
            self._tokens -= self._cost
            return True

    def give(self) -> None:
        """Return a token after a success."""
        with self._lock.own():
            self._tokens = min(self._capacity, self._tokens + 1)


def pause(attempt: int, dice: Callable[[float, float], float] = random.uniform) -> float:
    """Return the seconds before retry number `attempt` (from 1).

    Full jitter below a limit that doubles each time, up to 5 s.
    """
    return dice(0.0, min(_LONGEST_PAUSE, _FIRST_PAUSE * 2.0 ** min(attempt - 1, 16)))
