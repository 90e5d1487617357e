"""Following the messages that match a query, looking at each only once."""

from __future__ import annotations

import heapq
from collections import deque
from typing import TYPE_CHECKING

from convergia_mockserver.gateway.search_time import SearchTime

from .stored import Message, StoredMessage, view

if TYPE_CHECKING:
    import threading

    from convergia_mockserver.gateway.clock import Clock
    from convergia_mockserver.gateway.searches import Searches

    from .query import MessageQuery
    from .store import MessageStore

# A look at no more new messages than this counts as quick.
_FEW = 100


class Watch:
    """A running count of the messages that match a query.

    Only one caller at a time may use it. It holds the lock of the space only to copy references.

    Args:
        query: the messages to follow.
        store: the store of the messages.
        clock: the clock of the space.
        lock: the lock of the space.
        searches: the time and threads that all searches share.
    """

    def __init__(
        self,
        query: MessageQuery,
        store: MessageStore,
        clock: Clock,
        lock: threading.RLock,
        searches: Searches,
    ) -> None:
        self._state = query.state
        self._search = SearchTime(searches=searches)
        self._test = query.test(self._search)
        self._patterned = query.has_regex
        self._store = store
        self._clock = clock
        self._lock = lock
        self._generation = -1
        self._begin()

    def _begin(self) -> None:
        self._next = 0
        self._changes = self._store.changes
        self._generation = self._store.generation
        self._seen = 0.0
        self._count = 0
        # The messages that match the query apart from its state, by number.
        self._candidates: deque[tuple[int, StoredMessage]] = deque()
        # Those whose state will change by itself: the time, the message, and whether it matches
        # now.
        self._pending: list[tuple[float, int, StoredMessage, bool]] = []

    @property
    def quick(self) -> bool:
        """True if `look` returns at once, so that it may run on an event loop."""
        store = self._store
        return (
            not self._patterned
            and store.generation == self._generation
            and store.changes == self._changes
            and store.accepted - self._next <= _FEW
        )

    def look(self) -> tuple[int, float | None]:
        """Count the new messages. Return the number that match, and when to look again.

        The second value is the number of seconds until a state changes by itself. It is None if
        none will, for example because the clock is frozen.

        Raises:
            PatternTimeError: if a regular expression takes too long.
        """
        self._search.renew()
        with self._lock:
            store, now = self._store, self._clock.now()
            if store.generation != self._generation:
                self._begin()
            first = max(self._next, store.dropped)
            new = store.held(first)
            self._next = store.accepted
            oldest, changes = store.dropped, store.changes
        again = changes != self._changes or now < self._seen
        self._changes, self._seen = changes, now
        if not again:
            self._settle(now)
            self._drop(oldest, now)
        added = [
            (number, stored)
            for number, stored in enumerate(new, first)
            if stored is not None and self._test(stored)
        ]
        self._candidates.extend(added)
        if again:
            self._recount(now)
        else:
            self._add(added, now)
        frozen = self._clock.frozen
        later = self._pending[0][0] - now if self._pending and not frozen else None
        return self._count, later

    def found(self, limit: int | None = None) -> tuple[list[Message], int]:
        """Return the first `limit` messages that match now, and the number of all that match."""
        now = self._clock.now()
        with self._lock:
            held = self._held()
        matching = [stored for stored in held if self._matches(stored, now)]
        return [view(stored, now) for stored in matching[:limit]], len(matching)

    def _matches(self, stored: StoredMessage, now: float) -> bool:
        return self._state is None or stored.state(now) == self._state

    def _held(self) -> list[StoredMessage]:
        get = self._store.get
        return [stored for number, stored in self._candidates if get(number) is stored]

    def _drop(self, oldest: int, now: float) -> None:
        """Remove messages that were dropped from the store."""
        while self._candidates and self._candidates[0][0] < oldest:
            _, stored = self._candidates.popleft()
            self._count -= self._matches(stored, now)

    def _recount(self, now: float) -> None:
        with self._lock:
            get = self._store.get
            held = [each for each in self._candidates if get(each[0]) is each[1]]
        self._candidates = deque(held)
        self._count, self._pending = 0, []
        self._add(held, now)

    def _settle(self, now: float) -> None:
        """Count again the messages whose state has changed by itself."""
        while self._pending and self._pending[0][0] <= now:
            _, number, stored, matched = heapq.heappop(self._pending)
            if not self._candidates or number >= self._candidates[0][0]:
                self._count += self._matches(stored, now) - matched

    def _add(self, added: list[tuple[int, StoredMessage]], now: float) -> None:
        for number, stored in added:
            matches = self._matches(stored, now)
            self._count += matches
            if self._state is not None and (due := stored.due()) is not None and due > now:
                heapq.heappush(self._pending, (due, number, stored, matches))
