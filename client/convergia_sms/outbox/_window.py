"""The days and hours in which messages may be sent, in the time zone of each number."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import UTC, datetime, time, timedelta
from typing import TYPE_CHECKING, Self

from ._zones import AUTO, ELSEWHERE, HOME, time_zone

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from zoneinfo import ZoneInfo

__all__ = ["EVERYWHERE", "Hours", "OpenZones", "SendingWindow"]

_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_WINDOW = re.compile(
    r"(?:(?P<days>[a-z]{3}(?:[-,][a-z]{3})*)\s+)?(?P<start>\d\d?:\d\d)\s*-\s*(?P<end>\d\d?:\d\d)"
)
# The next matching weekday is never further away.
_LONGEST = timedelta(days=8)


@dataclass(frozen=True, slots=True)
class OpenZones:
    """The time zones whose numbers may get a message at a given time.

    Attributes:
        home: True if numbers for which `zone_of` returns None may get one.
        elsewhere: the other zones whose numbers may get one, as `zone_of` returns them.
    """

    home: bool
    elsewhere: frozenset[str]

    @property
    def nowhere(self) -> bool:
        """True if no number may get a message."""
        return not self.home and not self.elsewhere


EVERYWHERE = OpenZones(home=True, elsewhere=ELSEWHERE)


@dataclass(frozen=True, slots=True)
class SendingWindow:
    """Days and hours in which messages may be sent.

    Attributes:
        start: the first minute of the window, in the zone.
        end: the first minute after the window. If it is not after `start`, it is on the next day.
        days: weekdays, 0 is Monday. A window past midnight counts for the day on which it begins.
        zone: the name of a time zone, for all numbers. With `auto`, the zone of each number's area,
            and America/Mexico_City if the area has no other or is not known. For an area with two
            zones, the window is open while it is open in both. If it never is, the first zone
            counts.
    """

    start: time
    end: time
    days: frozenset[int] = frozenset(range(7))
    zone: str = AUTO
    _zones: Mapping[str | None, tuple[ZoneInfo, ...]] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        if not self.days or not self.days <= set(range(7)):
            raise ValueError(
                f"the days must be some of 0 (Monday) to 6 (Sunday), not {sorted(self.days)}"
            )
        zones: dict[str | None, tuple[ZoneInfo, ...]] = {
            None: (time_zone(HOME if self.zone == AUTO else self.zone),)
        }
        if self.zone == AUTO:
            zones |= {names: tuple(map(time_zone, names.split())) for names in ELSEWHERE}
        object.__setattr__(self, "_zones", zones)

    @classmethod
    def parse(cls, text: str, zone: str = AUTO) -> Self:
        """Return a window from `9:00-21:00`, `mon-fri 9:00-21:00` or `mon,wed,sat 22:00-6:00`.

        Raises:
            ValueError: `text` has another form. The error lists the valid forms.
            ZoneInfoNotFoundError: there is no time zone `zone`. See `time_zone`.
        """
        match = _WINDOW.fullmatch(text.strip().lower())
        try:
            if match is None:
                raise ValueError(text)  # noqa: TRY301 - one error text for all causes
            start, end = (_time(match[name]) for name in ("start", "end"))
            days = _days(match["days"])
        except ValueError as error:
            raise ValueError(
                f"{text!r} is not a window: write 9:00-21:00, mon-fri 9:00-21:00"
                " or sat,sun 22:00-6:00"
            ) from error
        return cls(start, end, days, zone)

    def opens_in(self, now: datetime, zone: str | None = None) -> float:
        """Return the seconds until sending is allowed, 0 if it is allowed now.

        Args:
            now: the time, in any time zone.
            zone: `Entry.zone`. It is ignored if the window has one zone for all numbers.
        """
        zones = self._zones.get(zone, self._zones[None])
        # In UTC: adding to a local time may step over an hour that the clocks skip.
        then = now = now.astimezone(UTC)
        while then - now < _LONGEST:
            wait = max(self._opens_in(then, each) for each in zones)
            if not wait:
                return (then - now).total_seconds()
            then += timedelta(seconds=wait)
        # The window is too short to be open in both. Most people of the area live in the first.
        return self._opens_in(now, zones[0])

    def opens_at(self, now: datetime, zone: str | None = None) -> datetime:
        """Return the next time when sending is allowed, in the number's zone."""
        zones = self._zones.get(zone, self._zones[None])
        wait = timedelta(seconds=self.opens_in(now, zone))
        return (now.astimezone(UTC) + wait).astimezone(zones[0])

    def opening(self, now: datetime, zone: str | None = None) -> str:
        """Return the time of `opens_at` as text: `09:00`, with its date if it is a day away."""
        opens = self.opens_at(now, zone)
        return f"{opens:%H:%M}" if opens - now < timedelta(days=1) else f"{opens:%F %H:%M}"

    def zone_name(self, zone: str | None) -> str:
        """Return the name of the zone in which the window is read, two with a comma between."""
        names = zone if zone in self._zones else None
        return ", ".join(each.key for each in self._zones[names])

    def open_zones(self, now: datetime) -> OpenZones:
        """Return the zones whose numbers may get a message now."""
        opened = {zone for zone in self._zones if not self.opens_in(now, zone)}
        if self.zone != AUTO:
            return EVERYWHERE if opened else OpenZones(home=False, elsewhere=frozenset())
        return OpenZones(None in opened, frozenset(zone for zone in opened if zone is not None))

    def first_opens_in(self, now: datetime) -> float:
        """Return the seconds until the window opens in any zone, 0 if it is open in one."""
        return min(self.opens_in(now, zone) for zone in self._zones)

    def _opens_in(self, now: datetime, zone: ZoneInfo) -> float:
        """Return the seconds until the window opens in one zone."""
        today = now.astimezone(zone).date()
        waits = []
        # From yesterday, whose window may end today, to the same weekday of next week.
        for offset in range(-1, 8):
            day = today + timedelta(days=offset)
            if day.weekday() not in self.days:
                continue
            last = day if self.end > self.start else day + timedelta(days=1)
            opens = datetime.combine(day, self.start, zone).astimezone(UTC)
            closes = datetime.combine(last, self.end, zone).astimezone(UTC)
            if opens <= now < closes:
                return 0.0
            if opens > now:
                waits.append((opens - now).total_seconds())
        return min(waits)


class Hours:
    """The sending window of a worker. The open zones are computed at most once a second.

    Args:
        window: the window. None if messages may be sent at any time.
        now: returns the time.
    """

    def __init__(self, window: SendingWindow | None, now: Callable[[], datetime]) -> None:
        self.window = window
        self.now = now
        self._second: int | None = None
        self._open = EVERYWHERE

    def open_zones(self) -> OpenZones:
        """Return the zones whose numbers may get a message now."""
        if self.window is not None:
            now = self.now()
            second = int(now.timestamp())
            if second != self._second:
                self._second, self._open = second, self.window.open_zones(now)
        return self._open

    def closed_for(self) -> float:
        """Return the seconds until the window opens in any zone, 0 if it is open in one."""
        if self.window is None or not self.open_zones().nowhere:
            return 0.0
        return self.window.first_opens_in(self.now())


def _time(text: str) -> time:
    hour, minute = text.split(":")
    # People write 24:00 for the end of a day.
    return time(int(hour) % 24 if minute == "00" and hour == "24" else int(hour), int(minute))


def _days(text: str | None) -> frozenset[int]:
    if text is None:
        return frozenset(range(7))
    days: set[int] = set()
    for part in text.split(","):
        first, _, last = part.partition("-")
        begin, end = _DAYS.index(first), _DAYS.index(last or first)
        # A range such as fri-mon wraps around the end of the week.
        days |= {day % 7 for day in range(begin, end + 1 if end >= begin else end + 8)}
    return frozenset(days)
