"""Say why a worker sends nothing at the moment, so that it does not look hung."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Literal

from sqlalchemy import func, select

from ._schema import in_state, messages
from ._states import State

if TYPE_CHECKING:
    from ._database import Database

__all__ = ["Waiting", "waiting_until_due"]

_m = messages.c


@dataclass(frozen=True, slots=True)
class Waiting:
    """What a worker waits for.

    Attributes:
        reason: `store` (it is away), `window` (it is closed), `breaker` (nothing gets through),
            `rate` (all workers together have used it up) or `due` (what is queued is due later).
        seconds: until it changes, as far as anybody knows; None: nobody does.
        messages: how many are due later.
        detail: what the store's driver says.
    """

    reason: Literal["store", "window", "breaker", "rate", "due"]
    seconds: float | None = None
    messages: int = 0
    detail: str = ""

    def __str__(self) -> str:
        then = ""
        if self.seconds is not None:
            until = datetime.now().astimezone() + timedelta(seconds=self.seconds)
            then = f" until {until:%H:%M:%S}" if self.seconds < _DAY else f" until {until:%F %H:%M}"
        return {
            "store": f"the store is away: {self.detail}",
            "window": f"the sending window is closed{then}",
            "breaker": f"nothing gets through; the next try waits{then}",
            "rate": "the rate that all workers of the account share is used up",
            "due": f"{self.messages:,} messages wait{then}",
        }[self.reason]


_DAY = 86_400


def waiting_until_due(database: Database, account: str, batch: str | None) -> Waiting | None:
    """Return how many queued messages are due later, and when the first is; None if none is."""
    with database.reading() as connection:
        now = database.now(connection)
        conditions = [_m.account == account, in_state(State.QUEUED), _m.due_at > now]
        if batch is not None:
            conditions.append(_m.batch == batch)
        count, first = connection.execute(
            select(func.count(), func.min(_m.due_at)).where(*conditions)
        ).one()
    return Waiting("due", (first - now) / 1000, count) if count else None
