"""What a rehearsal came to: breaches, verdicts, and the facts that a report shows."""

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
    """A rule that one run broke.

    Attributes:
        rule: its name.
        severity: `failure` or `remark`.
        values: what its sentence is filled with.
        run: which run, from 1.
        accepted: why it is accepted, if `--expect` says so.
    """

    rule: str
    severity: Severity
    values: dict[str, str]
    run: int
    accepted: str | None = None


class Performance(msgspec.Struct, frozen=True):
    """One run with what the gateway saw of it.

    Attributes:
        number: the destination asked for.
        message: the text asked for.
        extra: the reference asked for.
        program: the run; None if a person or a test suite triggered the scenario.
        claim: what the program says became of the message.
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
    """What one scenario came to."""

    scenario: Scenario
    verdict: ScenarioVerdict
    breaches: tuple[Breach, ...]
    performances: tuple[Performance, ...]
    seconds: float


class RehearsalResult(msgspec.Struct, frozen=True):
    """What the whole rehearsal came to.

    Attributes:
        command: as it was given; empty with `--serve`.
        started: when, UTC, ISO 8601.
        seconds: how long it took.
        scenarios: in the order they are listed.
        gone: accepted deviations that did not occur.
    """

    command: tuple[str, ...]
    started: str
    seconds: float
    scenarios: tuple[ScenarioResult, ...]
    gone: tuple[Deviation, ...]

    @property
    def failed(self) -> bool:
        """Whether a scenario failed, or an accepted deviation is gone."""
        return bool(self.gone) or any(each.verdict == "failed" for each in self.scenarios)


def judge(
    scenario: Scenario,
    observations: Sequence[Observation],
    deviations: Sequence[Deviation],
    seconds: float,
) -> ScenarioResult:
    """Hold one scenario's observations to the rules."""
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
    # A program that hung or crashed before it could ask is judged all the same.
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
