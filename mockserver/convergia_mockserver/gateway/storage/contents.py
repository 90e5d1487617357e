"""The contents of a space without its journal: saving and restoring them as a whole."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import msgspec

from convergia_mockserver.gateway.messages import Plans
from convergia_mockserver.gateway.scripts import ScriptState

from .saved_state import SavedSpace, SavedState
from .snapshots import (
    VERSION,
    SavedAccount,
    SavedClock,
    Snapshot,
    SnapshotError,
    check_version,
)

if TYPE_CHECKING:
    from convergia_mockserver.gateway.accounts import Account, AccountBook, AccountState
    from convergia_mockserver.gateway.clock import Clock
    from convergia_mockserver.gateway.messages import MessageStore, PlanBook, PlanDifferences
    from convergia_mockserver.gateway.operations import OperationBook
    from convergia_mockserver.gateway.scripts import ActiveScript, Script, ScriptBook
    from convergia_mockserver.gateway.settings import SpaceSettings

    from .space_storage import SpaceStorage


@dataclass(frozen=True, slots=True)
class NextStart:
    """The checked state of a space after new settings, before it takes effect.

    Attributes:
        settings: the new settings.
        accounts: all accounts.
        plans: all plans.
        scripts: all scripts. None if they do not change.
        clock: the arguments for `Clock.begin`. None if the clock does not change.
    """

    settings: SpaceSettings
    accounts: dict[str, AccountState]
    plans: Plans
    scripts: list[ActiveScript] | None
    clock: tuple[float | None, float] | None


class SpaceContents:
    """The parts of a space as a whole. Not thread-safe: the space does the locking.

    Args:
        settings: the initial settings.
        store: its messages.
        accounts: its accounts.
        plans: its delivery plans.
        scripts: its scripts.
        operations: its answers of other operations.
        clock: its clock.
        storage: the storage that keeps it, if any.
    """

    def __init__(  # noqa: PLR0917 - a space's parts, each once
        self,
        settings: SpaceSettings,
        store: MessageStore,
        accounts: AccountBook,
        plans: PlanBook,
        scripts: ScriptBook,
        operations: OperationBook,
        clock: Clock,
        storage: SpaceStorage | None,
    ) -> None:
        self._settings = settings
        self._store = store
        self._accounts = accounts
        self._plans = plans
        self._scripts = scripts
        self._operations = operations
        self._clock = clock
        self._storage = storage

    def begin(self, saved: SavedSpace | None) -> None:
        """Set the state from the settings and the saved state.

        If the start file has the same scripts as before, they continue in their saved state.

        Raises:
            StorageError, ValueError: if the saved state is invalid, or cannot be written.
        """
        self._clock.begin(*self._settings.clock.state(self._clock.now()))
        given = () if saved is None or saved.state is None else saved.state.scripts
        if saved is not None:
            self._load(saved)
        if given != self._settings.scripts:
            scripts = self._scripts.following(self._settings.scripts)
            if self._storage is not None:
                with self._storage.transaction():
                    self._storage.replace_scripts(each.state() for each in scripts)
                    self.save()
            self._scripts.become(scripts)

    def _load(self, saved: SavedSpace) -> None:
        self._store.load(saved.accepted, saved.messages)
        self._scripts.become(self._scripts.prepared(saved.scripts))
        state = saved.state
        if state is None:
            self._accounts.load((), (), saved.used)
            return
        self._accounts.load(state.accounts, state.removed, saved.used)
        self._plans.become(state.plan_differences.applied(self._plans.initial))
        if state.clock is not None:
            self._clock.load(state.clock.frozen_at, state.clock.offset)

    def save(self) -> None:
        """Write the changes of accounts, plans and clock to the storage."""
        if self._storage is not None:
            self._storage.put_state(self._state())

    def saved(self) -> SavedSpace:
        """Return the state with which a server can continue the space."""
        used = {account.name: used for account, used in self._accounts.saved()}
        return SavedSpace(
            self._state(),
            used,
            tuple(self._scripts.states()),
            self._store.accepted,
            tuple(msgspec.structs.replace(each) for each in self._store.oldest_first()),
        )

    def check(self, saved: SavedSpace) -> None:
        """Check that the ids of saved messages fit the numbering of this space.

        Raises:
            ValueError: if they do not fit.
        """
        self._store.numbered(saved.accepted, saved.messages)

    def initial(self) -> Snapshot:
        """Return the initial state as a snapshot."""
        return Snapshot(
            version=VERSION,
            clock=SavedClock(*self._clock_start(self._settings)),
            accounts=tuple(SavedAccount(each) for each in self._accounts.initial),
            plans=self._plans.initial,
            scripts=tuple(_fresh(*each) for each in enumerate(self._settings.scripts, start=1)),
            accepted=0,
            messages=(),
        )

    def snapshot(self) -> Snapshot:
        """Return the current state as a snapshot."""
        return Snapshot(
            version=VERSION,
            clock=self._saved_clock(),
            accounts=tuple(SavedAccount(*each) for each in self._accounts.saved()),
            plans=self._plans.all(),
            scripts=tuple(self._scripts.states()),
            accepted=self._store.accepted,
            messages=tuple(msgspec.structs.replace(each) for each in self._store.oldest_first()),
        )

    def restore(self, snapshot: Snapshot, *, begins: bool = False) -> None:
        """Restore a snapshot. The journal in the file is emptied.

        The whole snapshot is checked, then written in one transaction, and only then takes effect.
        If anything is raised, the space stays as it was.

        Args:
            snapshot: the state to restore.
            begins: True if it is the initial state, so that the clock does not count as changed.

        Raises:
            SnapshotError: if its version, its messages or its clock are invalid.
            AccountError, ScriptError: if an account or a script is invalid.
            StorageError: if the file cannot be written.
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
                    self._saved_state(
                        self._accounts.differences(accounts),
                        self._plans.differences(snapshot.plans),
                        None if begins else clock,
                    )
                )
        self._store.become(snapshot.accepted, [stored for _, stored in numbered])
        self._accounts.become(accounts)
        self._plans.become(snapshot.plans)
        self._scripts.become(scripts)
        if begins:
            self._clock.begin(clock.frozen_at, clock.offset)
        else:
            self._clock.restore(clock.frozen_at, clock.offset)

    def following(self, settings: SpaceSettings) -> NextStart:
        """Return the state that follows from new settings.

        Changes made since the start are kept, and so are messages. If the settings have the same
        scripts as before, these keep their state.

        Raises:
            AccountError, OperationError, ScriptError, ValueError: if the settings are invalid.
        """
        self._operations.check_answers(settings.answers)
        same_clock = settings.clock == self._settings.clock or self._clock.changed
        same_scripts = settings.scripts == self._settings.scripts
        start = self._clock_start(settings)
        self._clock.check(*start)
        return NextStart(
            settings,
            self._accounts.following(settings.accounts),
            self._plans.differences().applied(settings.plans),
            None if same_scripts else self._scripts.following(settings.scripts),
            None if same_clock else start,
        )

    def write(self, following: NextStart) -> None:
        """Write the new state to the storage.

        Raises:
            StorageError: if the file cannot be written.
        """
        storage = self._storage
        if storage is None:
            return
        with storage.transaction():
            if following.scripts is not None:
                storage.replace_scripts(each.state() for each in following.scripts)
            storage.put_state(
                msgspec.structs.replace(self._state(), scripts=following.settings.scripts)
            )

    def follow(self, following: NextStart) -> None:
        """Replace the current state by the new one, which `write` has written."""
        settings = following.settings
        self._settings = settings
        self._accounts.become(following.accounts, settings.accounts)
        self._plans.become(following.plans, settings.plans)
        self._operations.become(settings.answers)
        if following.scripts is not None:
            self._scripts.become(following.scripts)
        if following.clock is not None:
            self._clock.begin(*following.clock)

    def _state(self) -> SavedState:
        return self._saved_state(
            self._accounts.differences(),
            self._plans.differences(),
            self._saved_clock() if self._clock.changed else None,
        )

    def _saved_state(
        self,
        accounts: tuple[tuple[Account, ...], tuple[str, ...]],
        plans: PlanDifferences,
        clock: SavedClock | None,
    ) -> SavedState:
        return SavedState(
            *accounts,
            Plans(plans.default or self._plans.initial.default, plans.numbers, plans.accounts),
            plans.default is not None,
            clock,
            plans.removed_numbers,
            plans.removed_accounts,
            self._settings.scripts,
        )

    def _saved_clock(self) -> SavedClock:
        frozen = self._clock.frozen
        return SavedClock(
            self._clock.now() if frozen else None, 0.0 if frozen else self._clock.offset
        )

    def _clock_start(self, settings: SpaceSettings) -> tuple[float | None, float]:
        return settings.clock.state(self._clock.now() - self._clock.offset)


def _fresh(number: int, script: Script) -> ScriptState:
    limit = len(script.answers) if script.times is None else script.times
    return ScriptState(number, script, 0, limit or None, from_file=True)
