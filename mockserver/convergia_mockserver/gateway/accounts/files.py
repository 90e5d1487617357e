"""Reading accounts files."""

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
    """Read the operations' answers from an accounts file, one `[operations.NAME]` table each.

    Raises:
        AccountError: if the file cannot be read, is not TOML, or an answer is invalid.
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
            f"{source}: unknown key {strangers[0]!r}; an accounts file has only [accounts.NAME] and"
            " [operations.NAME]"
        )
    return tables


def load_accounts(source: Path) -> tuple[Account, ...]:
    """Read the accounts of a TOML file, one `[accounts.NAME]` table each.

    The keys of a table are the fields of `Account`.

    Raises:
        AccountError: if the file cannot be read, is not TOML, or an account is invalid.
    """
    tables = _tables(source)
    entries = tables.get("accounts")
    if not isinstance(entries, dict) or not entries:
        raise AccountError(
            f"{source}: the file has no account; an account begins with [accounts.NAME]"
        )
    try:
        return tuple(account_of(name, entry) for name, entry in entries.items())
    except AccountError as error:
        raise AccountError(f"{source}: {error}") from None


def account_of(name: str, entry: object) -> Account:
    """Return the account that a table of an accounts file describes.

    Raises:
        AccountError: if the account is invalid. The message begins with `accounts.NAME`.
    """
    where = f"accounts.{name}"
    if not isinstance(entry, dict):
        raise AccountError(f"{where}: an account must be a table: [accounts.NAME] and its password")
    if "name" in entry:
        raise AccountError(
            f"{where}: name: not allowed here; the table's name is the account's name"
        )
    try:
        account = msgspec.convert({**entry, "name": name}, Account)
        AccountState(account)
    except msgspec.ValidationError as error:
        raise AccountError(describe_at(where, error, Account)) from None
    except AccountError as error:
        raise AccountError(f"{where}: {error}") from None
    return account
