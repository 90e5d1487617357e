"""Deletion of finished messages, in small transactions, so that nothing is blocked for long."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from sqlalchemy import and_, delete, exists, literal_column, or_, select

from ._schema import decisions, in_state, messages, webhooks
from ._states import FINAL, State

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from sqlalchemy import ColumnElement, Connection

    from ._database import Database

__all__ = ["PURGEABLE", "purge", "purgeable"]

PURGEABLE = FINAL | {State.ACCEPTED}
"""The states whose messages may be deleted: accepted ones only if they are not followed."""

_m, _w = messages.c, webhooks.c
# Ids read at once, without a lock, and rows deleted in one transaction. On SQLite, where one
# transaction writes at a time, a worker waits no longer than such a transaction takes.
_PAGE = 50_000
_CHUNK = 1000
_PENDING = _w.state == literal_column("'pending'")


def purgeable(account: str) -> ColumnElement[bool]:
    """Return the condition that nothing more happens to a message without a decision.

    It is false while the message's notification is pending: the receiver may look it up.
    """
    unfollowed = and_(in_state(State.ACCEPTED), _m.poll_at.is_(None))
    announced = select(_w.message).where(_w.account == account, _PENDING)
    return and_(or_(unfollowed, *map(in_state, sorted(FINAL))), _m.id.not_in(announced))


def purge(
    database: Database,
    condition: ColumnElement[bool],
    account: str,
    on_progress: Callable[[int], object],
) -> dict[State, int]:
    """Delete the purgeable messages that `condition` selects.

    Their decisions and notifications are deleted too.

    Args:
        database: the store.
        condition: selects the messages of `account`.
        account: the account of the messages.
        on_progress: called after each transaction with the number of messages deleted so far.

    Returns:
        The number of messages deleted, by state. Every state has a key.
    """
    condition = and_(condition, purgeable(account))
    done: Counter[State] = Counter()
    for ids in _chunks(database, _m.id, condition):
        with database.writing() as connection:
            done.update(_delete(connection, ids, condition))
        on_progress(done.total())
    # There is no index from messages to notifications, so these are scanned once, at the end. If a
    # crash leaves some, the next purge deletes them.
    orphaned = and_(_w.account == account, ~_PENDING, ~exists().where(_m.id == _w.message))
    for ids in _chunks(database, _w.id, orphaned):
        with database.writing() as connection:
            connection.execute(delete(webhooks).where(_w.id.in_(ids)))
    return {state: done[state] for state in State}


def _chunks(
    database: Database, id_: ColumnElement[int], condition: ColumnElement[bool]
) -> Iterator[Sequence[int]]:
    """Yield the ids of the rows that `condition` selects, as many as one transaction deletes."""
    last = 0
    while True:
        page = select(id_).where(condition, id_ > last).order_by(id_).limit(_PAGE)
        with database.reading() as connection:
            ids = connection.execute(page).scalars().all()
        for begin in range(0, len(ids), _CHUNK):
            yield ids[begin : begin + _CHUNK]
        if len(ids) < _PAGE:
            return
        last = ids[-1]


def _delete(
    connection: Connection, ids: Sequence[int], condition: ColumnElement[bool]
) -> Iterator[State]:
    # Check again under the lock: a message may have been requeued in the meantime.
    locked = connection.execute(
        select(_m.id, _m.state).where(_m.id.in_(ids), condition).order_by(_m.id).with_for_update()
    ).all()
    still = [id_ for id_, _ in locked]
    # The application's own engine may have SQLite's foreign keys switched off.
    connection.execute(delete(decisions).where(decisions.c.message.in_(still)))
    connection.execute(delete(messages).where(_m.id.in_(still)))
    return (State(state) for _, state in locked)
