"""The language of what people read: Spanish if the locale says so, else English.

Texts are written in English where they arise, also in the client's errors, which programs read.
They become Spanish where the command prints them, so that English costs nothing and what programs
read (`--json`, JUnit, log lines, tab-separated rows, exit codes) is the same in every language.
"""

from __future__ import annotations

import os
from typing import Literal, get_args

Language = Literal["en", "es"]
LANGUAGES: tuple[Language, ...] = get_args(Language)
# The first that is set decides, as in gettext.
_VARIABLES = ("CONVERGIA_LANG", "LC_ALL", "LC_MESSAGES", "LANG")


def language() -> Language:
    """Return the language of CONVERGIA_LANG, else of the locale."""
    value = next(filter(None, map(os.environ.get, _VARIABLES)), "")
    return "es" if value.lower().startswith("es") else "en"


def translated(text: str) -> str:
    """Return a text in the user's language; one that the catalogue lacks stays as it is."""
    if language() == "en":
        return text
    from ._translation import spanish

    return spanish().text(text)


def translated_word(text: str) -> str:
    """Return a word of ours, or a text, in the user's language, as cells of tables show it."""
    if language() == "en":
        return text
    from ._translation import spanish

    return spanish().cells.get(text) or spanish().text(text)
