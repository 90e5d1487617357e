"""Checks of arguments, so that a wrong one fails where it is passed."""

from __future__ import annotations

import inspect
from typing import TYPE_CHECKING, TypeVar

from convergia_sms._retries import Retries

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["check_hook", "check_text", "check_waiting", "retries_of"]

Info = TypeVar("Info")


def check_text(name: str, value: object) -> None:
    """Require a `str`. An `int` or `bytes` would be sent as its `repr`.

    Raises:
        TypeError: `value` is not a `str`.
    """
    if not isinstance(value, str):
        raise TypeError(f"{name} must be a str, not {type(value).__name__}")


def check_waiting(timeout: float, poll: float | None) -> None:
    """Reject a timeout or poll interval with which a wait would never end or never pause.

    Raises:
        TypeError: a value is not a number of seconds.
        ValueError: `timeout` is NaN or below 0, or `poll` is not above 0.
    """
    for name, value in (("timeout", timeout), ("poll", 1.0 if poll is None else poll)):
        if not isinstance(value, (int, float)):
            raise TypeError(f"{name} must be a number of seconds, not {type(value).__name__}")
    if not timeout >= 0:
        raise ValueError(f"timeout must be 0 seconds or more, not {timeout!r}")
    if poll is not None and not poll > 0:
        raise ValueError(f"poll must be above 0 seconds, not {poll!r}")


def retries_of(value: Retries | None) -> Retries:
    """Return `value`, or the default retries if None.

    Raises:
        TypeError: `value` is not a `Retries`.
    """
    if value is None:
        return Retries()
    if not isinstance(value, Retries):
        raise TypeError(f"retries must be a Retries, not {type(value).__name__}")
    return value


def check_hook(name: str, hook: Callable[[Info], object] | None) -> None:
    """Require a plain function. A coroutine function would never be awaited.

    Raises:
        TypeError: `hook` is not callable, or is async.
    """
    if hook is None:
        return
    if not callable(hook):
        raise TypeError(f"{name} must be a function, not {type(hook).__name__}")
    if inspect.iscoroutinefunction(hook):
        raise TypeError(f"{name} must be a plain function, not an async one. It may start a task")
