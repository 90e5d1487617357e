"""The results of a rehearsal: breaches, verdicts, and the facts for a report."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import msgspec

from .expectations import Deviation, accepted, gone
from .rules import Severity, broken

if TYPE_CHECKING:
    from collections.abc import Sequence

    from convergia_mockserver import JournalEntry

    from .observation import Claim, Observation
    from .programs import ProgramRun
    from .scenarios import Scenario

ScenarioVerdict = Literal["passed", "failed", "remarks", "expected", "not-asked", "not-triggered"]


class Breach(msgspec.Struct, frozen=True):
    """The breach of a rule by a run.

    Attributes:
        rule: the name of the rule.
        severity: `failure` or `remark`.
        values: the values for its sentence.
        run: the number of the run, from 1.
        accepted: the reason why it is accepted, from the file of `--expect`. None if it is not.
    """

    rule: str
    severity: Severity
    values: dict[str, str]
    run: int
    accepted: str | None = None


class Performance(msgspec.Struct, frozen=True):
    """A run with the requests that the gateway got.

    Attributes:
        number: the assigned recipient.
        message: the assigned text.
        extra: the assigned reference.
        program: the run. None if a person or a test suite triggered the scenario.
        claim: the outcome that the program reported.
        requests: sends and status queries with their replies, passwords masked.
        accepted: the ids of the accepted messages.
    """

    number: str
    message: str
    extra: str
    program: ProgramRun | None
    claim: Claim | None
    requests: tuple[JournalEntry, ...]
    accepted: tuple[str, ...]


class ScenarioResult(msgspec.Struct, frozen=True):
    """The result of a scenario."""

    scenario: Scenario
    verdict: ScenarioVerdict
    breaches: tuple[Breach, ...]
    performances: tuple[Performance, ...]
    seconds: float


class RehearsalResult(msgspec.Struct, frozen=True):
    """The result of a rehearsal.

    Attributes:
        command: the command as it was given. Empty with `--serve`.
        started: the start in UTC, in ISO 8601.
        seconds: the duration.
        scenarios: the results in the order of the list.
        gone: accepted deviations that did not occur.
    """

    command: tuple[str, ...]
    started: str
    seconds: float
    scenarios: tuple[ScenarioResult, ...]
    gone: tuple[Deviation, ...]

    @property
    def failed(self) -> bool:
        """True if a scenario failed, or an accepted deviation no longer occurs."""
        return bool(self.gone) or any(each.verdict == "failed" for each in self.scenarios)


def judge(
    scenario: Scenario,
    observations: Sequence[Observation],
    deviations: Sequence[Deviation],
    seconds: float,
) -> ScenarioResult:
    """Judge the observations of a scenario by the rules."""
    breaches = []
    if not _left_out(scenario, observations):
        for number, seen in enumerate(observations, start=1):
            for rule, values in broken(seen):
                known = accepted(deviations, scenario.name, rule.name)
                reason = None if known is None else known.reason
                breaches.append(Breach(rule.name, rule.severity, values, number, reason))
    return ScenarioResult(
        scenario,
        _verdict(scenario, observations, breaches),
        tuple(breaches),
        tuple(map(_performance, observations)),
        round(seconds, 3),
    )


def gone_deviations(
    deviations: Sequence[Deviation], results: Sequence[ScenarioResult]
) -> tuple[Deviation, ...]:
    """Return the accepted deviations that did not occur."""
    played = [
        each.scenario.name for each in results if each.verdict not in {"not-asked", "not-triggered"}
    ]
    used = [
        known
        for each in results
        for breach in each.breaches
        if (known := accepted(deviations, each.scenario.name, breach.rule)) is not None
    ]
    return gone(deviations, played, used)


def _left_out(scenario: Scenario, observations: Sequence[Observation]) -> bool:
    if not _triggered(observations):
        return True
    if not scenario.asks:
        return False
    # A program that hung or crashed before it could query is still judged.
    return not any(seen.queries for seen in observations) and all(
        seen.run is None or seen.run.exit_code is not None for seen in observations
    )


def _triggered(observations: Sequence[Observation]) -> bool:
    return any(seen.run is not None or seen.sends or seen.queries for seen in observations)


def _verdict(
    scenario: Scenario, observations: Sequence[Observation], breaches: Sequence[Breach]
) -> ScenarioVerdict:
    if not _triggered(observations):
        return "not-triggered"
    if _left_out(scenario, observations):
        return "not-asked"
    if not breaches:
        return "passed"
    open_breaches = [breach for breach in breaches if breach.accepted is None]
    if not open_breaches:
        return "expected"
    if any(breach.severity == "failure" for breach in open_breaches):
        return "failed"
    return "remarks"


def _performance(seen: Observation) -> Performance:
    requests = sorted((*seen.sends, *seen.queries), key=lambda entry: entry.id)
    return Performance(
        seen.assignment.number,
        seen.assignment.message,
        seen.assignment.extra,
        seen.run,
        seen.claim,
        tuple(requests),
        tuple(message.id for message in seen.messages),
    )
