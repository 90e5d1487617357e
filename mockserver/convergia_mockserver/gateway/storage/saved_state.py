"""The changes to a space since its start, as they are written to a file."""

from __future__ import annotations

import msgspec

from convergia_mockserver.gateway.accounts import Account  # noqa: TC001 - msgspec reads them
from convergia_mockserver.gateway.messages import (
    PlanDifferences,
    Plans,
    StoredMessage,
)
from convergia_mockserver.gateway.numbers import Count  # noqa: TC001
from convergia_mockserver.gateway.scripts import Script, ScriptState  # noqa: TC001

from .snapshots import SavedClock  # noqa: TC001


class SavedState(msgspec.Struct, frozen=True):
    """The changes to a space since its start. The rest follows the server's settings.

    Attributes:
        accounts: accounts that were created or changed, with hashed passwords.
        removed: the names of accounts that were deleted.
        plans: plans that were added or changed. The default counts only if `default_changed`.
        default_changed: True if the default plan was changed.
        clock: the clock. None if it was not changed.
        removed_numbers: the numbers whose initial plan was deleted.
        removed_account_plans: the accounts whose initial plan was deleted.
        scripts: the scripts of the start file, as they are there.
    """

    accounts: tuple[Account, ...]
    removed: tuple[str, ...]
    plans: Plans
    default_changed: bool
    clock: SavedClock | None
    removed_numbers: tuple[str, ...] = ()
    removed_account_plans: tuple[str, ...] = ()
    scripts: tuple[Script, ...] = ()

    @property
    def plan_differences(self) -> PlanDifferences:
        """The changes to the plans."""
        return PlanDifferences(
            self.plans.default if self.default_changed else None,
            self.plans.numbers,
            self.plans.accounts,
            self.removed_numbers,
            self.removed_account_plans,
        )


class SavedSpace(msgspec.Struct, frozen=True):
    """The stored state of a space, without its journal.

    Attributes:
        state: the changes since its start. None if there are none.
        used: the number of messages that each account has sent.
        scripts: the scripts with their state.
        accepted: the number of messages that were ever accepted.
        messages: the messages that are still held, oldest first.
    """

    state: SavedState | None
    used: dict[str, Count]
    scripts: tuple[ScriptState, ...]
    accepted: Count
    messages: tuple[StoredMessage, ...]
