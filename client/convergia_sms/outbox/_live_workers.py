"""The live workers of an account, with the reason why each waits, from the store."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import select

from ._records import instant
from ._schema import workers
from ._waiting import Waiting

if TYPE_CHECKING:
    from datetime import datetime

    from ._database import Database

__all__ = ["LiveWorker", "live_workers", "waiting_as_text"]

_w = workers.c


@dataclass(frozen=True, slots=True)
class LiveWorker:
    """A worker whose lease has not run out.

    Attributes:
        place: the host and the process id, separated by a colon.
        started: the time at which it took its lease.
        waiting: the reason why it waits, as of its last turn. None while it sends.
    """

    place: str
    started: datetime
    waiting: Waiting | None


def waiting_as_text(waiting: Waiting | None, now: int) -> str | None:
    """Return a wait as JSON for the store, or None.

    Args:
        waiting: the reason why a worker waits. None while it sends.
        now: the database's time, in milliseconds.
    """
    if waiting is None:
        return None
    until = None if waiting.seconds is None else now + round(waiting.seconds * 1000)
    return json.dumps([waiting.reason, until, waiting.messages, waiting.zone])


def live_workers(database: Database, account: str) -> list[LiveWorker]:
    """Return the workers of an account, the oldest first."""
    alive = (
        select(_w.place, _w.started_at, _w.waiting, database.instant)
        .where(_w.account == account, _w.lease_until > database.instant)
        .order_by(_w.started_at, _w.id)
    )
    with database.asking() as connection:
        found = connection.execute(alive).all()
    return [LiveWorker(row[0], instant(row[1]), _waiting(row[2], row[3])) for row in found]


def _waiting(text: str | None, now: int) -> Waiting | None:
    if text is None:
        return None
    reason, until, messages, zone = json.loads(text)
    seconds = None if until is None else max(0.0, (until - now) / 1000)
    return Waiting(reason, seconds, messages, zone=zone)
