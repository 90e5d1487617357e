"""The storage of one space in an SQLite file."""

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
    """The part of an SQLite file that belongs to one space.

    Args:
        storage: the open file.
        space: the name of the space.
    """

    def __init__(self, storage: Storage, space: str) -> None:
        self._storage = storage
        self._space = space

    def saved(self, max_messages: int, max_bytes: int) -> SavedSpace:
        """Return the stored state of the space, without the journal.

        Args:
            max_messages: the largest number of messages to return.
            max_bytes: the largest size of all of them.
        """
        accepted, messages = self.messages(max_messages, max_bytes)
        return SavedSpace(
            self.state(), self.used(), tuple(self.scripts()), accepted, tuple(messages)
        )

    def put_message(self, number: int, stored: StoredMessage) -> None:
        """Write a new message."""
        self._storage.put_message(self._space, number, stored)

    def change_message(self, number: int, stored: StoredMessage) -> None:
        """Write the new state or polls of a message."""
        self._storage.change_message(self._space, number, stored)

    def delete_message(self, number: int) -> None:
        """Delete a message. Its id is not used again."""
        self._storage.delete_message(self._space, number)

    def message(self, number: int) -> StoredMessage | None:
        """Return a message by its number, or None."""
        return self._storage.message(self._space, number)

    def messages(self, latest: int, max_bytes: int) -> tuple[int, list[StoredMessage]]:
        """Return the number of messages ever accepted, and the latest, oldest first."""
        return self._storage.messages(self._space, latest, max_bytes)

    def replace_messages(
        self, messages: Iterable[tuple[int, StoredMessage]], accepted: int
    ) -> None:
        """Replace all messages by these."""
        self._storage.replace_messages(self._space, messages, accepted)

    def used(self) -> dict[str, int]:
        """Return the number of messages that each account has sent."""
        return self._storage.used(self._space)

    def put_entry(self, stored: StoredEntry) -> None:
        """Write a journal entry with its password masked."""
        self._storage.put_entry(self._space, stored)

    def entries(self, latest: int, max_bytes: int) -> list[StoredEntry]:
        """Return the latest journal entries, oldest first."""
        return self._storage.entries(self._space, latest, max_bytes)

    def clear_entries(self) -> None:
        """Delete the journal."""
        self._storage.clear_entries(self._space)

    def put_script(self, state: ScriptState) -> None:
        """Write the state of a script."""
        self._storage.put_script(self._space, state)

    def delete_script(self, number: int) -> None:
        """Delete a script."""
        self._storage.delete_script(self._space, number)

    def replace_scripts(self, states: Iterable[ScriptState]) -> None:
        """Replace all scripts by these."""
        self._storage.replace_scripts(self._space, states)

    def scripts(self) -> list[ScriptState]:
        """Return the scripts in the order of their ids."""
        return self._storage.scripts(self._space)

    def put_state(self, state: SavedState) -> None:
        """Write the changes to accounts, plans and clock."""
        self._storage.put_state(self._space, state)

    def state(self) -> SavedState | None:
        """Return the state that `put_state` wrote last, or None."""
        return self._storage.state(self._space)

    def transaction(self) -> AbstractContextManager[None]:
        """Make one transaction of all the writes within. See `Storage.transaction`."""
        return self._storage.transaction()

    def damaged(self, error: Exception) -> StorageError:
        """Return the error for a damaged file."""
        return self._storage.damaged(error)
