"""The interface of objects that are called with each journal entry."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from .entries import StoredEntry


class RequestObserver(Protocol):
    """An observer of the journal entries of all spaces. It must not wait, as the reply does."""

    def note(self, space: str, entry: StoredEntry, seconds: float) -> None:
        """Take an entry.

        Args:
            space: the name of the space.
            entry: the entry, with its secrets.
            seconds: the time that the server took to answer.
        """
