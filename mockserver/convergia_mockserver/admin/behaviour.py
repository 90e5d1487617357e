"""What the gateway will do: scripts, delivery plans, the clock, reserved numbers."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

import msgspec

from convergia_mockserver.gateway import (
    DeliveryPlan,
    Plans,
    ReservedNumber,
    Script,
    ScriptState,
    reserved_numbers,
)

from .filters import Number
from .operations import Context, Group
from .problems import ProblemError

SCRIPTS = Group("Scripts")
PLANS = Group("Delivery plans")
CLOCK = Group("Clock")
RESERVED = Group("Reserved numbers")


class ScriptList(msgspec.Struct, frozen=True):
    """The scripts in the order they were added, the latest used-up ones included."""

    scripts: list[ScriptState]


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
    """An instant, with its timezone: 2026-01-31T12:00:00Z."""

    at: datetime


class FreezeWanted(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """When to stand still; now when left out."""

    at: datetime | None = None


class AdvanceWanted(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How far to jump ahead."""

    seconds: Annotated[float, msgspec.Meta(ge=0)]


class ReservedNumberList(msgspec.Struct, frozen=True):
    """The reserved numbers and what each does, on both faces, with no set-up."""

    numbers: list[ReservedNumber]


@SCRIPTS.get("/scripts")
def list_scripts(context: Context) -> ScriptList:
    """List the scripts with what remains of each."""
    return ScriptList(context.space.scripts.states())


@SCRIPTS.post("/scripts", status=201)
def add_script(context: Context, body: Script) -> ScriptState:
    """Answer the next requests that match with a code, a sequence, a delay or a fault."""
    return context.space.scripts.add(body)


@SCRIPTS.delete("/scripts", status=204)
def delete_scripts(context: Context) -> None:
    """Forget all scripts."""
    context.space.scripts.clear()


@SCRIPTS.get("/scripts/{script_id}", errors=(404,))
def get_script(context: Context, script_id: Number) -> ScriptState:
    """Show one script."""
    state = context.space.scripts.get(script_id)
    if state is None:
        raise ProblemError(404, f"there is no script {script_id} in this space")
    return state


@SCRIPTS.delete("/scripts/{script_id}", status=204, errors=(404,))
def delete_script(context: Context, script_id: Number) -> None:
    """Forget one script."""
    if not context.space.scripts.remove(script_id):
        raise ProblemError(404, f"there is no script {script_id} in this space")


@PLANS.get("/delivery-plans")
def list_plans(context: Context) -> Plans:
    """Show what becomes of messages: by number, by account, and of all others."""
    return context.space.plans.all()


@PLANS.put("/delivery-plans/default")
def set_default_plan(context: Context, body: DeliveryPlan) -> Plans:
    """Plan for messages that have no plan of their own, from now on."""
    context.space.plans.put(body)
    return context.space.plans.all()


@PLANS.put("/delivery-plans/numbers/{number}")
def set_number_plan(context: Context, number: str, body: DeliveryPlan) -> Plans:
    """Plan for a number's messages, from now on."""
    context.space.plans.put(body, number=number)
    return context.space.plans.all()


@PLANS.delete("/delivery-plans/numbers/{number}", status=204, errors=(404,))
def delete_number_plan(context: Context, number: str) -> None:
    """Forget a number's plan."""
    if not context.space.plans.remove(number=number):
        raise ProblemError(404, f"number {number!r} has no plan of its own")


@PLANS.put("/delivery-plans/accounts/{account}")
def set_account_plan(context: Context, account: str, body: DeliveryPlan) -> Plans:
    """Plan for an account's messages, from now on; a number's plan wins over it."""
    context.space.plans.put(body, account=account)
    return context.space.plans.all()


@PLANS.delete("/delivery-plans/accounts/{account}", status=204, errors=(404,))
def delete_account_plan(context: Context, account: str) -> None:
    """Forget an account's plan."""
    if not context.space.plans.remove(account=account):
        raise ProblemError(404, f"account {account!r} has no plan of its own")


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


@RESERVED.get("/reserved-numbers")
def list_reserved_numbers(context: Context) -> ReservedNumberList:
    """List the numbers that bring about a code, a state or a fault by themselves."""
    return ReservedNumberList(list(reserved_numbers(context.world.guide).values()))
