"""What happens in a space, as it happens, for readers on event loops."""

from __future__ import annotations

import asyncio
from collections import deque
from itertools import islice
from typing import TYPE_CHECKING, Literal

import msgspec

if TYPE_CHECKING:
    import threading
    from collections.abc import Iterable


EventKind = Literal[
    "message",
    "request",
    "status",
    "clock",
    "reset",
    "error",
    "deleted",
]


class Event(msgspec.Struct, frozen=True):
    """One thing that happened.

    Attributes:
        kind: `message` accepted; `request` answered, in the journal by then; `status` of a message
            set by hand or reached by a poll; `deleted` message; `clock` set; `reset` of the space;
            `error` inside the server.
        id: the message's or journal entry's; empty otherwise.
    """

    kind: EventKind
    id: str = ""


# A reader that is this many events behind loses the oldest, and learns that it did.
_BACKLOG = 1000
# How many readers are woken at once, and the seconds until the next ones are.
_FEW = 8
_PAUSE = 0.001


class EventFeed:
    """Keep the latest events once for all readers, and wake the readers.

    An event costs the gateway the same however many readers there are. Each loop wakes its readers
    a few at a time, so that it answers requests in between.

    Args:
        lock: the space's.
    """

    def __init__(self, lock: threading.RLock) -> None:
        self._lock = lock
        self._events: deque[Event] = deque(maxlen=_BACKLOG)
        self._latest: dict[EventKind, int] = {}
        self._loops: dict[asyncio.AbstractEventLoop, _Waker] = {}
        self.count: int = 0

    def __len__(self) -> int:
        with self._lock:
            return sum(len(waker.readers) for waker in self._loops.values())

    def __bool__(self) -> bool:
        return bool(self._loops)

    def put(self, event: Event) -> None:
        """Keep an event and see that its readers wake. Call it with the space's lock held."""
        self._events.append(event)
        self.count += 1
        self._latest[event.kind] = self.count
        for waker in self._loops.values():
            waker.start()

    def since(self, count: int) -> tuple[list[Event], int]:
        """Return the events after the first `count`, oldest first, and how many there were ever."""
        with self._lock:
            new = min(self.count - count, len(self._events))
            return list(islice(reversed(self._events), new))[::-1], self.count

    def latest(self, kinds: Iterable[EventKind] | None) -> int:
        """Return the number of the latest event of these kinds; of any kind for None."""
        if kinds is None:
            return self.count
        return max((self._latest.get(kind, 0) for kind in kinds), default=0)

    def add(self, reader: EventReader) -> None:
        """Wake a reader from now on, on the loop that runs."""
        loop = asyncio.get_running_loop()
        with self._lock:
            if loop not in self._loops:
                self._loops[loop] = _Waker(self, loop, self._lock)
            self._loops[loop].readers[reader] = None

    def remove(self, reader: EventReader) -> None:
        """Forget a reader."""
        with self._lock:
            for loop, waker in list(self._loops.items()):
                waker.readers.pop(reader, None)
                if not waker.readers:
                    del self._loops[loop]


class _Waker:
    """Wake the readers of one loop, some and then others."""

    def __init__(
        self, feed: EventFeed, loop: asyncio.AbstractEventLoop, lock: threading.RLock
    ) -> None:
        self.readers: dict[EventReader, None] = {}
        self._feed = feed
        self._loop = loop
        self._lock = lock
        self._due: deque[EventReader] = deque()
        self._looked = 0
        self._running = False

    def start(self) -> None:
        """Wake readers soon, unless that is under way. Call it with the space's lock held."""
        if not self._running:
            self._running = True
            self._loop.call_soon_threadsafe(self._wake_some)

    def _wake_some(self) -> None:
        with self._lock:
            if not self._due:
                self._looked = self._feed.count
                self._due.extend(reader for reader in self.readers if reader.has_news())
            few = [self._due.popleft() for _ in range(min(_FEW, len(self._due)))]
            self._running = bool(self._due) or self._looked < self._feed.count
            if self._running:
                self._loop.call_later(_PAUSE, self._wake_some)
        for reader in few:
            reader.wake()


class EventReader:
    """What happened in a space since this reader looked last.

    Make it and use it on an event loop; events come from any thread.

    Args:
        feed: the space's.
        kinds: the kinds of events to wake for and to return; all if omitted.
    """

    def __init__(self, feed: EventFeed, kinds: Iterable[EventKind] | None = None) -> None:
        self._feed = feed
        self._kinds = None if kinds is None else frozenset(kinds)
        self._woken = asyncio.Event()
        self._feed.add(self)
        self._count = self._feed.count

    def close(self) -> None:
        """Stop reading."""
        self._feed.remove(self)

    def has_news(self) -> bool:
        """Return True if an event came that this reader waits for and was not woken for."""
        return not self._woken.is_set() and self._feed.latest(self._kinds) > self._count

    def wake(self) -> None:
        """Wake the reader, with or without an event. Call it on the loop."""
        self._woken.set()

    async def wait(self, seconds: float) -> bool:
        """Wait for events, or to be woken; return False after so many seconds without either."""
        # Not asyncio.wait_for: on Python 3.11 that swallows a cancellation which arrives together
        # with the event, and a reader who hung up would be kept until its time is over.
        try:
            async with asyncio.timeout(seconds):
                return await self._woken.wait()
        except TimeoutError:
            return False

    def take(self) -> tuple[list[Event], bool]:
        """Take all events; return them, and True if older ones were lost before them."""
        # First: what comes from here on wakes the reader again.
        self._woken.clear()
        events, count = self._feed.since(self._count)
        lost = count - self._count > len(events)
        self._count = count
        if self._kinds is not None:
            events = [event for event in events if event.kind in self._kinds]
        return events, lost
