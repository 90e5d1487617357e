"""Say why a worker sends nothing at the moment, so that it does not look hung."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Literal

from sqlalchemy import func, select

from ._schema import in_state, messages
from ._states import State
from ._window import EVERYWHERE
from ._zones import time_zone

if TYPE_CHECKING:
    from ._database import Database
    from ._outbox import Outbox
    from ._window import Hours, SendingWindow

__all__ = ["Waiting", "count_by_zone", "find_waiting", "waiting_until_due"]

_m = messages.c


@dataclass(frozen=True, slots=True)
class Waiting:
    """What a worker waits for.

    Attributes:
        reason: `store` (it is away), `window` (it is closed), `breaker` (nothing gets through),
            `rate` (all workers together have used it up) or `due` (what is queued is due later).
        seconds: until it changes, as far as anybody knows; None: nobody does.
        messages: how many wait for it, or are due later.
        detail: what the store's driver says.
        zone: of `window`, the time zone by whose clocks it opens next. Two, with a comma between
            them, if both have to be open.
    """

    reason: Literal["store", "window", "breaker", "rate", "due"]
    seconds: float | None = None
    messages: int = 0
    detail: str = ""
    zone: str = ""

    @property
    def kind(self) -> tuple[str, str]:
        """Return what makes it another wait than the one before."""
        return self.reason, self.zone

    def __str__(self) -> str:
        then = ""
        if self.zone:
            then = f" until {self._opening()} in {self.zone}"
        elif self.seconds is not None:
            until = datetime.now().astimezone() + timedelta(seconds=self.seconds)
            then = f" until {until:%H:%M:%S}" if self.seconds < _DAY else f" until {until:%F %H:%M}"
        return {
            "store": f"the store is away: {self.detail}",
            "window": self._window(then),
            "breaker": f"nothing gets through; the next try waits{then}",
            "rate": "the rate that all workers of the account share is used up",
            "due": f"{self.messages:,} messages wait{then}",
        }[self.reason]

    def _window(self, then: str) -> str:
        if not self.messages:
            return f"the sending window is closed{then}"
        return f"the sending window is closed{then}; {self.messages:,} messages wait"

    def _opening(self) -> str:
        """Return when the window opens by the clocks of its zone, on the minute."""
        zone = time_zone(self.zone.partition(",")[0])
        # What is said some milliseconds after it was found is no minute later.
        opening = datetime.now(UTC) + timedelta(seconds=(self.seconds or 0) + 30)
        nearest = opening.astimezone(zone)
        return f"{nearest:%H:%M}" if (self.seconds or 0) < _DAY else f"{nearest:%F %H:%M}"


_DAY = 86_400


def find_waiting(outbox: Outbox, batch: str | None, hours: Hours) -> Waiting | None:
    """Return what queued messages wait for: the window, or a time; None if for neither."""
    window, zones = hours.window, hours.open_zones()
    if window is not None and zones != EVERYWHERE:
        now = hours.now()
        counts = count_by_zone(outbox.database, outbox.account, batch)
        found = _first_of(window, now, counts)
        if found is not None or zones.nowhere:
            return found or Waiting("window", window.opens_in(now), zone=window.zone_name(None))
    return waiting_until_due(outbox.database, outbox.account, batch)


def _first_of(
    window: SendingWindow, now: datetime, counts: dict[str | None, int]
) -> Waiting | None:
    """Return how many messages wait for the next opening, and where that is; None if none waits."""
    waits = {zone: seconds for zone in counts if (seconds := window.opens_in(now, zone))}
    if not waits:
        return None
    first = min(waits, key=lambda zone: (waits[zone], window.zone_name(zone)))
    together = (counts[zone] for zone, seconds in waits.items() if seconds == waits[first])
    return Waiting("window", waits[first], sum(together), zone=window.zone_name(first))


def count_by_zone(database: Database, account: str, batch: str | None) -> dict[str | None, int]:
    """How many queued messages are due by now, by the zone of their numbers' areas."""
    with database.reading() as connection:
        conditions = [
            _m.account == account,
            in_state(State.QUEUED),
            _m.due_at <= database.now(connection),
        ]
        if batch is not None:
            conditions.append(_m.batch == batch)
        found = connection.execute(
            select(_m.zone, func.count()).where(*conditions).group_by(_m.zone)
        )
        return {row[0]: row[1] for row in found}


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
