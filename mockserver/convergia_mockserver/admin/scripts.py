"""What the next requests get: scripts, and the numbers that behave by themselves."""

from __future__ import annotations

import msgspec

from convergia_mockserver.gateway import ReservedNumber, Script, ScriptState

from .endpoints import Context, Group
from .filters import Number
from .problems import ProblemError

SCRIPTS = Group("Scripts")
RESERVED = Group("Reserved numbers")


class ScriptList(msgspec.Struct, frozen=True):
    """The scripts in the order they were added, the latest used-up ones included.

    Attributes:
        scripts: each as it stands.
    """

    scripts: list[ScriptState]


class ReservedNumberList(msgspec.Struct, frozen=True):
    """The reserved numbers and what each does, on both faces, with no set-up.

    Attributes:
        numbers: each with what it does.
    """

    numbers: list[ReservedNumber]


@SCRIPTS.get("/scripts")
def list_scripts(context: Context) -> ScriptList:
    """List the scripts with what remains of each."""
    return ScriptList(context.space.scripts.states())


@SCRIPTS.get("/scripts/unused")
def list_unused_scripts(context: Context) -> ScriptList:
    """List the scripts that answered no request: a suite fails when there are any."""
    return ScriptList(context.space.scripts.unused())


@SCRIPTS.post("/scripts", status=201)
def add_script(context: Context, body: Script) -> ScriptState:
    """Answer the next requests that match with codes, faults, delays or replies of your own."""
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


@RESERVED.get("/reserved-numbers")
def list_reserved_numbers(context: Context) -> ReservedNumberList:
    """List the numbers that trigger a code, a state or a fault by themselves."""
    return ReservedNumberList(list(context.world.reserved.values()))
