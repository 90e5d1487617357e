"""Standard output and standard error that never change how a command ends.

A reader may close the pipe (`| head -1`) or never read, or the disk may be full. The outcome of a
message decides the exit code, not the reader. A worker that must stop must not die or wait because
it cannot print.
"""

from __future__ import annotations

import atexit
import io
import os
import select
import signal
import sys
import threading
from contextlib import suppress
from typing import TYPE_CHECKING, TextIO

if TYPE_CHECKING:
    from collections.abc import Callable

    from _typeshed import ReadableBuffer

__all__ = [
    "SIGNALS",
    "interrupt_on_signals",
    "keep_exit_code",
    "open_standard_streams",
    "owns_process",
    "reader_is_gone",
]

SIGNALS = ("SIGINT", "SIGTERM", "SIGHUP", "SIGBREAK")
"""The signals that end a command. Not every system has all of them."""

_STDOUT, _STDERR = 1, 2
# A pipe that is ready for writing takes at least so many bytes without blocking (POSIX's PIPE_BUF).
_PIECE = 512
# Seconds to wait for a slow reader of standard error before its lines are dropped.
_PATIENCE = 1.0


class _Output(io.FileIO):
    """Standard output that continues after its reader closed the pipe, and fails at most once.

    Attributes:
        gone: True once the reader has closed the pipe.
    """

    gone = False
    _failed = False

    def write(self, data: ReadableBuffer, /) -> int:
        """Write, or drop the text if the reader has closed the pipe.

        Raises:
            OSError: the write fails for another reason, for example a full disk.
        """
        size = memoryview(data).nbytes
        if self.gone or self._failed:
            return size
        try:
            return super().write(data)
        except BrokenPipeError:
            self.gone = True
            return size
        except OSError:
            # The caller reports it. The rest of the buffer would fail again when the interpreter
            # flushes it at exit, with a traceback and another exit code.
            self._failed = True
            raise


class _Error(io.FileIO):
    """Standard error that never fails and never blocks for long."""

    _slow = False

    def write(self, data: ReadableBuffer, /) -> int:
        """Write what can be written, and drop the rest."""
        piece = memoryview(data).cast("B")
        if not self._is_writable():
            return piece.nbytes
        try:
            return super().write(piece[:_PIECE])
        except OSError:
            return piece.nbytes

    def _is_writable(self) -> bool:
        if not hasattr(select, "poll"):  # Windows cannot poll a pipe
            return True
        poll = select.poll()
        poll.register(self.fileno(), select.POLLOUT)
        self._slow = not poll.poll(0 if self._slow else _PATIENCE * 1000)
        return not self._slow


def open_standard_streams() -> None:
    """Install these streams, also where the originals were closed at the start.

    Streams that were replaced (by a test) are kept.
    """
    # Otherwise the next file or socket would get the number of the closed descriptor, and text for
    # standard error would end up in the database.
    for descriptor in (0, _STDOUT, _STDERR):
        try:
            os.fstat(descriptor)
        except OSError:
            os.open(os.devnull, os.O_RDWR)
    if sys.stdin is None:
        sys.stdin = open(os.devnull, encoding="utf-8")  # noqa: PTH123, SIM115 - lasts as long as we
    if sys.stdout is sys.__stdout__ and not owns_process():
        # Registered first, it runs last.
        atexit.register(_ignore_signals)
        sys.stdout = _wrapped(_Output(_STDOUT, "w", closefd=False), sys.stdout)
    if sys.stderr is sys.__stderr__ and not isinstance(_raw(sys.stderr), _Error):
        sys.stderr = _wrapped(_Error(_STDERR, "w", closefd=False), sys.stderr)


def owns_process() -> bool:
    """Return True if the process runs only this command: standard output is not replaced."""
    return isinstance(_raw(sys.stdout), _Output)


def keep_exit_code(code: object) -> None:
    """Let any signal from now on end the process at once, with the command's exit code.

    Python takes a tenth of a second to exit. A Ctrl-C in that time would look like an interruption
    of work that is already done.

    Args:
        code: the code of a `SystemExit`.
    """
    if not owns_process() or threading.current_thread() is not threading.main_thread():
        return
    status = code if isinstance(code, int) else int(code is not None)
    with suppress(OSError):
        sys.stdout.flush()
    _handle_signals(lambda *_: os._exit(status))


def interrupt_on_signals() -> None:
    """Let every signal interrupt this process as Ctrl-C does, so that it can say what was sent."""
    if owns_process() and threading.current_thread() is threading.main_thread():
        _handle_signals(signal.default_int_handler)


def _ignore_signals() -> None:
    # Python drops its signal handlers before it unloads its modules.
    if owns_process():
        _handle_signals(signal.SIG_IGN)


def _handle_signals(handler: Callable[..., object] | signal.Handlers) -> None:
    for name in SIGNALS:
        number = getattr(signal, name, None)
        if number is not None and signal.getsignal(number) is not signal.SIG_IGN:
            signal.signal(number, handler)


def reader_is_gone() -> bool:
    """Return True if the reader of standard output has closed the pipe."""
    raw = _raw(sys.stdout)
    return isinstance(raw, _Output) and raw.gone


def _raw(stream: TextIO | None) -> object:
    return getattr(getattr(stream, "buffer", None), "raw", None)


def _wrapped(raw: io.FileIO, like: TextIO | None) -> io.TextIOWrapper:
    if like is not None:
        like.flush()
    return io.TextIOWrapper(
        io.BufferedWriter(raw),
        encoding="utf-8" if like is None else like.encoding,
        errors="backslashreplace",
        newline=None,
        line_buffering=raw.isatty() or isinstance(raw, _Error),
    )
