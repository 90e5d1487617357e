"""The time and the threads that all searches of a server share."""

from __future__ import annotations

import asyncio
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import TYPE_CHECKING, ParamSpec, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable

P = ParamSpec("P")
T = TypeVar("T")

# CPU seconds that the regular expressions of one search may take over all its values.
SEARCH_SECONDS = 0.5
# CPU seconds that regular expressions get back in each second.
_REFILL = 0.25
# More threads would only take the CPU from each other and from the gateway.
_THREADS = 2


class Searches:
    """The time and the threads that all searches share. Thread-safe.

    A single search may use the whole time of 0.5 CPU seconds. Concurrent searches share it, and get
    0.25 seconds back in each second.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._left = SEARCH_SECONDS
        self._looked = time.monotonic()
        self._threads: ThreadPoolExecutor | None = None

    def left(self) -> float:
        """Return the CPU seconds that regular expressions have left."""
        with self._lock:
            now = time.monotonic()
            self._left = min(SEARCH_SECONDS, self._left + (now - self._looked) * _REFILL)
            self._looked = now
            return self._left

    def spend(self, seconds: float) -> None:
        """Deduct CPU seconds that were used."""
        with self._lock:
            self._left -= seconds

    async def run(self, function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Call a long-running function in one of the search threads."""
        with self._lock:
            if self._threads is None:
                self._threads = ThreadPoolExecutor(_THREADS, "convergia-search")
            threads = self._threads
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(threads, partial(function, *args, **kwargs))

    def close(self) -> None:
        """Cancel searches that have not begun, and end the threads."""
        with self._lock:
            threads, self._threads = self._threads, None
        if threads is not None:
            threads.shutdown(wait=False, cancel_futures=True)
