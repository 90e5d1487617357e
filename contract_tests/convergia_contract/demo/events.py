"""The events of the demo, which its outputs show."""

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
    """A gateway was started on this machine."""

    base_url: str


@dataclass(frozen=True, slots=True)
class Sent:
    """A message was accepted."""

    number: str
    text: str
    receipt: Receipt


@dataclass(frozen=True, slots=True)
class Followed:
    """The status of a message changed as time passed.

    Attributes:
        receipt: the receipt of the message.
        asked_over: the transport of the queries, which is not the one it was sent over.
        before: the status before its delivery time, as code and the guide's text.
        after: the status after its delivery time.
        expected: the expected code after its delivery time.
    """

    receipt: Receipt
    asked_over: Transport
    before: Code
    after: Code
    expected: int

    @property
    def as_the_guide_says(self) -> bool:
        """True if the message was pending first, and then had the expected status."""
        return (self.before.code, self.after.code) == (0, self.expected)


@dataclass(frozen=True, slots=True)
class Seen:
    """The code that a transport returned, and its Python class or value."""

    code: int | None
    python: str
    as_the_guide_says: bool


@dataclass(frozen=True, slots=True)
class Answered:
    """A code of the guide, with the answer over each transport."""

    api: Literal["send", "status"]
    code: Code
    seen: Mapping[Transport, Seen]

    @property
    def as_the_guide_says(self) -> bool:
        """True if the answers over both transports agree with the guide."""
        return all(seen.as_the_guide_says for seen in self.seen.values())


Event = Started | Sent | Followed | Answered
