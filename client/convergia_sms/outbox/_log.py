"""Log records of workers and pollers: event names with fields, never a message's text."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from ._states import Event

if TYPE_CHECKING:
    from collections.abc import Callable

    from ._outcomes import Outcome
    from ._polling import Change
    from ._waiting import Waiting

__all__ = ["call_back", "log", "log_change", "log_event", "log_outcome", "log_waiting"]

log = logging.getLogger("convergia_sms.outbox")

_OUTCOMES = {
    Event.ACCEPT: ("message.accepted", logging.INFO),
    Event.REJECT: ("message.rejected", logging.WARNING),
    Event.ABANDON: ("message.not_sent", logging.WARNING),
    Event.RELEASE: ("message.requeued", logging.INFO),
    Event.LOSE: ("message.unknown", logging.WARNING),
}
# The text of this error is safe to log. Texts of other errors may quote a gateway's reply, which
# may quote the message.
_OWN_WORDS = "ConnectionFailedError: "


def log_event(level: int, event: str, words: str, **fields: object) -> None:
    """Log an event. Each field that is not None becomes the record's attribute `convergia_…`."""
    if log.isEnabledFor(level):
        extra = {f"convergia_{name}": value for name, value in fields.items() if value is not None}
        log.log(level, "%s", words, extra={"convergia_event": event, **extra})


def call_back(name: str, function: Callable[[], object]) -> None:
    """Call the caller's code. Log its errors, since what it is told has happened already."""
    try:
        function()
    except Exception:
        log.exception("%s failed; the change that it was called for is recorded", name)


def log_outcome(outcome: Outcome) -> None:
    """Log the outcome of a message, once it is recorded."""
    event, level = _OUTCOMES[outcome.event]
    if not log.isEnabledFor(level):
        return
    reason = outcome.detail if outcome.code is None else None
    if reason is not None and not reason.startswith(_OWN_WORDS):
        reason = reason.partition(":")[0]
    log_event(
        level,
        event,
        f"message {outcome.claimed.id}: {event.partition('.')[2].replace('_', ' ')}",
        id=outcome.claimed.id,
        attempt=outcome.claimed.attempt,
        code=outcome.code,
        message_id=outcome.message_id,
        seconds=None if outcome.seconds is None else round(outcome.seconds, 3),
        reason=reason,
    )


def log_change(change: Change) -> None:
    """Log that a message reached a final state."""
    log_event(
        logging.INFO,
        f"message.{change.after}",
        f"message {change.id}: {change.after}",
        id=change.id,
        message_id=change.message_id,
    )


def log_waiting(waiting: Waiting | None) -> None:
    """Log why a worker is waiting, or that it sends again if None."""
    if waiting is None:
        log_event(logging.INFO, "worker.sending", "sending again")
        return
    away = waiting.reason == "store"
    log_event(
        logging.WARNING if away else logging.INFO,
        "store.away" if away else "worker.waiting",
        str(waiting),
        reason=None if away else waiting.reason,
        seconds=None if waiting.seconds is None else round(waiting.seconds, 1),
        messages=waiting.messages or None,
    )
