"""The subscribers to the events of a space."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .events import Event, EventFeed, EventKind

if TYPE_CHECKING:
    import threading
    from collections.abc import Callable


class Listeners:
    """The subscribers of a space: callbacks, and the readers of its feed. Thread-safe.

    Args:
        lock: the lock of the space.
    """

    def __init__(self, lock: threading.RLock) -> None:
        self._lock = lock
        self.feed: EventFeed = EventFeed(lock)
        self._callbacks: dict[int, Callable[[Event], None]] = {}
        self._count = 0

    def __bool__(self) -> bool:
        return bool(self._callbacks) or bool(self.feed)

    def __len__(self) -> int:
        return len(self._callbacks) + len(self.feed)

    def add(self, callback: Callable[[Event], None]) -> Callable[[], None]:
        """Call `callback` with each event from now on. Return a function that ends this.

        The callback runs in the thread that caused the event, with the lock of the space held. It
        must hand the event on and return at once.
        """
        with self._lock:
            self._count += 1
            number = self._count
            self._callbacks[number] = callback

        def remove() -> None:
            with self._lock:
                self._callbacks.pop(number, None)

        return remove

    def tell(self, kind: EventKind, number: object = "") -> None:
        """Report an event. Call it with the lock of the space held."""
        if self:
            event = Event(kind, str(number))
            if self.feed:
                self.feed.put(event)
            for callback in list(self._callbacks.values()):
                callback(event)
