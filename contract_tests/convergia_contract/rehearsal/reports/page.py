"""The result as one self-contained HTML page."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from convergia_mockserver.portal.safe_text import excerpt, visible
from jinja2 import Environment, PackageLoader, StrictUndefined

from convergia_contract.rehearsal.rules import RULES

if TYPE_CHECKING:
    from pathlib import Path

    from convergia_sms.cli._language import Language

    from convergia_contract.rehearsal.verdicts import Performance, RehearsalResult, ScenarioResult
    from convergia_contract.rehearsal.wording import Wording

_MAX_SHOWN_RUNS = 3


def write_page(result: RehearsalResult, words: Wording, language: Language, path: Path) -> None:
    """Write the page, which has no external resources and no scripts.

    Raises:
        OSError: the file cannot be written.
    """
    environment = Environment(
        loader=PackageLoader("convergia_contract.rehearsal"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters.update(visible=visible, excerpt=excerpt)
    page = environment.get_template("page.html").render(
        result=result,
        words=words,
        language=language,
        rules=RULES,
        counts=Counter(each.verdict for each in result.scenarios),
        shown=_shown,
    )
    path.write_text(page, "utf-8", newline="\n")


def _shown(result: ScenarioResult) -> list[tuple[int, Performance]]:
    """Return the runs worth showing: those with a breach, or the first few."""
    numbered = list(enumerate(result.performances, start=1))
    broken = {breach.run for breach in result.breaches}
    return [each for each in numbered if each[0] in broken] or numbered[:_MAX_SHOWN_RUNS]
