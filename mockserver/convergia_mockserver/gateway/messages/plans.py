"""A space's delivery plans: by number, by account, and the one for everybody else. Thread-safe."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from convergia_mockserver.gateway.patterns import twelve_digits

from .delivery import DeliveryPlan  # noqa: TC001 - msgspec reads it

if TYPE_CHECKING:
    import threading
    from collections.abc import Callable


class Plans(msgspec.Struct, frozen=True):
    """All plans in force."""

    default: DeliveryPlan
    numbers: dict[str, DeliveryPlan] = {}
    accounts: dict[str, DeliveryPlan] = {}


class PlanBook:
    """What becomes of messages accepted from now on; a number's plan wins over its account's.

    Args:
        default: the plan where there is no other.
        lock: the space's.
        changed: called after each change, with the lock held; if it raises, nothing is changed.

    Attributes:
        initial: the default from the start.
    """

    def __init__(
        self, default: DeliveryPlan, lock: threading.RLock, changed: Callable[[], None]
    ) -> None:
        self.initial = default
        self._lock = lock
        self._changed = changed
        self._default = default
        self._numbers: dict[str, DeliveryPlan] = {}
        self._accounts: dict[str, DeliveryPlan] = {}

    def find(self, number: str, account: str) -> DeliveryPlan:
        """Return the plan for a message."""
        if not self._numbers and not self._accounts:
            return self._default
        return self._numbers.get(number) or self._accounts.get(account) or self._default

    def put(
        self, plan: DeliveryPlan, *, number: str | None = None, account: str | None = None
    ) -> None:
        """Plan for a number, for an account, or, with neither, for everybody else.

        Raises:
            ValueError: both are given.
        """
        if number is not None and account is not None:
            raise ValueError("a delivery plan is for a number or for an account, not for both")
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
        """Forget the plan of a number or an account; return True if it was there."""
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
        except BaseException:  # it could not be kept: then it is not so
            self._default, self._numbers, self._accounts = before
            raise

    def all(self) -> Plans:
        """All plans in force."""
        with self._lock:
            return Plans(self._default, dict(self._numbers), dict(self._accounts))

    def restore(self, plans: Plans) -> None:
        """Put back what `all` gave."""
        with self._lock:
            self._default = plans.default
            self._numbers, self._accounts = dict(plans.numbers), dict(plans.accounts)
