"""A worker's lease, which shows that it is alive, and its claims on messages.

Every turn is one transaction: extend the lease, record outcomes, claim the next messages. With a
rate, units (messages to send) are reserved before that transaction, and unused ones are given back
after it, in transactions of their own. The lease's row is locked first, so that no other worker can
declare this one dead during its turn. A worker that has lost its lease claims nothing.
"""

from __future__ import annotations

import os
import socket
import uuid
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from sqlalchemy import BigInteger, String, bindparam, delete, insert, update

from ._claim import claiming
from ._live_workers import waiting_as_text
from ._opt_outs import cancel_opted_out
from ._outcomes import Claimed
from ._rate import give_back, reserve
from ._recovery import distrust_future, distrust_leases, lose_orphans, release_strays
from ._schema import workers
from ._settle import settle
from ._window import EVERYWHERE

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from sqlalchemy import ColumnElement, Connection, Row
    from sqlalchemy.sql.dml import ReturningUpdate

    from ._database import Database
    from ._outcomes import Outcome
    from ._rate import Rate
    from ._waiting import Waiting
    from ._window import OpenZones

__all__ = ["Lease", "LeaseLostError"]


class LeaseLostError(Exception):
    """Raised if this worker's lease ran out, and others have declared it dead."""


# Milliseconds by which the clock must have gone back before it counts as set back. Corrections by
# NTP are smaller.
_STEP_BACK = 1000
# The most claims in one turn. A turn claims again only if a claim found numbers that opted out.
_CLAIMS = 20


def _prolonging(instant: ColumnElement[int]) -> ReturningUpdate[int]:
    """Return the statement that extends the lease and returns its end.

    The end also gives the database's time, without another round trip.
    """
    return (
        update(workers)
        .where(workers.c.id == bindparam("me"))
        .values(
            lease_until=instant + bindparam("lease", type_=BigInteger),
            waiting=bindparam("waits", type_=String),
        )
        .returning(workers.c.lease_until)
    )


class Lease:
    """A worker's name, lease and claims.

    Args:
        database: the store.
        account: the account whose messages it claims.
        seconds: the length of the lease. A worker that is silent for longer counts as dead.
        batch: claim only messages of this batch. All of the account's if None.
    """

    def __init__(
        self, database: Database, account: str, seconds: float, batch: str | None = None
    ) -> None:
        # NaN fails this check too.
        if not seconds > 0:
            raise ValueError(f"the lease must be above 0 seconds, not {seconds}")
        self._database = database
        self._account = account
        self._batch = batch
        self._milliseconds = round(seconds * 1000)
        # The maximum number of units to reserve from the rate. A worker whose queue is short
        # reserves few, so that other workers can have the rest.
        self._appetite: int | None = None
        self._prolonging = _prolonging(database.instant)
        # No worker has this name, so the first turn without `take` finds no lease.
        self.worker = ""
        self._latest = 0
        self._waiting: str | None = None

    def note_waiting(self, waiting: Waiting | None) -> None:
        """Let the next turn record why the worker waits. `waiting` is None while it sends."""
        self._waiting = waiting_as_text(waiting, self._latest)

    def take(self) -> None:
        """Register under a new name. A name that was declared dead is never used again."""
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
            # The clock may have been set back while no worker ran.
            distrust_future(connection, self._account, now)
            distrust_leases(connection, now, self._milliseconds)
            self._latest = now

    def leave(self) -> None:
        """Give up the lease. Messages that are still `sending` under it become unknown at once."""
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
        ahead: float = 0.0,
        known: Collection[int] | None = None,
        zones: OpenZones = EVERYWHERE,
    ) -> tuple[list[Claimed], float]:
        """Record `outcomes` and claim up to `want` messages. Committed when this returns.

        Args:
            outcomes: the outcomes of messages that this worker claimed.
            want: the number of messages that the worker could send now.
            only: claim this message or nothing.
            rate: the account's rate. No more messages are claimed than it grants.
            ahead: also claim messages that the rate allows only within so many seconds.
                `Claimed.after` says when each may be sent.
            known: the ids that this worker has claimed and not yet recorded. Pass it after a turn
                that failed but may have been committed. Other messages claimed under this worker's
                name were never sent, and are put back into the queue. None to skip this check.
            zones: the time zones whose numbers may get a message now.

        Returns:
            The claimed messages, and the seconds until the rate grants more. 0 if the rate is not
            the limit.

        Raises:
            LeaseLostError: the lease is lost. Nothing was claimed or recorded.
        """
        if rate is None or not want:
            return self._take_turn(outcomes, want, only, known, zones), 0.0
        most = min(want, self._appetite or want)
        grant = reserve(self._database, rate, most, ahead)
        found = self._take_turn(outcomes, grant.units, only, known, zones)
        # A small grant that was used up says nothing about the queue.
        if len(found) < grant.units or len(found) == self._appetite:
            self._appetite = max(1, 2 * len(found))
        timed = [replace(one, after=grant.after(place)) for place, one in enumerate(found)]
        if len(found) == grant.units:
            return timed, grant.wait or (grant.apart if len(found) < want else 0.0)
        give_back(self._database, rate, grant, grant.units - len(found))
        return timed, 0.0  # the queue is the limit

    def _take_turn(
        self,
        outcomes: Sequence[Outcome],
        want: int,
        only: int | None,
        known: Collection[int] | None,
        zones: OpenZones,
    ) -> list[Claimed]:
        with self._database.writing() as connection:
            now = self._prolong(connection)
            if now < self._latest - _STEP_BACK:
                distrust_future(connection, self._account, now)
                distrust_leases(connection, now, self._milliseconds)
            self._latest = now
            if outcomes:
                settle(connection, outcomes, self.worker, now)
            if known is not None:
                release_strays(connection, self.worker, known, now)
            return self._claim(connection, want, only, zones, now) if want else []

    def _prolong(self, connection: Connection) -> int:
        """Extend the lease and return the database's time."""
        lease = {"me": self.worker, "lease": self._milliseconds, "waits": self._waiting}
        until: int | None = connection.execute(self._prolonging, lease).scalar_one_or_none()
        if until is None:
            raise LeaseLostError(self.worker)
        return until - self._milliseconds

    def _claim(
        self, connection: Connection, want: int, only: int | None, zones: OpenZones, now: int
    ) -> list[Claimed]:
        values: dict[str, object] = {
            "of": self._account,
            "me": self.worker,
            "at": now,
            "want": want,
        }
        if only is not None:
            values["only"] = only
        elif self._batch is not None:
            values["together"] = self._batch
        statement = claiming(zones, one="only" in values, batch="together" in values)
        claimed: list[Claimed] = []
        for _ in range(_CLAIMS):
            # UPDATE … RETURNING returns rows in any order.
            rows = sorted(connection.execute(statement, values).all(), key=_first_due)
            opted_out = [row.id for row in rows if row.opted_out]
            claimed += (Claimed(*row[:-2]) for row in rows if not row.opted_out)
            if not opted_out:
                break
            cancel_opted_out(connection, opted_out, now)
            # Others may wait behind them.
            values["want"] = want - len(claimed)
            if len(claimed) == want or only is not None:
                break
        return claimed


def _first_due(row: Row[Any]) -> tuple[int, int, int]:
    return -row.priority, row.due_at, row.id
