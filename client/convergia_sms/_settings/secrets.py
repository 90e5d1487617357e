"""Passwords that a function or a file provides for each request."""

from __future__ import annotations

import asyncio
import inspect
import os
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeAlias

from .checks import SettingsError, credential

__all__ = [
    "NoPassword",
    "Password",
    "PasswordFile",
    "PasswordFunction",
    "PasswordSource",
    "SecretText",
    "ask",
    "ask_async",
    "password_source",
]

PasswordFunction: TypeAlias = Callable[[], str] | Callable[[], Awaitable[str]]
PasswordSource: TypeAlias = str | PasswordFunction


class SecretText(str):
    """A text that its repr does not show, and that `dataclasses.asdict` does not copy."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "'***'"

    def __deepcopy__(self, memo: object) -> str:
        return "***"


@dataclass(frozen=True, slots=True)
class PasswordFile:
    """Reads the password from a file each time, so that a rotated secret needs no restart.

    Attributes:
        path: the file, UTF-8 text. One line break at its end is ignored.
    """

    path: Path

    def __call__(self) -> str:
        """Return the password.

        Raises:
            SettingsError: the file cannot be read, or is empty.
        """
        problem = ""
        try:
            text = self.path.read_text(encoding="utf-8-sig")
        except OSError as error:
            problem = error.strerror or type(error).__name__
        except ValueError:
            # The error's text contains bytes of the file.
            problem = "it is not UTF-8 text"
        if not problem:
            password = text.removesuffix("\n").removesuffix("\r")
            if password:
                return password
            problem = "it is empty"
        raise SettingsError(f"password_file: {self.path}: {problem}")


@dataclass(frozen=True, slots=True)
class Password:
    """A password from a function. Its repr is masked, because tracebacks may show variables."""

    value: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class NoPassword:
    """The reason why a function gave no password. It never quotes the function's error."""

    reason: str


def ask(function: PasswordFunction) -> Password | NoPassword:
    """Call a function for the password. Return a failure without its error's text."""
    try:
        answer = function()
    except Exception as error:  # noqa: BLE001 - any error of a vault's library
        return _failed(function, error)
    if inspect.isawaitable(answer):
        if inspect.iscoroutine(answer):
            answer.close()
        return NoPassword(f"{_name(function)} is async: only AsyncClient can await it")
    return _checked(function, answer)


async def ask_async(function: PasswordFunction) -> Password | NoPassword:
    """Call a function, in a thread unless it is async, because it may block."""
    try:
        answer: object = (
            function()
            if inspect.iscoroutinefunction(function)
            else await asyncio.to_thread(function)
        )
        if inspect.isawaitable(answer):
            answer = await answer
    except Exception as error:  # noqa: BLE001 - whatever a vault's library raises
        return _failed(function, error)
    return _checked(function, answer)


def _failed(function: PasswordFunction, error: Exception) -> NoPassword:
    if isinstance(function, PasswordFile):
        return NoPassword(str(error))
    return NoPassword(f"password: {_name(function)} raised {type(error).__name__}")


def _checked(function: PasswordFunction, answer: object) -> Password | NoPassword:
    try:
        return Password(credential("password", answer))
    except (TypeError, ValueError):
        kind = "broken text" if isinstance(answer, str) else type(answer).__name__
        return NoPassword(f"password: {_name(function)} returned {kind}, not a password")


def _name(function: object) -> str:
    name = getattr(function, "__qualname__", None)
    return f"{name}()" if isinstance(name, str) else type(function).__qualname__


def password_source(password: object, file: object) -> PasswordSource:
    """Return the password, or the function that returns it for each request.

    Raises:
        SettingsError: the password is missing or not valid, or both ways are given.
        TypeError: the password is neither a `str` nor a function.
    """
    if file is not None:
        if password is not None:
            raise SettingsError(
                "password: both password and password_file are given (as arguments, in the"
                " account's table or as CONVERGIA_ variables). Remove one"
            )
        source = PasswordFile(Path(os.fspath(file)))  # type: ignore[call-overload]
        source()
        return source
    if callable(password):
        return password  # called and checked for each request
    return credential("password", password)
