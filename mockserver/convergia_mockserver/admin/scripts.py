"""Endpoints for scripts and reserved numbers."""

from __future__ import annotations

import msgspec

from convergia_mockserver.gateway import ReservedNumber, Script, ScriptState

from .endpoints import Context, Group
from .filters import Number
from .problems import ProblemError

SCRIPTS = Group("Scripts")
RESERVED = Group("Reserved numbers")


class ScriptList(msgspec.Struct, frozen=True):
    """The scripts in the order of their ids, with the latest 100 that are used up.

    Attributes:
        scripts: the scripts with their state.
    """

    scripts: list[ScriptState]


class ReservedNumberList(msgspec.Struct, frozen=True):
    """The reserved numbers, which have their effect on both faces without any setup.

    Attributes:
        numbers: the numbers with their effects.
    """

    numbers: list[ReservedNumber]


@SCRIPTS.get("/scripts")
def list_scripts(context: Context) -> ScriptList:
    """List the scripts with their state."""
    return ScriptList(context.space.scripts.states())


@SCRIPTS.get("/scripts/unused")
def list_unused_scripts(context: Context) -> ScriptList:
    """List the scripts that have not answered any request, so that a suite can fail on them."""
    return ScriptList(context.space.scripts.unused())


@SCRIPTS.post("/scripts", status=201)
def add_script(context: Context, body: Script) -> ScriptState:
    """Answer the next matching requests with codes, faults, delays or custom replies."""
    return context.space.scripts.add(body)


@SCRIPTS.delete("/scripts", status=204)
def delete_scripts(context: Context) -> None:
    """Delete all scripts."""
    context.space.scripts.clear()


@SCRIPTS.get("/scripts/{script_id}", errors=(404,))
def get_script(context: Context, script_id: Number) -> ScriptState:
    """Show one script."""
    state = context.space.scripts.get(script_id)
    if state is None:
        raise ProblemError(404, f"script {script_id} does not exist in this space")
    return state


@SCRIPTS.delete("/scripts/{script_id}", status=204, errors=(404,))
def delete_script(context: Context, script_id: Number) -> None:
    """Delete one script."""
    if not context.space.scripts.remove(script_id):
        raise ProblemError(404, f"script {script_id} does not exist in this space")


@RESERVED.get("/reserved-numbers")
def list_reserved_numbers(context: Context) -> ReservedNumberList:
    """List the reserved numbers, which trigger a code, a state or a fault."""
    return ReservedNumberList(list(context.world.reserved.values()))
