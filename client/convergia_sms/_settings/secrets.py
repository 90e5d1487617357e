"""Passwords that are asked for when they are needed: by a function, or from a file."""

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
    """A text that a repr does not show, and that `dataclasses.asdict` does not copy."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "'***'"

    def __deepcopy__(self, memo: object) -> str:
        return "***"


@dataclass(frozen=True, slots=True)
class PasswordFile:
    """Reads a password from a file, each time: a rotated secret needs no restart.

    Attributes:
        path: UTF-8 text. One line break at its end does not count.
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
            # The error holds the file's bytes.
            problem = "it is not UTF-8 text"
        if not problem:
            password = text.removesuffix("\n").removesuffix("\r")
            if password:
                return password
            problem = "it is empty"
        raise SettingsError(f"password_file: {self.path}: {problem}")


@dataclass(frozen=True, slots=True)
class Password:
    """A password that a function gave. A traceback that shows variables must not show it."""

    value: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class NoPassword:
    """Why a function gave no password, without anything that it said: that may be the secret."""

    reason: str


def ask(function: PasswordFunction) -> Password | NoPassword:
    """Ask a function for the password. What it raises is named, and not passed on."""
    try:
        answer = function()
    except Exception as error:  # noqa: BLE001 - whatever a vault's library raises
        return _failed(function, error)
    if inspect.isawaitable(answer):
        if inspect.iscoroutine(answer):
            answer.close()
        return NoPassword(f"{_name(function)} is async: only AsyncClient can await it")
    return _checked(function, answer)


async def ask_async(function: PasswordFunction) -> Password | NoPassword:
    """Ask a function, in a thread unless it is async: it may wait for a network or a disk."""
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
    """Return the password, or what gives it at each request.

    Raises:
        SettingsError: it is missing, malformed, or given in both ways.
        TypeError: the password is neither a `str` nor a function.
    """
    if file is not None:
        if password is not None:
            raise SettingsError(
                "password: both CONVERGIA_PASSWORD and CONVERGIA_PASSWORD_FILE are set. Unset one"
            )
        source = PasswordFile(Path(os.fspath(file)))  # type: ignore[call-overload]
        source()
        return source
    if callable(password):
        return password  # asked for, and checked, at each request
    return credential("password", password)
