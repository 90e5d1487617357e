"""All that is in a space but its journal, as a whole: kept, taken and put back."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from convergia_mockserver.gateway.messages import Plans

from .saved_state import SavedState
from .snapshots import (
    VERSION,
    SavedAccount,
    SavedClock,
    Snapshot,
    SnapshotError,
    check_version,
)

if TYPE_CHECKING:
    from convergia_mockserver.gateway.accounts import Account, AccountBook
    from convergia_mockserver.gateway.clock import Clock
    from convergia_mockserver.gateway.messages import MessageStore, PlanBook
    from convergia_mockserver.gateway.scripts import ScriptBook

    from .space_storage import SpaceStorage


class SpaceContents:
    """A space's parts, taken together. Not thread-safe: its space locks.

    Args:
        store: its messages.
        accounts: its accounts.
        plans: its delivery plans.
        scripts: its scripts.
        clock: its clock.
        storage: the file that it is kept in, if any.
    """

    def __init__(  # noqa: PLR0917 - a space's parts, each once
        self,
        store: MessageStore,
        accounts: AccountBook,
        plans: PlanBook,
        scripts: ScriptBook,
        clock: Clock,
        storage: SpaceStorage | None,
    ) -> None:
        self._store = store
        self._accounts = accounts
        self._plans = plans
        self._scripts = scripts
        self._clock = clock
        self._storage = storage

    def load(self, max_messages: int, max_bytes: int) -> None:
        """Begin with what the file holds.

        Args:
            max_messages: how many messages memory has room for.
            max_bytes: what they may weigh.

        Raises:
            StorageError: what the file holds cannot be.
        """
        storage = self._storage
        if storage is None:
            return
        try:
            accepted, messages = storage.messages(max_messages, max_bytes)
            self._store.load(accepted, messages)
            self._scripts.become(self._scripts.prepared(storage.scripts()))
            state, used = storage.state(), storage.used()
            if state is None:
                self._accounts.load((), (), used)
                return
            self._accounts.load(state.accounts, state.removed, used)
            default = state.plans.default if state.default_changed else self._plans.initial
            self._plans.restore(Plans(default, state.plans.numbers, state.plans.accounts))
            self._clock.restore(state.clock.frozen_at, state.clock.offset)
        except ValueError as error:
            raise storage.damaged(error) from error

    def save(self) -> None:
        """Write what was changed of accounts, plans and clock."""
        if self._storage is not None:
            self._storage.put_state(
                self._state(self._accounts.differences(), self._plans.all(), self._saved_clock())
            )

    def initial(self) -> Snapshot:
        """Return how the space began."""
        return Snapshot(
            version=VERSION,
            clock=SavedClock(),
            accounts=tuple(SavedAccount(each) for each in self._accounts.initial),
            plans=Plans(self._plans.initial),
            scripts=(),
            accepted=0,
            messages=(),
        )

    def snapshot(self) -> Snapshot:
        """Return all of it, as it is now."""
        return Snapshot(
            version=VERSION,
            clock=self._saved_clock(),
            accounts=tuple(SavedAccount(*each) for each in self._accounts.saved()),
            plans=self._plans.all(),
            scripts=tuple(self._scripts.states()),
            accepted=self._store.accepted,
            messages=tuple(msgspec.structs.replace(each) for each in self._store.oldest_first()),
        )

    def restore(self, snapshot: Snapshot) -> None:
        """Restore a snapshot. The journal in the file starts empty.

        The snapshot is checked whole, then written in one transaction, then put in place: whatever
        is raised, the space stays as it was.

        Raises:
            SnapshotError: it is of another version, or its messages or clock cannot be.
            AccountError, ScriptError: an account or a script that cannot be.
            StorageError: the file cannot be written.
        """
        check_version(snapshot)
        accounts = self._accounts.prepared((each.account, each.used) for each in snapshot.accounts)
        scripts = self._scripts.prepared(snapshot.scripts)
        try:
            numbered = self._store.numbered(
                snapshot.accepted, [msgspec.structs.replace(each) for each in snapshot.messages]
            )
            clock = snapshot.clock
            self._clock.check(clock.frozen_at, clock.offset)
        except ValueError as error:
            raise SnapshotError(str(error)) from None
        storage = self._storage
        if storage is not None:
            with storage.transaction():
                storage.replace_messages(numbered, snapshot.accepted)
                storage.replace_scripts(snapshot.scripts)
                storage.clear_entries()
                storage.put_state(
                    self._state(self._accounts.differences(accounts), snapshot.plans, clock)
                )
        self._store.become(snapshot.accepted, [stored for _, stored in numbered])
        self._accounts.become(accounts)
        self._plans.restore(snapshot.plans)
        self._scripts.become(scripts)
        self._clock.restore(clock.frozen_at, clock.offset)

    def _state(
        self, accounts: tuple[tuple[Account, ...], tuple[str, ...]], plans: Plans, clock: SavedClock
    ) -> SavedState:
        return SavedState(*accounts, plans, plans.default != self._plans.initial, clock)

    def _saved_clock(self) -> SavedClock:
        frozen = self._clock.frozen
        return SavedClock(
            self._clock.now() if frozen else None, 0.0 if frozen else self._clock.offset
        )
