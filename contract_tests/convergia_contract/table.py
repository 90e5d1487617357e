"""The counts of a run by area, kind of request and transport, and its verdict."""

from __future__ import annotations

import re
from collections import Counter
from typing import TYPE_CHECKING

from convergia_sms.cli._language import translated

if TYPE_CHECKING:
    from .outcome import Finding, Outcome, Verdict

_WAY = re.compile(r"(by-hand|async-client|client)-(http|soap)")
_AREAS = {
    "test_guide.py": "the guide's tables",
    "test_send.py": "sends",
    "test_status.py": "queries",
    "test_client.py": "the client's errors",
    "test_http.py": "the HTTP API",
    "test_webservice.py": "the SOAP service",
    "test_operations.py": "other operations",
}

Cell = tuple[str, str, str]
"""Area, kind of request and transport. The last two are empty if a test has none."""


def cells(findings: list[Finding]) -> dict[Cell, Counter[Verdict]]:
    """Return the number of tests by cell and verdict."""
    counts: dict[Cell, Counter[Verdict]] = {}
    for finding in findings:
        file = finding.test.partition("::")[0]
        found = _WAY.search(finding.test)
        way, transport = (found[1].replace("-", " "), found[2]) if found else ("", "")
        cell = (_AREAS.get(file, file), way, transport)
        counts.setdefault(cell, Counter())[finding.verdict] += 1
    return counts


def shown(counted: Counter[Verdict]) -> str:
    """Return the counts of a cell as text."""
    return ", ".join(f"{count} {verdict}" for verdict, count in counted.items())


def place(where: str) -> str:
    """Return `send over soap` in the user's language; operations keep their names."""
    operation, _, transport = where.partition(" over ")
    return f"{operation} {translated(f'over {transport}')}"


def verdict(outcome: Outcome) -> str:
    """Return the last line of a report."""
    gateway = outcome.gateway
    if outcome.silent:
        ended = translated(f"{gateway} does not answer any more")
    elif outcome.interrupted:
        ended = translated(f"{gateway} was not asked everything: interrupted")
    elif outcome.kept:
        ended = translated(f"{gateway} keeps the contract")
    else:
        ended = translated(f"{gateway} breaks the contract")
    passed, failed = outcome.count("passed"), outcome.count("failed")
    known = translated(f" ({outcome.known} known)") if outcome.known else ""
    counts = translated(f"{passed} passed, {failed} failed")
    return f"{ended}: {counts}{known}, {translated(f'in {outcome.seconds:.1f} s')}"
