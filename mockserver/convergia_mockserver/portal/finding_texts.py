"""Translations of findings, which the gateway writes in English."""

from __future__ import annotations

import re
import tomllib
from importlib.resources import files
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

# A longer text is hostile, since no sentence is that long.
_MAX_LENGTH = 2000
_PLACE = re.compile(r"\\{(\w+)\\}")


class FindingTexts:
    """A translator of findings, by the sentences of `texts/findings.es.toml`.

    Args:
        sentences: the translations by the English sentences. `{name}` stands for a value.
    """

    def __init__(self, sentences: Mapping[str, str]) -> None:
        self._sentences = [
            (re.compile(_PLACE.sub(r"(?P<\1>.*?)", re.escape(english)), re.DOTALL), text)
            for english, text in sentences.items()
        ]

    def __call__(self, text: str) -> str | None:
        """Return the translation of a finding. None if the sentence is unknown."""
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
