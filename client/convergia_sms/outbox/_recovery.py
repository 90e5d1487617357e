"""Recovery from crashes, clock changes and expired times."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import bindparam, case, delete, select, update

from ._records import Priority
from ._schema import in_state, messages, pending, webhooks, workers
from ._states import Event, State, move

if TYPE_CHECKING:
    from collections.abc import Collection

    from sqlalchemy import ColumnElement, Connection

    from ._database import Database

__all__ = [
    "LongWrite",
    "distrust_future",
    "distrust_leases",
    "expire",
    "lose_orphans",
    "recover",
    "release_strays",
]

_m, _w = messages.c, webhooks.c
# Milliseconds. No worker has a longer lease by default, so a lease that lasts longer was written
# before the clock was set back.
_LONGEST_LEASE = 3_600_000
_RELEASE = (
    update(messages)
    .where(_m.id == bindparam("row"), in_state(State.SENDING))
    .values(state=move(State.SENDING, Event.RELEASE).value, changed_at=bindparam("at"))
)


def release_strays(connection: Connection, worker: str, known: Collection[int], now: int) -> None:
    """Put messages that are claimed for `worker`, but are not among `known`, back into the queue.

    If the reply to a commit was lost, the worker does not know which messages it claimed. Those
    were certainly not sent.
    """
    held = connection.execute(
        select(_m.id).where(in_state(State.SENDING), _m.worker == worker)
    ).scalars()
    strays = [{"row": id_, "at": now} for id_ in held if id_ not in known]
    if strays:
        connection.execute(_RELEASE, strays)


def recover(database: Database) -> int:
    """Declare every worker dead whose lease has run out. Messages it was sending become unknown.

    Returns:
        The number of messages that became unknown.
    """
    now = select(database.instant).scalar_subquery()
    with database.committing() as connection:
        connection.execute(delete(workers).where(workers.c.lease_until <= now))
        return lose_orphans(connection, now)


def lose_orphans(connection: Connection, now: int | ColumnElement[int]) -> int:
    """Move messages that a dead worker was sending to `unknown`, and return how many."""
    return connection.execute(
        update(messages)
        .where(in_state(State.SENDING), _m.worker.not_in(select(workers.c.id)))
        .values(
            state=move(State.SENDING, Event.LOSE).value,
            detail="its worker was gone before an outcome was recorded",
            changed_at=now,
        )
    ).rowcount


def distrust_future(connection: Connection, account: str, now: int) -> int:
    """Correct due times that were written before the clock was set back.

    The time at which such a row was written is after `now`. A message that was due then is due now,
    and one that waits for a retry waits as long as intended. A time that the caller chose is kept.

    Returns:
        The number of corrected messages.
    """
    # The list of priorities limits the scan to the future part of the queue's index.
    ahead = (_m.account == account, in_state(State.QUEUED), _m.priority.in_(list(Priority)))
    found = connection.execute(
        update(messages)
        .where(
            *ahead,
            _m.due_at > now,
            _m.changed_at > now,
            (_m.changed_at >= _m.due_at) | (_m.failures > 0),
        )
        .values(due_at=now + _positive(_m.due_at - _m.changed_at), changed_at=now)
    ).rowcount
    connection.execute(
        update(messages)
        .where(_m.account == account, _m.poll_at > now, _m.accepted_at > now)
        .values(poll_at=now + _positive(_m.poll_at - _m.accepted_at))
    )
    connection.execute(
        update(webhooks)
        .where(_w.account == account, pending, _w.due_at > now, _w.created_at > now)
        .values(due_at=now + _positive(_w.due_at - _w.created_at))
    )
    return found


def distrust_leases(connection: Connection, now: int, longest: int = 0) -> None:
    """Shorten leases that end later than any lease can: the clock was set back since.

    A live worker extends its lease at its next turn. A dead one is declared dead within an hour,
    and not only when the clock has caught up.

    Args:
        connection: a connection in the caller's transaction.
        now: milliseconds since 1970 UTC.
        longest: milliseconds of the caller's own lease, which may be longer than an hour.
    """
    until = now + max(_LONGEST_LEASE, longest)
    connection.execute(
        update(workers).where(workers.c.lease_until > until).values(lease_until=until)
    )


def _positive(value: ColumnElement[int]) -> ColumnElement[int]:
    return case((value > 0, value), else_=0)


class LongWrite:
    """A transaction that may take longer than a lease.

    On SQLite no worker can extend its lease while another connection writes. After a long write,
    the first worker would declare the others dead, and messages accepted meanwhile would become
    unknown. So the time of the write is added to the leases. On PostgreSQL nothing waits for the
    write.

    Args:
        database: the store.
        connection: a connection in the caller's transaction.
    """

    def __init__(self, database: Database, connection: Connection) -> None:
        self.connection = connection
        self._database = database
        self._sqlite = connection.dialect.name == "sqlite"
        self._began = database.now(connection) if self._sqlite else 0

    def extend_leases(self) -> None:
        """Extend the leases by the time since the last call, or since the beginning."""
        if not self._sqlite:
            return
        began, self._began = self._began, self._database.now(self.connection)
        lease = workers.c.lease_until
        self.connection.execute(
            update(workers).where(lease > began).values(lease_until=lease + self._began - began)
        )


def expire(database: Database) -> int:
    """Move queued messages past their `expires` to `expired`, and return how many."""
    # A subquery is evaluated once. Otherwise PostgreSQL would read its clock for each row, and use
    # no index.
    now = select(database.instant).scalar_subquery()
    with database.committing() as connection:
        return connection.execute(
            update(messages)
            .where(in_state(State.QUEUED), _m.expires_at <= now)
            .values(state=move(State.QUEUED, Event.EXPIRE).value, changed_at=now)
        ).rowcount
