"""Records outcomes: each moves its message by compare-and-set, many in one statement."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import bindparam, func, select, update
from sqlalchemy.dialects import postgresql

from ._schema import in_state, messages
from ._states import Event, State, move

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from sqlalchemy import ColumnElement, Connection, Update
    from sqlalchemy.sql.base import ReadOnlyColumnCollection
    from sqlalchemy.sql.elements import KeyedColumnElement

    Columns = ReadOnlyColumnCollection[str, KeyedColumnElement[Any]]

    from ._outcomes import Outcome

__all__ = ["settle"]

_m = messages.c
_COLUMNS = {
    "row": _m.id,
    "attempt": _m.attempts,
    "to": _m.state,
    "gateway_id": _m.message_id,
    "answer": _m.code,
    "parts": _m.segments,
    "why": _m.detail,
    "due": _m.due_at,
    "failed": _m.failures,
    "poll": _m.poll_at,
    "taken_at": _m.accepted_at,
}
"""The reported facts of each outcome, and the column for each."""


def _settling(
    told: Mapping[str, ColumnElement[Any]] | Columns, mine: ColumnElement[bool]
) -> Update:
    # Only the worker that claimed a message, and only its latest claim, may say what came of it.
    return (
        update(messages)
        .where(_m.id == told["row"], mine, _m.attempts == told["attempt"])
        .values(
            changed_at=bindparam("at"),
            **{
                column.name: told[name]
                for name, column in _COLUMNS.items()
                if name not in ("row", "attempt")
            },
        )
    )


_ONE_BY_ONE = _settling(
    {name: bindparam(name, type_=_COLUMNS[name].type) for name in _COLUMNS},
    in_state(State.SENDING) & (_m.worker == bindparam("me")),
)
# PostgreSQL takes them all in one statement, a column an array; SQLite has no such thing, and
# needs it less: there a statement is no journey.
#
# State and worker are spelt so that no index serves them. The index over what is being sent is
# nearly always empty when statistics are taken, so the planner would read all that the worker
# sends from it, and unpack the arrays anew for each row: six times the time of the primary key.
_ALL_AT_ONCE = _settling(
    select(
        *(
            func.unnest(bindparam(name, type_=postgresql.ARRAY(column.type))).label(name)
            for name, column in _COLUMNS.items()
        )
    )
    .subquery("told")
    .c,
    (_m.state + "" == State.SENDING.value) & (_m.worker + "" == bindparam("me")),
)


def settle(connection: Connection, outcomes: Sequence[Outcome], worker: str, now: int) -> None:
    """Record what came of messages that `worker` claimed."""
    rows = [_settled(outcome, now) for outcome in outcomes]
    shared = {"me": worker, "at": now}
    if connection.dialect.name == "postgresql":
        arrays = {name: [row[name] for row in rows] for name in _COLUMNS}
        recorded = connection.execute(_ALL_AT_ONCE, arrays | shared)
    else:
        recorded = connection.execute(_ONE_BY_ONE, [row | shared for row in rows])
    if recorded.rowcount != len(rows):
        _note_late(connection, outcomes)


def _settled(outcome: Outcome, now: int) -> dict[str, object]:
    claimed = outcome.claimed
    accepted = outcome.event is Event.ACCEPT
    poll = outcome.poll_after if accepted else None
    return {
        "row": claimed.id,
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
    """Keep what arrived after its worker had been declared dead, for the person who decides.

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
