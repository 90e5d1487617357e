"""The rate limit of an account, shared by all its workers through the store.

The algorithm is GCRA as in pyrate-limiter, which keeps one number for each limit. A worker reserves
units before it claims messages, in one statement that commits by itself. So no lock on the rate's
row is held during a network round trip, and workers far from the database reach the full rate.
Units that were reserved but not used are given back if nobody has reserved since. Otherwise they
are lost, as they are if the worker dies in between. In both cases the limit is never exceeded.

pyrate-limiter's own SQLite and PostgreSQL buckets keep one row for each message, and processes can
share its SQLite bucket only with a lock file beside the database.
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

# The slowest rate is one message in about 12 days, the fastest is beyond any gateway. The interval
# between two units is a whole number of microseconds, rounded up, so a very fast rate is slower.
_HOUR = 3_600_000  # milliseconds
_SLOWEST, _FASTEST = 1e-6, 1_000_000


@dataclass(frozen=True, slots=True)
class Rate:
    """A rate limit shared by all workers and senders that use its name.

    A unit is one message to send, or one status to query.

    Attributes:
        name: `send:ACCOUNT` or `status:ACCOUNT`.
        per_second: units a second, in the long run.
        burst: units at once, after a pause. A tenth of a second's worth if None, so that a gateway
            that counts each second sees little more than the limit.
    """

    name: str
    per_second: float
    burst: int | None = None

    def __post_init__(self) -> None:
        if self.per_second <= 0:
            raise ValueError(f"the rate must be above 0 a second, not {self.per_second}")
        # NaN fails this check too.
        if not _SLOWEST <= self.per_second <= _FASTEST:
            raise ValueError(
                f"the rate must be {_SLOWEST} to {_FASTEST:,} a second, not {self.per_second}"
            )

        if self.burst is not None and self.burst < 1:
            raise ValueError(f"the burst must be at least 1, not {self.burst}")

    @property
    def units_at_once(self) -> int:
        """The units that may be used at once: `burst`, or its default."""
        if self.burst is not None:
            return self.burst
        return max(1, round(self.per_second / 10))

    def as_gcra(self) -> GcraRate:
        """Return pyrate-limiter's form of this rate: whole units in whole milliseconds."""
        from pyrate_limiter import Rate as GcraRate

        burst = self.units_at_once
        if self.per_second >= 1:
            return GcraRate(round(self.per_second * 1000), 1_000_000, burst=burst)
        return GcraRate(1, round(1000 / self.per_second), burst=burst)


def horizon(rate: Rate) -> float:
    """Return how many milliseconds ahead the next arrival may lie.

    It is at least an hour. Another process may use a slower rate under the same name, and its
    arrival must not be taken for a clock that was set back.
    """
    return max(_HOUR, 2000 * (rate.units_at_once + 1) / rate.per_second)


@dataclass(frozen=True, slots=True)
class Grant:
    """Units that were reserved for the caller.

    Attributes:
        units: the number of units.
        wait: seconds until more units are available. 0 if all that was wanted was granted.
        first: seconds from the grant until the first unit may be used. 0 or negative if at once.
        apart: seconds between two units.
        arrival: the rate's next arrival after this grant, in microseconds since 1970.
    """

    units: int
    wait: float
    first: float
    apart: float
    arrival: int

    def after(self, index: int) -> float:
        """Return the seconds from the grant until the unit with this index may be used."""
        return max(0.0, self.first + index * self.apart)


def _granted(instant: ColumnElement[int]) -> CTE:
    """Compute the grant from the locked row of the rate. All times are in microseconds."""
    emission = bindparam("emission", type_=BigInteger)
    held = (
        select(rates.c.name, rates.c.arrival, (instant * 1000).label("at"))
        .where(rates.c.name == bindparam("of"))
        .with_for_update()
        .cte("held")
        .c
    )
    # No arrival can lie beyond the horizon unless the clock was set back since.
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
        # SQLite's RETURNING returns columns of the updated table only. The transaction keeps other
        # writers out.
        row = connection.execute(select(granted), values).one_or_none()
        if row is not None:
            write = update(rates).where(rates.c.name == row.name).values(arrival=row.arrival)
            connection.execute(write)
        return row


def reserve(database: Database, rate: Rate, want: int, ahead: float = 0.0) -> Grant:
    """Reserve up to `want` units, in one round trip. Committed when this returns.

    Args:
        database: the store.
        rate: the limit.
        want: the most units to reserve.
        ahead: also reserve units that become available within this many seconds. The caller must
            use each only at its time, see `Grant.after`.
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
    """Give back unused units of a grant, unless somebody has reserved units since.

    In that case they are lost: the other may have started anew after a pause, and giving units back
    would allow more than the burst at once.
    """
    with database.committing() as connection:
        to = grant.arrival - unused * round(grant.apart * 1e6)
        connection.execute(_GIVE_BACK, {"of": rate.name, "left": grant.arrival, "to": to})
