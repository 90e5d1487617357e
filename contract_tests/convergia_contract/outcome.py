"""What a run of the suite found out, as values."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

Verdict = Literal["passed", "failed", "skipped", "not asked"]


@dataclass(frozen=True, slots=True)
class Finding:
    """One test's verdict.

    Attributes:
        test: its id, relative to the suite: `test_send.py::test_…[by-hand-http]`.
        verdict: how it ended; `not asked` was deselected.
        reason: why it failed, was skipped or was not asked; empty when it passed.
    """

    test: str
    verdict: Verdict
    reason: str = ""


@dataclass(slots=True)
class Outcome:
    """A whole run.

    Attributes:
        gateway: the base URL, or "mock server" for our own.
        findings: one for each test, in the order of the run.
        seconds: how long it took.
        exit_code: pytest's: 0 all passed, 1 some failed, anything else says it could not run.
        trouble: what pytest said when it could not run.
    """

    gateway: str
    findings: list[Finding] = field(default_factory=list)
    seconds: float = 0.0
    exit_code: int = 0
    trouble: str = ""

    @property
    def kept(self) -> bool:
        """Whether the gateway kept the contract, as far as it could be asked."""
        return self.exit_code == 0

    def count(self, verdict: Verdict) -> int:
        """How many tests ended so."""
        return sum(finding.verdict == verdict for finding in self.findings)

    def not_asked(self) -> dict[str, int]:
        """How many tests were not asked or skipped, for each reason."""
        counted: dict[str, int] = {}
        for finding in self.findings:
            if finding.verdict in {"not asked", "skipped"}:
                counted[finding.reason] = counted.get(finding.reason, 0) + 1
        return counted
