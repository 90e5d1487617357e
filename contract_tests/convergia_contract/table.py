"""A run counted: by area, by way of speaking, by transport; and its verdict in a sentence."""

from __future__ import annotations

import re
from collections import Counter
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .outcome import Finding, Outcome, Verdict

_WAY = re.compile(r"(by-hand|async-client|client)-(http|soap)")
_AREAS = {
    "test_guide.py": "the guide's tables",
    "test_send.py": "sending",
    "test_status.py": "querying",
    "test_client.py": "the client's errors",
    "test_http.py": "the HTTP face",
    "test_webservice.py": "the SOAP service",
    "test_operations.py": "other operations",
}

Cell = tuple[str, str, str]
"""Area, way of speaking, transport; the last two empty where a test has none."""


def cells(findings: list[Finding]) -> dict[Cell, Counter[Verdict]]:
    """Return how many tests ended how."""
    counts: dict[Cell, Counter[Verdict]] = {}
    for finding in findings:
        file = finding.test.partition("::")[0]
        found = _WAY.search(finding.test)
        way, transport = (found[1].replace("-", " "), found[2]) if found else ("", "")
        cell = (_AREAS.get(file, file), way, transport)
        counts.setdefault(cell, Counter())[finding.verdict] += 1
    return counts


def shown(counted: Counter[Verdict]) -> str:
    """Return a cell's figures as words."""
    return ", ".join(f"{count} {verdict}" for verdict, count in counted.items())


def verdict(outcome: Outcome) -> str:
    """Return the last line of a report."""
    if outcome.silent:
        ended = "does not answer any more"
    elif outcome.interrupted:
        ended = "was not asked everything: interrupted"
    else:
        ended = "keeps the contract" if outcome.kept else "breaks the contract"
    known = f" ({outcome.known} known)" if outcome.known else ""
    return (
        f"{outcome.gateway} {ended}: {outcome.count('passed')} passed,"
        f" {outcome.count('failed')} failed{known}, in {outcome.seconds:.1f} s"
    )
