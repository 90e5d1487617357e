"""The meaning of a code: a receipt, a delivery status or an error."""

from __future__ import annotations

from typing import TYPE_CHECKING

from convergia_sms._codecs.explanation import one_line
from convergia_sms._errors import (
    ConnectionFailedError,
    ConvergiaError,
    LiveGatewayBlockedError,
    MessageNotFoundError,
    NotSentError,
    OutcomeUnknownError,
    PasswordUnavailableError,
    QueryAuthenticationError,
    QueryError,
    QueryFailedError,
    RejectedError,
    rejection,
)
from convergia_sms._models import DeliveryStatus

if TYPE_CHECKING:
    from collections.abc import Callable

    from convergia_wsdl import Guide, Profile

    from convergia_sms._codecs.explanation import Explanation
    from convergia_sms._codecs.wire import Operation
    from convergia_sms._errors import QueryFailure
    from convergia_sms._exchange import Failure

_MAY_BE_DONE: dict[Operation, str] = {
    "send": "the message may have been sent",
    "call": "the operation may have been carried out",
}
_NOT_KNOWN: dict[Operation, str] = {
    "status": "the state is not known",
    "query": "the operation brought no answer",
}
# The guide's status codes that are not states of a message.
_WRONG_CREDENTIALS = 5
_NOT_FOUND = 6


def refusal(code: int, guide: Guide, profile: Profile, raw: bytes) -> RejectedError:
    """Return the error for a send code other than 100. `raw` is the masked body."""
    return rejection(code)(
        code,
        guide.send.text(code) or "",
        retryable=code in profile.errors.retryable,
        raw=raw,
    )


def delivery(code: int, guide: Guide, raw: bytes) -> DeliveryStatus | QueryError:
    """Return the state or the error for a status code. `raw` is the masked body."""
    text = guide.status.text(code) or ""
    if code == _WRONG_CREDENTIALS:
        return QueryAuthenticationError(code, text, raw=raw)
    if code == _NOT_FOUND:
        return MessageNotFoundError(f"{code}: {text}", raw=raw)
    try:
        return DeliveryStatus(code)
    except ValueError:
        message = f"the state is not known: {code} is a status that the guide does not list"
        return QueryFailedError(message, "unlisted", code=code, raw=raw)


def unanswered(operation: Operation, failure: Failure, *, on_wire: bool) -> ConvergiaError:
    """Return the error for a request without a complete reply.

    Args:
        operation: the kind of call.
        failure: the failed exchange, masked.
        on_wire: True if any part of the request was written.
    """
    reason, raw, http_status = failure.reason, failure.raw, failure.http_status
    if operation in _NOT_KNOWN:
        kind: QueryFailure = "unreachable" if http_status is None else "unreadable"
        message = f"{_NOT_KNOWN[operation]}: {reason}"
        kind = "blocked" if failure.blocked else kind
        return QueryFailedError(message, kind, raw=raw, http_status=http_status)
    if not on_wire:
        return not_sent(failure)
    return OutcomeUnknownError(
        f"{may_be_done(operation)}: {reason}", raw=raw, http_status=http_status
    )


def may_be_done(operation: Operation) -> str:
    """Return the text for a call whose outcome is unknown."""
    return _MAY_BE_DONE[operation]


def no_password(operation: Operation, reason: str) -> ConvergiaError:
    """Return the error for a call without a password."""
    if operation in _NOT_KNOWN:
        return QueryFailedError(f"{_NOT_KNOWN[operation]}: {reason}", "password")
    return PasswordUnavailableError(reason)


def not_sent(failure: Failure) -> NotSentError:
    """Return the error for a request of which nothing was written."""
    kind = LiveGatewayBlockedError if failure.blocked else ConnectionFailedError
    return kind(failure.reason)


def unreadable(
    operation: Operation, why: Explanation, raw: bytes, http_status: int, mask: Callable[[str], str]
) -> ConvergiaError:
    """Return the error for a reply that says nothing certain.

    Args:
        operation: the kind of call.
        why: the explanation of the reply.
        raw: the reply's body, masked.
        http_status: the reply's HTTP status.
        mask: masks secrets, and the number and text of the message.
    """
    reason = mask(why.reason)
    line = "" if why.fault else mask(one_line(raw))
    if line:
        reason = f'{reason}. The reply: "{line}"'
    if operation in _NOT_KNOWN:
        message = f"{_NOT_KNOWN[operation]}: {reason}"
        return QueryFailedError(message, "unreadable", raw=raw, http_status=http_status)
    if why.refused:
        return NotSentError(f"the gateway refused the call before it processed it: {reason}")
    return OutcomeUnknownError(
        f"{may_be_done(operation)}: {reason}",
        raw=raw,
        http_status=http_status,
        fault=mask(why.fault),
        cure=why.cure,
    )
