"""The questions that tests and people ask about a space's messages, and what they change."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .query import MessageQuery
from .stored import Message, view

if TYPE_CHECKING:
    import threading
    from collections.abc import Iterator

    from convergia_wsdl import Guide

    from convergia_mockserver.gateway.clock import Clock
    from convergia_mockserver.gateway.events import Listeners

    from .store import MessageStore

_SCANNED_AT_ONCE = 1000


class Inbox:
    """A space's messages, as others see them: each is a copy. Thread-safe.

    Args:
        store: the messages.
        guide: says which states there are.
        clock: the space's.
        listeners: are told what is changed here.
        lock: the space's.
    """

    def __init__(
        self,
        store: MessageStore,
        guide: Guide,
        clock: Clock,
        listeners: Listeners,
        lock: threading.RLock,
    ) -> None:
        self._store = store
        self._states = frozenset(known.code for known in guide.status.codes)
        self._clock = clock
        self._listeners = listeners
        self._lock = lock

    @property
    def accepted(self) -> int:
        """How many messages were accepted; some may have been dropped or deleted."""
        return self._store.accepted

    @property
    def dropped(self) -> int:
        """How many old messages made room for new ones."""
        return self._store.dropped

    def all(self) -> list[Message]:
        """Return the messages, in the order they came."""
        return self.find()[0]

    def get(self, message_id: str) -> Message | None:
        """Return one message."""
        with self._lock:
            stored = self._store.find(message_id)
            return None if stored is None else view(stored, self._clock.now())

    def find(
        self,
        query: MessageQuery | None = None,
        *,
        newest_first: bool = False,
        offset: int = 0,
        limit: int | None = None,
    ) -> tuple[list[Message], int]:
        """Return a page of the messages that a query means, and how many there are in all.

        Raises:
            PatternTimeError: a regular expression takes too long.
        """
        query = query or MessageQuery()
        test = query.test()
        with self._lock:
            now = self._clock.now()
            found = [
                stored
                for stored in self._store.oldest_first()
                if test(stored) and (query.state is None or stored.state(now) == query.state)
            ]
            total = len(found)
            if newest_first:
                found.reverse()
            page = found[offset:] if limit is None else found[offset : offset + limit]
            return [view(stored, now) for stored in page], total

    def scan(
        self, query: MessageQuery | None = None, *, before: str | None = None
    ) -> Iterator[Message]:
        """Yield the messages that a query means, newest first.

        Holds the space's lock for a thousand messages at a time, so that a report of all of them
        does not keep the gateway waiting.

        Args:
            query: which messages; all when left out.
            before: the id of a message, still there or not; only older ones are given.

        Raises:
            PatternTimeError: a regular expression takes too long.
        """
        query = query or MessageQuery()
        test = query.test()
        with self._lock:
            start: int | None = (
                self._store.accepted if before is None else self._store.number_of(before)
            )
        while start is not None:
            with self._lock:
                now = self._clock.now()
                found, start = self._store.older(start, _SCANNED_AT_ONCE)
                page = [
                    view(stored, now)
                    for stored in found
                    if test(stored) and (query.state is None or stored.state(now) == query.state)
                ]
            yield from page

    def matching(self, query: MessageQuery) -> tuple[list[Message], float | None]:
        """Return the messages that a query means, and in how many seconds time may make one more.

        The seconds are None when time alone will not, as under a frozen clock.

        Raises:
            PatternTimeError: a regular expression takes too long.
        """
        test = query.test()
        found: list[Message] = []
        next_due: float | None = None
        with self._lock:
            now = self._clock.now()
            for stored in self._store.oldest_first():
                if not test(stored):
                    continue
                if query.state is None or stored.state(now) == query.state:
                    found.append(view(stored, now))
                elif (due := stored.due()) is not None and due > now:
                    next_due = due if next_due is None else min(next_due, due)
            later = None if next_due is None or self._clock.frozen else next_due - now
        return found, later

    def set_state(self, message_id: str, state: int) -> Message:
        """Set the status code that status queries answer for a message from now on.

        Raises:
            KeyError: there is no such message.
            ValueError: the guide lists no such status code.
        """
        if state not in self._states:
            raise ValueError(f"the guide lists no status code {state}")
        with self._lock:
            stored = self._store.find(message_id)
            if stored is None:
                raise KeyError(message_id)
            stored.state_set = state
            self._store.changed(stored)
            self._listeners.tell("status", message_id)
            return view(stored, self._clock.now())

    def delete(self, message_id: str) -> bool:
        """Forget a message; return True if it was there."""
        with self._lock:
            deleted = self._store.delete(message_id)
            if deleted:
                self._listeners.tell("deleted", message_id)
            return deleted

    def clear(self) -> None:
        """Forget all messages; ids begin again."""
        with self._lock:
            self._store.clear()
            self._listeners.tell("deleted")
