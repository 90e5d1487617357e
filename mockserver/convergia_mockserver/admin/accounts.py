"""Endpoints for the accounts of a space."""

from __future__ import annotations

from typing import Annotated

import msgspec
from msgspec import UNSET, UnsetType

from convergia_mockserver.gateway import Account, AccountView

from .endpoints import Context, Group
from .filters import Number
from .problems import ProblemError

ACCOUNTS = Group("Accounts")

_Allowance = Annotated[int, msgspec.Meta(ge=0, le=2**53 - 1)]


class AccountList(msgspec.Struct, frozen=True):
    """The accounts without their passwords.

    Attributes:
        accounts: the accounts, sorted by name.
    """

    accounts: list[AccountView]


class AccountChange(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """The fields to change. Fields that are left out do not change, null removes a limit.

    Attributes:
        password: the password, in plain text or as sha256$SALT$DIGEST.
        allowance: messages that the account may send in all (code 204).
        addresses: IP addresses and networks that the account may call from. Empty for any (code
            202).
        prefixes: beginnings of the 12-digit numbers that the account may send to. Empty for any
            (code 205).
        hours: the daily hours in which the account may send, `08:00-20:00` (code 205).
        timezone: the IANA name of the timezone of `hours`.
        rate: messages per second.
        used: messages accepted from the account so far.
    """

    password: str | UnsetType = UNSET
    allowance: _Allowance | UnsetType | None = UNSET
    addresses: list[str] | UnsetType = UNSET
    prefixes: list[str] | UnsetType = UNSET
    hours: str | UnsetType | None = UNSET
    timezone: str | UnsetType = UNSET
    rate: float | UnsetType | None = UNSET
    used: Number | UnsetType = UNSET

    def __repr__(self) -> str:
        return "AccountChange()"


@ACCOUNTS.get("/accounts")
def list_accounts(context: Context) -> AccountList:
    """List the accounts, with the messages that each has used."""
    return AccountList(context.space.accounts.all())


@ACCOUNTS.post("/accounts", status=201, errors=(409,))
def create_account(context: Context, body: Account) -> AccountView:
    """Create an account."""
    accounts = context.space.accounts
    if accounts.get(body.name) is not None:
        raise ProblemError(409, f"the account {body.name!r} already exists; PATCH changes it")
    return accounts.put(body)


@ACCOUNTS.get("/accounts/{name}", errors=(404,))
def get_account(context: Context, name: str) -> AccountView:
    """Show one account. Its password is never shown."""
    view = context.space.accounts.get(name)
    if view is None:
        raise _missing(name)
    return view


@ACCOUNTS.patch("/accounts/{name}", errors=(404,))
def change_account(context: Context, name: str, body: AccountChange) -> AccountView:
    """Change an account's password or limits."""
    try:
        return context.space.accounts.change(name, **msgspec.to_builtins(body))
    except KeyError:
        raise _missing(name) from None


@ACCOUNTS.delete("/accounts/{name}", status=204, errors=(404,))
def delete_account(context: Context, name: str) -> None:
    """Delete an account. Its messages are kept."""
    if not context.space.accounts.delete(name):
        raise _missing(name)


def _missing(name: str) -> ProblemError:
    return ProblemError(
        404, f"the account {name!r} does not exist in this space; POST /accounts creates it"
    )
