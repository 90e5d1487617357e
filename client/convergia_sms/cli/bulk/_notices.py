"""Tells a person who waits why nothing, or not all, gets through: each kind of problem once."""

from __future__ import annotations

import logging
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from convergia_sms.outbox import Outcome, SendingWindow

# A gateway that words each answer anew must not fill the screen.
_MOST = 20


def tell_once() -> Callable[[Outcome], None]:
    """What a worker is to call with each outcome; tells of the first of each kind."""
    told: set[str] = set()

    def tell(outcome: Outcome) -> None:
        # A code and its text, or an error's name and words; an accepted message has none.
        if outcome.detail is None or outcome.detail in told or len(told) >= _MOST:
            return
        told.add(outcome.detail)
        click.echo(f"{outcome.event}: {outcome.detail} (told once)", err=True)

    return tell


@contextmanager
def client_unheard() -> Iterator[None]:
    """Keep the client's log, which has a line for each message that fails, off the terminal."""

    def unheard(_record: logging.LogRecord) -> bool:
        return False

    log = logging.getLogger("convergia_sms")
    log.addFilter(unheard)
    try:
        yield
    finally:
        log.removeFilter(unheard)


def tell_of_window(window: SendingWindow | None) -> None:
    """Say so if sending has to wait for the window to open."""
    wait = 0.0 if window is None else window.opens_in(datetime.now(UTC))
    if wait:
        click.echo(
            f"Outside of the window: it opens in {timedelta(seconds=round(wait))}.", err=True
        )
