"""Where a space's messages and journal are kept besides its memory: nowhere, or in a file."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from convergia_mockserver.gateway.accounts import Account  # noqa: TC001 - msgspec reads them
from convergia_mockserver.gateway.messages import Plans  # noqa: TC001

from .snapshots import SavedClock  # noqa: TC001

if TYPE_CHECKING:
    from collections.abc import Iterable

    from convergia_mockserver.gateway.journal import StoredEntry
    from convergia_mockserver.gateway.messages import StoredMessage
    from convergia_mockserver.gateway.scripts import ScriptState

    from .database import Storage


class SavedState(msgspec.Struct, frozen=True):
    """What was changed of a space's beginnings; the rest follows the server's settings.

    Attributes:
        accounts: those created or changed, passwords hashed.
        removed: names of those deleted.
        plans: the default among them only if it was changed.
    """

    accounts: tuple[Account, ...]
    removed: tuple[str, ...]
    plans: Plans
    default_changed: bool
    clock: SavedClock


class Keep:
    """Keeps nothing: a space that lives in memory alone."""

    def put_message(self, number: int, stored: StoredMessage) -> None:
        """A message was accepted."""

    def change_message(self, number: int, stored: StoredMessage) -> None:
        """Its state or polls changed."""

    def delete_message(self, number: int) -> None:
        """It was deleted."""

    def message(self, number: int) -> StoredMessage | None:  # noqa: ARG002
        """A message that memory has no room for."""
        return None

    def messages(self, latest: int) -> tuple[int, list[StoredMessage]]:  # noqa: ARG002
        """How many were ever accepted, and the latest of those, oldest first."""
        return 0, []

    def replace_messages(
        self, messages: Iterable[tuple[int, StoredMessage]], accepted: int
    ) -> None:
        """All messages were replaced."""

    def used(self) -> dict[str, int]:
        """How many messages each account sent."""
        return {}

    def put_entry(self, stored: StoredEntry) -> None:
        """A request was answered."""

    def entries(self, latest: int) -> list[StoredEntry]:  # noqa: ARG002
        """The latest journal entries, oldest first."""
        return []

    def clear_entries(self) -> None:
        """The journal was cleared."""

    def put_script(self, state: ScriptState) -> None:
        """A script was added, or a request came that it was for."""

    def delete_script(self, number: int) -> None:
        """A script was forgotten."""

    def replace_scripts(self, states: Iterable[ScriptState]) -> None:
        """All scripts were replaced."""

    def scripts(self) -> list[ScriptState]:
        """The scripts, in the order they were added."""
        return []

    def put_state(self, state: SavedState) -> None:
        """Accounts, plans or clock changed."""

    def state(self) -> SavedState | None:
        """What `put_state` was given last."""
        return None


class FileKeep(Keep):
    """Keeps a space in an SQLite file.

    Args:
        storage: the open file.
        space: the space's name.
    """

    def __init__(self, storage: Storage, space: str) -> None:
        self._storage = storage
        self._space = space

    def put_message(self, number: int, stored: StoredMessage) -> None:
        """A message was accepted."""
        self._storage.put_message(self._space, number, stored)

    def change_message(self, number: int, stored: StoredMessage) -> None:
        """Its state or polls changed."""
        self._storage.change_message(self._space, number, stored)

    def delete_message(self, number: int) -> None:
        """It was deleted."""
        self._storage.delete_message(self._space, number)

    def message(self, number: int) -> StoredMessage | None:
        """A message that memory has no room for."""
        return self._storage.message(self._space, number)

    def messages(self, latest: int) -> tuple[int, list[StoredMessage]]:
        """How many were ever accepted, and the latest of those, oldest first."""
        return self._storage.messages(self._space, latest)

    def replace_messages(
        self, messages: Iterable[tuple[int, StoredMessage]], accepted: int
    ) -> None:
        """All messages were replaced."""
        self._storage.replace_messages(self._space, messages, accepted)

    def used(self) -> dict[str, int]:
        """How many messages each account sent."""
        return self._storage.used(self._space)

    def put_entry(self, stored: StoredEntry) -> None:
        """A request was answered."""
        self._storage.put_entry(self._space, stored)

    def entries(self, latest: int) -> list[StoredEntry]:
        """The latest journal entries, oldest first."""
        return list(self._storage.entries(self._space, latest))

    def clear_entries(self) -> None:
        """The journal was cleared."""
        self._storage.clear_entries(self._space)

    def put_script(self, state: ScriptState) -> None:
        """A script was added, or a request came that it was for."""
        self._storage.put_script(self._space, state)

    def delete_script(self, number: int) -> None:
        """A script was forgotten."""
        self._storage.delete_script(self._space, number)

    def replace_scripts(self, states: Iterable[ScriptState]) -> None:
        """All scripts were replaced."""
        self._storage.replace_scripts(self._space, states)

    def scripts(self) -> list[ScriptState]:
        """The scripts, in the order they were added."""
        return self._storage.scripts(self._space)

    def put_state(self, state: SavedState) -> None:
        """Accounts, plans or clock changed."""
        self._storage.put_state(self._space, msgspec.msgpack.encode(state))

    def state(self) -> SavedState | None:
        """What `put_state` was given last."""
        state = self._storage.state(self._space)
        return None if state is None else msgspec.msgpack.decode(state, type=SavedState)
