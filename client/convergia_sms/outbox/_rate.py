"""How many messages an account may send, shared by all its workers through the store.

The arithmetic is pyrate-limiter's GCRA; only its one number is kept here, and read and written in
the transaction that claims the messages. pyrate-limiter's own SQLite and PostgreSQL buckets commit
on connections of their own, one row a message, so a crash between the two would spend without
claiming; and its SQLite bucket needs a lock file beside the database to be shared by processes.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import bindparam, select, update

from ._schema import rates

if TYPE_CHECKING:
    from pyrate_limiter import Rate as GcraRate
    from sqlalchemy import Connection

    from ._database import Database

__all__ = ["Rate", "grant"]

# Once in a fortnight, and what no gateway does: between them the arithmetic is exact.
# Another process may keep a slower rate under the same name.
_HOUR = 3_600_000
_SLOWEST, _FASTEST = 1e-6, 1_000_000


@dataclass(frozen=True, slots=True)
class Rate:
    """A limit that everybody who names it shares.

    Attributes:
        name: `send:ACCOUNT`, `status:ACCOUNT`.
        per_second: units a second, in the long run.
        burst: units at once, after a pause. When left out, a tenth of a second's worth: a
            gateway that counts by the second is to see little more than its limit.
    """

    name: str
    per_second: float
    burst: int | None = None

    def __post_init__(self) -> None:
        if self.per_second <= 0:
            raise ValueError(f"a rate of {self.per_second} a second sends nothing")
        # Not a number is not within, either.
        if not _SLOWEST <= self.per_second <= _FASTEST:
            raise ValueError(
                f"a rate of {self.per_second} a second; {_SLOWEST} to {_FASTEST:,} may be"
            )

    def as_gcra(self) -> GcraRate:
        """Return the same in pyrate-limiter's words: whole units in whole milliseconds."""
        from pyrate_limiter import Rate as GcraRate

        burst = self.burst or max(1, round(self.per_second / 10))
        if self.per_second >= 1:
            return GcraRate(round(self.per_second * 1000), 1_000_000, burst=burst)
        return GcraRate(1, round(1000 / self.per_second), burst=burst)


_READ = select(rates.c.arrival).where(rates.c.name == bindparam("of")).with_for_update()
_WRITE = update(rates).where(rates.c.name == bindparam("of")).values(arrival=bindparam("to"))


def horizon(rate: Rate) -> float:
    """Return how many milliseconds ahead the next arrival may lie, for all who share the rate."""
    burst = rate.burst or max(1, round(rate.per_second / 10))
    return max(_HOUR, 2000 * (burst + 1) / rate.per_second)


def grant(
    database: Database, connection: Connection, rate: Rate, want: int, now: int, *, spend: bool
) -> tuple[int, float]:
    """How many of `want` units may go now, and the seconds until one more may.

    The rate's row stays locked until the transaction ends, so a look and the spending that follows
    it in the same transaction are one.

    Args:
        rate: the limit.
        want: units.
        now: milliseconds since 1970 UTC.
        spend: spend them, or only look.
    """
    from pyrate_limiter import GCRA

    gcra, limit = GCRA(), rate.as_gcra()
    arrival = connection.execute(_READ, {"of": rate.name}).scalar_one_or_none()
    if arrival is None:
        row = {"name": rate.name, "arrival": 0}
        connection.execute(database.insert(rates).on_conflict_do_nothing(), row)
        arrival = connection.execute(_READ, {"of": rate.name}).scalar_one()
    if arrival > (now + horizon(rate)) * 1000:
        # Nobody can have spent so far ahead: the clock was set back since.
        arrival = 0
    state = (arrival,)
    granted = max(0, min(want, limit.burst - gcra.consumed([limit], state, now)))
    if not granted:
        _, refusal = gcra.step([limit], state, now, 1)
        return 0, (refusal.retry_after_ms or 1) / 1000
    if spend:
        (arrival, *_), _ = gcra.step([limit], state, now, granted)
        connection.execute(_WRITE, {"of": rate.name, "to": int(arrival)})
    return granted, 0.0 if granted == want else 1 / rate.per_second
