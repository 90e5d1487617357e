"""The result as a document for programs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from convergia_contract.rehearsal.rules import RULES

if TYPE_CHECKING:
    from convergia_contract.rehearsal.scenarios import Scenario
    from convergia_contract.rehearsal.verdicts import RehearsalResult
    from convergia_contract.rehearsal.wording import Wording


def document(result: RehearsalResult, words: Wording) -> dict[str, object]:
    """Return the whole result, with a sentence for each breach."""
    return {
        "failed": result.failed,
        "command": result.command,
        "started": result.started,
        "seconds": result.seconds,
        "scenarios": [
            {
                "name": each.scenario.name,
                "title": words.title(each.scenario),
                "verdict": each.verdict,
                "seconds": each.seconds,
                "breaches": [
                    {
                        "rule": breach.rule,
                        "severity": breach.severity,
                        "run": breach.run,
                        "text": words.breach(breach.rule, breach.values),
                        "cure": words.rule[breach.rule].cure,
                        "accepted": breach.accepted,
                    }
                    for breach in each.breaches
                ],
                "runs": each.performances,
            }
            for each in result.scenarios
        ],
        "gone": result.gone,
    }


def listing(scenarios: tuple[Scenario, ...], words: Wording) -> dict[str, object]:
    """Return the scenarios and the rules, for `--list --json`."""
    return {
        "scenarios": [
            {"title": words.title(each), "scenario": each, "name": each.name} for each in scenarios
        ],
        "rules": [
            {
                "name": rule.name,
                "severity": rule.severity,
                "title": words.rule[rule.name].title,
                "why": words.rule[rule.name].why,
                "cure": words.rule[rule.name].cure,
            }
            for rule in RULES.values()
        ],
    }
