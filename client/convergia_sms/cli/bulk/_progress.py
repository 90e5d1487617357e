"""A progress bar on the terminal, with the speed, the remaining time and the outcomes."""

from __future__ import annotations

import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING, Protocol

from convergia_sms.cli._language import translated
from convergia_sms.cli._log_lines import log_format

if TYPE_CHECKING:
    from collections.abc import Iterator


class Progress(Protocol):
    """A progress bar, or nothing if standard error is not a terminal.

    Attributes:
        visible: True if the bar is shown. If not, the caller need not find out the progress.
    """

    visible: bool

    def advance(self, by: int = 1) -> None:
        """Count `by` more as done."""
        ...

    def at(self, done: int, text: str = "") -> None:
        """Set the number done. `text` summarises the outcomes."""
        ...


class _Silent:
    visible = False

    def advance(self, by: int = 1) -> None:
        """Do nothing."""

    def at(self, done: int, text: str = "") -> None:
        """Do nothing."""


@contextmanager
def progress(title: str, total: int | None, done: int = 0) -> Iterator[Progress]:
    """Show a progress bar on standard error if that is a terminal without log lines.

    Args:
        title: the name of the work.
        total: the total number, or None if unknown.
        done: the number done before. They do not count for the speed.
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
            visible = True

            def advance(self, by: int = 1) -> None:
                bars.advance(task, by)

            def at(self, done: int, text: str = "") -> None:
                bars.update(task, completed=done, outcomes=text)

        yield Bar()
