"""The texts of the portal, with one catalogue per language."""

from __future__ import annotations

import tomllib
from importlib.resources import files
from typing import TYPE_CHECKING

from convergia_wsdl import load_guide

from .finding_texts import load_finding_texts

if TYPE_CHECKING:
    from collections.abc import Mapping

    from .finding_texts import FindingTexts

# The first language is the default. It is that of the guide.
LANGUAGES = {"es": "Español", "en": "English"}


class Texts:
    """The texts of one language.

    Attributes:
        language: the language code for HTML.
        catalogue: all texts by key.
        findings: the translator of findings. None for English, their original language.
    """

    def __init__(
        self, language: str, catalogue: Mapping[str, str], findings: FindingTexts | None = None
    ) -> None:
        self.language = language
        self.catalogue = catalogue
        self._findings = findings

    def __call__(self, key: str, /, **values: object) -> str:
        """Return a text with values inserted.

        Raises:
            KeyError: if the text does not exist, or a value is missing.
        """
        text = self.catalogue[key]
        return text.format_map(values) if values else text

    def count(self, key: str, number: int) -> str:
        """Return a text in singular or plural: `KEY.one` or `KEY.many`."""
        return self(f"{key}.{'one' if number == 1 else 'many'}", count=f"{number:,}")

    def finding(self, text: str) -> str | None:
        """Return a finding in this language. None if it has no translation."""
        return text if self._findings is None else self._findings(text)

    def beginning(self, prefix: str) -> dict[str, str]:
        """Return all texts whose keys begin with a prefix."""
        return {key: text for key, text in self.catalogue.items() if key.startswith(prefix)}


def load_texts() -> dict[str, Texts]:
    """Load all catalogues, by language."""
    folder = files(__package__) / "texts"
    return {
        language: Texts(
            language,
            # A status that the catalogue does not translate is shown with the guide's text.
            {f"state.{known.code}": known.text for known in load_guide().status.codes}
            | _flat(tomllib.loads((folder / f"{language}.toml").read_text("utf-8"))),
            load_finding_texts() if language == "es" else None,
        )
        for language in LANGUAGES
    }


def _flat(table: Mapping[str, object], prefix: str = "") -> dict[str, str]:
    found: dict[str, str] = {}
    for key, value in table.items():
        if isinstance(value, dict):
            found |= _flat(value, f"{prefix}{key}.")
        else:
            found[prefix + key] = str(value)
    return found
