"""A space's accounts, with the use they have made of their limits. Thread-safe."""

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
        name: the guide's `username`.
        allowance: how many messages it may send in all; None for no limit.
        addresses: IP addresses and networks that it may call from; empty for any.
        prefixes: beginnings of the 12 digits that it may send to; empty for any.
        hours: when it may send, in `timezone`; None for always.
        timezone: an IANA name.
        rate: messages a second; None for no limit.
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
        changed: called after each change, with the lock held; if it raises, nothing is changed.

    Attributes:
        initial: the accounts from the start.
    """

    def __init__(
        self, accounts: Iterable[Account], lock: threading.RLock, changed: Callable[[], None]
    ) -> None:
        self.initial: tuple[Account, ...] = tuple(accounts)
        self._lock = lock
        self._changed = changed
        self._states = {account.name: AccountState(account) for account in self.initial}

    def find(self, name: str) -> AccountState | None:
        """Return an account at work. Its space alone changes it."""
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
            self._change({**self._states, account.name: state})
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
            if not isinstance(used, int) or not 0 <= used <= LARGEST:
                raise AccountError(f"account {name!r}: used: {used!r} is not zero or more")
            if changes.get("name", name) != name:
                raise AccountError(f"account {name!r}: a name stays; create another account")
            try:
                fields = msgspec.structs.asdict(state.account) | changes
                changed = AccountState(msgspec.convert(fields, Account), used)
            except msgspec.ValidationError as error:
                raise AccountError(f"account {name!r}: {describe(error, Account)}") from error
            self._change({**self._states, name: changed})
            return _view(changed)

    def delete(self, name: str) -> bool:
        """Forget an account; tells whether it was there."""
        with self._lock:
            if name not in self._states:
                return False
            self._change({key: state for key, state in self._states.items() if key != name})
            return True

    def _change(self, states: dict[str, AccountState]) -> None:
        before, self._states = self._states, states
        try:
            self._changed()
        except BaseException:  # it could not be kept: then it is not so
            self._states = before
            raise

    def differences(
        self, states: Mapping[str, AccountState] | None = None
    ) -> tuple[tuple[Account, ...], tuple[str, ...]]:
        """Return the accounts that are not as from the start, hashed, and those deleted, by name.

        Args:
            states: the accounts to look at; those in force when left out.
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
        """Return the accounts as they would be if others had been there from the start.

        What was changed or deleted since stays so, and what was used stays used.

        Raises:
            AccountError: an account that cannot be.
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
        """Be as `differences` said, with so much used."""
        accounts = {account.name: account for account in (*self.initial, *changed)}
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

    @staticmethod
    def prepared(saved: Iterable[tuple[Account, int]]) -> dict[str, AccountState]:
        """Return what `saved` gave as accounts at work, to be put in place by `become`.

        Raises:
            AccountError: an account that cannot be, or two of one name.
        """
        states: dict[str, AccountState] = {}
        for account, used in saved:
            if account.name in states:
                raise AccountError(f"account {account.name!r}: it is there twice")
            states[account.name] = AccountState(account, used)
        return states

    def become(
        self, states: dict[str, AccountState], initial: tuple[Account, ...] | None = None
    ) -> None:
        """Put prepared accounts in place of all there are, and of those from the start if given."""
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
