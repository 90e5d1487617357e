"""The user's language: Spanish if the locale says so, otherwise English.

Texts are written in English at their source, also in the client's errors. They are translated where
the command prints them, so that English costs nothing. What programs read is the same in every
language: `--json`, JUnit, log lines, tab-separated rows and exit codes.
"""

from __future__ import annotations

import os
from typing import Literal, get_args

Language = Literal["en", "es"]
LANGUAGES: tuple[Language, ...] = get_args(Language)
# The first variable that is set decides, as in gettext.
_VARIABLES = ("CONVERGIA_LANG", "LC_ALL", "LC_MESSAGES", "LANG")


def language() -> Language:
    """Return the language of CONVERGIA_LANG, or else of the locale."""
    value = next(filter(None, map(os.environ.get, _VARIABLES)), "")
    return "es" if value.lower().startswith("es") else "en"


def translated(text: str) -> str:
    """Return a text in the user's language, unchanged if the catalogue lacks it."""
    if language() == "en":
        return text
    from ._translation import spanish

    return spanish().text(text)


def translated_word(text: str) -> str:
    """Return a word or a text in the user's language, as in cells of tables."""
    if language() == "en":
        return text
    from ._translation import spanish

    return spanish().cells.get(text) or spanish().text(text)
