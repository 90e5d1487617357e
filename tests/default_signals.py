"""Default signals for the tests' child processes, however the run itself was started."""

from __future__ import annotations

import signal

# `nohup` ignores the first; a shell that starts a job with `&` from a script ignores the others.
_IGNORED_BY_STARTERS = (signal.SIGHUP, signal.SIGINT, signal.SIGQUIT)


def do_not_ignore_signals() -> None:
    """Handle each signal that was ignored when this process started.

    An ignored signal stays ignored in every child, and then a test that interrupts its child waits
    in vain. A handled one is reset to its default when the child's program starts. This process
    keeps its immunity to SIGHUP and SIGQUIT; tests raise SIGINT in it on purpose.
    """
    for number in _IGNORED_BY_STARTERS:
        if signal.getsignal(number) is signal.SIG_IGN:
            handler = signal.default_int_handler if number == signal.SIGINT else _do_nothing
            signal.signal(number, handler)


def _do_nothing(_number: int, _frame: object) -> None:
    return
