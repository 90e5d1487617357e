"""The delivery plans of a space: by number, by account, and the default. Thread-safe."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from convergia_mockserver.gateway.patterns import twelve_digits

from .delivery import DeliveryPlan  # noqa: TC001 - msgspec reads it

if TYPE_CHECKING:
    import threading
    from collections.abc import Callable


class Plans(msgspec.Struct, frozen=True):
    """The delivery plans in force.

    Attributes:
        default: the plan of messages without a plan for their number or account.
        numbers: plans by number, in 12 digits. They have precedence over those by account.
        accounts: plans by account name.
    """

    default: DeliveryPlan
    numbers: dict[str, DeliveryPlan] = {}
    accounts: dict[str, DeliveryPlan] = {}


class PlanDifferences(msgspec.Struct, frozen=True):
    """The changes to the plans since the start.

    Attributes:
        default: the new default plan. None if it was not changed.
        numbers: plans by number that were added or changed.
        accounts: plans by account that were added or changed.
        removed_numbers: the numbers whose plan was deleted.
        removed_accounts: the accounts whose plan was deleted.
    """

    default: DeliveryPlan | None
    numbers: dict[str, DeliveryPlan]
    accounts: dict[str, DeliveryPlan]
    removed_numbers: tuple[str, ...] = ()
    removed_accounts: tuple[str, ...] = ()

    def applied(self, initial: Plans) -> Plans:
        """Return the initial plans with these changes."""
        return Plans(
            initial.default if self.default is None else self.default,
            _without(initial.numbers, self.removed_numbers) | self.numbers,
            _without(initial.accounts, self.removed_accounts) | self.accounts,
        )


class PlanBook:
    """The delivery plans for messages accepted from now on.

    A plan for the number has precedence over one for the account.

    Args:
        initial: the initial plans.
        lock: the lock of the space.
        changed: called after each change by `put` or `remove`, with the lock held. If it raises,
            the change is undone.

    Attributes:
        initial: the initial plans.
    """

    def __init__(self, initial: Plans, lock: threading.RLock, changed: Callable[[], None]) -> None:
        self.initial: Plans = initial
        self._lock = lock
        self._changed = changed
        self._default = initial.default
        self._numbers: dict[str, DeliveryPlan] = dict(initial.numbers)
        self._accounts: dict[str, DeliveryPlan] = dict(initial.accounts)

    def find(self, number: str, account: str) -> DeliveryPlan:
        """Return the plan for a message to a number from an account."""
        if not self._numbers and not self._accounts:
            return self._default
        return self._numbers.get(number) or self._accounts.get(account) or self._default

    def put(
        self, plan: DeliveryPlan, *, number: str | None = None, account: str | None = None
    ) -> None:
        """Set the plan for a number or an account, or the default plan if neither is given.

        Raises:
            ValueError: if both are given.
        """
        if number is not None and account is not None:
            raise ValueError("a delivery plan must be for a number or for an account, not for both")
        with self._lock:
            default, numbers, accounts = self._default, self._numbers, self._accounts
            if number is not None:
                numbers = {**numbers, twelve_digits(number): plan}
            elif account is not None:
                accounts = {**accounts, account: plan}
            else:
                default = plan
            self._change(default, numbers, accounts)

    def remove(self, *, number: str | None = None, account: str | None = None) -> bool:
        """Delete the plan of a number or an account. Return False if there was none."""
        with self._lock:
            numbers, accounts = dict(self._numbers), dict(self._accounts)
            if number is not None:
                removed = numbers.pop(twelve_digits(number), None)
            else:
                removed = accounts.pop(account or "", None)
            if removed is not None:
                self._change(self._default, numbers, accounts)
            return removed is not None

    def _change(
        self,
        default: DeliveryPlan,
        numbers: dict[str, DeliveryPlan],
        accounts: dict[str, DeliveryPlan],
    ) -> None:
        before = self._default, self._numbers, self._accounts
        self._default, self._numbers, self._accounts = default, numbers, accounts
        try:
            self._changed()
        except BaseException:  # A change that could not be stored must not stay in force.
            self._default, self._numbers, self._accounts = before
            raise

    def all(self) -> Plans:
        """Return the plans in force."""
        with self._lock:
            return Plans(self._default, dict(self._numbers), dict(self._accounts))

    def differences(self, plans: Plans | None = None) -> PlanDifferences:
        """Return how `plans`, by default those in force, differ from the initial ones."""
        plans = self.all() if plans is None else plans
        begun = self.initial
        return PlanDifferences(
            None if plans.default == begun.default else plans.default,
            {key: plan for key, plan in plans.numbers.items() if begun.numbers.get(key) != plan},
            {key: plan for key, plan in plans.accounts.items() if begun.accounts.get(key) != plan},
            tuple(key for key in begun.numbers if key not in plans.numbers),
            tuple(key for key in begun.accounts if key not in plans.accounts),
        )

    def become(self, plans: Plans, initial: Plans | None = None) -> None:
        """Replace the plans in force, and the initial ones if `initial` is given."""
        with self._lock:
            self.initial = self.initial if initial is None else initial
            self._default = plans.default
            self._numbers, self._accounts = dict(plans.numbers), dict(plans.accounts)


def _without(plans: dict[str, DeliveryPlan], keys: tuple[str, ...]) -> dict[str, DeliveryPlan]:
    return {key: plan for key, plan in plans.items() if key not in keys}
