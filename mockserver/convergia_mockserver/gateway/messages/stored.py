"""Accepted messages.

`StoredMessage` is the space's own record. `Message` is the copy that is returned to others.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import ClassVar

import msgspec

from convergia_mockserver.gateway.numbers import Count, Instant  # noqa: TC001 - msgspec reads it

from .delivery import DeliveryPlan  # noqa: TC001 - msgspec reads it


class StoredMessage(msgspec.Struct, gc=False):
    """A message as the space stores it.

    Attributes:
        id: the id that the gateway gave it.
        account: the name of the sending account.
        number: the destination, as sent.
        text: the text as the gateway read it.
        extra: the sender's reference. Empty if it was left out.
        face: the transport of the request.
        address: the IP address of the sender.
        created: the time of acceptance, in seconds since the epoch by the clock of the space.
        plan: the delivery plan.
        polls: the number of status queries for the message.
        state_set: a status code that overrides the plan, set by a test or a reserved number.
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
        """Return the guide's status code at a time."""
        if self.state_set is not None:
            return self.state_set
        plan = self.plan
        if plan.polls is not None:
            return plan.outcome if self.polls > plan.polls else 0
        return plan.outcome if now >= self.created + plan.after else 0

    def due(self) -> float | None:
        """Return the time at which the state changes by itself. None if it does not."""
        if self.state_set is not None or self.plan.polls is not None:
            return None
        return self.created + self.plan.after


class Message(msgspec.Struct, frozen=True):
    """An accepted message, as it was when it was read.

    Attributes:
        id: the id that the gateway gave it.
        account: the name of the sending account.
        number: the destination, as sent.
        text: the text as the gateway read it.
        extra: the sender's reference. Empty if it was left out.
        face: the transport of the request.
        address: the IP address of the sender.
        created: the time of acceptance in UTC, by the clock of the space.
        state: the guide's status code: 0 pending, 2 failed, 3 delivered, or the one that was set.
        polls: the number of status queries for the message.
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
    """Return a copy of a message with its state at `now`."""
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
