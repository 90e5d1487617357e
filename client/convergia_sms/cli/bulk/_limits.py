"""The options that say how fast, how many at once, and when messages are sent."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import click

from convergia_sms.cli._failures import UsageFailure

if TYPE_CHECKING:
    from collections.abc import Callable

    from convergia_sms.outbox import SendingWindow


@dataclass(frozen=True, slots=True)
class SendLimits:
    """How fast, how many at once, and when."""

    concurrency: int
    rate: float | None
    window: SendingWindow | None


class _PerSecond(click.FloatRange):
    """A rate that the outbox can keep. Click's ranges let "nan" pass, so it is refused here."""

    def convert(
        self, value: float, param: click.Parameter | None, ctx: click.Context | None
    ) -> float:
        """As click's."""
        number: float = super().convert(value, param, ctx)
        if math.isnan(number):
            self.fail(f"{value!r} is no number.", param, ctx)
        return number


PER_SECOND = _PerSecond(1e-6, 1_000_000)


def limit_options(command: Callable[..., None]) -> Callable[..., None]:
    """How fast, how many at once, and when."""
    for option in (
        click.option(
            "--window",
            metavar="HOURS",
            help="When to send: '9:00-21:00', 'mon-fri 9:00-21:00'.",
        ),
        click.option(
            "--zone",
            metavar="NAME",
            default="auto",
            show_default=True,
            help="The time zone of --window: auto (of each number's area) or America/Tijuana.",
        ),
        click.option(
            "--concurrency",
            type=click.IntRange(1, 1000),
            default=32,
            show_default=True,
            help="Messages in flight at most.",
        ),
        click.option(
            "--rate",
            type=PER_SECOND,
            metavar="N",
            help="Messages a second, of all workers of the account together.",
        ),
    ):
        command = option(command)
    return command


def limits_of(rate: float | None, concurrency: int, window: str | None, zone: str) -> SendLimits:
    """Return what those options say.

    Raises:
        UsageFailure: the window cannot be read.
    """
    from zoneinfo import ZoneInfoNotFoundError

    from convergia_sms.outbox import SendingWindow

    try:
        hours = None if window is None else SendingWindow.parse(window, zone)
    except (ZoneInfoNotFoundError, OSError):
        raise UsageFailure(
            f"--zone: there is no time zone {zone!r}", "America/Tijuana, for one"
        ) from None
    except ValueError as error:
        raise UsageFailure(f"--window: {error}") from None
    return SendLimits(concurrency, rate, hours)
