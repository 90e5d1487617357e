"""Reads a TOML file into a typed value, or says what is wrong with it and where."""

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

# What msgspec learns of a struct at its first use is there, half made, for other threads to see:
# of two that first load a profile at the same time, one crashed the interpreter.
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
    """Turn a parsed table into the struct `into`.

    Raises:
        ContractError: a key is missing, unknown or of the wrong type; `source` names the file.
    """
    try:
        with _first_use:
            return msgspec.convert(table, into)
    except msgspec.ValidationError as error:
        raise ContractError(f"{source}: {error}") from error


def overlay(base: Mapping[str, object], changes: Mapping[str, object]) -> dict[str, object]:
    """Return `base` with `changes` on top, table by table; other values are replaced whole."""
    merged = dict(base)
    for key, change in changes.items():
        below = merged.get(key)
        if isinstance(below, dict) and isinstance(change, dict):
            merged[key] = overlay(below, change)
        else:
            merged[key] = change
    return merged
