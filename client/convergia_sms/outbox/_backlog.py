"""Count the messages of an account that wait in the store, for any metrics library."""

from __future__ import annotations

import threading
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import func, select
from sqlalchemy.exc import SQLAlchemyError

from ._schema import in_state, messages, pending, webhooks, workers
from ._states import State

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ._outbox import Outbox

__all__ = ["BUCKETS", "REASONS", "TEXTS", "Backlog", "BacklogReader"]

# Seconds. Prometheus gives up a scrape after ten by default.
_PATIENCE = 3.0

REASONS = ("store", "window", "breaker", "rate", "due")
# Buckets of the histogram of the gateway's response times, in seconds.
BUCKETS = (0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60)
TEXTS = {
    "outcomes": "Outcomes of the messages that this worker claimed, by event and gateway code.",
    "send_seconds": "How long the gateway took to answer a send.",
    "waiting": "1 while this worker sends nothing for this reason.",
    "messages": "Messages of the account by state.",
    "oldest_seconds": "How long the oldest has been due (queued), or in its state.",
    "followed": "Accepted messages that are followed to their end.",
    "workers": "Workers of the account whose lease has not run out.",
    "webhooks_pending": "Notifications that wait to be posted.",
}
_STATES = (State.QUEUED, State.SENDING, State.UNKNOWN)
_m, _w = messages.c, webhooks.c


@dataclass(frozen=True, slots=True)
class Backlog:
    """The number and age of the messages in the store at one moment.

    Attributes:
        messages: the number of messages, by state.
        oldest_seconds: seconds for which the oldest message has been due (queued) or in its state,
            by state. 0 if there is none.
        totals: the counts `followed`, `workers` and `webhooks_pending`.
    """

    messages: Mapping[State, int]
    oldest_seconds: Mapping[State, float]
    totals: Mapping[str, int]


class BacklogReader:
    """Reads the backlog of a store that may be unavailable, or may not answer at all.

    Safe to use from several threads. A store that does not answer keeps only one thread and one
    connection, however often `read` is called.

    Args:
        outbox: the worker's outbox.
        patience: seconds to wait for the store.
    """

    def __init__(self, outbox: Outbox, patience: float = _PATIENCE) -> None:
        self._outbox = outbox
        self._patience = patience
        self._lock = threading.Lock()
        self._reading: threading.Thread | None = None

    def read(self) -> Backlog | None:
        """Return the backlog. None if the store is unavailable, or does not answer in time."""
        if not self._lock.acquire(timeout=self._patience):
            return None
        try:
            return self._read()
        finally:
            self._lock.release()

    def _read(self) -> Backlog | None:
        found: list[Backlog] = []

        def ask() -> None:
            with suppress(SQLAlchemyError):
                found.append(_look(self._outbox))

        if self._reading is not None:
            self._reading.join(self._patience)
            if self._reading.is_alive():
                return None
        # A daemon: it must not keep a process from ending.
        self._reading = threading.Thread(target=ask, name="backlog", daemon=True)
        self._reading.start()
        self._reading.join(self._patience)
        return found[0] if found else None


def _look(outbox: Outbox) -> Backlog:
    """Query the store, by its partial indexes only, so that a long table is never scanned.

    Raises:
        SQLAlchemyError: the store is not available.
    """
    database, account = outbox.database, outbox.account
    counts: dict[State, int] = {}
    ages: dict[State, float] = {}
    with database.reading() as connection:
        now = database.now(connection)
        for state in _STATES:
            since = _m.due_at if state is State.QUEUED else _m.changed_at
            count, oldest = connection.execute(
                select(func.count(), func.min(since)).where(in_state(state), _m.account == account)
            ).one()
            counts[state] = count
            ages[state] = max(0, now - oldest) / 1000 if count else 0.0
        totals = {
            "followed": (messages, _m.account == account, _m.poll_at.is_not(None)),
            "workers": (workers, workers.c.account == account, workers.c.lease_until > now),
            "webhooks_pending": (webhooks, _w.account == account, pending),
        }
        found = {
            name: connection.execute(
                select(func.count()).select_from(table).where(*conditions)
            ).scalar_one()
            for name, (table, *conditions) in totals.items()
        }
    return Backlog(counts, ages, found)
