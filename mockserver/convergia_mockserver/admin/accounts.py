"""Accounts: who may send, from where, what, when and how much."""

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
    """Every account, without its password.

    Attributes:
        accounts: sorted by name.
    """

    accounts: list[AccountView]


class AccountChange(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """The fields to change; those left out stay, null takes a limit away.

    Attributes:
        password: as it is, or as sha256$SALT$DIGEST.
        allowance: how many messages it may send in all (204).
        addresses: IP addresses and networks that it may call from; empty for any (202).
        prefixes: beginnings of the 12 digits that it may send to; empty for any (205).
        hours: when it may send, `08:00-20:00` (205).
        timezone: of `hours`: an IANA name.
        rate: messages a second.
        used: messages accepted so far.
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
    """List the accounts, with what each has used of its allowance."""
    return AccountList(context.space.accounts.all())


@ACCOUNTS.post("/accounts", status=201, errors=(409,))
def create_account(context: Context, body: Account) -> AccountView:
    """Create an account."""
    accounts = context.space.accounts
    if accounts.get(body.name) is not None:
        raise ProblemError(409, f"there is an account {body.name!r} already; PATCH changes it")
    return accounts.put(body)


@ACCOUNTS.get("/accounts/{name}", errors=(404,))
def get_account(context: Context, name: str) -> AccountView:
    """Show one account; its password is never shown."""
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
    """Delete an account; its messages stay."""
    if not context.space.accounts.delete(name):
        raise _missing(name)


def _missing(name: str) -> ProblemError:
    return ProblemError(404, f"there is no account {name!r} in this space; POST /accounts makes it")
