"""The settings that a new space starts with."""

from __future__ import annotations

from collections.abc import Callable  # noqa: TC003 - msgspec reads it
from datetime import datetime  # noqa: TC003 - msgspec reads it
from typing import Annotated, Any

import msgspec

from .accounts import DEMO, Account
from .calls import FaceName  # noqa: TC001 - msgspec reads it
from .messages import DeliveryPlan, Plans
from .numbers import LATEST_INSTANT
from .operations import OperationAnswer  # noqa: TC001 - msgspec reads it
from .scripts import Script  # noqa: TC001 - msgspec reads it

MEBIBYTE = 1024 * 1024


class ClockStart(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The initial state of a space's clock. By default it follows the machine's clock.

    Attributes:
        at: the time at which the clock starts, with a timezone.
        frozen: true if the clock stands still, at `at` or at the time when the space is created.
        ahead: the seconds ahead of the machine's clock, instead of `at`. Negative for behind.
    """

    at: datetime | None = None
    frozen: bool = False
    ahead: Annotated[float, msgspec.Meta(ge=-LATEST_INSTANT, le=LATEST_INSTANT)] = 0.0

    def __post_init__(self) -> None:
        if self.at is not None and self.at.tzinfo is None:
            raise ValueError(
                "at: a time must have a timezone, for example 2026-12-24T12:00:00-06:00"
            )
        if self.at is not None and not 0 <= self.at.timestamp() <= LATEST_INSTANT:
            raise ValueError(f"at: {self.at.isoformat()} must be between 1970 and 9999")
        if self.at is not None and self.ahead:
            raise ValueError("ahead: give `at` or `ahead`, not both")

    def state(self, now: float) -> tuple[float | None, float]:
        """Return the arguments for `Clock.begin`: the frozen time or None, and the offset.

        Args:
            now: the current time, in seconds since the epoch.
        """
        at = now + self.ahead if self.at is None else self.at.timestamp()
        if self.frozen:
            return at, 0.0
        return None, at - now


class SpaceSettings(msgspec.Struct, frozen=True, kw_only=True):
    """The initial accounts, plans, scripts and answers of a space, and its limits.

    Attributes:
        accounts: the initial accounts.
        operations: the WSDL's operations other than send and status, by name. The value is a
            function that raises TypeError for a value that the operation cannot return.
        results: the same functions for send and status, by face and operation.
        answers: fixed answers of operations, by name.
        delivery: the default delivery plan.
        number_plans: delivery plans by number, in 12 digits.
        account_plans: delivery plans by account name.
        scripts: the initial scripts.
        clock: the initial state of the clock.
        max_messages: the largest number of messages. The oldest are dropped for new ones.
        max_message_bytes: the largest size of all messages together.
        max_requests: the largest number of journal entries. The oldest are dropped for new ones.
        max_request_bytes: the largest size of all journal entries together.
    """

    accounts: tuple[Account, ...] = (DEMO,)
    operations: dict[str, Callable[[Any], object]] = {}
    results: dict[tuple[FaceName, str], Callable[[Any], object]] = {}
    answers: dict[str, OperationAnswer] = {}
    delivery: DeliveryPlan = DeliveryPlan(after=1.0)
    number_plans: dict[str, DeliveryPlan] = {}
    account_plans: dict[str, DeliveryPlan] = {}
    scripts: tuple[Script, ...] = ()
    clock: ClockStart = ClockStart()
    max_messages: int = 100_000
    max_message_bytes: int = 80 * MEBIBYTE
    max_requests: int = 10_000
    max_request_bytes: int = 48 * MEBIBYTE

    @property
    def plans(self) -> Plans:
        """The default delivery plan with those by number and by account."""
        return Plans(self.delivery, self.number_plans, self.account_plans)
