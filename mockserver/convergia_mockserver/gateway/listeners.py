"""Pass each event of a space to callbacks and to the readers of its feed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .events import Event, EventFeed, EventKind

if TYPE_CHECKING:
    import threading
    from collections.abc import Callable


class Listeners:
    """The subscribers of a space: callbacks, and the readers of its feed. Thread-safe.

    Args:
        lock: the space's.
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
        """Call `callback` with each event from now on; return what ends that.

        It is called in the thread that caused the event, with the space's lock held: it hands the
        event on and returns.
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
        """Report an event. Call it with the space's lock held."""
        if self:
            event = Event(kind, str(number))
            if self.feed:
                self.feed.put(event)
            for callback in list(self._callbacks.values()):
                callback(event)
