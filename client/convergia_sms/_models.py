"""What goes in and what comes out, as values."""

from __future__ import annotations

import enum
from dataclasses import dataclass, field
from typing import Literal

__all__ = ["MASKED_TEXT", "DeliveryStatus", "Message", "Receipt", "SendResult", "Transport"]

Transport = Literal["soap", "http"]

MASKED_TEXT = "***"
"""What stands where a sensitive text would be shown."""


class DeliveryStatus(enum.IntEnum):
    """The states that a status query answers, by the guide's numbers."""

    PENDING = 0
    FAILED = 2
    DELIVERED = 3


@dataclass(frozen=True, slots=True)
class Message:
    """A message to send.

    Attributes:
        number: as a Mexican writes it.
        text: the text.
        extra: the caller's own reference.
        sensitive: True if nobody but the recipient may read the text, as of a one-time code. The
            repr masks it then; see `Client.send`.
    """

    number: str
    text: str
    extra: str | None = None
    sensitive: bool = False

    def __repr__(self) -> str:
        text = MASKED_TEXT if self.sensitive else self.text
        more = ", sensitive=True" if self.sensitive else ""
        return f"Message(number={self.number!r}, text={text!r}, extra={self.extra!r}{more})"


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
