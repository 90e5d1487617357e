"""The messages that a space accepted.

`StoredMessage` is the record, its space's own; `Message` is the copy that everybody else sees.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import msgspec

from convergia_mockserver.gateway.calls import FaceName  # noqa: TC001 - msgspec reads it
from convergia_mockserver.gateway.patterns import Pattern, SearchTime, number_test, pattern

from .delivery import DeliveryPlan  # noqa: TC001 - msgspec reads it

if TYPE_CHECKING:
    from collections.abc import Callable


class StoredMessage(msgspec.Struct, gc=False):
    """A message as its space keeps it.

    Attributes:
        created: seconds since the epoch, by the space's clock.
        plan: when it leaves state 0 and for which.
        polls: how many status queries it has seen.
        state_set: a state that overrules the plan (set by hand, or by a reserved number).
    """

    id: str
    account: str
    number: str
    text: str
    extra: str
    face: str
    address: str
    created: float
    plan: DeliveryPlan
    polls: int = 0
    state_set: int | None = None

    def state(self, now: float) -> int:
        """The guide's status code at an instant."""
        if self.state_set is not None:
            return self.state_set
        plan = self.plan
        if plan.polls is not None:
            return plan.outcome if self.polls > plan.polls else 0
        return plan.outcome if now >= self.created + plan.after else 0

    def due(self) -> float | None:
        """When time alone will change its state; None when it will not."""
        if self.state_set is not None or self.plan.polls is not None:
            return None
        return self.created + self.plan.after


class Message(msgspec.Struct, frozen=True):
    """An accepted message, as it was when it was looked at.

    Attributes:
        id: the gateway's id.
        account: who sent it.
        number: the destination, as sent.
        text: as the gateway read it.
        extra: empty when it was left out.
        face: the transport it came by.
        address: the sender's IP address.
        created: when it was accepted, UTC, by the space's clock.
        state: 0 pending, 2 failed, 3 delivered (or what was set).
        polls: how many status queries asked for it.
    """

    id: str
    account: str
    number: str
    text: str
    extra: str
    face: str
    address: str
    created: datetime
    state: int
    polls: int


class MessageQuery(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """Which messages are meant: those that agree with all that is given.

    Attributes:
        since: accepted at this instant or later.
        until: accepted before this instant.
    """

    number: str | Pattern | None = None
    text: str | Pattern | None = None
    extra: str | Pattern | None = None
    account: str | Pattern | None = None
    face: FaceName | None = None
    state: int | None = None
    since: datetime | None = None
    until: datetime | None = None

    def test(self) -> Callable[[StoredMessage], bool]:
        """Everything but the state, as a function, for one search."""
        search = SearchTime()
        tests: list[tuple[str, Callable[[str], bool]]] = [
            (field, (number_test if field == "number" else Pattern.test)(pattern(wanted), search))
            for field in ("number", "text", "extra", "account", "face")
            if (wanted := getattr(self, field)) is not None
        ]
        since = float("-inf") if self.since is None else self.since.timestamp()
        until = float("inf") if self.until is None else self.until.timestamp()
        return lambda stored: (
            since <= stored.created < until
            and all(test(getattr(stored, field)) for field, test in tests)
        )


def view(stored: StoredMessage, now: float) -> Message:
    """A copy for others."""
    return Message(
        id=stored.id,
        account=stored.account,
        number=stored.number,
        text=stored.text,
        extra=stored.extra,
        face=stored.face,
        address=stored.address,
        created=datetime.fromtimestamp(stored.created, UTC),
        state=stored.state(now),
        polls=stored.polls,
    )
