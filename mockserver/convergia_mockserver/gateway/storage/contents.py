"""All that is in a space but its journal, as a whole: kept, taken and put back."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from convergia_mockserver.gateway.messages import Plans

from .snapshots import VERSION, SavedAccount, SavedClock, Snapshot
from .space_storage import SavedState

if TYPE_CHECKING:
    from convergia_mockserver.gateway.accounts import AccountBook
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

    def load(self, max_messages: int) -> None:
        """Begin with what the file holds.

        Args:
            max_messages: how many messages memory has room for.
        """
        storage = self._storage
        if storage is None:
            return
        self._store.load(*storage.messages(max_messages))
        self._scripts.load(storage.scripts())
        state, used = storage.state(), storage.used()
        if state is None:
            self._accounts.load((), (), used)
            return
        self._accounts.load(state.accounts, state.removed, used)
        default = state.plans.default if state.default_changed else self._plans.initial
        self._plans.restore(Plans(default, state.plans.numbers, state.plans.accounts))
        self._clock.restore(state.clock.frozen_at, state.clock.offset)

    def save(self) -> None:
        """Write what was changed of accounts, plans and clock."""
        if self._storage is None:
            return
        changed, removed = self._accounts.differences()
        plans = self._plans.all()
        default_changed = plans.default != self._plans.initial
        self._storage.put_state(
            SavedState(changed, removed, plans, default_changed, self._saved_clock())
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
        """Become what a snapshot says, or stay as it is.

        Raises:
            ValueError: the messages are not numbered as this space numbers them.
            AccountError, ScriptError: an account or a script that cannot be.
        """
        before = self.snapshot()
        try:
            self._restore(snapshot)
        except ValueError:
            self._restore(before)
            raise
        self.save()

    def _restore(self, snapshot: Snapshot) -> None:
        self._store.restore(snapshot.accepted, map(msgspec.structs.replace, snapshot.messages))
        self._accounts.restore((each.account, each.used) for each in snapshot.accounts)
        self._plans.restore(snapshot.plans)
        self._scripts.restore(snapshot.scripts)
        self._clock.restore(snapshot.clock.frozen_at, snapshot.clock.offset)

    def _saved_clock(self) -> SavedClock:
        frozen = self._clock.frozen
        return SavedClock(
            self._clock.now() if frozen else None, 0.0 if frozen else self._clock.offset
        )
