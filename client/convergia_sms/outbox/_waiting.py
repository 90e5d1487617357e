"""The reason why a worker sends nothing at the moment, so that it does not seem hung."""

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
    """The reason why a worker waits.

    Attributes:
        reason: `store` (not available), `window` (closed), `breaker` (nothing gets through), `rate`
            (used up by all workers together) or `due` (queued messages are due later).
        seconds: seconds until the reason ends. None if unknown.
        messages: the number of messages due later.
        detail: the error text of the store's driver.
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
            "store": f"the store is unavailable: {self.detail}",
            "window": f"the sending window is closed{then}",
            "breaker": f"nothing gets through to the gateway; the next attempt waits{then}",
            "rate": "the rate that all workers of the account share is used up",
            "due": f"{self.messages:,} messages wait{then}",
        }[self.reason]


_DAY = 86_400


def waiting_until_due(database: Database, account: str, batch: str | None) -> Waiting | None:
    """Return the number of queued messages due later and the wait for the first, or None."""
    with database.reading() as connection:
        now = database.now(connection)
        conditions = [_m.account == account, in_state(State.QUEUED), _m.due_at > now]
        if batch is not None:
            conditions.append(_m.batch == batch)
        count, first = connection.execute(
            select(func.count(), func.min(_m.due_at)).where(*conditions)
        ).one()
    return Waiting("due", (first - now) / 1000, count) if count else None
