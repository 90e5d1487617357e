"""A space's accounts, with the use they have made of their limits. Thread-safe."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from .account import Account, AccountError
from .limits import AccountState

if TYPE_CHECKING:
    import threading
    from collections.abc import Callable, Iterable, Mapping


class AccountView(msgspec.Struct, frozen=True):
    """An account without its password.

    Attributes:
        used: messages accepted so far.
        remaining: how many more are allowed; None for no limit.
    """

    name: str
    allowance: int | None
    addresses: tuple[str, ...]
    prefixes: tuple[str, ...]
    hours: str | None
    timezone: str
    rate: float | None
    used: int
    remaining: int | None


class AccountBook:
    """Who may send to a space.

    Args:
        accounts: who may from the start.
        lock: the space's.
        changed: called after each change, with the lock held.
    """

    def __init__(
        self, accounts: Iterable[Account], lock: threading.RLock, changed: Callable[[], None]
    ) -> None:
        self._initial = tuple(accounts)
        self._lock = lock
        self._changed = changed
        self._states: dict[str, AccountState] = {}
        self.reset()

    def find(self, name: str) -> AccountState | None:
        """An account at work. Its space alone changes it."""
        return self._states.get(name)

    def authenticate(self, name: str, password: str) -> bool:
        """Whether there is such an account with that password."""
        state = self._states.get(name)
        return state is not None and state.knows(password)

    def all(self) -> list[AccountView]:
        """Every account, by name."""
        with self._lock:
            return [_view(self._states[name]) for name in sorted(self._states)]

    def get(self, name: str) -> AccountView | None:
        """One account."""
        with self._lock:
            state = self._states.get(name)
            return None if state is None else _view(state)

    def put(self, account: Account) -> AccountView:
        """Create an account, or replace the one of that name; what it has used stays.

        Raises:
            AccountError: an account that cannot be.
        """
        with self._lock:
            known = self._states.get(account.name)
            state = AccountState(account, 0 if known is None else known.used)
            self._states[account.name] = state
            self._changed()
            return _view(state)

    def change(self, name: str, /, **changes: object) -> AccountView:
        """Change some of an account's fields; `used` too.

        Raises:
            KeyError: there is no account of that name.
            AccountError: there is no such field, or it cannot be that.
        """
        with self._lock:
            state = self._states[name]
            used = changes.pop("used", state.used)
            if not isinstance(used, int) or used < 0:
                raise AccountError(f"account {name!r}: used: {used!r} is not zero or more")
            if changes.get("name", name) != name:
                raise AccountError(f"account {name!r}: a name stays; create another account")
            try:
                fields = msgspec.structs.asdict(state.account) | changes
                changed = AccountState(msgspec.convert(fields, Account), used)
            except msgspec.ValidationError as error:
                raise AccountError(f"account {name!r}: {error}") from error
            self._states[name] = changed
            self._changed()
            return _view(changed)

    def delete(self, name: str) -> bool:
        """Forget an account; tells whether it was there."""
        with self._lock:
            deleted = self._states.pop(name, None) is not None
            self._changed()
            return deleted

    def reset(self) -> None:
        """Back to the accounts from the start, nothing used."""
        states = {account.name: AccountState(account) for account in self._initial}
        with self._lock:
            self._states = states

    def differences(self) -> tuple[tuple[Account, ...], tuple[str, ...]]:
        """The accounts that are not as from the start, hashed, and the names of those deleted."""
        with self._lock:
            changed = tuple(
                state.account.hashed()
                for state in self._states.values()
                if state.account not in self._initial
            )
            return changed, tuple(
                account.name for account in self._initial if account.name not in self._states
            )

    def load(
        self, changed: Iterable[Account], removed: Iterable[str], used: Mapping[str, int]
    ) -> None:
        """Be as `differences` said, with so much used."""
        accounts = {account.name: account for account in (*self._initial, *changed)}
        gone = frozenset(removed)
        with self._lock:
            self._states = {
                name: AccountState(account, used.get(name, 0))
                for name, account in accounts.items()
                if name not in gone
            }

    def saved(self) -> list[tuple[Account, int]]:
        """Accounts with hashed passwords, and what each has used."""
        with self._lock:
            return [(state.account.hashed(), state.used) for state in self._states.values()]

    def restore(self, saved: Iterable[tuple[Account, int]]) -> None:
        """Put back what `saved` gave.

        Raises:
            AccountError: an account that cannot be.
        """
        states = {account.name: AccountState(account, used) for account, used in saved}
        with self._lock:
            self._states = states


def _view(state: AccountState) -> AccountView:
    account = state.account
    allowance = account.allowance
    return AccountView(
        name=account.name,
        allowance=allowance,
        addresses=account.addresses,
        prefixes=account.prefixes,
        hours=account.hours,
        timezone=account.timezone,
        rate=account.rate,
        used=state.used,
        remaining=None if allowance is None else max(0, allowance - state.used),
    )
