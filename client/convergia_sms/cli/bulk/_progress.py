"""Progress on a terminal: how far, how fast, how long still, and what came of it."""

from __future__ import annotations

import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING, Protocol

from convergia_sms.cli._language import translated
from convergia_sms.cli._log_lines import log_format

if TYPE_CHECKING:
    from collections.abc import Iterator


class Progress(Protocol):
    """A bar, or nothing where nobody would see it.

    Attributes:
        seen: whether somebody may look at it; where not, finding out how far it is can be spared.
    """

    seen: bool

    def advance(self, by: int = 1) -> None:
        """So many more are done."""
        ...

    def at(self, done: int, text: str = "") -> None:
        """So many are done; `text` says what came of them."""
        ...


class _Silent:
    seen = False

    def advance(self, by: int = 1) -> None:
        """Nothing."""

    def at(self, done: int, text: str = "") -> None:
        """Nothing."""


@contextmanager
def progress(title: str, total: int | None, done: int = 0) -> Iterator[Progress]:
    """Show a progress bar on standard error when that is a terminal without log lines.

    Args:
        title: what goes on.
        total: how many there are; None when nobody knows.
        done: how many of them were done before; they do not count as this run's speed.
    """
    if not sys.stderr.isatty() or log_format() is not None:
        yield _Silent()
        return
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        ProgressColumn,
        Task,
        TextColumn,
        TimeRemainingColumn,
    )
    from rich.progress import Progress as RichProgress
    from rich.text import Text

    class Speed(ProgressColumn):
        def render(self, task: Task) -> Text:
            speed = task.finished_speed or task.speed
            return Text("" if speed is None else f"{speed:,.0f}/s")

    with RichProgress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        Speed(),
        TimeRemainingColumn(),
        TextColumn("{task.fields[outcomes]}"),
        console=Console(stderr=True),
    ) as bars:
        task = bars.add_task(translated(title), total=total, completed=done, outcomes="")

        class Bar:
            seen = True

            def advance(self, by: int = 1) -> None:
                bars.advance(task, by)

            def at(self, done: int, text: str = "") -> None:
                bars.update(task, completed=done, outcomes=text)

        yield Bar()
