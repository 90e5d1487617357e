"""What a run of the suite found out, as values."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, Literal

if TYPE_CHECKING:
    from collections.abc import Mapping

Verdict = Literal["passed", "failed", "skipped", "not asked"]
OWN_GATEWAY: Final = "mock server"
"""What a report calls the mock server that a run without URL starts."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """One question that failed, and what came back; the password masked.

    Attributes:
        reason: what the test says.
        curl: the command that asks the same; empty where the client asked.
        http_status: of the reply; empty without one.
        reply: the beginning of its body.
    """

    reason: str
    curl: str = ""
    http_status: str = ""
    reply: str = ""


@dataclass(frozen=True, slots=True)
class Finding:
    """One test's verdict.

    Attributes:
        test: its id, relative to the suite: `test_send.py::test_…[by-hand-http]`.
        verdict: how it ended; `not asked` was deselected.
        reason: why it failed, was skipped or was not asked; empty when it passed.
        said: what `annotation` wrote about it: `topic`, and of a failure `cause`, `title`, `cure`,
            `where`, `curl`, `http_status` and `reply`.
    """

    test: str
    verdict: Verdict
    reason: str = ""
    said: Mapping[str, str] = field(default_factory=dict, repr=False)


@dataclass(frozen=True, slots=True)
class FoundDeviation:
    """All that failed for one cause.

    Attributes:
        cause: its name.
        title: what the gateway does, in a sentence.
        cure: what to do.
        where: over which transport and in which operation it was seen.
        tests: what failed.
        evidence: of one of them.
        known: why it is accepted; empty for what is not.
    """

    cause: str
    title: str
    cure: str
    where: tuple[str, ...]
    tests: tuple[str, ...]
    evidence: Evidence
    known: str = ""


@dataclass(slots=True)
class Outcome:
    """A whole run.

    Attributes:
        gateway: the base URL, or `OWN_GATEWAY`.
        provenance: what was held to what: URL, versions, digests, date.
        findings: one for each test, in the order of the run.
        deviations: what failed, by its cause; the largest first.
        gone: what `--known` lists and the gateway does no more, a sentence each.
        seconds: how long it took.
        exit_code: pytest's: 0 all passed, 1 some failed, anything else says it could not run.
        trouble: what pytest said when it could not run.
        silent: whether it was broken off because nothing answers any more.
        interrupted: whether somebody broke it off.
    """

    gateway: str
    provenance: Mapping[str, str] = field(default_factory=dict)
    findings: list[Finding] = field(default_factory=list)
    deviations: list[FoundDeviation] = field(default_factory=list)
    gone: list[str] = field(default_factory=list)
    seconds: float = 0.0
    exit_code: int = 0
    trouble: str = ""
    silent: bool = False
    interrupted: bool = False

    @property
    def ran(self) -> bool:
        """Whether the suite ran, to its end or to where it was broken off."""
        return self.exit_code in {0, 1} or self.silent or self.interrupted

    @property
    def kept(self) -> bool:
        """Whether the gateway kept the contract as far as it was asked, but for what is known."""
        whole = self.ran and not (self.silent or self.interrupted)
        return whole and not self.gone and all(each.known for each in self.deviations)

    def count(self, verdict: Verdict) -> int:
        """How many tests ended so."""
        return sum(finding.verdict == verdict for finding in self.findings)

    @property
    def known(self) -> int:
        """How many tests failed as `--known` says."""
        return sum(len(each.tests) for each in self.deviations if each.known)

    def not_asked(self) -> dict[str, int]:
        """How many tests were not asked or skipped, for each reason."""
        return dict(
            Counter(
                finding.reason
                for finding in self.findings
                if finding.verdict in {"not asked", "skipped"}
            )
        )


def deviations(findings: list[Finding]) -> list[FoundDeviation]:
    """Return what failed, by its cause; the largest first."""
    groups: dict[str, list[Finding]] = {}
    for finding in findings:
        if finding.verdict == "failed":
            groups.setdefault(finding.said.get("cause") or finding.reason, []).append(finding)
    found = [_deviation(cause, group) for cause, group in groups.items()]
    return sorted(found, key=lambda each: -len(each.tests))


def _deviation(cause: str, group: list[Finding]) -> FoundDeviation:
    shown = next((each for each in group if each.said.get("curl")), group[0])
    said = shown.said
    return FoundDeviation(
        cause,
        said.get("title") or shown.reason.partition("\n")[0],
        said.get("cure", ""),
        tuple(sorted({each.said["where"] for each in group if "where" in each.said})),
        tuple(each.test for each in group),
        Evidence(
            shown.reason, said.get("curl", ""), said.get("http_status", ""), said.get("reply", "")
        ),
    )
