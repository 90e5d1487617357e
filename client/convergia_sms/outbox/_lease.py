"""A worker's side of the store: it claims, reports what came of it, and is known to be alive.

Every turn is one transaction: prolong the lease, record outcomes, claim the next messages. The
lease's row is locked first, so nobody can call the worker dead while it takes its turn; and a
worker whose lease is gone claims nothing.
"""

from __future__ import annotations

import os
import socket
import uuid
from typing import TYPE_CHECKING

from sqlalchemy import bindparam, delete, insert, select, update

from ._outcomes import Claimed
from ._rate import grant
from ._records import Priority
from ._recovery import lose_orphans, release_strays
from ._schema import in_state, messages, workers
from ._settle import settle
from ._states import Event, State, move

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from sqlalchemy import Connection

    from ._database import Database
    from ._outcomes import Outcome
    from ._rate import Rate

__all__ = ["Lease", "LeaseLostError"]


class LeaseLostError(Exception):
    """This worker was silent for too long; others count it as dead."""


_m = messages.c
_FIND = (
    select(_m.id, _m.number, _m.text, _m.extra, _m.attempts, _m.failures, _m.due_at, _m.expires_at)
    .where(
        _m.account == bindparam("account"),
        in_state(State.QUEUED),
        _m.priority == bindparam("priority"),
        _m.due_at <= bindparam("at"),
        (_m.expires_at.is_(None)) | (_m.expires_at > bindparam("at")),
    )
    .order_by(_m.due_at, _m.id)
    .limit(bindparam("want"))
    # On SQLite, where writers take turns, this says nothing.
    .with_for_update(skip_locked=True)
)
_CLAIM = (
    update(messages)
    .where(_m.id == bindparam("row"), in_state(State.QUEUED))
    .values(
        state=move(State.QUEUED, Event.CLAIM).value,
        worker=bindparam("me"),
        attempts=_m.attempts + 1,
        changed_at=bindparam("at"),
    )
)
_PROLONG = (
    update(workers).where(workers.c.id == bindparam("me")).values(lease_until=bindparam("until"))
)


class Lease:
    """One worker's name, lease and claims.

    Args:
        database: the store.
        account: whose messages it takes.
        seconds: for how long it may be silent before it counts as dead.
    """

    def __init__(self, database: Database, account: str, seconds: float) -> None:
        self._database = database
        self._account = account
        self._milliseconds = round(seconds * 1000)
        # No worker has this name: the first turn without `take` finds no lease.
        self.worker = ""

    def take(self) -> None:
        """Register under a new name. A name that was called dead is never used again."""
        self.worker = uuid.uuid4().hex
        with self._database.writing() as connection:
            now = self._database.now(connection)
            connection.execute(
                insert(workers),
                {
                    "id": self.worker,
                    "account": self._account,
                    "place": f"{socket.gethostname()}:{os.getpid()}",
                    "started_at": now,
                    "lease_until": now + self._milliseconds,
                },
            )

    def leave(self) -> None:
        """Give the lease back. What is still `sending` under it becomes unknown at once."""
        with self._database.writing() as connection:
            connection.execute(delete(workers).where(workers.c.id == self.worker))
            lose_orphans(connection, self._database.now(connection))

    def turn(
        self,
        outcomes: Sequence[Outcome],
        want: int = 0,
        *,
        only: int | None = None,
        rate: Rate | None = None,
        known: Collection[int] | None = None,
    ) -> tuple[list[Claimed], float]:
        """Record `outcomes`, claim up to `want` messages; committed when this returns.

        Args:
            outcomes: of what this worker claimed.
            want: how many it could send at this moment.
            only: claim this message or none.
            rate: what the account may send; claims no more than it grants.
            known: after a turn that failed and may have committed all the same, the ids that this
                worker is sending. Whatever else it holds was never sent, and goes back.

        Returns:
            What was claimed, and the seconds until the rate grants more (0 when it is no matter).

        Raises:
            LeaseLostError: nothing was claimed or recorded.
        """
        with self._database.writing() as connection:
            now = self._database.now(connection)
            self._prolong(connection, now)
            if outcomes:
                settle(connection, outcomes, self.worker, now)
            if known is not None:
                release_strays(connection, self.worker, known, now)
            if not want:
                return [], 0.0
            wait = 0.0
            if rate is not None:
                want, wait = grant(self._database, connection, rate, want, now, spend=False)
            found = self._find(connection, want, only, now) if want else []
            if rate is not None and found:
                grant(self._database, connection, rate, len(found), now, spend=True)
            self._claim(connection, found, now)
            return found, wait

    def _prolong(self, connection: Connection, now: int) -> None:
        until = now + self._milliseconds
        if connection.execute(_PROLONG, {"me": self.worker, "until": until}).rowcount != 1:
            raise LeaseLostError(self.worker)

    def _find(self, connection: Connection, want: int, only: int | None, now: int) -> list[Claimed]:
        found: list[Claimed] = []
        statement = _FIND if only is None else _FIND.where(_m.id == only)
        for priority in sorted(Priority, reverse=True):
            rows = connection.execute(
                statement,
                {
                    "account": self._account,
                    "priority": int(priority),
                    "at": now,
                    "want": want - len(found),
                },
            )
            found += [
                Claimed(id_, number, text, extra, attempts + 1, failures, due_at, expires_at)
                for id_, number, text, extra, attempts, failures, due_at, expires_at in rows
            ]
            if len(found) >= want:
                break
        return found

    def _claim(self, connection: Connection, found: list[Claimed], now: int) -> None:
        if found:
            connection.execute(
                _CLAIM, [{"row": claimed.id, "me": self.worker, "at": now} for claimed in found]
            )
