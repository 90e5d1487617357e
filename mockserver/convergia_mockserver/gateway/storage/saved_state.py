"""What was changed of how a space began, as it is written to a file."""

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
    """What was changed of how a space began; the rest follows the server's settings.

    Attributes:
        accounts: those created or changed, passwords hashed.
        removed: names of those deleted.
        plans: those made or changed; the default only if `default_changed`.
        clock: None if it is as it began.
        removed_numbers: whose plan from the start was deleted.
        removed_account_plans: whose plan from the start was deleted.
        scripts: those that the start file gave, as it gave them.
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
        """What was changed of the plans."""
        return PlanDifferences(
            self.plans.default if self.default_changed else None,
            self.plans.numbers,
            self.plans.accounts,
            self.removed_numbers,
            self.removed_account_plans,
        )


class SavedSpace(msgspec.Struct, frozen=True):
    """All that is kept of a space, but its journal.

    Attributes:
        state: None if nothing was changed of how it began.
        used: messages that each account sent.
        scripts: as they stand.
        accepted: how many messages were ever accepted.
        messages: those still held, oldest first.
    """

    state: SavedState | None
    used: dict[str, Count]
    scripts: tuple[ScriptState, ...]
    accepted: Count
    messages: tuple[StoredMessage, ...]
