"""Observers: functions that are called with each journal entry."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from .entries import StoredEntry


class RequestObserver(Protocol):
    """Gets each entry of all spaces. Must not wait: a request does not go on meanwhile."""

    def note(self, space: str, entry: StoredEntry, seconds: float) -> None:
        """Take an entry.

        Args:
            space: the space's name.
            entry: the entry, secrets and all.
            seconds: how long the server took to answer.
        """
