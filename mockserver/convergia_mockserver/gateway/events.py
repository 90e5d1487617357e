"""Live events of a space, for readers on event loops."""

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
    """An event in a space.

    Attributes:
        kind: `message` (a message was accepted), `request` (a request was answered and is in the
            journal), `status` (a message's status was set, or a status query saw it change),
            `deleted` (a message was deleted), `clock` (the clock was set), `reset` (the space was
            reset) or `error` (an error inside the server).
        id: the id of the message or journal entry. Empty for other events.
    """

    kind: EventKind
    id: str = ""


# A reader that falls behind by more events than this loses the oldest. `take` reports that.
_BACKLOG = 1000
# The number of readers woken at once, and the seconds until the next ones are woken.
_FEW = 8
_PAUSE = 0.001


class EventFeed:
    """The latest events of a space, kept once for all readers.

    The cost of an event does not depend on the number of readers. Each loop wakes its readers a few
    at a time, so that it can answer requests in between.

    Args:
        lock: the lock of the space.
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
        """Add an event and wake its readers. Call it with the lock of the space held."""
        self._events.append(event)
        self.count += 1
        self._latest[event.kind] = self.count
        for waker in self._loops.values():
            waker.start()

    def since(self, count: int) -> tuple[list[Event], int]:
        """Return the events after number `count`, oldest first, and the number of all so far."""
        with self._lock:
            new = min(self.count - count, len(self._events))
            return list(islice(reversed(self._events), new))[::-1], self.count

    def latest(self, kinds: Iterable[EventKind] | None) -> int:
        """Return the number of the latest event of these kinds, or of any kind if None."""
        if kinds is None:
            return self.count
        return max((self._latest.get(kind, 0) for kind in kinds), default=0)

    def add(self, reader: EventReader) -> None:
        """Wake a reader on the running loop from now on."""
        loop = asyncio.get_running_loop()
        with self._lock:
            if loop not in self._loops:
                self._loops[loop] = _Waker(self, loop, self._lock)
            self._loops[loop].readers[reader] = None

    def remove(self, reader: EventReader) -> None:
        """Stop waking a reader."""
        with self._lock:
            for loop, waker in list(self._loops.items()):
                waker.readers.pop(reader, None)
                if not waker.readers:
                    del self._loops[loop]


class _Waker:
    """Wakes the readers of one loop, a few at a time."""

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
        """Wake the readers soon. Call it with the lock of the space held."""
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
    """A reader of the events of a space.

    Create and use it on an event loop. Events may come from any thread.

    Args:
        feed: the feed of the space.
        kinds: the kinds of events to wake for and to return. By default all.
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
        """Return True if the reader must be woken for an event."""
        return not self._woken.is_set() and self._feed.latest(self._kinds) > self._count

    def wake(self) -> None:
        """Wake the reader, even without an event. Call it on the loop."""
        self._woken.set()

    async def wait(self, seconds: float) -> bool:
        """Wait until the reader is woken. Return False after `seconds`."""
        # Not asyncio.wait_for: on Python 3.11 it swallows a cancellation that arrives together with
        # the event. A reader whose client has disconnected would then be kept until its timeout.
        try:
            async with asyncio.timeout(seconds):
                return await self._woken.wait()
        except TimeoutError:
            return False

    def take(self) -> tuple[list[Event], bool]:
        """Return the events since the last call, and True if older ones were lost."""
        # Clear the flag first, so that an event during this call wakes the reader again.
        self._woken.clear()
        events, count = self._feed.since(self._count)
        lost = count - self._count > len(events)
        self._count = count
        if self._kinds is not None:
            events = [event for event in events if event.kind in self._kinds]
        return events, lost
