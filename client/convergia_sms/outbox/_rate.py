"""How many messages an account may send, shared by all its workers through the store.

The arithmetic is GCRA, as pyrate-limiter has it; only its one number is kept here. A worker
reserves units before it claims messages, in one statement that commits by itself. So the rate's row
is never locked while a worker waits for the network, and workers far from the database keep the
rate. What is reserved and not used is given back if nobody has reserved since. Otherwise it is
wasted, as it is if the worker dies in between. Neither ever exceeds the limit.

pyrate-limiter's own SQLite and PostgreSQL buckets keep one row a message, and its SQLite bucket
needs a lock file beside the database to be shared by processes.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import BigInteger, bindparam, case, cast, or_, select, update

from ._schema import rates

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pyrate_limiter import Rate as GcraRate
    from sqlalchemy import CTE, ColumnElement, Row

    from ._database import Database

__all__ = ["Grant", "Rate", "give_back", "horizon", "reserve"]

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


def horizon(rate: Rate) -> float:
    """Return how many milliseconds ahead the next arrival may lie, for all who share the rate."""
    burst = rate.burst or max(1, round(rate.per_second / 10))
    return max(_HOUR, 2000 * (burst + 1) / rate.per_second)


@dataclass(frozen=True, slots=True)
class Grant:
    """Units that are reserved for who asked.

    Attributes:
        units: how many.
        wait: seconds until more may go; 0 if all that was wanted is granted.
        first: seconds from the grant until the first unit may go. Negative if it may go at once.
        apart: seconds between two units.
        arrival: the rate's next arrival after this grant, in microseconds since 1970.
    """

    units: int
    wait: float
    first: float
    apart: float
    arrival: int

    def after(self, index: int) -> float:
        """Return the seconds from the grant until the unit may go, of those reserved ahead."""
        return max(0.0, self.first + index * self.apart)


def _granted(instant: ColumnElement[int]) -> CTE:
    """Compute what is granted, from the rate's row, which is locked. Microseconds throughout."""
    emission = bindparam("emission", type_=BigInteger)
    held = (
        select(rates.c.name, rates.c.arrival, (instant * 1000).label("at"))
        .where(rates.c.name == bindparam("of"))
        .with_for_update()
        .cte("held")
        .c
    )
    # Nobody can have spent beyond the horizon: the clock was set back since.
    stale = or_(
        held.arrival < held.at, held.arrival > held.at + bindparam("horizon", type_=BigInteger)
    )
    begun = select(held.name, held.at, case((stale, held.at), else_=held.arrival).label("base"))
    start = begun.cte("begun").c
    room = (start.at + bindparam("tolerance", type_=BigInteger) - start.base) // emission
    want = bindparam("want", type_=BigInteger)
    units = case((room <= 0, 0), (room > want, want), else_=room)
    counted = (
        select(start.name, start.at, start.base, cast(units, BigInteger).label("units"))
        .cte("counted")
        .c
    )
    after = (counted.base + counted.units * emission).label("arrival")
    return select(counted.name, counted.at, counted.base, counted.units, after).cte("granted")


def _reserve(database: Database, values: Mapping[str, object]) -> Row[Any] | None:
    granted = _granted(database.instant)
    with database.committing() as connection:
        if connection.dialect.name == "postgresql":
            both = (
                update(rates)
                .where(rates.c.name == granted.c.name)
                .values(arrival=granted.c.arrival)
                .returning(*granted.c)
            )
            return connection.execute(both, values).one_or_none()
        # SQLite's RETURNING gives columns of the table alone; the transaction keeps others out.
        row = connection.execute(select(granted), values).one_or_none()
        if row is not None:
            write = update(rates).where(rates.c.name == row.name).values(arrival=row.arrival)
            connection.execute(write)
        return row


def reserve(database: Database, rate: Rate, want: int, ahead: float = 0.0) -> Grant:
    """Reserve up to `want` units; committed when this returns, in one round trip.

    Args:
        database: the store.
        rate: the limit.
        want: units.
        ahead: reserve also what may go within so many seconds, each to be sent at its time.
    """
    from pyrate_limiter import GCRA

    limit = rate.as_gcra()
    emission = GCRA._emission_us(limit)  # noqa: SLF001
    burst = limit.burst * emission
    values = {
        "of": rate.name,
        "want": want,
        "emission": emission,
        "tolerance": burst + round(ahead * 1e6),
        "horizon": round(horizon(rate) * 1000),
    }
    while (row := _reserve(database, values)) is None:
        with database.writing() as connection:
            new = {"name": rate.name, "arrival": 0}
            connection.execute(database.insert(rates).on_conflict_do_nothing(), new)
    first = row.base + emission - burst - row.at
    wait = 0.0
    if row.units < want:
        wait = max(0.001, (first + row.units * emission) / 1e6 - ahead)
    return Grant(row.units, wait, first / 1e6, emission / 1e6, row.arrival)


_GIVE_BACK = (
    update(rates)
    .where(rates.c.name == bindparam("of"), rates.c.arrival == bindparam("left"))
    .values(arrival=bindparam("to"))
)


def give_back(database: Database, rate: Rate, grant: Grant, unused: int) -> None:
    """Give back units of a grant, if nobody has reserved any since; else they are wasted.

    Who reserved in between may have begun anew after a pause, and to give units back then would let
    more than the burst go at once.
    """
    with database.committing() as connection:
        to = grant.arrival - unused * round(grant.apart * 1e6)
        connection.execute(_GIVE_BACK, {"of": rate.name, "left": grant.arrival, "to": to})
