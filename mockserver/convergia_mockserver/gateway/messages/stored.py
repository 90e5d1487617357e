"""The messages that a space accepted.

`StoredMessage` is the record, its space's own; `Message` is the copy that everybody else sees.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import ClassVar

import msgspec

from convergia_mockserver.gateway.numbers import Count, Instant  # noqa: TC001 - msgspec reads it

from .delivery import DeliveryPlan  # noqa: TC001 - msgspec reads it


class StoredMessage(msgspec.Struct, gc=False):
    """A message as its space keeps it.

    Attributes:
        id: the gateway's id.
        account: who sent it.
        number: the destination, as sent.
        text: as the gateway read it.
        extra: empty when it was left out.
        face: the transport it came by.
        address: the sender's IP address.
        created: seconds since the epoch, by the space's clock.
        plan: when it leaves state 0 and for which.
        polls: how many status queries it has seen.
        state_set: a state that overrules the plan (set by hand, or by a reserved number).
    """

    operation: ClassVar[str] = "send"
    id: str
    account: str
    number: str
    text: str
    extra: str
    face: str
    address: str
    created: Instant
    plan: DeliveryPlan
    polls: Count = 0
    state_set: Count | None = None

    def state(self, now: float) -> int:
        """Return the guide's status code at an instant."""
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

    operation: ClassVar[str] = "send"
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


def view(stored: StoredMessage, now: float) -> Message:
    """Return a copy for others."""
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
