"""Accounts from a file."""

from __future__ import annotations

import tomllib
from typing import TYPE_CHECKING

import msgspec

from convergia_mockserver.gateway.operations import OperationAnswer
from convergia_mockserver.gateway.valid_input import describe_at

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
    kind = dict[str, OperationAnswer]
    try:
        return msgspec.convert(entries, kind)
    except msgspec.ValidationError as error:
        raise AccountError(f"{source}: {describe_at('operations', error, kind)}") from None


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
    try:
        return tuple(account_of(name, entry) for name, entry in entries.items())
    except AccountError as error:
        raise AccountError(f"{source}: {error}") from None


def account_of(name: str, entry: object) -> Account:
    """Return an account from its table in a file.

    Raises:
        AccountError: it cannot be; the text begins with `accounts.NAME`.
    """
    where = f"accounts.{name}"
    if not isinstance(entry, dict):
        raise AccountError(f"{where}: an account is a table: [accounts.NAME] and its password")
    if "name" in entry:
        raise AccountError(f"{where}: name: the account's name is its table's")
    try:
        account = msgspec.convert({**entry, "name": name}, Account)
        AccountState(account)
    except msgspec.ValidationError as error:
        raise AccountError(describe_at(where, error, Account)) from None
    except AccountError as error:
        raise AccountError(f"{where}: {error}") from None
    return account
