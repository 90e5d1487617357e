"""Recording of outcomes: many compare-and-set updates in one statement."""

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
"""The parameters of each outcome, and the column that each is for."""


def _settling(
    given: Mapping[str, ColumnElement[Any]] | Columns, mine: ColumnElement[bool]
) -> Update:
    # Only the worker that claimed a message, and only for its latest claim, may record an outcome.
    return (
        update(messages)
        .where(_m.id == given["row"], mine, _m.attempts == given["attempt"])
        .values(
            changed_at=bindparam("at"),
            **{
                column.name: given[name]
                for name, column in _COLUMNS.items()
                if name not in ("row", "attempt")
            },
        )
    )


_ONE_BY_ONE = _settling(
    {name: bindparam(name, type_=_COLUMNS[name].type) for name in _COLUMNS},
    in_state(State.SENDING) & (_m.worker == bindparam("me")),
)
# On PostgreSQL one statement takes all rows, as one array for each column. SQLite has no arrays,
# and needs them less, because a statement there is no round trip.
#
# The conditions on state and worker are written so that no index serves them. The index over
# messages being sent is nearly always empty when statistics are taken. So the planner would use it,
# read all that the worker sends, and unpack the arrays for each row. That takes six times as long
# as a search by the primary key.
_ALL_AT_ONCE = _settling(
    select(
        *(
            func.unnest(bindparam(name, type_=postgresql.ARRAY(column.type))).label(name)
            for name, column in _COLUMNS.items()
        )
    )
    .subquery("given")
    .c,
    (_m.state + "" == State.SENDING.value) & (_m.worker + "" == bindparam("me")),
)


def settle(connection: Connection, outcomes: Sequence[Outcome], worker: str, now: int) -> None:
    """Record the outcomes of messages that `worker` claimed."""
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
    """Keep outcomes that arrived after their worker was declared dead, for the person who decides.

    The message stays unknown, and only a decision moves it now. If the message is in another state,
    its outcome is already recorded (the reply to that commit was lost), and nothing changes.
    """
    connection.execute(
        _LATE,
        [
            {
                "row": outcome.claimed.id,
                "attempt": outcome.claimed.attempt,
                "gateway_id": outcome.message_id,
                "answer": outcome.code,
                "why": f"arrived too late: {outcome.event}; {outcome.detail or 'no details'}",
            }
            for outcome in outcomes
        ],
    )
