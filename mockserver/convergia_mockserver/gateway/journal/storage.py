"""The interface of the storage that keeps the journal."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from .entries import StoredEntry


class JournalStorage(Protocol):
    """A storage for the journal of one space. It masks passwords."""

    def put_entry(self, stored: StoredEntry) -> None:
        """Write an entry."""

    def clear_entries(self) -> None:
        """Delete all entries."""
