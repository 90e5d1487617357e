"""The interface of the storage that keeps scripts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Iterable

    from .definition import ScriptState


class ScriptStorage(Protocol):
    """A storage for the scripts of one space, which keeps them over a restart."""

    def put_script(self, state: ScriptState) -> None:
        """Write the state of a script."""

    def delete_script(self, number: int) -> None:
        """Delete a script."""

    def replace_scripts(self, states: Iterable[ScriptState]) -> None:
        """Replace all scripts by these."""
