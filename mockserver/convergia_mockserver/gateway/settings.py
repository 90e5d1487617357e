"""What a fresh space starts with."""

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
    """Where a space's clock begins; as the machine's if nothing is given.

    Attributes:
        at: the instant that it begins at, with its timezone.
        frozen: whether it stands still, at `at` or when the space is made.
        ahead: seconds ahead of the machine's clock, instead of `at`; below 0: behind.
    """

    at: datetime | None = None
    frozen: bool = False
    ahead: Annotated[float, msgspec.Meta(ge=-LATEST_INSTANT, le=LATEST_INSTANT)] = 0.0

    def __post_init__(self) -> None:
        if self.at is not None and self.at.tzinfo is None:
            raise ValueError("at: an instant has a timezone: 2026-12-24T12:00:00-06:00")
        if self.at is not None and not 0 <= self.at.timestamp() <= LATEST_INSTANT:
            raise ValueError(f"at: {self.at.isoformat()} is not between 1970 and 9999")
        if self.at is not None and self.ahead:
            raise ValueError("ahead: give `at` or `ahead`, not both")

    def state(self, now: float) -> tuple[float | None, float]:
        """Return where a clock stands, or how far it is ahead, if it begins now."""
        at = now + self.ahead if self.at is None else self.at.timestamp()
        if self.frozen:
            return at, 0.0
        return None, at - now


class SpaceSettings(msgspec.Struct, frozen=True, kw_only=True):
    """Who may send, what becomes of messages, how much is kept.

    Attributes:
        accounts: who may send.
        operations: the WSDL's operations other than send and status, by name: a function that
            raises TypeError for what the operation cannot return.
        results: the same of send and status, by face and operation.
        answers: what some of those answer, by name.
        delivery: the plan of a message for which nobody made another.
        number_plans: the plans of some numbers, of 12 digits.
        account_plans: the plans of some accounts.
        scripts: what the first requests get.
        clock: where the clock begins.
        max_messages: messages kept; the oldest make room.
        max_message_bytes: what they weigh at most, together.
        max_requests: journal entries kept; the oldest make room.
        max_request_bytes: what they weigh at most, together.
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
        """All the plans."""
        return Plans(self.delivery, self.number_plans, self.account_plans)
