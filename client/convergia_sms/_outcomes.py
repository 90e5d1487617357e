"""The outcome that a call reports, and whether it may be retried."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from convergia_sms._errors import (
    ConnectionFailedError,
    ConvergiaError,
    GatewayFaultError,
    NotSentError,
    OutcomeUnknownError,
    QueryAuthenticationError,
    QueryFailedError,
    RejectedError,
)

if TYPE_CHECKING:
    from convergia_sms._codecs.operations import Returned
    from convergia_sms._codecs.wire import Operation
    from convergia_sms._models import DeliveryStatus, Receipt
    from convergia_sms._observation import Outcome

__all__ = ["RetryKind", "outcome_of", "retry_kind"]

RetryKind = Literal["connect", "status", "retryable_codes", "risking_duplicates"]


def retry_kind(error: ConvergiaError) -> RetryKind | None:
    """Return the kind of retry that an error allows, or None if it must not be retried."""
    match error:
        case QueryFailedError(retryable=True):
            return "status"
        case ConnectionFailedError():
            return "connect"
        case OutcomeUnknownError():
            return "risking_duplicates"
        case RejectedError(retryable=True):
            return "retryable_codes"
        case _:
            return None


def outcome_of(
    operation: Operation, verdict: Receipt | DeliveryStatus | Returned | ConvergiaError
) -> Outcome:
    match verdict:
        case OutcomeUnknownError():
            return "unknown"
        case RejectedError():
            return "rejected"
        case NotSentError():
            return "not-sent"
        case QueryFailedError() | QueryAuthenticationError() | GatewayFaultError():
            return "failed"
        case _:
            return "accepted" if operation == "send" else "answered"
