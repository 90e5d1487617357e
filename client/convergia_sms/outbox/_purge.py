"""Deletes what is finished: little by little, so that nobody waits long."""

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
"""The states of messages that may be deleted; of accepted ones, those that nobody follows."""

_m, _w = messages.c, webhooks.c
# So many ids are looked up at once, without a lock, and so many rows deleted in one transaction: on
# SQLite, where writers take turns, a worker waits for no longer than that takes.
_PAGE = 50_000
_CHUNK = 1000
_PENDING = _w.state == literal_column("'pending'")


def purgeable(account: str) -> ColumnElement[bool]:
    """Whether nothing more can happen to a message of `account` by itself.

    False while its notification is still to be posted: the receiver may look the message up.
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
    """Delete what `condition` holds for and is `purgeable`, with its decisions and notifications.

    Args:
        database: the store.
        condition: which messages, of `account`.
        account: whose messages.
        on_progress: called after each transaction with the number of messages deleted so far.

    Returns:
        How many messages were deleted, by state; every state is there.
    """
    condition = and_(condition, purgeable(account))
    done: Counter[State] = Counter()
    for ids in _chunks(database, _m.id, condition):
        with database.writing() as connection:
            done.update(_delete(connection, ids, condition))
        on_progress(done.total())
    # No index leads from a message to its notifications: they are gone through once, afterwards.
    # What a crash leaves of them here, the next purge deletes.
    orphaned = and_(_w.account == account, ~_PENDING, ~exists().where(_m.id == _w.message))
    for ids in _chunks(database, _w.id, orphaned):
        with database.writing() as connection:
            connection.execute(delete(webhooks).where(_w.id.in_(ids)))
    return {state: done[state] for state in State}


def _chunks(
    database: Database, id_: ColumnElement[int], condition: ColumnElement[bool]
) -> Iterator[Sequence[int]]:
    """Yield the ids of rows that `condition` holds for, a transaction's worth at a time."""
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
    # Asked again under the lock: somebody may have requeued one in the meantime.
    locked = connection.execute(
        select(_m.id, _m.state).where(_m.id.in_(ids), condition).order_by(_m.id).with_for_update()
    ).all()
    still = [id_ for id_, _ in locked]
    # An engine of the application's own may have SQLite's foreign keys switched off.
    connection.execute(delete(decisions).where(decisions.c.message.in_(still)))
    connection.execute(delete(messages).where(_m.id.in_(still)))
    return (State(state) for _, state in locked)
