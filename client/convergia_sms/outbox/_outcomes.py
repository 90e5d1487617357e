"""Claimed messages and their outcomes, and the outcome that each answer or error means. Pure."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from convergia_sms._errors import (
    AddressNotAllowedError,
    AuthenticationError,
    LiveGatewayBlockedError,
    NotSentError,
    OutcomeUnknownError,
    QuotaExceededError,
    RecipientNotAllowedError,
    RejectedError,
)

from ._states import Event

if TYPE_CHECKING:
    from convergia_sms._models import Receipt

    from ._policy import RetryPolicy

__all__ = ["Claimed", "Outcome", "accepted", "failed", "gets_through"]

# These errors concern the account, so the next message would meet the same.
_ACCOUNT = (AuthenticationError, AddressNotAllowedError, QuotaExceededError)


@dataclass(frozen=True, slots=True)
class Claimed:
    """A message in state `sending` that this worker has claimed.

    Attributes:
        after: seconds from the claim until the rate allows it to be sent.
    """

    id: int
    number: str
    text: str = field(repr=False)
    extra: str | None
    attempt: int
    failures: int
    due_at: int
    expires_at: int | None
    sensitive: bool = False
    after: float = 0.0


@dataclass(frozen=True, slots=True)
class Outcome:
    """The outcome of sending a claimed message.

    Attributes:
        event: accept, reject, abandon, release or lose.
        delay: seconds until a released message is due again, which counts as a failure. None puts
            it back unchanged.
        poll_after: seconds until an accepted message's status is first queried. None if never.
        seconds: the gateway's response time. None if nothing was sent.
    """

    claimed: Claimed
    event: Event
    message_id: str | None = None
    code: int | None = None
    segments: int | None = None
    detail: str | None = None
    delay: float | None = None
    poll_after: float | None = None
    seconds: float | None = None


def accepted(claimed: Claimed, receipt: Receipt, poll_after: float) -> Outcome:
    """Return the outcome of an accepted message. Without a message id it cannot be followed."""
    return Outcome(
        claimed,
        Event.ACCEPT,
        message_id=receipt.message_id or None,
        code=receipt.code,
        segments=receipt.segments,
        detail=f"redirected to {receipt.number}" if receipt.redirected_from else None,
        poll_after=poll_after if receipt.message_id else None,
    )


def failed(claimed: Claimed, error: BaseException, retry: RetryPolicy) -> Outcome:
    """Return the outcome of a failed send. It is retried only if nothing reached the gateway."""
    match error:
        case RejectedError():
            delay = retry.delay(claimed.failures + 1) if error.retryable else None
            event = Event.REJECT if delay is None else Event.RELEASE
            return Outcome(claimed, event, code=error.code, detail=str(error), delay=delay)
        case RecipientNotAllowedError():
            # A setting forbids this recipient, so a retry would fail too.
            return Outcome(claimed, Event.ABANDON, detail=_words(error))
        case LiveGatewayBlockedError():
            # The setting belongs to this process. The message waits for another process that may
            # send it.
            return Outcome(claimed, Event.RELEASE, detail=_words(error))
        case NotSentError():
            delay = retry.delay(claimed.failures + 1)
            event = Event.ABANDON if delay is None else Event.RELEASE
            return Outcome(claimed, event, detail=_words(error), delay=delay)
        case OutcomeUnknownError():
            return Outcome(claimed, Event.LOSE, detail=_words(error))
        case ValueError() | TypeError():
            # The client refused it before anything was sent. The error's text may quote the
            # message.
            return Outcome(claimed, Event.ABANDON, detail=f"refused: {type(error).__name__}")
        case _:
            # Cancelled half-way, or a bug of ours: the message may have been sent.
            return Outcome(claimed, Event.LOSE, detail=f"interrupted: {type(error).__name__}")


def gets_through(error: BaseException | None) -> bool | None:
    """Return True if the gateway and the account work, False if not, None if unknown."""
    match error:
        case None:
            return True
        case RejectedError():
            # A code about this message alone shows that the gateway works.
            return not (error.retryable or isinstance(error, _ACCOUNT))
        case RecipientNotAllowedError() | LiveGatewayBlockedError():
            return None
        case NotSentError() | OutcomeUnknownError():
            return False
        case _:
            return None


def _words(error: Exception) -> str:
    return f"{type(error).__name__}: {error}"
