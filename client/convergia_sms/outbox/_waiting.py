"""The reason why a worker sends nothing at the moment, so that it does not seem hung."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Literal

from sqlalchemy import func, select

from convergia_sms._counts import counted

from ._schema import in_state, messages
from ._states import State
from ._window import EVERYWHERE
from ._zones import time_zone

if TYPE_CHECKING:
    from ._database import Database
    from ._window import Hours, SendingWindow

__all__ = ["Waiting", "count_by_zone", "find_waiting", "store_silent", "waiting_until_due"]

_m = messages.c


@dataclass(frozen=True, slots=True)
class Waiting:
    """The reason why a worker waits.

    Attributes:
        reason: `store` (not available), `window` (closed), `breaker` (nothing gets through), `rate`
            (used up by all workers together) or `due` (queued messages are due later).
        seconds: seconds until the reason ends. None if unknown.
        messages: the number of messages that wait for it, or are due later.
        detail: the error text of the store's driver.
        zone: for `window`, the time zone in which it opens next. Two names, separated by a comma,
            if both must be open.
    """

    reason: Literal["store", "window", "breaker", "rate", "due"]
    seconds: float | None = None
    messages: int = 0
    detail: str = ""
    zone: str = ""

    @property
    def kind(self) -> tuple[str, str]:
        """The reason and the zone. A wait is reported again only if one of them changes."""
        return self.reason, self.zone

    def __str__(self) -> str:
        then = ""
        if self.zone:
            then = f" until {self._opening()} in {self.zone}"
        elif self.seconds is not None:
            until = datetime.now().astimezone() + timedelta(seconds=self.seconds)
            then = f" until {until:%H:%M:%S}" if self.seconds < _DAY else f" until {until:%F %H:%M}"
        return {
            "store": f"the store is unavailable: {self.detail}",
            "window": self._window(then),
            "breaker": f"nothing gets through to the gateway; the next attempt waits{then}",
            "rate": "the rate that all workers of the account share is used up",
            "due": counted(
                self.messages, f"1 message waits{then}", f"{self.messages:,} messages wait{then}"
            ),
        }[self.reason]

    def _window(self, then: str) -> str:
        if not self.messages:
            return f"the sending window is closed{then}"
        return counted(
            self.messages,
            f"the sending window is closed{then}; 1 message waits",
            f"the sending window is closed{then}; {self.messages:,} messages wait",
        )

    def _opening(self) -> str:
        """Return the time at which the window opens, in its zone."""
        zone = time_zone(self.zone.partition(",")[0])
        # To the nearest minute: some milliseconds have passed since `seconds` was computed.
        opening = datetime.now(UTC) + timedelta(seconds=(self.seconds or 0) + 30)
        nearest = opening.astimezone(zone)
        return f"{nearest:%H:%M}" if (self.seconds or 0) < _DAY else f"{nearest:%F %H:%M}"


_DAY = 86_400


def store_silent(seconds: float) -> Waiting:
    """Return the wait for a store that has not answered for `seconds`."""
    return Waiting("store", detail=f"it has not answered for {seconds:g} s")


def find_waiting(
    database: Database, account: str, batch: str | None, hours: Hours
) -> Waiting | None:
    """Return the wait of the queued messages for the window or for their due time, or None."""
    window, zones = hours.window, hours.open_zones()
    if window is not None and zones != EVERYWHERE:
        now = hours.now()
        counts = count_by_zone(database, account, batch)
        found = _first_of(window, now, counts)
        if found is not None or zones.nowhere:
            return found or Waiting("window", window.opens_in(now), zone=window.zone_name(None))
    return waiting_until_due(database, account, batch)


def _first_of(
    window: SendingWindow, now: datetime, counts: dict[str | None, int]
) -> Waiting | None:
    """Return the wait for the window's next opening, or None."""
    waits = {zone: seconds for zone in counts if (seconds := window.opens_in(now, zone))}
    if not waits:
        return None
    first = min(waits, key=lambda zone: (waits[zone], window.zone_name(zone)))
    together = (counts[zone] for zone, seconds in waits.items() if seconds == waits[first])
    return Waiting("window", waits[first], sum(together), zone=window.zone_name(first))


def count_by_zone(database: Database, account: str, batch: str | None) -> dict[str | None, int]:
    """Count the queued messages that are due, by `Entry.zone`."""
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
    """Return the wait for the first of the queued messages that are due later, or None."""
    with database.reading() as connection:
        now = database.now(connection)
        conditions = [_m.account == account, in_state(State.QUEUED), _m.due_at > now]
        if batch is not None:
            conditions.append(_m.batch == batch)
        count, first = connection.execute(
            select(func.count(), func.min(_m.due_at)).where(*conditions)
        ).one()
    return Waiting("due", (first - now) / 1000, count) if count else None
