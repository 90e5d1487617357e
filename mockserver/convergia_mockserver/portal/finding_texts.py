"""Findings in the portal's languages: the gateway writes them in English."""

from __future__ import annotations

import re
import tomllib
from importlib.resources import files
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

# A longer text is hostile: none of the sentences has room for it.
_MAX_LENGTH = 2000
_PLACE = re.compile(r"\\{(\w+)\\}")


class FindingTexts:
    """Translates the text of a finding by the sentences of `texts/findings.es.toml`.

    Args:
        sentences: the translations by the English sentences; `{name}` stands for a value.
    """

    def __init__(self, sentences: Mapping[str, str]) -> None:
        self._sentences = [
            (re.compile(_PLACE.sub(r"(?P<\1>.*?)", re.escape(english)), re.DOTALL), text)
            for english, text in sentences.items()
        ]

    def __call__(self, text: str) -> str | None:
        """Return a finding's text in this language; None if it is not known."""
        if len(text) > _MAX_LENGTH:
            return None
        for pattern, translated in self._sentences:
            found = pattern.fullmatch(text)
            if found is not None:
                return translated.format_map(found.groupdict())
        return None


def load_finding_texts() -> FindingTexts:
    """Return the translations to Spanish."""
    raw = (files(__package__) / "texts" / "findings.es.toml").read_text("utf-8")
    return FindingTexts(
        {str(each["en"]): str(each["es"]) for each in tomllib.loads(raw)["finding"]}
    )
