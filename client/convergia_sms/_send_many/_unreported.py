"""Log records for results that the caller of `send_many` did not take."""

from __future__ import annotations

from typing import TYPE_CHECKING

from convergia_sms._errors import OutcomeUnknownError, RejectedError
from convergia_sms._observation import log

if TYPE_CHECKING:
    import asyncio
    from concurrent.futures import Future

    from convergia_sms._models import Message, SendResult
    from convergia_sms._observation import Outcome


def log_left(held: tuple[int, Message] | None, failure: BaseException | None) -> None:
    """Log the message that was read but not started, and an error of the iterable."""
    if held is not None:
        _log_unreported(held[0], "not-sent")
    if isinstance(failure, Exception):
        log.warning(
            "send_many was closed before it could raise the %s of its iterable",
            type(failure).__name__,
        )


def log_end(index: int, attempt: Future[SendResult] | asyncio.Task[SendResult]) -> None:
    """Log the result of an attempt that the caller no longer takes."""
    try:
        result = attempt.result()
    except BaseException as interruption:  # noqa: BLE001 - a cancellation, or a hook's SystemExit
        unknown = isinstance(interruption.__cause__, OutcomeUnknownError)
        _log_unreported(index, "unknown" if unknown else "not-sent")
        return
    if result.receipt is not None:
        _log_unreported(index, "accepted", result.receipt.message_id)
    elif isinstance(result.error, OutcomeUnknownError):
        _log_unreported(index, "unknown")
    else:
        _log_unreported(
            index, "rejected" if isinstance(result.error, RejectedError) else "not-sent"
        )


def _log_unreported(index: int, outcome: Outcome, message_id: str = "") -> None:
    log.warning(
        "send_many was closed before it could report message %d: %s",
        index,
        outcome,
        extra={
            "convergia_index": index,
            "convergia_outcome": outcome,
            "convergia_message_id": message_id,
        },
    )
