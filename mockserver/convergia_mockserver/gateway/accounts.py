"""Who may send, from where, what, when and how much."""

from __future__ import annotations

import hashlib
import hmac
import ipaddress
import re
import secrets
import tomllib
from collections import deque
from datetime import UTC, datetime, time
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import msgspec

if TYPE_CHECKING:
    from pathlib import Path

_HASHED = "sha256$"
_HOURS = re.compile(r"([01][0-9]|2[0-3]):([0-5][0-9])-([01][0-9]|2[0-3]):([0-5][0-9])")


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
        rate: messages a second; None for no limit (the profile's `errors.rate`).
    """

    name: str
    password: str
    allowance: int | None = None
    addresses: tuple[str, ...] = ()
    prefixes: tuple[str, ...] = ()
    hours: str | None = None
    timezone: str = "America/Mexico_City"
    rate: float | None = None

    def __repr__(self) -> str:
        return f"Account(name={self.name!r})"

    __str__ = __repr__

    def hashed(self) -> Account:
        """The same account with its password hashed, fit to be written to a file."""
        if self.password.startswith(_HASHED):
            return self
        salt = secrets.token_hex(8)
        return msgspec.structs.replace(
            self, password=f"{_HASHED}{salt}${_digest(salt, self.password)}"
        )


DEMO = Account(name="demo", password="demo")  # noqa: S106 - the documented sandbox account


class AccountState:
    """An account at work: its limits made ready, its use counted. Its space locks.

    Attributes:
        account: what it was made from.
        used: messages accepted so far.

    Raises:
        AccountError: a limit that cannot be read, named with the account.
    """

    __slots__ = ("_burst", "_networks", "_recent", "_window", "_zone", "account", "used")

    def __init__(self, account: Account, used: int = 0) -> None:
        self.account = account
        self.used = used
        if not account.name or not account.password:
            raise AccountError(f"account {account.name!r}: name and password may not be empty")
        try:
            self._networks = tuple(ipaddress.ip_network(each) for each in account.addresses)
        except ValueError as error:
            raise AccountError(f"account {account.name!r}: addresses: {error}") from error
        if account.password.startswith(_HASHED) and account.password.count("$") != 2:  # noqa: PLR2004
            raise AccountError(
                f"account {account.name!r}: password: sha256$SALT$DIGEST is the form"
            )
        self._window = _window(account)
        try:
            self._zone = ZoneInfo(account.timezone) if account.hours else None
        except (KeyError, ValueError, OSError) as error:
            raise AccountError(
                f"account {account.name!r}: no such timezone: {account.timezone!r}"
            ) from error
        for prefix in account.prefixes:
            if not re.fullmatch("[0-9]{1,12}", prefix):
                raise AccountError(f"account {account.name!r}: prefixes: {prefix!r} is no digits")
        if account.allowance is not None and account.allowance < 0:
            raise AccountError(
                f"account {account.name!r}: allowance: {account.allowance} is below 0"
            )
        if account.rate is not None and not account.rate > 0:
            raise AccountError(f"account {account.name!r}: rate: {account.rate} is not above 0")
        self._burst = 0 if account.rate is None else max(1, int(account.rate))
        self._recent: deque[float] = deque(maxlen=self._burst)

    def knows(self, password: str | None) -> bool:
        """Whether that is its password."""
        own = self.account.password
        if not own.startswith(_HASHED):
            return own == password
        _, salt, digest = own.split("$", 2)
        return password is not None and hmac.compare_digest(digest, _digest(salt, password))

    def allows_address(self, address: str) -> bool:
        """Whether it may call from this IP address."""
        if not self._networks:
            return True
        try:
            caller = ipaddress.ip_address(address)
        except ValueError:
            return False
        if isinstance(caller, ipaddress.IPv6Address) and caller.ipv4_mapped:
            caller = caller.ipv4_mapped
        return any(caller in network for network in self._networks)

    def allows_traffic(self, number: str, now: float) -> bool:
        """Whether it may send to this number, at this instant."""
        prefixes = self.account.prefixes
        if prefixes and not number.startswith(prefixes):
            return False
        if self._window is None:
            return True
        start, end = self._window
        local = datetime.fromtimestamp(now, UTC).astimezone(self._zone).time()
        return start <= local < end if start < end else local >= start or local < end

    def has_allowance(self) -> bool:
        """Whether one more message is allowed."""
        allowance = self.account.allowance
        return allowance is None or self.used < allowance

    def has_rate(self, now: float) -> bool:
        """Whether one more message now stays within the rate."""
        if self.account.rate is None or len(self._recent) < self._burst:
            return True
        elapsed = now - self._recent[0]
        # A clock that was set back starts afresh.
        return elapsed < 0 or elapsed >= self._burst / self.account.rate

    def count(self, now: float) -> None:
        """One more message was accepted."""
        self.used += 1
        if self._burst:
            if self._recent and now < self._recent[-1]:
                self._recent.clear()
            self._recent.append(now)


def _digest(salt: str, password: str) -> str:
    return hashlib.sha256(f"{salt}${password}".encode()).hexdigest()


def _window(account: Account) -> tuple[time, time] | None:
    if account.hours is None:
        return None
    match = _HOURS.fullmatch(account.hours)
    if match is None:
        raise AccountError(
            f"account {account.name!r}: hours: {account.hours!r} is not of the form 08:00-20:00"
        )
    start_hour, start_minute, end_hour, end_minute = map(int, match.groups())
    start, end = time(start_hour, start_minute), time(end_hour, end_minute)
    if start == end:
        raise AccountError(f"account {account.name!r}: hours: {account.hours!r} is empty")
    return start, end


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
