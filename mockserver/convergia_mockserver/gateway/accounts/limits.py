"""The limits of an account and the messages counted against them."""

from __future__ import annotations

import hmac
import ipaddress
import re
from collections import deque
from datetime import UTC, datetime, time
from zoneinfo import ZoneInfo

from convergia_mockserver.gateway.numbers import LARGEST

from .account import HASHED, Account, AccountError, digest

_HOURS = re.compile(r"([01][0-9]|2[0-3]):([0-5][0-9])-([01][0-9]|2[0-3]):([0-5][0-9])")
_MAX_RATE = 1_000_000


class AccountState:
    """An account with its parsed limits and its use. The space does the locking.

    Attributes:
        account: the account that it was made from.
        used: messages accepted so far.

    Raises:
        AccountError: if the account is invalid. The message names the account and the field.
    """

    __slots__ = ("_burst", "_networks", "_recent", "_window", "_zone", "account", "used")

    def __init__(self, account: Account, used: int = 0) -> None:
        self.account: Account = account
        self.used: int = used
        if not account.name or not account.password:
            raise AccountError(f"account {account.name!r}: name and password must not be empty")
        try:
            self._networks = tuple(ipaddress.ip_network(each) for each in account.addresses)
        except ValueError as error:
            raise AccountError(f"account {account.name!r}: addresses: {error}") from error
        if account.password.startswith(HASHED) and account.password.count("$") != 2:  # noqa: PLR2004
            raise AccountError(
                f"account {account.name!r}: password: a hash must have the form sha256$SALT$DIGEST"
            )
        self._window = _window(account)
        try:
            self._zone = ZoneInfo(account.timezone) if account.hours else None
        except (KeyError, ValueError, OSError) as error:
            raise AccountError(
                f"account {account.name!r}: timezone: {account.timezone!r} is unknown"
            ) from error
        for prefix in account.prefixes:
            if not re.fullmatch("[0-9]{1,12}", prefix):
                raise AccountError(
                    f"account {account.name!r}: prefixes: {prefix!r} must be 1 to 12 digits"
                )
        for field, number in (("allowance", account.allowance), ("used", used)):
            if number is not None and not 0 <= number <= LARGEST:
                raise AccountError(
                    f"account {account.name!r}: {field}: {number} must be between 0 and {LARGEST}"
                )
        if account.rate is not None and not 0 < account.rate <= _MAX_RATE:
            raise AccountError(
                f"account {account.name!r}: rate: {account.rate} must be above 0 and at most"
                f" {_MAX_RATE}"
            )
        self._burst = 0 if account.rate is None else max(1, int(account.rate))
        self._recent: deque[float] = deque(maxlen=self._burst)

    def knows(self, password: str | None) -> bool:
        """Return True if this is the account's password."""
        own = self.account.password
        if not own.startswith(HASHED):
            return own == password
        _, salt, known = own.split("$", 2)
        return password is not None and hmac.compare_digest(known, digest(salt, password))

    def allows_address(self, address: str) -> bool:
        """Return True if the account may call from this IP address."""
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
        """Return True if the account may send to this number at this time."""
        prefixes = self.account.prefixes
        if prefixes and not number.startswith(prefixes):
            return False
        if self._window is None:
            return True
        start, end = self._window
        local = datetime.fromtimestamp(now, UTC).astimezone(self._zone).time()
        return start <= local < end if start < end else local >= start or local < end

    def has_allowance(self) -> bool:
        """Return True if the account's allowance has room for one more message."""
        allowance = self.account.allowance
        return allowance is None or self.used < allowance

    def has_rate(self, now: float) -> bool:
        """Return True if one more message now stays within the account's rate."""
        if self.account.rate is None or len(self._recent) < self._burst:
            return True
        elapsed = now - self._recent[0]
        # After the clock was set back, the rate is counted anew.
        return elapsed < 0 or elapsed >= self._burst / self.account.rate

    def count(self, now: float) -> None:
        """Count an accepted message."""
        self.used += 1
        if self._burst:
            if self._recent and now < self._recent[-1]:
                self._recent.clear()
            self._recent.append(now)


def _window(account: Account) -> tuple[time, time] | None:
    if account.hours is None:
        return None
    match = _HOURS.fullmatch(account.hours)
    if match is None:
        raise AccountError(
            f"account {account.name!r}: hours: {account.hours!r} must have the form 08:00-20:00"
        )
    start_hour, start_minute, end_hour, end_minute = map(int, match.groups())
    start, end = time(start_hour, start_minute), time(end_hour, end_minute)
    if start == end:
        raise AccountError(f"account {account.name!r}: hours: {account.hours!r} is empty")
    return start, end
