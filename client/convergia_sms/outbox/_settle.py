"""Records outcomes: each moves its message by compare-and-set, many in one statement."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import bindparam, update

from ._schema import in_state, messages
from ._states import Event, State, move

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import Connection

    from ._outcomes import Outcome

__all__ = ["settle"]

_m = messages.c
# Only the worker that claimed a message, and only its latest claim, may say what came of it.
_SETTLE = (
    update(messages)
    .where(
        _m.id == bindparam("row"),
        in_state(State.SENDING),
        _m.worker == bindparam("me"),
        _m.attempts == bindparam("attempt"),
    )
    .values(
        state=bindparam("to"),
        message_id=bindparam("gateway_id"),
        code=bindparam("answer"),
        segments=bindparam("parts"),
        detail=bindparam("why"),
        due_at=bindparam("due"),
        failures=bindparam("failed"),
        poll_at=bindparam("poll"),
        accepted_at=bindparam("taken_at"),
        changed_at=bindparam("at"),
    )
)


def settle(connection: Connection, outcomes: Sequence[Outcome], worker: str, now: int) -> None:
    """Record what came of messages that `worker` claimed."""
    rows = [_settled(outcome, worker, now) for outcome in outcomes]
    if connection.execute(_SETTLE, rows).rowcount != len(rows):
        _note_late(connection, outcomes)


def _settled(outcome: Outcome, worker: str, now: int) -> dict[str, object]:
    claimed = outcome.claimed
    accepted = outcome.event is Event.ACCEPT
    poll = outcome.poll_after if accepted else None
    return {
        "row": claimed.id,
        "me": worker,
        "attempt": claimed.attempt,
        "to": move(State.SENDING, outcome.event).value,
        "gateway_id": outcome.message_id,
        "answer": outcome.code,
        "parts": outcome.segments,
        "why": outcome.detail,
        "due": claimed.due_at if outcome.delay is None else now + round(outcome.delay * 1000),
        "failed": claimed.failures + (outcome.delay is not None),
        "poll": None if poll is None else now + round(poll * 1000),
        "taken_at": now if accepted else None,
        "at": now,
    }


_LATE = (
    update(messages)
    .where(
        _m.id == bindparam("row"),
        in_state(State.UNKNOWN),
        _m.attempts == bindparam("attempt"),
    )
    .values(message_id=bindparam("gateway_id"), code=bindparam("answer"), detail=bindparam("why"))
)


def _note_late(connection: Connection, outcomes: Sequence[Outcome]) -> None:
    """Keep what arrived after its worker had been called dead, for whoever decides.

    The message stays unknown: an outcome that nobody waited for any more moves nothing. Outcomes
    that were recorded before (a commit whose reply was lost) find no unknown message to note on.
    """
    connection.execute(
        _LATE,
        [
            {
                "row": outcome.claimed.id,
                "attempt": outcome.claimed.attempt,
                "gateway_id": outcome.message_id,
                "answer": outcome.code,
                "why": f"arrived too late: {outcome.event}; {outcome.detail or 'no more is known'}",
            }
            for outcome in outcomes
        ],
    )
