"""Ctrl-C, SIGTERM and SIGHUP: the first stops cleanly, the second breaks off what is in flight.

The third ends the process at once, even if its event loop or the database hangs.
"""

from __future__ import annotations

import asyncio
import logging
import os
import signal
import threading
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

from convergia_sms.cli._failures import CommandFailure
from convergia_sms.cli._log_lines import log_format
from convergia_sms.cli._output import notify
from convergia_sms.cli._streams import SIGNALS, owns_process

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from types import FrameType

__all__ = ["StopSignals", "stop_signals"]

_STOPPING = "\nStopping: what is in flight is finished; press Ctrl-C again to break it off."
_BREAKING = "Breaking off; press Ctrl-C again to end at once, without recording anything more."
# Seconds within which signals count as one: a wrapper (uv run, sudo) may pass on a Ctrl-C that the
# terminal has sent already.
_ONE_PRESS = 0.5
# Exit codes of the third signal. As after `kill -9`, what was in flight becomes unknown when the
# lease runs out.
_NOT_SENT, _UNKNOWN = 1, 3


class StopSignals:
    """What signals do, while a command gets ready, while it sends, and at its end.

    Plain handlers, not the event loop's: those are not to be had on Windows, and are in place only
    once a loop runs.

    Args:
        clock: seconds, of any beginning.

    Attributes:
        stopped: True once one has come.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._first_at = 0.0
        self._count = 0
        self._sending: Callable[[int], None] | None = None
        self._over = False

    @property
    def stopped(self) -> bool:
        """True once a signal has come."""
        return self._count > 0

    def hear(self, number: int, _frame: FrameType | None) -> None:
        """Take a signal."""
        now = self._clock()
        if not self._count:
            self._first_at = now
        elif now - self._first_at < _ONE_PRESS or number == getattr(signal, "SIGHUP", None):
            # A terminal that is closed sends SIGHUP twice: the kernel does, and so does the shell.
            return
        self._count += 1
        if self._count > 2 and owns_process():  # noqa: PLR2004 - the third
            os._exit(_NOT_SENT if self._sending is None else _UNKNOWN)
        if self._over:
            return
        if self._sending is None:
            raise KeyboardInterrupt
        self._sending(self._count)

    def end(self) -> None:
        """Let no further signal change the result, which is known by now."""
        self._over = True

    @contextmanager
    def stopping(self, stop: Callable[[], None]) -> Iterator[None]:
        """Stop by `stop` at the first signal, and cancel the task that is in the block at the next.

        Either way the block ends, and what came of the messages is recorded.
        """
        loop = asyncio.get_running_loop()
        task = asyncio.current_task()
        assert task is not None, "it runs in a coroutine"  # noqa: S101
        broken = False

        def act(count: int) -> None:
            nonlocal broken
            if count == 1:
                # First stop, then speak: whatever becomes of the words, nothing more is claimed.
                stop()
                if log_format() is None:
                    notify(_STOPPING)
                else:
                    logging.getLogger("convergia_sms.outbox").info(
                        "stopping: what is in flight is finished",
                        extra={"convergia_event": "worker.stopping"},
                    )
            elif not broken:
                broken = True
                task.cancel()
                if log_format() is None:
                    notify(_BREAKING)

        # The handler runs between any two instructions, so it only hands over to the loop.
        self._sending = lambda count: _hand_over(loop, act, count)
        try:
            yield
        except asyncio.CancelledError:
            # Ours, unless somebody else cancelled the task as well.
            if not broken or task.uncancel():
                raise
        finally:
            # The result is not printed yet; a late signal must not change it.
            self.end()


def _hand_over(loop: asyncio.AbstractEventLoop, act: Callable[[int], None], count: int) -> None:
    if not loop.is_closed():
        loop.call_soon_threadsafe(act, count)


@contextmanager
def stop_signals() -> Iterator[StopSignals]:
    """Put the handlers in place; a signal that is ignored at the start (nohup) stays ignored.

    Raises:
        CommandFailure: a signal came before anything was sent.
    """
    signals = StopSignals()
    before: dict[int, object] = {}
    if threading.current_thread() is threading.main_thread():
        for name in SIGNALS:
            number = getattr(signal, name, None)
            if number is not None and signal.getsignal(number) is not signal.SIG_IGN:
                before[number] = signal.signal(number, signals.hear)
    try:
        yield signals
    except KeyboardInterrupt:
        raise CommandFailure(
            "stopped before anything was sent", "call it again; it goes on where it was"
        ) from None
    finally:
        signals.end()
        # A command's own process is about to end, and `keep_exit_code` takes over.
        if not owns_process():
            for number, handler in before.items():
                signal.signal(number, handler)  # type: ignore[arg-type]
