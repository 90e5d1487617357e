"""The result on a terminal: a row for each scenario, then each breach with its cure."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Self

import click
import msgspec
from convergia_sms.cli._output import is_terminal, say
from convergia_sms.cli._table import print_table

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rich.progress import Progress

    from convergia_contract.rehearsal.verdicts import (
        Breach,
        RehearsalResult,
        ScenarioResult,
        ScenarioVerdict,
    )
    from convergia_contract.rehearsal.wording import Wording

_COLOURS: dict[ScenarioVerdict, str] = {
    "passed": "green",
    "failed": "red",
    "remarks": "yellow",
    "expected": "cyan",
    "not-asked": "bright_black",
    "not-triggered": "bright_black",
}
_SHOWN_RUNS = 3


class RehearsalProgress:
    """A bar on standard error."""

    def __init__(self, total: int, *, enabled: bool) -> None:
        self._bar: Progress | None = None
        if enabled:
            from rich.console import Console
            from rich.progress import (
                BarColumn,
                MofNCompleteColumn,
                Progress,
                TextColumn,
                TimeElapsedColumn,
            )

            self._bar = Progress(
                BarColumn(),
                MofNCompleteColumn(),
                TextColumn("{task.description}"),
                TimeElapsedColumn(),
                console=Console(stderr=True),
                transient=True,
            )
            self._task = self._bar.add_task("", total=total)

    def __enter__(self) -> Self:
        if self._bar is not None:
            self._bar.start()
        return self

    def __exit__(self, *_: object) -> None:
        if self._bar is not None:
            self._bar.stop()

    def __call__(self, result: ScenarioResult) -> None:
        """Count a scenario that ended."""
        if self._bar is not None:
            text = f"{result.scenario.name}: {result.verdict}"
            self._bar.update(self._task, advance=1, description=text)


def print_result(result: RehearsalResult, words: Wording) -> None:
    """Print the table, the breaches and a summary."""
    from rich.text import Text

    rows = []
    for each in result.scenarios:
        verdict: str | Text = each.verdict
        if is_terminal():
            verdict = Text(words.verdict[each.verdict], style=_COLOURS[each.verdict])
        broken = Counter(breach.rule for breach in each.breaches)
        rows.append((each.scenario.name, verdict, ", ".join(broken), words.title(each.scenario)))
    print_table(("scenario", "verdict", "rules broken", "what happens"), rows)
    for each in result.scenarios:
        for line in _breaches(each, words):
            say(line)
    for deviation in result.gone:
        gone = words.terminal["gone"].format_map(msgspec.structs.asdict(deviation))
        say(gone)
    say(_summary(result, words))
    _hints(result, words)


def _breaches(result: ScenarioResult, words: Wording) -> Iterator[str]:
    shown = Counter[str]()
    for breach in result.breaches:
        shown[breach.rule] += 1
        if shown[breach.rule] > _SHOWN_RUNS:
            continue
        yield f"{result.scenario.name}: {breach.rule} ({_weight(breach, words)})"
        yield f"    {words.breach(breach.rule, breach.values)}"
    for rule, times in shown.items():
        if times > _SHOWN_RUNS:
            yield words.terminal["more"].format(
                scenario=result.scenario.name, rule=rule, count=times - _SHOWN_RUNS
            )


def _weight(breach: Breach, words: Wording) -> str:
    if breach.accepted is None:
        return words.severity[breach.severity]
    return words.terminal["expected"].format(reason=breach.accepted)


def _summary(result: RehearsalResult, words: Wording) -> str:
    counted = Counter(each.verdict for each in result.scenarios)
    verdicts = ", ".join(
        words.terminal["verdicts"].format(count=times, verdict=words.verdict[verdict])
        for verdict, times in counted.items()
    )
    count = len(result.scenarios)
    line = words.terminal["summary-one" if count == 1 else "summary"].format(
        count=count, seconds=f"{result.seconds:.1f}", verdicts=verdicts
    )
    return click.style(line, fg="red" if result.failed else "green", bold=True)


def _hints(result: RehearsalResult, words: Wording) -> None:
    rules = {
        breach.rule
        for each in result.scenarios
        for breach in each.breaches
        if breach.accepted is None
    }
    for rule in sorted(rules):
        hint = words.terminal["hint"].format(rule=rule, cure=words.rule[rule].cure)
        click.echo(hint, err=True)
    if result.gone:
        click.echo(words.terminal["hint-gone"], err=True)
