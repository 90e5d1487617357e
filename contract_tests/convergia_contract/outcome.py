"""The results of a run of the suite."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, Literal

if TYPE_CHECKING:
    from collections.abc import Mapping

Verdict = Literal["passed", "failed", "skipped", "not asked"]
OWN_GATEWAY: Final = "mock server"
"""The name in a report for the mock server of a run without URL."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """A failed request with its reply. The password is masked.

    Attributes:
        reason: the error of the test.
        curl: a command that repeats the request. Empty for a request by the client.
        http_status: the HTTP status. Empty without a reply.
        reply: the beginning of the reply's body.
    """

    reason: str
    curl: str = ""
    http_status: str = ""
    reply: str = ""


@dataclass(frozen=True, slots=True)
class Finding:
    """The result of a test.

    Attributes:
        test: the id relative to the suite: `test_send.py::test_…[by-hand-http]`.
        verdict: the result. `not asked` means that the test was deselected.
        reason: the reason why it failed, was skipped or was deselected. Empty if it passed.
        said: the properties that `annotation` added: `topic`, and for a failure also `cause`,
            `title`, `cure`, `where`, `curl`, `http_status` and `reply`.
    """

    test: str
    verdict: Verdict
    reason: str = ""
    said: Mapping[str, str] = field(default_factory=dict, repr=False)


@dataclass(frozen=True, slots=True)
class FoundDeviation:
    """All failures with one cause.

    Attributes:
        cause: the name of the cause.
        title: a sentence that describes it.
        cure: what to do about it.
        where: the operations and transports in which it occurred.
        tests: the tests that failed.
        evidence: the evidence of one of them.
        known: the reason why it is accepted. Empty if it is not.
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
    """The results of a whole run.

    Attributes:
        gateway: the base URL, or `OWN_GATEWAY`.
        provenance: the gateway, versions, digests and date.
        findings: the results of all tests, in the order of the run.
        deviations: the failures by their cause, the most frequent first.
        gone: a sentence for each deviation in `--known` that no longer occurs.
        seconds: the duration of the run.
        exit_code: pytest's exit code: 0 if all passed, 1 if some failed, or another if it could not
            run.
        trouble: pytest's error if it could not run.
        silent: True if the run was stopped because nothing answers any more.
        interrupted: True if the user interrupted the run.
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
        """True if the suite ran, completely or until it was stopped."""
        return self.exit_code in {0, 1} or self.silent or self.interrupted

    @property
    def kept(self) -> bool:
        """True if the gateway kept the contract in all tests, except for known deviations."""
        whole = self.ran and not (self.silent or self.interrupted)
        return whole and not self.gone and all(each.known for each in self.deviations)

    def count(self, verdict: Verdict) -> int:
        """Return the number of tests with a verdict."""
        return sum(finding.verdict == verdict for finding in self.findings)

    @property
    def known(self) -> int:
        """The number of tests that failed by a known deviation."""
        return sum(len(each.tests) for each in self.deviations if each.known)

    def not_asked(self) -> dict[str, int]:
        """Return the number of tests that were deselected or skipped, by reason."""
        return dict(
            Counter(
                finding.reason
                for finding in self.findings
                if finding.verdict in {"not asked", "skipped"}
            )
        )


def deviations(findings: list[Finding]) -> list[FoundDeviation]:
    """Group failures by their cause, the most frequent first."""
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
