"""The accounts of a space and the messages that each has used. Thread-safe."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from convergia_mockserver.gateway.numbers import LARGEST
from convergia_mockserver.gateway.valid_input import describe

from .account import Account, AccountError
from .limits import AccountState

if TYPE_CHECKING:
    import threading
    from collections.abc import Callable, Iterable, Mapping


class AccountView(msgspec.Struct, frozen=True):
    """An account without its password.

    Attributes:
        name: the account's name, the guide's `username`.
        allowance: messages that the account may send in all. None for no limit.
        addresses: IP addresses and networks that the account may call from. Empty for any.
        prefixes: beginnings of the 12-digit numbers that the account may send to. Empty for any.
        hours: the daily hours in which the account may send, in `timezone`. None for always.
        timezone: the IANA name of the timezone of `hours`.
        rate: messages per second. None for no limit.
        used: messages accepted from the account so far.
        remaining: messages that the account may still send. None for no limit.
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
    """The accounts of a space.

    Args:
        accounts: the initial accounts.
        lock: the lock of the space.
        changed: called after each change, with the lock held. If it raises, the change is undone.

    Attributes:
        initial: the accounts that the space started with.
    """

    def __init__(
        self, accounts: Iterable[Account], lock: threading.RLock, changed: Callable[[], None]
    ) -> None:
        self.initial: tuple[Account, ...] = tuple(accounts)
        self._lock = lock
        self._changed = changed
        self._states = {account.name: AccountState(account) for account in self.initial}

    def find(self, name: str) -> AccountState | None:
        """Return an account and its use, or None. Only the space may change it."""
        return self._states.get(name)

    def authenticate(self, name: str, password: str) -> bool:
        """Return True if the account exists and has this password."""
        state = self._states.get(name)
        return state is not None and state.knows(password)

    def all(self) -> list[AccountView]:
        """Return every account, sorted by name."""
        with self._lock:
            return [_view(self._states[name]) for name in sorted(self._states)]

    def get(self, name: str) -> AccountView | None:
        """Return an account, or None if no account has this name."""
        with self._lock:
            state = self._states.get(name)
            return None if state is None else _view(state)

    def put(self, account: Account) -> AccountView:
        """Create an account, or replace the one with its name. `used` is kept.

        Raises:
            AccountError: if the account is invalid.
        """
        with self._lock:
            known = self._states.get(account.name)
            state = AccountState(account, 0 if known is None else known.used)
            self._change({**self._states, account.name: state})
            return _view(state)

    def change(self, name: str, /, **changes: object) -> AccountView:
        """Change fields of an account, `used` included.

        Raises:
            KeyError: if no account has this name.
            AccountError: if a field does not exist or its value is invalid.
        """
        with self._lock:
            state = self._states[name]
            used = changes.pop("used", state.used)
            if not isinstance(used, int) or not 0 <= used <= LARGEST:
                raise AccountError(f"account {name!r}: used: {used!r} must be 0 or more")
            if changes.get("name", name) != name:
                raise AccountError(
                    f"account {name!r}: a name cannot be changed; create another account"
                )
            try:
                fields = msgspec.structs.asdict(state.account) | changes
                changed = AccountState(msgspec.convert(fields, Account), used)
            except msgspec.ValidationError as error:
                raise AccountError(f"account {name!r}: {describe(error, Account)}") from error
            self._change({**self._states, name: changed})
            return _view(changed)

    def delete(self, name: str) -> bool:
        """Delete an account. Return False if it did not exist."""
        with self._lock:
            if name not in self._states:
                return False
            self._change({key: state for key, state in self._states.items() if key != name})
            return True

    def _change(self, states: dict[str, AccountState]) -> None:
        before, self._states = self._states, states
        try:
            self._changed()
        except BaseException:  # A change that could not be stored must not stay in force.
            self._states = before
            raise

    def differences(
        self, states: Mapping[str, AccountState] | None = None
    ) -> tuple[tuple[Account, ...], tuple[str, ...]]:
        """Return the accounts that differ from the initial ones, and the names of those deleted.

        The passwords of the returned accounts are hashed.

        Args:
            states: the accounts to compare. By default the current ones.
        """
        with self._lock:
            states = self._states if states is None else states
            begun = {account.name: account for account in self.initial}
            changed = tuple(
                state.account.hashed()
                for name, state in states.items()
                if not state.account.is_same_as(begun.get(name))
            )
            return changed, tuple(name for name in begun if name not in states)

    def following(self, initial: Iterable[Account]) -> dict[str, AccountState]:
        """Return the accounts that result from other initial accounts.

        Accounts changed or deleted since the start stay so, and every account keeps its use.


        Raises:
            AccountError: if an account is invalid.
        """
        changed, removed = self.differences()
        own = {account.name for account in changed}
        states = {
            account.name: self._followed(account)
            for account in initial
            if account.name not in own and account.name not in removed
        }
        return states | {name: self._states[name] for name in own}

    def _followed(self, account: Account) -> AccountState:
        known = self._states.get(account.name)
        if known is not None and account.is_same_as(known.account):
            return known
        return AccountState(account, 0 if known is None else known.used)

    def load(
        self, changed: Iterable[Account], removed: Iterable[str], used: Mapping[str, int]
    ) -> None:
        """Restore what `differences` returned, with the given use of each account."""
        accounts = {account.name: account for account in (*self.initial, *changed)}
        gone = frozenset(removed)
        with self._lock:
            self._states = {
                name: AccountState(account, used.get(name, 0))
                for name, account in accounts.items()
                if name not in gone
            }

    def saved(self) -> list[tuple[Account, int]]:
        """Return every account with its password hashed, and the messages it has used."""
        with self._lock:
            return [(state.account.hashed(), state.used) for state in self._states.values()]

    @staticmethod
    def prepared(saved: Iterable[tuple[Account, int]]) -> dict[str, AccountState]:
        """Turn the result of `saved` into account states, for `become`.

        Raises:
            AccountError: if an account is invalid, or two have the same name.
        """
        states: dict[str, AccountState] = {}
        for account, used in saved:
            if account.name in states:
                raise AccountError(f"account {account.name!r}: two accounts have this name")
            states[account.name] = AccountState(account, used)
        return states

    def become(
        self, states: dict[str, AccountState], initial: tuple[Account, ...] | None = None
    ) -> None:
        """Replace all accounts, and the initial ones if `initial` is given."""
        with self._lock:
            self._states = states
            self.initial = self.initial if initial is None else initial


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
