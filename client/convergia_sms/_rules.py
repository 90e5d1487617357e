"""What a code means: a receipt, a delivery status, or the error that says no."""

from __future__ import annotations

from typing import TYPE_CHECKING

from convergia_sms._errors import (
    AuthenticationError,
    ConvergiaError,
    MessageNotFoundError,
    RejectedError,
    rejection,
)
from convergia_sms._models import DeliveryStatus

if TYPE_CHECKING:
    from convergia_wsdl import Guide, Profile

# The guide's status codes that are no state of a message.
_WRONG_CREDENTIALS = 5
_NOT_FOUND = 6


def refusal(code: int, guide: Guide, profile: Profile, raw: bytes) -> RejectedError:
    """The error that a send code other than 100 is. `raw` is the masked body."""
    return rejection(code)(
        code,
        guide.send.text(code) or "",
        retryable=code in profile.errors.retryable,
        raw=raw,
    )


def delivery(code: int, guide: Guide, raw: bytes) -> DeliveryStatus | ConvergiaError:
    """The state, or the error, that a status code is. `raw` is the masked body."""
    text = guide.status.text(code) or ""
    if code == _WRONG_CREDENTIALS:
        return AuthenticationError(code, text, raw=raw)
    if code == _NOT_FOUND:
        return MessageNotFoundError(f"{code}: {text}")
    try:
        return DeliveryStatus(code)
    except ValueError:
        return RejectedError(code, text, raw=raw)
