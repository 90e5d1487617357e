"""The journal: every request and every reply, bounded, passwords masked.

What is kept is what came; what it says is worked out when somebody looks.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from convergia_mockserver.gateway.criteria import subject_of
from convergia_mockserver.gateway.ring import Ring
from convergia_mockserver.gateway.search_time import SearchTime

from .entries import JournalEntry, StoredEntry, entry_view
from .exchanges import parts_of
from .gates import GATED, findings_of
from .query import JournalQuery

if TYPE_CHECKING:
    import threading
    from collections.abc import Collection, Iterable

    from convergia_wsdl import Profile

    from convergia_mockserver.gateway.calls import Answer, Call
    from convergia_mockserver.gateway.scripts import NearMiss, ScriptBook
    from convergia_mockserver.gateway.searches import Searches

    from .exchanges import Exchange
    from .findings import FindingKind
    from .gates import RequestFinding
    from .storage import JournalStorage


class Journal:
    """A space's journal. Thread-safe.

    Args:
        profile: says what the gateway would do to a text.
        scripts: the space's, for the nearest miss.
        lock: the space's.
        capacity: entries kept; the oldest make room.
        budget: what they weigh at most, in bytes.
        storage: where they are kept besides memory, if anywhere.
        searches: what all searches share.
    """

    def __init__(  # noqa: PLR0917 - a space's parts, each once
        self,
        profile: Profile,
        scripts: ScriptBook,
        lock: threading.RLock,
        capacity: int,
        budget: int,
        storage: JournalStorage | None,
        searches: Searches,
    ) -> None:
        self._storage = storage
        self._searches = searches
        self._profile = profile
        self._scripts = scripts
        self._lock = lock
        self._entries: Ring[StoredEntry] = Ring(capacity, budget)
        self._dropped_before = 0

    def append(
        self, at: float, face: str, exchange: Exchange, call: Call | None, answer: Answer | None
    ) -> StoredEntry:
        """Put a request and its reply behind the others, in memory; number them from 1."""
        with self._lock:
            number = self._entries.next_number + 1
            entry = StoredEntry(number, at, face, exchange, call, answer)
            self._entries.append(entry, entry.weight)
            return entry

    def keep(self, entry: StoredEntry) -> None:
        """Write an entry to storage, if there is any."""
        if self._storage is not None:
            self._storage.put_entry(entry)

    def load(self, entries: Iterable[StoredEntry]) -> None:
        """Hold these entries, oldest first, as they are kept already."""
        with self._lock:
            for entry in entries:
                if entry.number != self._entries.next_number + 1:
                    self._entries.clear(entry.number - 1)
                self._entries.append(entry, entry.weight)

    @property
    def dropped(self) -> int:
        """How many old entries made room for new ones, since it was cleared."""
        return self._entries.dropped

    @property
    def dropped_in_all(self) -> int:
        """The same, but that to clear takes nothing off."""
        return self._dropped_before + self._entries.dropped

    def __len__(self) -> int:
        return len(self._entries)

    def get(self, number: int) -> JournalEntry | None:
        """One entry."""
        with self._lock:
            stored = self._entries.get(number - 1)
        return None if stored is None else entry_view(stored, self._profile)

    def find(
        self,
        query: JournalQuery | None = None,
        *,
        newest_first: bool = False,
        offset: int = 0,
        limit: int | None = None,
    ) -> tuple[list[JournalEntry], int]:
        """Return a page of the entries that a query means, and how many there are in all."""
        found = self._matching(query)
        total = len(found)
        if newest_first:
            found.reverse()
        page = found[offset:] if limit is None else found[offset : offset + limit]
        return [entry_view(stored, self._profile) for stored in page], total

    def count(self, query: JournalQuery | None = None) -> int:
        """How many entries a query means."""
        return len(self._matching(query))

    def findings(self, kinds: Collection[FindingKind] = GATED) -> list[RequestFinding]:
        """Return the findings of these kinds, in the order of their requests."""
        return list(findings_of(self._matching(None), kinds, self._profile))

    def unmatched(
        self, *, newest_first: bool = False, offset: int = 0, limit: int | None = None
    ) -> list[tuple[JournalEntry, NearMiss | None]]:
        """Return a page of the calls that no script answered.

        Each comes with the script that came nearest; None when there is no script at all. A status
        query is compared with its own arguments here, not with the message that it asks for. Where
        a regular expression takes too long, it counts as one that does not match.
        """
        found = self._unmatched()
        if newest_first:
            found.reverse()
        search = SearchTime(searches=self._searches)
        nearest = self._scripts.nearest(search)
        return [
            (
                entry_view(stored, self._profile),
                nearest(subject_of(stored.call, parts_of(stored.exchange))),
            )
            for stored in (found[offset:] if limit is None else found[offset : offset + limit])
            if stored.call is not None
        ]

    def count_unmatched(self) -> int:
        """Return how many calls no script answered."""
        return len(self._unmatched())

    def _unmatched(self) -> list[StoredEntry]:
        return [stored for stored in self._matching(JournalQuery(matched=False)) if stored.call]

    def clear(self) -> None:
        """Forget all entries, and number from 1 again."""
        with self._lock:
            if self._storage is not None:
                self._storage.clear_entries()
            self.forget()

    def forget(self) -> None:
        """Do the same to the entries in memory alone."""
        with self._lock:
            self._dropped_before += self._entries.dropped
            self._entries.clear()

    def _matching(self, query: JournalQuery | None) -> list[StoredEntry]:
        with self._lock:
            held = self._entries.items()
        stored = [entry for entry in held if entry is not None]
        if query is None:
            return stored
        return list(filter(query.test(SearchTime(searches=self._searches)), stored))
