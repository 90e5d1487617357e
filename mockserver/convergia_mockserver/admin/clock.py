"""Endpoints for the clock of a space."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

import msgspec

from .endpoints import Context, Group

CLOCK = Group("Clock")


class ClockState(msgspec.Struct, frozen=True):
    """The state of a space's clock.

    Attributes:
        now: the current time in UTC.
        frozen: true if the clock stands still.
        offset: the seconds by which the clock is ahead of the machine's clock.
    """

    now: datetime
    frozen: bool
    offset: float


class Instant(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A time with a timezone: 2026-01-31T12:00:00Z.

    Attributes:
        at: the time.
    """

    at: datetime


class FreezeWanted(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The time at which the clock is frozen, by default now.

    Attributes:
        at: the time, with a timezone.
    """

    at: datetime | None = None


class AdvanceWanted(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The time by which the clock jumps ahead.

    Attributes:
        seconds: the number of seconds, 0 or more.
    """

    seconds: Annotated[float, msgspec.Meta(ge=0)]


@CLOCK.get("/clock")
def get_clock(context: Context) -> ClockState:
    """Show the clock of this space."""
    clock = context.space.clock
    return ClockState(clock.utc(), clock.frozen, clock.offset)


@CLOCK.post("/clock/freeze")
def freeze_clock(context: Context, body: FreezeWanted) -> ClockState:
    """Freeze the clock, now or at a given time."""
    context.space.clock.freeze(body.at)
    return get_clock(context)


@CLOCK.post("/clock/advance")
def advance_clock(context: Context, body: AdvanceWanted) -> ClockState:
    """Advance the clock, and with it deliveries that become due. A frozen clock stays frozen."""
    context.space.clock.advance(body.seconds)
    return get_clock(context)


@CLOCK.post("/clock/set")
def set_clock(context: Context, body: Instant) -> ClockState:
    """Set the clock to a time, back or ahead. A frozen clock stays frozen."""
    context.space.clock.set(body.at)
    return get_clock(context)


@CLOCK.post("/clock/resume")
def resume_clock(context: Context) -> ClockState:
    """Let a frozen clock run again from the time at which it stands."""
    context.space.clock.resume()
    return get_clock(context)


@CLOCK.post("/clock/reset")
def reset_clock(context: Context) -> ClockState:
    """Let the clock follow the machine's clock again."""
    context.space.clock.reset()
    return get_clock(context)
