"""The reports' texts, in English and Spanish."""

from __future__ import annotations

import tomllib
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING

import msgspec

if TYPE_CHECKING:
    from collections.abc import Mapping

    from convergia_mockserver.portal.finding_texts import FindingTexts
    from convergia_sms.cli._language import Language

    from .scenarios import Scenario


class RuleTexts(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The texts of a rule. `breach` is a template."""

    title: str
    why: str
    breach: str
    cure: str


class Wording(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """All texts of one language.

    Attributes:
        language: `en` or `es`.
        page: texts of the HTML page.
        terminal: texts of the lines below the table on a terminal.
    """

    language: str
    page: dict[str, str]
    terminal: dict[str, str]
    verdict: dict[str, str]
    claim: dict[str, str]
    severity: dict[str, str]
    scenario: dict[str, str]
    rule: dict[str, RuleTexts]

    def title(self, scenario: Scenario) -> str:
        """Return the title of a scenario."""
        return scenario.title or self.scenario.get(scenario.name, scenario.name)

    def breach(self, rule: str, values: Mapping[str, str]) -> str:
        """Return the sentence about a breach."""
        if self.language == "es" and rule == "finding":
            text = values["text"]
            values = {**values, "text": _spanish_findings()(text) or text}
        return self.rule[rule].breach.format_map(values)


@cache
def wording(language: Language) -> Wording:
    """Load the texts of a language."""
    source = files(__package__) / "texts" / f"{language}.toml"
    texts = tomllib.loads(source.read_text("utf-8"))
    return msgspec.convert({"language": language, **texts}, Wording)


@cache
def _spanish_findings() -> FindingTexts:
    from convergia_mockserver.portal.finding_texts import load_finding_texts

    return load_finding_texts()
