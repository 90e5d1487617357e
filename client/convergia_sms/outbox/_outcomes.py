"""A claimed message, what came of it, and what an answer of the client means for it. Pure."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from convergia_sms._errors import (
    AddressNotAllowedError,
    AuthenticationError,
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

# Not the message's fault: with the same account the next one fares no better.
_ACCOUNT = (AuthenticationError, AddressNotAllowedError, QuotaExceededError)


@dataclass(frozen=True, slots=True)
class Claimed:
    """A message that is `sending`, in this worker's hands.

    Attributes:
        after: seconds from the claim until the rate lets it go.
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
    """What came of a claimed message.

    Attributes:
        event: accept, reject, abandon, release or lose.
        delay: seconds until a released message is due again, which counts as a failure; None
            puts it back as it was.
        poll_after: seconds until an accepted message's status is first asked; None: never.
        seconds: how long the gateway took; None if it was not asked.
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
    """Return what acceptance means; without a message id it cannot be followed."""
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
    """Something went wrong; only what certainly did not reach the gateway is tried again."""
    match error:
        case RejectedError():
            delay = retry.delay(claimed.failures + 1) if error.retryable else None
            event = Event.REJECT if delay is None else Event.RELEASE
            return Outcome(claimed, event, code=error.code, detail=str(error), delay=delay)
        case RecipientNotAllowedError():
            # A setting says so, and trying again does not change it.
            return Outcome(claimed, Event.ABANDON, detail=_words(error))
        case NotSentError():
            delay = retry.delay(claimed.failures + 1)
            event = Event.ABANDON if delay is None else Event.RELEASE
            return Outcome(claimed, event, detail=_words(error), delay=delay)
        case OutcomeUnknownError():
            return Outcome(claimed, Event.LOSE, detail=_words(error))
        case ValueError() | TypeError():
            # The client refused it before anything went out. Its words may quote the text.
            return Outcome(claimed, Event.ABANDON, detail=f"refused: {type(error).__name__}")
        case _:
            # Cancelled half-way, or a mistake of ours: nobody can say what went out.
            return Outcome(claimed, Event.LOSE, detail=f"interrupted: {type(error).__name__}")


def gets_through(error: BaseException | None) -> bool | None:
    """Tell what an answer says about the gateway and the account: well, ill, or nothing (None)."""
    match error:
        case None:
            return True
        case RejectedError():
            # An answer about this message alone is a healthy gateway's.
            return not (error.retryable or isinstance(error, _ACCOUNT))
        case RecipientNotAllowedError():
            return None
        case NotSentError() | OutcomeUnknownError():
            return False
        case _:
            return None


def _words(error: Exception) -> str:
    return f"{type(error).__name__}: {error}"
