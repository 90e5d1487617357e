"""Options for the rate, the concurrency and the window of sending."""

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
    """The rate, concurrency and window of sending. None for no limit."""

    concurrency: int
    rate: float | None
    window: SendingWindow | None


class _PerSecond(click.FloatRange):
    """The type of `--rate`: a rate that the outbox can keep.

    It rejects "nan", which click's ranges accept.
    """

    def convert(
        self, value: float, param: click.Parameter | None, ctx: click.Context | None
    ) -> float:
        """Convert the value as click does, and reject NaN."""
        number: float = super().convert(value, param, ctx)
        if math.isnan(number):
            self.fail(f"{value!r} is not a number.", param, ctx)
        return number


PER_SECOND = _PerSecond(1e-6, 1_000_000)


def limit_options(command: Callable[..., None]) -> Callable[..., None]:
    """Add the options for the rate, the concurrency and the window."""
    for option in (
        click.option(
            "--window",
            metavar="HOURS",
            help="Send only in these hours: '9:00-21:00', 'mon-fri 9:00-21:00'.",
        ),
        click.option(
            "--zone",
            metavar="NAME",
            default="auto",
            show_default=True,
            help="The time zone of --window: auto (of each number's area), or America/Tijuana.",
        ),
        click.option(
            "--concurrency",
            type=click.IntRange(1, 1000),
            default=32,
            show_default=True,
            help="The most messages in flight at once.",
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
    """Return the limits that the options set.

    Raises:
        UsageFailure: the window or the time zone is not valid.
    """
    from zoneinfo import ZoneInfoNotFoundError

    from convergia_sms.outbox import SendingWindow
    from convergia_sms.outbox._zones import AUTO, time_zone

    # Check the zone by itself, because both options may raise ValueError.
    try:
        if zone != AUTO:
            time_zone(zone)
    except (ZoneInfoNotFoundError, OSError, ValueError):
        raise UsageFailure(
            f"--zone: there is no time zone {zone!r}", "write for example America/Tijuana"
        ) from None
    try:
        hours = None if window is None else SendingWindow.parse(window, zone)
    except ValueError as error:
        raise UsageFailure(f"--window: {error}") from None
    return SendLimits(concurrency, rate, hours)
