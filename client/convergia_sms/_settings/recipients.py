"""Restrictions of recipients, for a staging system."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable
from pathlib import Path

from convergia_sms._numbers import normalize

from .checks import SettingsError, text

_BETWEEN = re.compile(r"[,;\n]")


def allowed_numbers(value: object) -> frozenset[str] | None:
    """Return the allowed numbers: from several, a text with commas, or a file.

    A text that begins like a number holds numbers. Any other is the path of a file, with a number
    on each line and comments after `#`.

    Raises:
        SettingsError: a number is not Mexican, the file cannot be read, or there is no number.
        TypeError: the value is neither a text, a path nor several texts.
    """
    if value is None:
        return None
    where = "allowed_numbers"
    if isinstance(value, os.PathLike) or (isinstance(value, str) and not _is_a_number(value)):
        where = f"allowed_numbers: {os.fspath(value)}"
        spelt = _BETWEEN.split(_read(where, Path(os.fspath(value))))
    elif isinstance(value, str):
        spelt = _BETWEEN.split(value)
    elif isinstance(value, Iterable):
        spelt = [text("allowed_numbers", each) for each in value]
    else:
        raise TypeError(f"allowed_numbers must be numbers or a file, not {type(value).__name__}")
    numbers = frozenset(_number(where, each) for each in spelt if each.strip())
    if not numbers:
        raise SettingsError(f"{where} has no number, so no message could be sent")
    return numbers


def redirect_to(value: object, allowed: frozenset[str] | None) -> str | None:
    """Return the number that all messages go to.

    Raises:
        SettingsError: the value is not a Mexican number, or not an allowed one.
        TypeError: the value is not a `str`.
    """
    if value is None:
        return None
    number = _number("redirect_to", text("redirect_to", value))
    if allowed is not None and number not in allowed:
        raise SettingsError(f"redirect_to: {number} is not among allowed_numbers. Add it there")
    return number


def _is_a_number(value: str) -> bool:
    return re.match(r"\s*(?:tel:)?[\s(+]*\d", value, re.IGNORECASE) is not None


def _number(where: str, spelt: str) -> str:
    try:
        return normalize(spelt)
    except ValueError as error:
        raise SettingsError(f"{where}: {error}") from None


def _read(where: str, path: Path) -> str:
    try:
        lines = path.read_text(encoding="utf-8-sig").splitlines()
    except OSError as error:
        raise SettingsError(f"{where}: {error.strerror or 'cannot be read'}") from None
    except UnicodeDecodeError:
        raise SettingsError(f"{where}: the file is not UTF-8") from None
    return "\n".join(line.partition("#")[0] for line in lines)
