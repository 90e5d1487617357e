"""The journal: the latest requests and replies.

Entries are stored as they came. Masking and findings are computed when an entry is read.
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
    """The journal of a space. Thread-safe.

    Args:
        profile: the profile, which states what the gateway does to a text.
        scripts: the scripts of the space, to find the nearest miss.
        lock: the lock of the space.
        capacity: the largest number of entries. The oldest are dropped for new ones.
        budget: the largest size of all entries, in bytes.
        storage: the storage that keeps entries besides memory, if any.
        searches: the time and threads that all searches share.
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
        """Append a request with its reply in memory. Entries are numbered from 1."""
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
        """Load entries from storage, oldest first."""
        with self._lock:
            for entry in entries:
                if entry.number != self._entries.next_number + 1:
                    self._entries.clear(entry.number - 1)
                self._entries.append(entry, entry.weight)

    @property
    def dropped(self) -> int:
        """The number of entries dropped for new ones since the journal was cleared."""
        return self._entries.dropped

    @property
    def dropped_in_all(self) -> int:
        """The number of entries ever dropped for new ones."""
        return self._dropped_before + self._entries.dropped

    def __len__(self) -> int:
        return len(self._entries)

    def get(self, number: int) -> JournalEntry | None:
        """Return an entry by its number, or None."""
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
        """Return a page of the entries that match, and the number of all that match."""
        found = self._matching(query)
        total = len(found)
        if newest_first:
            found.reverse()
        page = found[offset:] if limit is None else found[offset : offset + limit]
        return [entry_view(stored, self._profile) for stored in page], total

    def count(self, query: JournalQuery | None = None) -> int:
        """Return the number of entries that match."""
        return len(self._matching(query))

    def findings(self, kinds: Collection[FindingKind] = GATED) -> list[RequestFinding]:
        """Return the findings of these kinds, in the order of their requests."""
        return list(findings_of(self._matching(None), kinds, self._profile))

    def unmatched(
        self, *, newest_first: bool = False, offset: int = 0, limit: int | None = None
    ) -> list[tuple[JournalEntry, NearMiss | None]]:
        """Return a page of the calls that no script answered.

        Each comes with the script that nearly matched, or None if there are no scripts. A status
        query is compared by its own arguments, not by the message that it asks for. A regular
        expression that takes too long counts as one that does not match.
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
        """Return the number of calls that no script answered."""
        return len(self._unmatched())

    def _unmatched(self) -> list[StoredEntry]:
        return [stored for stored in self._matching(JournalQuery(matched=False)) if stored.call]

    def clear(self) -> None:
        """Delete all entries. The next one has number 1."""
        with self._lock:
            if self._storage is not None:
                self._storage.clear_entries()
            self.forget()

    def forget(self) -> None:
        """Delete all entries in memory, but not in storage."""
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
