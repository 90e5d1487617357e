"""Values that users pass to a client and get from it."""

from __future__ import annotations

import enum
from dataclasses import dataclass, field
from typing import Literal

__all__ = ["MASKED_TEXT", "DeliveryStatus", "Message", "Receipt", "SendResult", "Transport"]

Transport = Literal["soap", "http"]

MASKED_TEXT = "***"
"""Shown instead of a sensitive text."""


class DeliveryStatus(enum.IntEnum):
    """The states of a message, by the guide's status codes."""

    PENDING = 0
    FAILED = 2
    DELIVERED = 3


@dataclass(frozen=True, slots=True)
class Message:
    """A message to send.

    Attributes:
        number: a Mexican number in any usual format.
        text: the text of the message.
        extra: the caller's own reference.
        sensitive: True if only the recipient may read the text, for example a one-time code. The
            repr then masks it. See `Client.send`.
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
    """The gateway's acceptance of a message.

    Attributes:
        message_id: the gateway's id, for `status`. Empty if its replies have none.
        code: 100.
        number: the 12 digits of the number that the message went to.
        transport: the transport that was used.
        segments: the number of SMS parts.
        raw: the reply's body.
        sent_text: the text that was sent, if transliteration changed it. Otherwise None.
        redirected_from: the 12 digits of the original number, if `redirect_to` replaced it.
            Otherwise None.
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
    """The result for one message of `send_many`: a receipt or an error, never both.

    Attributes:
        index: the position of the message in the input, from 0. Results may come in any order.
        message: the message.
        receipt: the receipt, if the gateway accepted the message.
        error: the error that `send` raised: a `ConvergiaError`, or a `ValueError` or `TypeError`
            for a message that cannot be sent.
    """

    index: int
    message: Message
    receipt: Receipt | None = None
    error: Exception | None = None
