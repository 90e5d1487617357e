"""An account as a value: its name, its password and its limits."""

from __future__ import annotations

import hashlib
import hmac
import secrets

import msgspec

from convergia_mockserver.gateway.numbers import Count  # noqa: TC001 - msgspec reads it

HASHED = "sha256$"


class AccountError(ValueError):
    """An account or an accounts file is invalid. The message never contains a password."""


class Account(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A customer of the gateway.

    Attributes:
        name: the account's name, the guide's `username`.
        password: in plain text, or hashed as by `hashed`. It is never shown.
        allowance: messages that the account may send in all. None for no limit (code 204).
        addresses: IP addresses and networks (`10.0.0.0/8`) that the account may call from. Empty
            for any (code 202).
        prefixes: beginnings of the 12-digit numbers that the account may send to (`5255`). Empty
            for any (code 205).
        hours: the daily hours in which the account may send, `08:00-20:00` in `timezone`. None for
            always (code 205).
        timezone: the IANA name of the timezone of `hours`.
        rate: messages per second, at most a million. None for no limit (the code in the profile's
            `errors.rate`).
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
        """Return True if both accounts are equal. A password equals its own hash."""
        if other is None or self == other:
            return other is not None
        return self._with(other.password) == other and _same_password(self.password, other.password)

    def _with(self, password: str) -> Account:
        return msgspec.structs.replace(self, password=password)

    def hashed(self) -> Account:
        """Return a copy with the password hashed, so that it can be written to a file."""
        if self.password.startswith(HASHED):
            return self
        salt = secrets.token_hex(8)
        return self._with(f"{HASHED}{salt}${digest(salt, self.password)}")


DEMO = Account(name="demo", password="demo")  # noqa: S106 - the documented sandbox account


def digest(salt: str, password: str) -> str:
    """Return the SHA-256 digest of salt and password, which follows the salt in a hash."""
    return hashlib.sha256(f"{salt}${password}".encode()).hexdigest()


def _same_password(one: str, other: str) -> bool:
    if one.startswith(HASHED):
        one, other = other, one
    if one.startswith(HASHED) or other.count("$") != 2:  # noqa: PLR2004
        return one == other
    _, salt, known = other.split("$")
    return other.startswith(HASHED) and hmac.compare_digest(known, digest(salt, one))
