"""Tells a person who waits why nothing, or not all, gets through: each kind of problem once."""

from __future__ import annotations

import logging
from contextlib import contextmanager
from typing import TYPE_CHECKING

from convergia_sms.cli._log_lines import log_format
from convergia_sms.cli._output import notify

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from convergia_sms.outbox import Outcome, Waiting

# A gateway that words each answer differently must not fill the screen.
_MOST = 20


def tell_once() -> Callable[[Outcome], None]:
    """Return what a worker calls with each outcome: it tells of the first of each kind."""
    told: set[str] = set()

    def tell_first(outcome: Outcome) -> None:
        # A code and its text, or an error's name and words; an accepted message has none.
        if (
            log_format() is not None
            or outcome.detail is None
            or outcome.detail in told
            or len(told) >= _MOST
        ):
            return
        told.add(outcome.detail)
        notify(f"{outcome.event}: {outcome.detail} (told once)")

    return tell_first


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


class WaitNotice:
    """Tells what a worker waits for, when that changes.

    Attributes:
        text: what it is; empty while the worker sends.
    """

    def __init__(self) -> None:
        self.text = ""

    def __call__(self, waiting: Waiting | None) -> None:
        """Take the news."""
        self.text = "" if waiting is None else f"waiting: {waiting}"
        if log_format() is None:
            notify("Going on." if waiting is None else f"Waiting: {waiting}.")
