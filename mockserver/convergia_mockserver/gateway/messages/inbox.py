"""The inbox of a space: searching and changing its messages."""

from __future__ import annotations

from typing import TYPE_CHECKING

from convergia_mockserver.gateway.search_time import SearchTime

from .query import MessageQuery
from .stored import Message, view
from .watch import Watch

if TYPE_CHECKING:
    import threading
    from collections.abc import Callable, Iterator

    from convergia_wsdl import Guide

    from convergia_mockserver.gateway.clock import Clock
    from convergia_mockserver.gateway.listeners import Listeners
    from convergia_mockserver.gateway.searches import Searches

    from .store import MessageStore
    from .stored import StoredMessage


class Inbox:
    """The messages of a space. Every returned message is a copy. Thread-safe.

    Args:
        store: the messages.
        guide: the guide, which lists the status codes.
        clock: the clock of the space.
        listeners: the subscribers that get an event for each change.
        lock: the lock of the space.
        searches: the time and threads that all searches share.
    """

    def __init__(  # noqa: PLR0917 - a space's parts, each once
        self,
        store: MessageStore,
        guide: Guide,
        clock: Clock,
        listeners: Listeners,
        lock: threading.RLock,
        searches: Searches,
    ) -> None:
        self._store = store
        self._states = frozenset(known.code for known in guide.status.codes)
        self._clock = clock
        self._listeners = listeners
        self._lock = lock
        self._searches = searches

    @property
    def accepted(self) -> int:
        """The number of accepted messages, with those that were dropped or deleted."""
        return self._store.accepted

    @property
    def dropped(self) -> int:
        """The number of messages dropped for new ones."""
        return self._store.dropped

    def all(self) -> list[Message]:
        """Return all messages, oldest first."""
        return self.find()[0]

    def get(self, message_id: str) -> Message | None:
        """Return a message by its id, or None."""
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
        """Return a page of the messages that match, and the number of all that match.

        Raises:
            PatternTimeError: if a regular expression takes too long.
        """
        query = query or MessageQuery()
        matches = self._matcher(query)
        with self._lock:
            now, held = self._clock.now(), self._store.held()
        found = [stored for stored in held if stored is not None and matches(stored, now)]
        total = len(found)
        if newest_first:
            found.reverse()
        page = found[offset:] if limit is None else found[offset : offset + limit]
        return [view(stored, now) for stored in page], total

    def scan(
        self, query: MessageQuery | None = None, *, before: str | None = None
    ) -> Iterator[Message]:
        """Yield the messages that match, newest first.

        This holds no lock, so that a report of all messages does not block the gateway.

        Args:
            query: the messages to yield. By default all.
            before: the id of a message, which may be deleted. Only older messages are yielded.

        Raises:
            PatternTimeError: if a regular expression takes too long.
        """
        matches = self._matcher(query or MessageQuery())
        with self._lock:
            held = self._store.held()
            if before is not None:
                del held[max(0, self._store.number_of(before) - self._store.dropped) :]
        while held:
            stored = held.pop()
            if stored is not None and matches(stored, now := self._clock.now()):
                yield view(stored, now)

    def watch(self, query: MessageQuery) -> Watch:
        """Return a watch that follows the messages that match."""
        return Watch(query, self._store, self._clock, self._lock, self._searches)

    def _matcher(self, query: MessageQuery) -> Callable[[StoredMessage, float], bool]:
        test = query.test(SearchTime(searches=self._searches))
        state = query.state
        if state is None:
            return lambda stored, _: test(stored)
        return lambda stored, now: test(stored) and stored.state(now) == state

    def set_state(self, message_id: str, state: int) -> Message:
        """Set the status code that status queries answer for a message from now on.

        Raises:
            KeyError: if the message does not exist.
            ValueError: if the guide does not list the status code.
        """
        if state not in self._states:
            listed = ", ".join(map(str, sorted(self._states)))
            raise ValueError(f"the guide does not list status code {state}; it lists: {listed}")
        with self._lock:
            stored = self._store.find(message_id)
            if stored is None:
                raise KeyError(message_id)
            before, stored.state_set = stored.state_set, state
            try:
                self._store.changed(stored)
            except BaseException:  # A change that could not be stored must not stay in force.
                stored.state_set = before
                raise
            self._store.changes += 1
            self._listeners.tell("status", message_id)
            return view(stored, self._clock.now())

    def delete(self, message_id: str) -> bool:
        """Delete a message. Return False if it did not exist."""
        with self._lock:
            deleted = self._store.delete(message_id)
            if deleted:
                self._listeners.tell("deleted", message_id)
            return deleted

    def clear(self) -> None:
        """Delete all messages. Ids start again."""
        with self._lock:
            self._store.clear()
            self._listeners.tell("deleted")
