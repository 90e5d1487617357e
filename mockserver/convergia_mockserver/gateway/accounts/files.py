"""Accounts from a file."""

from __future__ import annotations

import tomllib
from typing import TYPE_CHECKING

import msgspec

from convergia_mockserver.gateway.operations import OperationAnswer

from .account import Account, AccountError
from .limits import AccountState

if TYPE_CHECKING:
    from pathlib import Path


def load_answers(source: Path) -> dict[str, OperationAnswer]:
    """Read what operations answer from an accounts file: a table `[operations.NAME]` each.

    Raises:
        AccountError: the file cannot be read, is not TOML, or an answer cannot be.
    """
    entries = _tables(source).get("operations", {})
    try:
        return msgspec.convert(entries, dict[str, OperationAnswer])
    except msgspec.ValidationError as error:
        raise AccountError(f"{source}: operations: {error}") from error


def _tables(source: Path) -> dict[str, object]:
    try:
        tables: dict[str, object] = tomllib.loads(source.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise AccountError(f"{source}: {error}") from error
    strangers = sorted(set(tables) - {"accounts", "operations"})
    if strangers:
        raise AccountError(
            f"{source}: unknown key {strangers[0]!r}; there are [accounts.NAME] and"
            " [operations.NAME]"
        )
    return tables


def load_accounts(source: Path) -> tuple[Account, ...]:
    """Read accounts from a TOML file: a table `[accounts.NAME]` each, keys as `Account` has them.

    Raises:
        AccountError: the file cannot be read, is not TOML, or an account cannot be.
    """
    tables = _tables(source)
    entries = tables.get("accounts")
    if not isinstance(entries, dict) or not entries:
        raise AccountError(f"{source}: no account in it; one starts with [accounts.NAME]")
    accounts = []
    for name, entry in entries.items():
        try:
            account = msgspec.convert({**entry, "name": name}, Account)
            AccountState(account)
        except (msgspec.ValidationError, TypeError, AccountError) as error:
            raise AccountError(f"{source}: accounts.{name}: {error}") from error
        accounts.append(account)
    return tuple(accounts)
