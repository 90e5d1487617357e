"""Notices on the terminal about failures and waits, each kind of failure once."""

from __future__ import annotations

import logging
from contextlib import contextmanager
from typing import TYPE_CHECKING

from convergia_sms.cli._log_lines import log_format
from convergia_sms.cli._output import notify

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from convergia_sms.outbox import Outcome, Waiting

# A gateway whose error texts all differ must not fill the screen.
_MOST = 20


def notify_once() -> Callable[[Outcome], None]:
    """Return a callback for outcomes that prints the first failure of each kind."""
    from convergia_sms.outbox import Event

    known: set[str] = set()

    def notify_first(outcome: Outcome) -> None:
        # `detail` is a code and its text, or an error's name and text. None if accepted.
        if (
            log_format() is not None
            or outcome.detail is None
            or outcome.detail in known
            or len(known) >= _MOST
        ):
            return
        known.add(outcome.detail)
        detail = outcome.detail
        notify(
            {
                Event.REJECT: f"Rejected: {detail} (shown once)",
                Event.RELEASE: f"Not sent yet: {detail} (shown once)",
                Event.ABANDON: f"Not sent: {detail} (shown once)",
                Event.LOSE: f"Outcome unknown: {detail} (shown once)",
            }[outcome.event]
        )

    return notify_first


@contextmanager
def client_log_muted() -> Iterator[None]:
    """Keep the client's log, a record for each failed message, off the terminal."""

    def muted(_record: logging.LogRecord) -> bool:
        return False

    log = logging.getLogger("convergia_sms")
    log.addFilter(muted)
    try:
        yield
    finally:
        log.removeFilter(muted)


class WaitNotice:
    """Prints what a worker waits for, whenever that changes.

    Attributes:
        text: the reason for waiting. Empty while the worker sends.
    """

    def __init__(self) -> None:
        self.text = ""

    def __call__(self, waiting: Waiting | None) -> None:
        """Print the change. Pass this object as `Worker(on_waiting=…)`."""
        self.text = "" if waiting is None else f"waiting: {waiting}"
        if log_format() is None:
            notify("Going on." if waiting is None else f"Waiting: {waiting}.")
