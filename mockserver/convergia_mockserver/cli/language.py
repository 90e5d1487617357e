"""The user's language, which the command that runs this one knows."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Final

import click

if TYPE_CHECKING:
    from collections.abc import Callable

    from convergia_mockserver.portal.finding_texts import FindingTexts

TRANSLATE: Final = "convergia.translate"
"""Where click's context has a function that translates a text of the command."""
LANGUAGE: Final = "convergia.language"
"""Where click's context has the language, `en` or `es`."""


def finding_in_words(text: str) -> str:
    """Return the text of a finding in the user's language, unchanged if it is not known."""
    context = click.get_current_context(silent=True)
    if context is None or context.meta.get(LANGUAGE) != "es":
        return text
    return _spanish_findings()(text) or text


@cache
def _spanish_findings() -> FindingTexts:
    from convergia_mockserver.portal.finding_texts import load_finding_texts

    return load_finding_texts()


def translated(text: str) -> str:
    """Return a text in the user's language; as it is if the command has no translation."""
    context = click.get_current_context(silent=True)
    translate: Callable[[str], str] | None = context.meta.get(TRANSLATE) if context else None
    return text if translate is None else translate(text)
