"""Shows a run of the suite: a table on a terminal, lines in a pipe, a document for programs."""

from __future__ import annotations

import re
import sys
from collections import Counter
from typing import TYPE_CHECKING, Self

import click

if TYPE_CHECKING:
    from rich.progress import Progress as Bar

    from .outcome import Finding, Outcome, Verdict

_WAY = re.compile(r"(by-hand|async-client|client)-(http|soap)")
_AREAS = {
    "test_guide.py": "the guide's tables",
    "test_send.py": "sending",
    "test_status.py": "querying",
    "test_client.py": "the client's errors",
    "test_http.py": "the HTTP face",
    "test_webservice.py": "the SOAP service",
}
_WAYS = ("by hand", "client", "async client")
_TRANSPORTS = ("http", "soap")

Cell = tuple[str, str, str]
"""Area, way of speaking, transport; the last two empty where a test has none."""


class Progress:
    """A line on standard error that says how far the run is."""

    def __init__(self, *, enabled: bool) -> None:
        self._bar: Bar | None = None
        if enabled:
            from rich.console import Console
            from rich.progress import Progress as Bar
            from rich.progress import SpinnerColumn, TextColumn, TimeElapsedColumn

            self._bar = Bar(
                SpinnerColumn(),
                TextColumn("{task.completed:.0f} asked"),
                TextColumn("{task.description}"),
                TimeElapsedColumn(),
                console=Console(stderr=True),
                transient=True,
            )
            self._task = self._bar.add_task("", total=None)

    def __enter__(self) -> Self:
        if self._bar is not None:
            self._bar.start()
        return self

    def __exit__(self, *_: object) -> None:
        if self._bar is not None:
            self._bar.stop()

    def __call__(self, finding: Finding) -> None:
        """Hear of a test's end."""
        if self._bar is not None and finding.verdict != "not asked":
            self._bar.update(self._task, advance=1, description=_name(finding.test))


def document(outcome: Outcome) -> dict[str, object]:
    """Return the run as JSON has it."""
    return {
        "gateway": outcome.gateway,
        "kept": outcome.kept,
        "passed": outcome.count("passed"),
        "failed": outcome.count("failed"),
        "skipped": outcome.count("skipped"),
        "not_asked": outcome.count("not asked"),
        "seconds": round(outcome.seconds, 3),
        "reasons": outcome.not_asked(),
        "tests": [
            {"test": one.test, "verdict": one.verdict, "reason": one.reason}
            for one in outcome.findings
        ],
    }


def print_summary(outcome: Outcome) -> None:
    """Print it for people: on a terminal as a table, in a pipe line by line."""
    cells = _cells(outcome.findings)
    if sys.stdout.isatty():
        _draw(cells, outcome)
    else:
        for (area, way, transport), counted in cells.items():
            figures = ", ".join(f"{count} {verdict}" for verdict, count in counted.items())
            click.echo("\t".join((area, " over ".join(filter(None, (way, transport))), figures)))
    for finding in outcome.findings:
        if finding.verdict == "failed":
            click.secho(f"failed: {finding.test}", fg="red", bold=True)
            click.echo("        " + finding.reason.replace("\n", "\n        "))
    for reason, count in outcome.not_asked().items():
        click.secho(f"{count} not asked: {reason}", dim=True)
    verdict = "keeps the contract" if outcome.kept else "breaks the contract"
    click.secho(
        f"{outcome.gateway} {verdict}: {outcome.count('passed')} passed,"
        f" {outcome.count('failed')} failed, in {outcome.seconds:.1f} s",
        fg="green" if outcome.kept else "red",
        bold=True,
    )


def _cells(findings: list[Finding]) -> dict[Cell, Counter[Verdict]]:
    cells: dict[Cell, Counter[Verdict]] = {}
    for finding in findings:
        file = finding.test.partition("::")[0]
        found = _WAY.search(finding.test)
        way, transport = (found[1].replace("-", " "), found[2]) if found else ("", "")
        cell = (_AREAS.get(file, file), way, transport)
        cells.setdefault(cell, Counter())[finding.verdict] += 1
    return cells


def _draw(cells: dict[Cell, Counter[Verdict]], outcome: Outcome) -> None:
    from rich import box
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(title=f"Contract of {outcome.gateway}", title_justify="left", box=box.SIMPLE_HEAD)
    table.add_column("", style="bold")
    columns = [("", ""), *((way, transport) for way in _WAYS for transport in _TRANSPORTS)]
    for way, transport in columns:
        table.add_column(f"{way}\n{transport}".strip() or "the gateway\nitself", justify="right")
    for area in dict.fromkeys(area for area, _, _ in cells):
        row = [cells.get((area, way, transport), Counter()) for way, transport in columns]
        table.add_row(area, *(Text(*_cell(counted)) for counted in row))
    Console().print(table)


def _cell(counted: Counter[Verdict]) -> tuple[str, str]:
    """Return a cell's text and its style."""
    asked = counted["passed"] + counted["failed"]
    if counted["failed"]:
        return f"✗ {counted['failed']} of {asked}", "bold red"
    if asked:
        return f"✓ {asked}", "green"
    return ("not asked" if counted else ""), "dim"


def _name(test: str) -> str:
    """Return a test's name as a sentence."""
    return test.partition("::")[2].partition("[")[0].removeprefix("test_").replace("_", " ")
