"""Conversion of TOML files to typed values, with errors that name the place."""

from __future__ import annotations

import threading
import tomllib
from typing import TYPE_CHECKING, TypeVar

import msgspec

from ._errors import ContractError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

T = TypeVar("T")

# On its first use of a struct, msgspec stores data that other threads can see half made. Two
# threads that loaded a profile at the same time crashed the interpreter.
_first_use = threading.Lock()


def read_table(source: Path) -> dict[str, object]:
    """Parse the TOML file `source`.

    Raises:
        ContractError: the file cannot be read, is not UTF-8 or is not TOML.
    """
    try:
        text = source.read_text(encoding="utf-8")
    except OSError as error:
        raise ContractError(f"{source}: cannot be read: {error.strerror or error}") from error
    except UnicodeDecodeError as error:
        raise ContractError(f"{source}: is not UTF-8 (byte {error.start})") from error
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ContractError(f"{source}: is not TOML: {error}") from error


def convert(table: Mapping[str, object], into: type[T], source: object) -> T:
    """Convert a parsed table to the struct `into`.

    Raises:
        ContractError: a key is missing, unknown or has the wrong type. `source` names the file.
    """
    try:
        with _first_use:
            return msgspec.convert(table, into)
    except msgspec.ValidationError as error:
        raise ContractError(f"{source}: {error}") from error


def overlay(base: Mapping[str, object], changes: Mapping[str, object]) -> dict[str, object]:
    """Return `base` with `changes` merged into its tables. Other values are replaced."""
    merged = dict(base)
    for key, change in changes.items():
        below = merged.get(key)
        if isinstance(below, dict) and isinstance(change, dict):
            merged[key] = overlay(below, change)
        else:
            merged[key] = change
    return merged
