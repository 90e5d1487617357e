"""What happens in a space, as it happens, for whoever listens."""

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
    """Who listens. Thread-safe.

    Args:
        lock: the space's.
    """

    def __init__(self, lock: threading.RLock) -> None:
        self._lock = lock
        self._callbacks: tuple[Callable[[Event], None], ...] = ()

    def __bool__(self) -> bool:
        return bool(self._callbacks)

    def add(self, callback: Callable[[Event], None]) -> Callable[[], None]:
        """Call `callback` with each event from now on; gives what ends that.

        It is called in the thread that caused the event, with the space's lock held: it hands the
        event on (to a queue, to `loop.call_soon_threadsafe`) and returns.
        """
        with self._lock:
            self._callbacks = (*self._callbacks, callback)

        def remove() -> None:
            with self._lock:
                self._callbacks = tuple(each for each in self._callbacks if each is not callback)

        return remove

    def tell(self, kind: EventKind, number: object = "") -> None:
        """Tell that something happened. Call it with the space's lock held."""
        for callback in self._callbacks:
            callback(Event(kind, str(number)))
