"""Named accounts: tables of settings in a TOML file."""

from __future__ import annotations

import logging
import os
import re
import stat
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

from .checks import SettingsError
from .options import ACCOUNT_NAMES

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["AccountTable", "account_table", "accounts_file", "username_in"]

AccountTable: TypeAlias = "Mapping[str, object]"

_log = logging.getLogger("convergia_sms")
_PATHS = ("password_file", "profile", "ca_file", "client_cert")
_LINE = re.compile(r"at line \d+, column \d+")


def accounts_file(environment: Mapping[str, str]) -> Path:
    """Return `CONVERGIA_ACCOUNTS_FILE`, or else the file in the user's configuration folder."""
    named = environment.get("CONVERGIA_ACCOUNTS_FILE")
    if named:
        return Path(named)
    folder = environment.get("XDG_CONFIG_HOME")
    return (Path(folder) if folder else Path.home() / ".config") / "convergia" / "accounts.toml"


def account_table(name: object, environment: Mapping[str, str]) -> AccountTable:
    """Return an account's settings from the file. Paths are relative to its folder.

    Raises:
        SettingsError: there is no such account, or the file cannot be used. The error shows no
            value from the file.
        TypeError: `name` is not a `str`.
    """
    if not isinstance(name, str):
        raise TypeError(f"account must be a str, not {type(name).__name__}")
    file = accounts_file(environment)
    accounts = _read(file)
    table = accounts.get(name)
    if not isinstance(table, dict):
        known = ", ".join(sorted(each for each in accounts if isinstance(accounts[each], dict)))
        raise SettingsError(f"account: {file} has no [{name}]. It has: {known or 'no account'}")
    for key in table:
        if key not in ACCOUNT_NAMES:
            raise SettingsError(
                f"account: {file}: [{name}] has {key!r}, which is not a setting. Settings are:"
                f" {', '.join(ACCOUNT_NAMES)}"
            )
    if "password" in table:
        _warn_of_readers(file)
    paths = {
        key: os.fspath(file.parent / table[key])
        for key in _PATHS
        if isinstance(table.get(key), str)
    }
    return {**table, **paths}


def username_in(environment: Mapping[str, str]) -> str | None:
    """Return the username in the environment, directly or from a named account.

    Raises:
        SettingsError: there is no such account, or the file cannot be used.
    """
    name = environment.get("CONVERGIA_ACCOUNT")
    if not name:
        return environment.get("CONVERGIA_USERNAME") or None
    username = account_table(name, environment).get("username")
    return username if isinstance(username, str) else None


def _read(file: Path) -> dict[str, object]:
    problem = ""
    try:
        return tomllib.loads(file.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise SettingsError(
            f"account: there is no file {file}. Create it, or set CONVERGIA_ACCOUNTS_FILE"
        ) from None
    except OSError as error:
        problem = error.strerror or type(error).__name__
    except tomllib.TOMLDecodeError as error:
        # Show the place only, and nothing from the file.
        place = _LINE.search(str(error))
        problem = f"it is not TOML{f' ({place[0]})' if place else ''}"
    except ValueError:
        problem = "it is not UTF-8 text"
    raise SettingsError(f"account: {file}: {problem}")


def _warn_of_readers(file: Path) -> None:
    mode = file.stat().st_mode
    if os.name == "posix" and mode & (stat.S_IRWXG | stat.S_IRWXO):
        _log.warning(
            "%s contains a password, but others on this machine can read it: chmod 600 %s",
            file,
            file,
        )
