"""What goes in and what comes out, as values."""

from __future__ import annotations

import enum
from dataclasses import dataclass, field
from typing import Literal

__all__ = ["DeliveryStatus", "Message", "Receipt", "SendResult", "Transport"]

Transport = Literal["soap", "http"]


class DeliveryStatus(enum.IntEnum):
    """The states that a status query answers, by the guide's numbers."""

    PENDING = 0
    FAILED = 2
    DELIVERED = 3


@dataclass(frozen=True, slots=True)
class Message:
    """A message to send: a number as a Mexican writes it, a text, the caller's own reference."""

    number: str
    text: str
    extra: str | None = None


@dataclass(frozen=True, slots=True)
class Receipt:
    """The gateway took a message.

    Attributes:
        message_id: the gateway's id, for `status`; empty under a dialect that gives none.
        code: 100.
        number: the 12 digits that the message went to.
        transport: the transport it went by.
        segments: how many SMS parts the text takes.
        raw: the reply's body as it came.
        sent_text: the text that went out, where transliteration changed it; else None.
        redirected_from: the 12 digits that the message was meant for, if `redirect_to` sent it
            elsewhere; else None.
    """

    message_id: str
    code: int
    number: str
    transport: Transport
    segments: int
    raw: bytes = field(default=b"", repr=False)
    sent_text: str | None = field(default=None, repr=False)
    redirected_from: str | None = None


@dataclass(frozen=True, slots=True)
class SendResult:
    """What became of one message of `send_many`: a receipt or an error, never both.

    Attributes:
        index: the message's place among those given, from 0; results come in another order.
        message: the message itself.
        receipt: what the gateway answered, when it took the message.
        error: what `send` raised: an error of the tree, or the `ValueError` or `TypeError` of a
            message that cannot be sent.
    """

    index: int
    message: Message
    receipt: Receipt | None = None
    error: Exception | None = None
