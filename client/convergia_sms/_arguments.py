"""Arguments of the wrong kind are refused where they are given, not where they first hurt."""

from __future__ import annotations

import inspect
from typing import TYPE_CHECKING, TypeVar

from convergia_sms._retries import Retries

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["check_hook", "check_text", "check_waiting", "retries_of"]

Info = TypeVar("Info")


def check_text(name: str, value: object) -> None:
    """Refuse what is no text: a number or bytes would go out as one reads them by accident.

    Raises:
        TypeError: it is not a `str`.
    """
    if not isinstance(value, str):
        raise TypeError(f"{name}: a str, not {type(value).__name__}")


def check_waiting(timeout: float, poll: float | None) -> None:
    """Refuse a wait that would never end or never rest.

    Raises:
        TypeError: not seconds.
        ValueError: a timeout that is not a number or is below 0, or a `poll` that is not above 0.
    """
    for name, value in (("timeout", timeout), ("poll", 1.0 if poll is None else poll)):
        if not isinstance(value, (int, float)):
            raise TypeError(f"{name}: seconds, not {type(value).__name__}")
    if not timeout >= 0:
        raise ValueError(f"timeout: seconds, 0 or more, not {timeout!r}")
    if poll is not None and not poll > 0:
        raise ValueError(f"poll: seconds, above 0, not {poll!r}")


def retries_of(value: Retries | None) -> Retries:
    """Return the retries that an argument means.

    Raises:
        TypeError: it is not a `Retries`.
    """
    if value is None:
        return Retries()
    if not isinstance(value, Retries):
        raise TypeError(f"retries: Retries(…), not {type(value).__name__}")
    return value


def check_hook(name: str, hook: Callable[[Info], object] | None) -> None:
    """Refuse a hook that cannot be called, or that only makes a coroutine that nobody awaits.

    Raises:
        TypeError: it is such a one.
    """
    if hook is None:
        return
    if not callable(hook):
        raise TypeError(f"{name}: a function, not {type(hook).__name__}")
    if inspect.iscoroutinefunction(hook):
        raise TypeError(f"{name}: a plain function, not an async one; it may start a task")
