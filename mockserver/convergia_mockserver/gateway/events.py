"""What happens in a space, as it happens, for those who subscribe."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import msgspec

if TYPE_CHECKING:
    import threading
    from collections.abc import Callable

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


class Listeners:
    """Those who subscribed. Thread-safe.

    Args:
        lock: the space's.
    """

    def __init__(self, lock: threading.RLock) -> None:
        self._lock = lock
        self._callbacks: dict[int, Callable[[Event], None]] = {}
        self._count = 0

    def __bool__(self) -> bool:
        return bool(self._callbacks)

    def __len__(self) -> int:
        return len(self._callbacks)

    def add(self, callback: Callable[[Event], None]) -> Callable[[], None]:
        """Call `callback` with each event from now on; return what ends that.

        It is called in the thread that caused the event, with the space's lock held: it hands the
        event on (to a queue, to `loop.call_soon_threadsafe`) and returns.
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
        """Tell that something happened. Call it with the space's lock held."""
        if self._callbacks:
            event = Event(kind, str(number))
            for callback in list(self._callbacks.values()):
                callback(event)
