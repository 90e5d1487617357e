"""The name of the gateway account that an outbox keeps messages for."""

from __future__ import annotations

import os

from convergia_sms._settings.accounts import username_in

__all__ = ["DEFAULT_ACCOUNT", "AccountNameError", "account_name"]

DEFAULT_ACCOUNT = "default"
"""The account if neither the caller nor the environment names one."""

# The length of the column. SQLite does not enforce it, so it is checked here.
_LONGEST = 100


class AccountNameError(ValueError):
    """Raised for an account name that the outbox cannot store."""


def account_name(account: str | None) -> str:
    """Return `account`, or the environment's gateway account if None, or else `default`.

    Raises:
        AccountNameError: the name is empty, longer than 100 characters, or has a NUL character.
        TypeError: `account` is not a `str`.
    """
    name = username_in(os.environ) or DEFAULT_ACCOUNT if account is None else account
    if not isinstance(name, str):
        raise TypeError(f"the account must be a str, not {type(name).__name__}")
    if not name or len(name) > _LONGEST or "\0" in name:
        raise AccountNameError(
            f"an account name must have 1 to {_LONGEST} characters, not {len(name)}"
        )
    return name
