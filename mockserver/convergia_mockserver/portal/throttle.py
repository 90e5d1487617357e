"""A throttle against guessing passwords, which makes an account or an address wait.

Thread-safe.
"""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable

_MAX_KEYS = 10_000


class Throttle:
    """A counter of failures by key.

    Args:
        limit: the number of failures after which the key must wait.
        seconds: the time for which a failure counts.
        monotonic: the clock.
    """

    def __init__(
        self, limit: int, seconds: float, monotonic: Callable[[], float] = time.monotonic
    ) -> None:
        self._limit = limit
        self._seconds = seconds
        self._monotonic = monotonic
        self._lock = threading.Lock()
        self._failures: OrderedDict[Hashable, list[float]] = OrderedDict()

    def wait(self, key: Hashable) -> float:
        """Return the seconds until the key may try again. 0 if it may now."""
        with self._lock:
            recent = self._recent(key)
            if len(recent) < self._limit:
                return 0.0
            return recent[-self._limit] + self._seconds - self._monotonic()

    def failed(self, key: Hashable) -> None:
        """Count a failure of the key."""
        with self._lock:
            recent = self._recent(key)
            self._failures[key] = [*recent, self._monotonic()][-self._limit :]
            self._failures.move_to_end(key)
            if len(self._failures) > _MAX_KEYS:
                self._failures.popitem(last=False)

    def _recent(self, key: Hashable) -> list[float]:
        oldest = self._monotonic() - self._seconds
        return [at for at in self._failures.get(key, ()) if at > oldest]
