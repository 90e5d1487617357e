"""Ctrl-C, SIGTERM and SIGHUP: the first stops cleanly, the second cancels messages in flight.

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

_STOPPING = "\nStopping: waiting for messages in flight; press Ctrl-C again to cancel them."
_CANCELLING = "Cancelling; press Ctrl-C again to end at once, without recording anything more."
# Seconds within which signals count as one: a wrapper (uv run, sudo) may pass on a Ctrl-C that the
# terminal has sent already.
_ONE_PRESS = 0.5
# Exit codes of the third signal. As after `kill -9`, what was in flight becomes unknown when the
# lease runs out.
_NOT_SENT, _UNKNOWN = 1, 3


class StopSignals:
    """Signal handlers for each phase of a command: preparing, sending and ending.

    These are plain handlers, because the event loop's are missing on Windows, and work only while a
    loop runs.

    Args:
        clock: returns seconds from any start.

    Attributes:
        stopped: True once a signal has come.
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

    def handle(self, number: int, _frame: FrameType | None) -> None:
        """Handle a signal."""
        now = self._clock()
        if not self._count:
            self._first_at = now
        elif now - self._first_at < _ONE_PRESS or number == getattr(signal, "SIGHUP", None):
            # Closing a terminal sends SIGHUP twice: from the kernel and from the shell.
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
        """Call `stop` at the first signal, and cancel the block's task at the second.

        In both cases the block ends normally, so that the outcomes are recorded.
        """
        loop = asyncio.get_running_loop()
        task = asyncio.current_task()
        assert task is not None, "it runs in a coroutine"  # noqa: S101
        broken = False

        def act(count: int) -> None:
            nonlocal broken
            if count == 1:
                # Stop before printing: even if printing fails, nothing more is claimed.
                stop()
                if log_format() is None:
                    notify(_STOPPING)
                else:
                    logging.getLogger("convergia_sms.outbox").info(
                        "stopping: waiting for messages in flight",
                        extra={"convergia_event": "worker.stopping"},
                    )
            elif not broken:
                broken = True
                task.cancel()
                if log_format() is None:
                    notify(_CANCELLING)

        # The handler may run between any two instructions, so it only schedules the call in the
        # loop.
        self._sending = lambda count: _hand_over(loop, act, count)
        try:
            yield
        except asyncio.CancelledError:
            # The cancellation is ours, unless something else cancelled the task too.
            if not broken or task.uncancel():
                raise
        finally:
            # From here on signals are ignored: the result is not printed yet, and must not change.
            self.end()


def _hand_over(loop: asyncio.AbstractEventLoop, act: Callable[[int], None], count: int) -> None:
    if not loop.is_closed():
        loop.call_soon_threadsafe(act, count)


@contextmanager
def stop_signals() -> Iterator[StopSignals]:
    """Install the handlers. A signal that was ignored before (nohup) stays ignored.

    Raises:
        CommandFailure: a signal came before anything was sent.
    """
    signals = StopSignals()
    before: dict[int, object] = {}
    if threading.current_thread() is threading.main_thread():
        for name in SIGNALS:
            number = getattr(signal, name, None)
            if number is not None and signal.getsignal(number) is not signal.SIG_IGN:
                before[number] = signal.signal(number, signals.handle)
    try:
        yield signals
    except KeyboardInterrupt:
        raise CommandFailure(
            "stopped before anything was sent", "run the command again to continue"
        ) from None
    finally:
        signals.end()
        # The process is about to end, and `keep_exit_code` takes over.
        if not owns_process():
            for number, handler in before.items():
                signal.signal(number, handler)  # type: ignore[arg-type]
