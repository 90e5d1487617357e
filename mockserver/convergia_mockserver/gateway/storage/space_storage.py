"""One space in an SQLite file: what its inbox, journal and scripts keep there, and its state."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .saved_state import SavedSpace

if TYPE_CHECKING:
    from collections.abc import Iterable
    from contextlib import AbstractContextManager

    from convergia_mockserver.gateway.journal import StoredEntry
    from convergia_mockserver.gateway.messages import StoredMessage
    from convergia_mockserver.gateway.scripts import ScriptState

    from .database import Storage, StorageError
    from .saved_state import SavedState


class SpaceStorage:
    """Keeps one space in an SQLite file.

    Args:
        storage: the open file.
        space: the space's name.
    """

    def __init__(self, storage: Storage, space: str) -> None:
        self._storage = storage
        self._space = space

    def saved(self, max_messages: int, max_bytes: int) -> SavedSpace:
        """Return all that is kept but the journal.

        Args:
            max_messages: how many messages memory has room for.
            max_bytes: what they may weigh.
        """
        accepted, messages = self.messages(max_messages, max_bytes)
        return SavedSpace(
            self.state(), self.used(), tuple(self.scripts()), accepted, tuple(messages)
        )

    def put_message(self, number: int, stored: StoredMessage) -> None:
        """Write a new message."""
        self._storage.put_message(self._space, number, stored)

    def change_message(self, number: int, stored: StoredMessage) -> None:
        """Write a message's new state or polls."""
        self._storage.change_message(self._space, number, stored)

    def delete_message(self, number: int) -> None:
        """Forget a message; its id is not given again."""
        self._storage.delete_message(self._space, number)

    def message(self, number: int) -> StoredMessage | None:
        """Return a message by its number."""
        return self._storage.message(self._space, number)

    def messages(self, latest: int, max_bytes: int) -> tuple[int, list[StoredMessage]]:
        """Return how many were ever accepted, and the latest of those, oldest first."""
        return self._storage.messages(self._space, latest, max_bytes)

    def replace_messages(
        self, messages: Iterable[tuple[int, StoredMessage]], accepted: int
    ) -> None:
        """Forget all messages, and write these instead."""
        self._storage.replace_messages(self._space, messages, accepted)

    def used(self) -> dict[str, int]:
        """Return how many messages each account sent."""
        return self._storage.used(self._space)

    def put_entry(self, stored: StoredEntry) -> None:
        """Write a journal entry, the password masked."""
        self._storage.put_entry(self._space, stored)

    def entries(self, latest: int, max_bytes: int) -> list[StoredEntry]:
        """Return the latest journal entries, oldest first."""
        return self._storage.entries(self._space, latest, max_bytes)

    def clear_entries(self) -> None:
        """Forget the journal."""
        self._storage.clear_entries(self._space)

    def put_script(self, state: ScriptState) -> None:
        """Write a script as it stands."""
        self._storage.put_script(self._space, state)

    def delete_script(self, number: int) -> None:
        """Forget a script."""
        self._storage.delete_script(self._space, number)

    def replace_scripts(self, states: Iterable[ScriptState]) -> None:
        """Forget all scripts, and write these instead."""
        self._storage.replace_scripts(self._space, states)

    def scripts(self) -> list[ScriptState]:
        """Return the scripts, in the order they were added."""
        return self._storage.scripts(self._space)

    def put_state(self, state: SavedState) -> None:
        """Write accounts, plans and clock."""
        self._storage.put_state(self._space, state)

    def state(self) -> SavedState | None:
        """Return what `put_state` was given last."""
        return self._storage.state(self._space)

    def transaction(self) -> AbstractContextManager[None]:
        """Make one transaction of all the writes within. See `Storage.transaction`."""
        return self._storage.transaction()

    def damaged(self, error: Exception) -> StorageError:
        """Return the error for what was read but cannot be."""
        return self._storage.damaged(error)
