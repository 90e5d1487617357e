"""Decisions: moving messages by hand, and recording who decided and why."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import BigInteger, case, func, insert, literal, or_, select, update

from ._schema import decisions, in_state, messages
from ._states import DECISIONS, TRANSITIONS, Event

if TYPE_CHECKING:
    from sqlalchemy import ColumnElement, Connection

    from ._database import Database

__all__ = ["decide"]

# Messages moved in one transaction. It must be short, because workers on SQLite wait until it ends.
_CHUNK = 2000
# The length of the column `message_id`.
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
    """Apply `event` to every message that `condition` selects and whose state allows it.

    Args:
        database: the store.
        event: a decision: cancel, confirm, requeue or give_up.
        condition: selects the messages.
        by: the person who decides.
        reason: the reason for the decision.
        message_id: for confirm only: the gateway's id of the message. `condition` must then select
            a single message.

    Returns:
        The number of messages moved.

    Raises:
        ValueError: `event` is not a decision, `by` or `reason` is empty, or `message_id` is given
            for several messages, for another event, or is not a valid id.
    """
    if event not in DECISIONS:
        raise ValueError(f"{event} is not a decision: use {', '.join(sorted(DECISIONS))}")
    if not by.strip() or not reason.strip():
        raise ValueError("a decision needs a person (by) and a reason")
    if message_id is not None and event is not Event.CONFIRM:
        raise ValueError(f"{event} takes no message id")
    if message_id is not None and not _may_be_an_id(message_id):
        raise ValueError(
            f"{message_id!r} is not a message id: it must be 1 to {_LONGEST} printable characters"
        )
    moved = last = 0
    while True:
        with database.writing() as connection:
            rows = _lock(connection, event, condition, last)
            if message_id is not None and moved + len(rows) > 1:
                raise ValueError(
                    f"{message_id!r} is the id of one message, but the filter selects several"
                )
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
        # A reply that came too late may have left its id in the row.
        known = func.coalesce(message_id, columns.message_id)
        # Without an id there is nothing to ask the gateway for.
        poll_at = case((known.is_not(None), literal(now, BigInteger)))
        change = change.values(message_id=known, accepted_at=now, poll_at=poll_at)
    elif event is Event.REQUEUE:
        change = change.values(due_at=now, failures=0, message_id=None, code=None, detail=None)
    connection.execute(change)
