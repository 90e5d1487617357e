"""The clock of a space."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

import msgspec

from .endpoints import Context, Group

CLOCK = Group("Clock")


class ClockState(msgspec.Struct, frozen=True):
    """The time as a space sees it.

    Attributes:
        now: UTC.
        frozen: whether it stands still.
        offset: seconds ahead of the machine's clock.
    """

    now: datetime
    frozen: bool
    offset: float


class Instant(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """An instant, with its timezone: 2026-01-31T12:00:00Z.

    Attributes:
        at: the instant.
    """

    at: datetime


class FreezeWanted(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """When to stand still; now when left out.

    Attributes:
        at: the instant, with its timezone.
    """

    at: datetime | None = None


class AdvanceWanted(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How far to jump ahead.

    Attributes:
        seconds: from now, 0 or more.
    """

    seconds: Annotated[float, msgspec.Meta(ge=0)]


@CLOCK.get("/clock")
def get_clock(context: Context) -> ClockState:
    """Show the time as this space sees it."""
    clock = context.space.clock
    return ClockState(clock.utc(), clock.frozen, clock.offset)


@CLOCK.post("/clock/freeze")
def freeze_clock(context: Context, body: FreezeWanted) -> ClockState:
    """Let time stand still, now or at an instant."""
    context.space.clock.freeze(body.at)
    return get_clock(context)


@CLOCK.post("/clock/advance")
def advance_clock(context: Context, body: AdvanceWanted) -> ClockState:
    """Jump ahead; deliveries that fall due meanwhile are done. Frozen stays frozen."""
    context.space.clock.advance(body.seconds)
    return get_clock(context)


@CLOCK.post("/clock/set")
def set_clock(context: Context, body: Instant) -> ClockState:
    """Jump to an instant, back or ahead. Frozen stays frozen."""
    context.space.clock.set(body.at)
    return get_clock(context)


@CLOCK.post("/clock/resume")
def resume_clock(context: Context) -> ClockState:
    """Let time run on from where it stands."""
    context.space.clock.resume()
    return get_clock(context)


@CLOCK.post("/clock/reset")
def reset_clock(context: Context) -> ClockState:
    """Follow the machine's clock again: neither frozen nor ahead."""
    context.space.clock.reset()
    return get_clock(context)
