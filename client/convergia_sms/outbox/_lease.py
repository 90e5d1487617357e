"""A worker's side of the store: it claims, reports what came of it, and is known to be alive.

Every turn is one transaction: prolong the lease, record outcomes, claim the next messages. The
lease's row is locked first, so nobody can call the worker dead while it takes its turn; and a
worker whose lease is gone claims nothing.
"""

from __future__ import annotations

import os
import socket
import uuid
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from sqlalchemy import bindparam, delete, insert, select, update

from ._rate import grant
from ._records import Priority
from ._schema import messages, workers
from ._states import Event, State, move

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from sqlalchemy import Connection

    from ._database import Database
    from ._rate import Rate

__all__ = ["Claimed", "Lease", "LeaseLostError", "Outcome", "expire", "recover"]


class LeaseLostError(Exception):
    """This worker was silent for too long; others count it as dead."""


@dataclass(frozen=True, slots=True)
class Claimed:
    """A message that is `sending`, in this worker's hands."""

    id: int
    number: str
    text: str = field(repr=False)
    extra: str | None
    attempt: int
    failures: int
    due_at: int
    expires_at: int | None


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of a claimed message.

    Attributes:
        event: accept, reject, abandon, release or lose.
        delay: seconds until a released message is due again, which counts as a failure; None
            puts it back as it was.
        poll_after: seconds until an accepted message's status is first asked; None: never.
    """

    claimed: Claimed
    event: Event
    message_id: str | None = None
    code: int | None = None
    segments: int | None = None
    detail: str | None = None
    delay: float | None = None
    poll_after: float | None = None


_m = messages.c
_SETTLE = (
    update(messages)
    .where(
        _m.id == bindparam("row"),
        _m.state == State.SENDING.value,
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
_FIND = (
    select(_m.id, _m.number, _m.text, _m.extra, _m.attempts, _m.failures, _m.due_at, _m.expires_at)
    .where(
        _m.account == bindparam("account"),
        _m.state == State.QUEUED.value,
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
    .where(_m.id == bindparam("row"), _m.state == State.QUEUED.value)
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
                self._settle(connection, outcomes, now)
            if known is not None:
                self._release_strays(connection, known, now)
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

    def _settle(self, connection: Connection, outcomes: Sequence[Outcome], now: int) -> None:
        rows = [_settled(outcome, self.worker, now) for outcome in outcomes]
        if connection.execute(_SETTLE, rows).rowcount != len(rows):
            note_late(connection, outcomes)

    def _release_strays(self, connection: Connection, known: Collection[int], now: int) -> None:
        held = connection.execute(
            select(_m.id).where(_m.state == State.SENDING.value, _m.worker == self.worker)
        ).scalars()
        strays = [{"row": id_, "at": now} for id_ in held if id_ not in known]
        if strays:
            connection.execute(_RELEASE, strays)


_RELEASE = (
    update(messages)
    .where(_m.id == bindparam("row"), _m.state == State.SENDING.value)
    .values(state=move(State.SENDING, Event.RELEASE).value, changed_at=bindparam("at"))
)


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
        _m.state == State.UNKNOWN.value,
        _m.attempts == bindparam("attempt"),
    )
    .values(message_id=bindparam("gateway_id"), code=bindparam("answer"), detail=bindparam("why"))
)


def note_late(connection: Connection, outcomes: Sequence[Outcome]) -> None:
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


def recover(database: Database) -> int:
    """Call dead every worker whose lease has run out; what it was sending becomes unknown.

    Returns:
        How many messages became unknown.
    """
    with database.writing() as connection:
        now = database.now(connection)
        connection.execute(delete(workers).where(workers.c.lease_until <= now))
        return connection.execute(
            update(messages)
            .where(
                _m.state == State.SENDING.value,
                _m.worker.not_in(select(workers.c.id)),
            )
            .values(
                state=move(State.SENDING, Event.LOSE).value,
                detail="its worker died while sending",
                changed_at=now,
            )
        ).rowcount


def expire(database: Database) -> int:
    """Move what is past its time and still queued to `expired`; gives how many."""
    with database.writing() as connection:
        now = database.now(connection)
        return connection.execute(
            update(messages)
            .where(_m.state == State.QUEUED.value, _m.expires_at <= now)
            .values(state=move(State.QUEUED, Event.EXPIRE).value, changed_at=now)
        ).rowcount
