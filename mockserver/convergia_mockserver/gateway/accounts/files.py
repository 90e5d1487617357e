"""Accounts from a file."""

from __future__ import annotations

import tomllib
from typing import TYPE_CHECKING

import msgspec

from .account import Account, AccountError
from .limits import AccountState

if TYPE_CHECKING:
    from pathlib import Path


def load_accounts(source: Path) -> tuple[Account, ...]:
    """Read accounts from a TOML file: a table `[accounts.NAME]` each, keys as `Account` has them.

    Raises:
        AccountError: the file cannot be read, is not TOML, or an account cannot be.
    """
    try:
        text = source.read_text(encoding="utf-8")
        tables = tomllib.loads(text)
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise AccountError(f"{source}: {error}") from error
    strangers = sorted(set(tables) - {"accounts"})
    if strangers:
        raise AccountError(f"{source}: unknown key {strangers[0]!r}; accounts are [accounts.NAME]")
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
