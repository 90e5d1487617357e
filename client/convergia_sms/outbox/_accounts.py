"""The one rule for whose messages an outbox holds."""

from __future__ import annotations

import os

from convergia_sms._settings.accounts import username_in

__all__ = ["DEFAULT_ACCOUNT", "AccountNameError", "account_name"]

DEFAULT_ACCOUNT = "default"
"""The account of an outbox where neither the caller nor the environment names one."""

# As the column is; SQLite would take a longer one.
_LONGEST = 100


class AccountNameError(ValueError):
    """The outbox cannot keep messages under such an account name."""


def account_name(account: str | None) -> str:
    """Return `account`; if None, the gateway account of the environment, else `default`.

    Raises:
        AccountNameError: the name is empty, or longer than its column.
        TypeError: `account` is not a `str`.
    """
    name = username_in(os.environ) or DEFAULT_ACCOUNT if account is None else account
    if not isinstance(name, str):
        raise TypeError(f"an account is a str, not {type(name).__name__}")
    if not name or len(name) > _LONGEST or "\0" in name:
        raise AccountNameError(f"an account's name has 1 to {_LONGEST} characters, not {len(name)}")
    return name
