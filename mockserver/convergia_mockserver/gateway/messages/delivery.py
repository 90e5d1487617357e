"""When a message stops being pending, and what becomes of it."""

from __future__ import annotations

import msgspec
from convergia_wsdl import load_guide

from convergia_mockserver.gateway.numbers import LARGEST, LONGEST_SECONDS, Count, Seconds

PENDING, FAILED, DELIVERED = 0, 2, 3
# The guide's status codes that answer the query instead of telling a message's state.
WRONG_CREDENTIALS, NOT_FOUND = 5, 6
STATES = tuple(
    known.code
    for known in load_guide().status.codes
    if known.code not in (WRONG_CREDENTIALS, NOT_FOUND)
)


class DeliveryPlan(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What status queries answer over a message's life: 0 first, then `outcome`.

    Attributes:
        outcome: the guide's status code in the end: one of `STATES`; 0 stays pending for ever.
        after: seconds from acceptance until the outcome.
        polls: when set, counts instead of time: so many queries answer 0, the next the outcome.
    """

    outcome: int = DELIVERED
    after: Seconds = 0.0
    polls: Count | None = None

    def __post_init__(self) -> None:
        if self.outcome not in STATES:
            states = ", ".join(map(str, STATES))
            raise ValueError(
                f"outcome: {self.outcome} is not a state of a message. Use one of {states}."
            )
        if not 0 <= self.after <= LONGEST_SECONDS:
            raise ValueError(
                f"after: a delivery takes 0 to {LONGEST_SECONDS:g} seconds, not {self.after}"
            )
        if self.polls is not None and not 0 <= self.polls <= LARGEST:
            raise ValueError(f"polls: a delivery waits for 0 to {LARGEST} polls, not {self.polls}")

    @classmethod
    def at_once(cls) -> DeliveryPlan:
        """Delivered with the first query."""
        return cls()

    @classmethod
    def delivered(cls, *, after: float) -> DeliveryPlan:
        """Delivered so many seconds after acceptance."""
        return cls(after=after)

    @classmethod
    def after_polls(cls, polls: int, outcome: int = DELIVERED) -> DeliveryPlan:
        """So many status queries answer 0, the next one `outcome`."""
        return cls(outcome=outcome, polls=polls)

    @classmethod
    def stuck(cls) -> DeliveryPlan:
        """Pending for ever."""
        return cls(outcome=PENDING)

    @classmethod
    def fails(cls, *, after: float = 0.0) -> DeliveryPlan:
        """Failed so many seconds after acceptance."""
        return cls(outcome=FAILED, after=after)
