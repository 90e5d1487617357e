"""The report of a run: a table on a terminal, lines in a pipe, and JSON for programs."""

from __future__ import annotations

import sys
from collections import Counter
from dataclasses import asdict
from typing import TYPE_CHECKING, Self

import click
from convergia_sms.cli._language import translated
from convergia_sms.cli._output import visible

from .table import cells, place, shown, verdict

if TYPE_CHECKING:
    from rich.progress import Progress as Bar

    from .outcome import Finding, FoundDeviation, Outcome, Verdict
    from .table import Cell

_WAYS = ("by hand", "client", "async client")
_TRANSPORTS = ("http", "soap")
_INDENT = "        "
_LONGEST_LINE = 200


class Progress:
    """A progress line on standard error."""

    def __init__(self, *, enabled: bool) -> None:
        self._bar: Bar | None = None
        if enabled:
            from rich.console import Console
            from rich.progress import Progress as Bar
            from rich.progress import SpinnerColumn, TextColumn, TimeElapsedColumn

            self._bar = Bar(
                SpinnerColumn(),
                TextColumn("{task.completed:.0f}"),
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
        """Update the line after a test."""
        if self._bar is not None and finding.verdict != "not asked":
            self._bar.update(self._task, advance=1, description=_name(finding.test))


def document(outcome: Outcome) -> dict[str, object]:
    """Return the report as a document for JSON."""
    return {
        "gateway": outcome.gateway,
        "kept": outcome.kept,
        "passed": outcome.count("passed"),
        "failed": outcome.count("failed"),
        "known": outcome.known,
        "skipped": outcome.count("skipped"),
        "not_asked": outcome.count("not asked"),
        "seconds": round(outcome.seconds, 3),
        "provenance": dict(outcome.provenance),
        "causes": [asdict(each) for each in outcome.deviations],
        "gone": outcome.gone,
        "reasons": outcome.not_asked(),
        "tests": [
            {"test": one.test, "verdict": one.verdict, "reason": one.reason}
            for one in outcome.findings
        ],
    }


def print_summary(outcome: Outcome) -> None:
    """Print the report for people, as a table on a terminal or line by line in a pipe."""
    counts = cells(outcome.findings)
    if sys.stdout.isatty():
        _draw(counts, outcome)
    else:
        for (area, way, transport), counted in counts.items():
            how = " over ".join(filter(None, (way, transport)))
            click.echo("\t".join((area, how, shown(counted))))
    for deviation in outcome.deviations:
        _print_deviation(deviation)
    for told in outcome.gone:
        click.secho(translated(f"gone: {told}"), fg="red", bold=True)
    for reason, count in outcome.not_asked().items():
        click.secho(translated(f"{count} not asked: {reason}"), dim=True)
    click.secho(verdict(outcome), fg="green" if outcome.kept else "red", bold=True)


def _print_deviation(one: FoundDeviation) -> None:
    count, title = len(one.tests), one.title
    where = f" ({', '.join(map(place, one.where))})" if one.where else ""
    if one.known:
        heading = translated(f"{count} failed, known: {title}")
        click.secho(f"{heading}{where}: {one.known}", dim=True)
        return
    click.secho(translated(f"{count} failed: {title}") + where, fg="red", bold=True)
    evidence = one.evidence
    lines = [(translated("asked:"), evidence.curl)]
    if evidence.http_status:
        reply = visible(" ".join(evidence.reply.split())[:_LONGEST_LINE])
        lines.append((translated("answered:"), f"HTTP {evidence.http_status}: {reply}"))
    lines.append((translated("the test:"), visible(evidence.reason.partition("\n")[0])))
    lines.append((translated("hint:"), translated(one.cure)))
    width = max(len(label) for label, _ in lines)
    for label, text in lines:
        if text:
            click.echo(f"{_INDENT}{label:<{width}} {text}")


def _draw(counts: dict[Cell, Counter[Verdict]], outcome: Outcome) -> None:
    from rich import box
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    title = translated(f"Contract of {outcome.gateway}")
    table = Table(title=title, title_justify="left", box=box.SIMPLE_HEAD)
    table.add_column("", style="bold", overflow="fold", min_width=9)
    columns = [("", ""), *((way, transport) for way in _WAYS for transport in _TRANSPORTS)]
    for way, transport in columns:
        heading = f"{translated(way)}\n{transport}" if way else translated("the gateway\nitself")
        table.add_column(heading, justify="right")
    for area in dict.fromkeys(area for area, _, _ in counts):
        row = [counts.get((area, way, transport), Counter()) for way, transport in columns]
        table.add_row(translated(area), *(Text(*_cell(counted)) for counted in row))
    Console().print(table)


def _cell(counted: Counter[Verdict]) -> tuple[str, str]:
    """Return the text and the style of a cell."""
    asked = counted["passed"] + counted["failed"]
    if counted["failed"]:
        return f"✗ {counted['failed']}/{asked}", "bold red"
    if asked:
        return f"✓ {asked}", "green"
    return (translated("not asked") if counted else ""), "dim"


def _name(test: str) -> str:
    """Return a test's name as a sentence."""
    return test.partition("::")[2].partition("[")[0].removeprefix("test_").replace("_", " ")
