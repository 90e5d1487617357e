"""The events of the demo, as its outputs show them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Mapping

    from convergia_sms import Receipt
    from convergia_sms._models import Transport
    from convergia_wsdl import Code

TRANSPORTS: tuple[Transport, Transport] = ("soap", "http")
DELIVERY_SECONDS = 30


@dataclass(frozen=True, slots=True)
class Started:
    """A gateway is up on this machine."""

    base_url: str


@dataclass(frozen=True, slots=True)
class Sent:
    """A message was accepted."""

    number: str
    text: str
    receipt: Receipt


@dataclass(frozen=True, slots=True)
class Followed:
    """A message's state changed as time passed.

    Attributes:
        receipt: the message's.
        asked_over: the transport of the queries; never the one it was sent over.
        before: the state before its delivery time, as code and the guide's text.
        after: the state then.
        expected: what it should have come to.
    """

    receipt: Receipt
    asked_over: Transport
    before: Code
    after: Code
    expected: int

    @property
    def as_the_guide_says(self) -> bool:
        """True if it was pending first and then what it should be."""
        return (self.before.code, self.after.code) == (0, self.expected)


@dataclass(frozen=True, slots=True)
class Seen:
    """The number that one transport showed for a code, and what it is in Python."""

    code: int | None
    python: str
    as_the_guide_says: bool


@dataclass(frozen=True, slots=True)
class Answered:
    """A code of the guide, and how each transport answered it."""

    api: Literal["send", "status"]
    code: Code
    seen: Mapping[Transport, Seen]

    @property
    def as_the_guide_says(self) -> bool:
        """True if both transports did."""
        return all(seen.as_the_guide_says for seen in self.seen.values())


Event = Started | Sent | Followed | Answered
