"""The `exhaustive` marker: the parts that `make test` leaves out, and the time granted to each.

`tests/exhaustive.toml` lists the parts. A run that includes them prints what each took.
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

LIST = Path(__file__).with_name("exhaustive.toml")


@dataclass(frozen=True, slots=True)
class Part:
    """An entry of the list.

    Attributes:
        what: what it tests.
        minutes: what its tests may take together, one after the other; the limit of each too.
    """

    what: str
    minutes: float


def load_parts(source: Path = LIST) -> Mapping[str, Part]:
    """Return the listed parts.

    Raises:
        ValueError: the shares exceed the budget.
    """
    listed = tomllib.loads(source.read_text(encoding="utf-8"))
    parts = {name: Part(**fields) for name, fields in listed["parts"].items()}
    shares, budget = sum(part.minutes for part in parts.values()), listed["budget_minutes"]
    if shares > budget:
        raise ValueError(
            f"{source.name}: the parts are granted {shares} minutes; the budget is {budget}"
        )
    return parts


def sampled(values: Iterable[object], part: str, *, every: int) -> list[object]:
    """Return the values for `parametrize`, all but one of `every` marked for an exhaustive part."""
    marks = pytest.mark.exhaustive(part)
    return [
        value
        if place % every == 0
        else pytest.param(*value if isinstance(value, tuple) else (value,), marks=marks)
        for place, value in enumerate(values)
    ]


class ExhaustiveParts:
    """Give each exhaustive test its time limit, and add up what each part took."""

    def __init__(self, parts: Mapping[str, Part]) -> None:
        self._parts = parts
        self._seconds: dict[str, float] = {}

    @pytest.hookimpl(tryfirst=True)  # before the tests that nobody asked for are deselected
    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        for item in items:
            for marker in item.iter_markers("exhaustive"):
                name = str(marker.args[0]) if marker.args else ""
                if name not in self._parts:
                    raise pytest.UsageError(
                        f"{item.nodeid}: {name!r} is not a part of {LIST.name}: "
                        f"{', '.join(self._parts)}"
                    )
                # Appended: a test's own limit stands before it.
                item.add_marker(pytest.mark.timeout(self._parts[name].minutes * 60))
                item.user_properties.append(("exhaustive", name))

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        # The process that collects the reports of xdist's workers collected no tests itself.
        for key, name in report.user_properties:
            if key == "exhaustive":
                self._seconds[str(name)] = self._seconds.get(str(name), 0.0) + report.duration

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        if not self._seconds:
            return
        terminalreporter.section("exhaustive parts: seconds taken, seconds granted")
        for name, seconds in sorted(self._seconds.items()):
            granted = self._parts[name].minutes * 60
            terminalreporter.line(f"{seconds:8.1f} {granted:8.1f}  {name}")
