"""Count what waits in the store for an account, for any kind of metrics."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import func, select

from ._schema import in_state, messages, pending, webhooks, workers
from ._states import State

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ._outbox import Outbox

__all__ = ["BUCKETS", "REASONS", "TEXTS", "Backlog", "look"]

REASONS = ("store", "window", "breaker", "rate", "due")
# Seconds that a gateway takes.
BUCKETS = (0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60)
TEXTS = {
    "outcomes": "What came of messages that this worker claimed, by event and gateway code.",
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
    """One look at the store.

    Attributes:
        messages: how many, by state.
        oldest_seconds: for how long the oldest has been due (queued) or in its state; 0 without.
        totals: `followed`, `workers` and `webhooks_pending`.
    """

    messages: Mapping[State, int]
    oldest_seconds: Mapping[State, float]
    totals: Mapping[str, int]


def look(outbox: Outbox) -> Backlog:
    """Ask the store, by its partial indexes: no scan of a long table.

    Raises:
        SQLAlchemyError: the store is away.
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
