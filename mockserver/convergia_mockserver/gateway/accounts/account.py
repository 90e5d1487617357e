"""An account as a value: what the gateway knows of one of its customers."""

from __future__ import annotations

import hashlib
import hmac
import secrets

import msgspec

from convergia_mockserver.gateway.numbers import Count  # noqa: TC001 - msgspec reads it

HASHED = "sha256$"


class AccountError(ValueError):
    """An account, or a file of them, says something that cannot be. Carries no password."""


class Account(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What the gateway knows of one of its customers.

    Attributes:
        name: the guide's `username`.
        password: as it is, or as `hashed` made it; shown nowhere.
        allowance: how many messages it may send in all; None for no limit (204).
        addresses: IP addresses and networks (`10.0.0.0/8`) it may call from; empty for any (202).
        prefixes: beginnings of the 12 digits it may send to (`5255`); empty for any (205).
        hours: when it may send, `08:00-20:00` in `timezone`; None for always (205).
        timezone: an IANA name.
        rate: messages a second, at most a million; None for no limit (the profile's `errors.rate`).
    """

    name: str
    password: str
    allowance: Count | None = None
    addresses: tuple[str, ...] = ()
    prefixes: tuple[str, ...] = ()
    hours: str | None = None
    timezone: str = "America/Mexico_City"
    rate: float | None = None

    def __repr__(self) -> str:
        return f"Account(name={self.name!r})"

    __str__ = __repr__

    def is_same_as(self, other: Account | None) -> bool:
        """Return True if it says the same; a password and its hash are the same."""
        if other is None or self == other:
            return other is not None
        return self._with(other.password) == other and _same_password(self.password, other.password)

    def _with(self, password: str) -> Account:
        return msgspec.structs.replace(self, password=password)

    def hashed(self) -> Account:
        """Return the same account with its password hashed, fit to be written to a file."""
        if self.password.startswith(HASHED):
            return self
        salt = secrets.token_hex(8)
        return self._with(f"{HASHED}{salt}${digest(salt, self.password)}")


DEMO = Account(name="demo", password="demo")  # noqa: S106 - the documented sandbox account


def digest(salt: str, password: str) -> str:
    """Return the digest that a hashed password holds behind its salt."""
    return hashlib.sha256(f"{salt}${password}".encode()).hexdigest()


def _same_password(one: str, other: str) -> bool:
    if one.startswith(HASHED):
        one, other = other, one
    if one.startswith(HASHED) or other.count("$") != 2:  # noqa: PLR2004
        return one == other
    _, salt, known = other.split("$")
    return other.startswith(HASHED) and hmac.compare_digest(known, digest(salt, one))
