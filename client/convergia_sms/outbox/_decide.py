"""Moves messages by somebody's decision, and records who took it and why."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import BigInteger, case, func, insert, literal, or_, select, update

from ._schema import decisions, in_state, messages
from ._states import DECISIONS, TRANSITIONS, Event

if TYPE_CHECKING:
    from sqlalchemy import ColumnElement, Connection

    from ._database import Database

__all__ = ["decide"]

# Committed one by one, so that workers on SQLite wait for no longer than one of them takes.
_CHUNK = 2000
# As the column is.
_LONGEST = 100


def decide(
    database: Database,
    event: Event,
    condition: ColumnElement[bool],
    *,
    by: str,
    reason: str,
    message_id: str | None = None,
) -> int:
    """Let `event` happen to every message that `condition` holds for and whose state allows it.

    Args:
        database: the store.
        event: a decision: cancel, confirm, requeue or give_up.
        condition: which messages.
        by: who decides.
        reason: why.
        message_id: for confirm: the gateway's id, of the one message meant.

    Returns:
        How many messages moved.

    Raises:
        ValueError: not a decision, nobody decides, no reason, or one message id for several, or one
            that none can be.
    """
    if event not in DECISIONS:
        raise ValueError(f"{event} happens by itself; nobody decides it")
    if not by.strip() or not reason.strip():
        raise ValueError("a decision needs somebody who takes it (by) and a reason")
    if message_id is not None and event is not Event.CONFIRM:
        raise ValueError(f"{event} takes no message id")
    if message_id is not None and not _may_be_an_id(message_id):
        raise ValueError(f"{message_id!r} is no gateway's id: 1 to {_LONGEST} characters on a line")
    moved = last = 0
    while True:
        with database.writing() as connection:
            rows = _lock(connection, event, condition, last)
            if message_id is not None and moved + len(rows) > 1:
                raise ValueError(f"{message_id!r} is the id of one message; the filter has more")
            if rows:
                ids = [id_ for id_, _ in rows]
                now = database.now(connection)
                _record(connection, event, rows, by=by, reason=reason, now=now)
                _move(connection, event, ids, message_id, now)
                moved += len(rows)
                last = ids[-1]
        if len(rows) < _CHUNK:
            return moved


def _may_be_an_id(message_id: str) -> bool:
    return message_id.isprintable() and 0 < len(message_id.strip()) <= len(message_id) <= _LONGEST


def _lock(
    connection: Connection, event: Event, condition: ColumnElement[bool], last: int
) -> list[tuple[int, str]]:
    sources = or_(*map(in_state, TRANSITIONS[event].sources))
    statement = (
        select(messages.c.id, messages.c.state)
        .where(condition, sources, messages.c.id > last)
        .order_by(messages.c.id)
        .limit(_CHUNK)
        .with_for_update()
    )
    return [(id_, state) for id_, state in connection.execute(statement)]


def _record(
    connection: Connection,
    event: Event,
    rows: list[tuple[int, str]],
    *,
    by: str,
    reason: str,
    now: int,
) -> None:
    connection.execute(
        insert(decisions),
        [
            {
                "message": id_,
                "event": event.value,
                "state_before": state,
                "state_after": TRANSITIONS[event].target.value,
                "by": by,
                "reason": reason,
                "decided_at": now,
            }
            for id_, state in rows
        ],
    )


def _move(
    connection: Connection, event: Event, ids: list[int], message_id: str | None, now: int
) -> None:
    columns = messages.c
    change = (
        update(messages)
        .where(columns.id.in_(ids))
        .values(state=TRANSITIONS[event].target.value, changed_at=now)
    )
    if event is Event.CONFIRM:
        # A reply that came too late may have left the id with the message.
        known = func.coalesce(message_id, columns.message_id)
        # Without an id there is nothing to ask the gateway about.
        poll_at = case((known.is_not(None), literal(now, BigInteger)))
        change = change.values(message_id=known, accepted_at=now, poll_at=poll_at)
    elif event is Event.REQUEUE:
        change = change.values(due_at=now, failures=0, message_id=None, code=None, detail=None)
    connection.execute(change)
