"""Delivery plans: when a message stops being pending, and its final status."""

from __future__ import annotations

import msgspec
from convergia_wsdl import load_guide

from convergia_mockserver.gateway.numbers import LARGEST, LONGEST_SECONDS, Count, Seconds

PENDING, FAILED, DELIVERED = 0, 2, 3
# The guide's status codes that are errors of the query, not states of a message.
WRONG_CREDENTIALS, NOT_FOUND = 5, 6
STATES = tuple(
    known.code
    for known in load_guide().status.codes
    if known.code not in (WRONG_CREDENTIALS, NOT_FOUND)
)


class DeliveryPlan(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The status codes of a message over time: 0 (pending) first, then `outcome`.

    Attributes:
        outcome: the final status code, one of `STATES`. With 0 the message stays pending for ever.
        after: the seconds from acceptance until the outcome.
        polls: if set, the outcome comes after this number of queries instead of after a time.
    """

    outcome: int = DELIVERED
    after: Seconds = 0.0
    polls: Count | None = None

    def __post_init__(self) -> None:
        if self.outcome not in STATES:
            states = ", ".join(map(str, STATES))
            raise ValueError(
                f"outcome: {self.outcome} is not a state of a message. It must be one of {states}."
            )
        if not 0 <= self.after <= LONGEST_SECONDS:
            raise ValueError(
                f"after: {self.after} must be between 0 and {LONGEST_SECONDS:g} seconds"
            )
        if self.polls is not None and not 0 <= self.polls <= LARGEST:
            raise ValueError(f"polls: {self.polls} must be between 0 and {LARGEST}")

    @classmethod
    def at_once(cls) -> DeliveryPlan:
        """Return a plan for a message that the first query finds delivered."""
        return cls()

    @classmethod
    def delivered(cls, *, after: float) -> DeliveryPlan:
        """Return a plan for a message that is delivered `after` seconds."""
        return cls(after=after)

    @classmethod
    def after_polls(cls, polls: int, outcome: int = DELIVERED) -> DeliveryPlan:
        """Return a plan in which `polls` status queries answer 0, and the next one `outcome`."""
        return cls(outcome=outcome, polls=polls)

    @classmethod
    def stuck(cls) -> DeliveryPlan:
        """Return a plan for a message that stays pending for ever."""
        return cls(outcome=PENDING)

    @classmethod
    def fails(cls, *, after: float = 0.0) -> DeliveryPlan:
        """Return a plan for a message that fails `after` seconds."""
        return cls(outcome=FAILED, after=after)
