"""The user's language, which the command that runs this one knows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import click

if TYPE_CHECKING:
    from collections.abc import Callable

TRANSLATE: Final = "convergia.translate"
"""Where click's context has a function that translates a text of the command."""


def translated(text: str) -> str:
    """Return a text in the user's language; as it is if the command has no translation."""
    context = click.get_current_context(silent=True)
    translate: Callable[[str], str] | None = context.meta.get(TRANSLATE) if context else None
    return text if translate is None else translate(text)
