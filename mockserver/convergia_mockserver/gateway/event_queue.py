"""Events for one reader on an event loop: bounded, and read in batches."""

from __future__ import annotations

import asyncio
from collections import deque
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from .events import Event
    from .space import Space

# A reader that is this many events behind misses the oldest, and is told so.
_BACKLOG = 1000
# Readers are woken one after the other, so that many of them leave the loop room for requests.
_BETWEEN_READERS = 0.0002
_LONGEST_DELAY = 0.25


class EventQueue:
    """What happened in a space since somebody looked last.

    Whatever a reader does, an event costs the gateway the same: it is put into a bounded queue, and
    the reader is woken at most once for all that is in it. Subscribe and read on the loop; events
    come from any thread.

    Args:
        space: where things happen.
        kinds: the kinds of events to keep; all when left out.
    """

    def __init__(self, space: Space, kinds: Iterable[str] | None = None) -> None:
        self._loop = asyncio.get_running_loop()
        self._kinds = None if kinds is None else frozenset(kinds)
        self._events: deque[Event] = deque(maxlen=_BACKLOG)
        self._delay = min(_LONGEST_DELAY, space.subscribers * _BETWEEN_READERS)
        self._woken = asyncio.Event()
        self._waking = False
        self._lost = False
        self.close: Callable[[], None] = space.subscribe(self._put)

    def _put(self, event: Event) -> None:
        if self._kinds is not None and event.kind not in self._kinds:
            return
        self._lost = self._lost or len(self._events) == _BACKLOG
        self._events.append(event)
        if not self._waking:
            self._waking = True
            self._loop.call_soon_threadsafe(self._wake_soon)

    def _wake_soon(self) -> None:
        if self._delay:
            self._loop.call_later(self._delay, self._woken.set)
        else:
            self._woken.set()

    def wake(self) -> None:
        """Wake the reader without an event. Call it on the loop."""
        self._woken.set()

    async def wait(self, seconds: float) -> bool:
        """Wait for events, or to be woken, at most so many seconds; return False if in vain."""
        # Not asyncio.wait_for: on Python 3.11 that swallows a cancellation which arrives together
        # with the event, and a reader who hung up would be kept until its time is over.
        try:
            async with asyncio.timeout(seconds):
                return await self._woken.wait()
        except TimeoutError:
            return False

    def take(self) -> tuple[list[Event], bool]:
        """Take all events; return them, and True if older ones were lost before them."""
        self._woken.clear()
        # First: what comes from here on wakes the reader again.
        self._waking = False
        events: list[Event] = []
        while self._events:
            events.append(self._events.popleft())
        lost, self._lost = self._lost, False
        return events, lost
