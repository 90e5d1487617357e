"""What the journal needs from storage."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from .entries import StoredEntry


class JournalStorage(Protocol):
    """Keeps the journal of one space, passwords masked."""

    def put_entry(self, stored: StoredEntry) -> None:
        """Write an entry."""

    def clear_entries(self) -> None:
        """Forget all entries."""
