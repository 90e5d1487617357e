"""What scripts need from storage."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Iterable

    from .definition import ScriptState


class ScriptStorage(Protocol):
    """Keeps the scripts of one space, so that they are there after a restart."""

    def put_script(self, state: ScriptState) -> None:
        """Write a script as it stands."""

    def delete_script(self, number: int) -> None:
        """Forget a script."""

    def replace_scripts(self, states: Iterable[ScriptState]) -> None:
        """Forget all scripts, and write these instead."""
