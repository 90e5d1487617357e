"""The spaces of a mock server, by name.

Thread-safe, as `Space` is.
"""

from __future__ import annotations

import re
import secrets
import threading
import time
from collections import Counter
from contextlib import ExitStack, nullcontext, suppress
from dataclasses import replace
from typing import TYPE_CHECKING

from convergia_wsdl import load_guide, load_profile

from .coverage import coverage
from .journal import FindingGate
from .rules import Rules
from .searches import Searches
from .settings import SpaceSettings
from .space import Space
from .storage import SpaceStorage
from .totals import Totals

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping

    from convergia_wsdl import Guide, Profile

    from .calls import Call
    from .coverage import Cell, Coverage
    from .journal import FindingKind, RequestObserver
    from .reserved import ReservedNumber
    from .storage import SavedSpace, Storage

DEFAULT_SPACE = "default"
MAX_SPACES = 256
_NAME = re.compile(r"[0-9A-Za-z][0-9A-Za-z._-]{0,63}")


class SpaceNameError(ValueError):
    """The name of a space is invalid.

    It must have 1 to 64 letters, digits, `.`, `_` or `-`, and begin with a letter or a digit.
    """


class SpaceLimitError(RuntimeError):
    """The server has the maximum number of spaces, and all of them were used recently."""


class World:
    """The spaces of one server.

    A space is created on first use. `default` is created at once, and so are as many configured or
    stored spaces as `max_spaces` allows.

    Args:
        guide: the facts. By default the packaged guide.
        profile: the assumptions. By default the packaged profile.
        settings: the settings of a new space.
        max_spaces: the largest number of spaces at a time.
        idle_seconds: the time after which an unused space may be removed to make room. `default`
            is never removed.
        storage: the file that keeps spaces besides memory, if any.
        monotonic: the clock that measures idle time.
        fail_on: the kinds of findings that `gate` counts.
        by_space: settings of single spaces, by name.
        reserved: the reserved numbers. By default the guide's.
        saved: the state of spaces in a snapshot file, by name.

    Attributes:
        settings: the settings of a new space.
        gate: the counted findings of all spaces ever. None without `fail_on`.
        observers: objects that get each journal entry of all spaces.
    """

    def __init__(
        self,
        guide: Guide | None = None,
        profile: Profile | None = None,
        *,
        settings: SpaceSettings | None = None,
        max_spaces: int = MAX_SPACES,
        idle_seconds: float = 3600.0,
        storage: Storage | None = None,
        monotonic: Callable[[], float] = time.monotonic,
        fail_on: Collection[FindingKind] = (),
        by_space: Mapping[str, SpaceSettings] | None = None,
        reserved: Mapping[str, ReservedNumber] | None = None,
        saved: Mapping[str, SavedSpace] | None = None,
    ) -> None:
        self.guide: Guide = guide or load_guide()
        self.profile: Profile = profile or load_profile()
        self.settings: SpaceSettings = settings or SpaceSettings()
        self.max_spaces = max_spaces
        self.idle_seconds = idle_seconds
        self._storage = storage
        self._monotonic = monotonic
        self.searches: Searches = Searches()
        self._rules = Rules(self.guide, self.profile)
        if reserved is not None:
            self._rules.reserved = dict(reserved)
        self._by_space = dict(by_space or {})
        self._saved = dict(saved or {})
        self.gate: FindingGate | None = FindingGate(fail_on, self.profile) if fail_on else None
        self.observers: list[RequestObserver] = []
        self._lock = threading.Lock()
        self._spaces: dict[str, Space] = {}
        self._used: dict[str, float] = {}
        self._retired: Counter[Cell] = Counter()
        self._retired_totals = Totals()
        # The totals of spaces that expired from memory but are still in the file. When such a space
        # is loaded again, what the file has lost meanwhile goes to the retired totals.
        self._expired: dict[str, Totals] = {}
        self._fresh = 0
        self.space()
        kept = () if storage is None else storage.spaces()
        for name in list(dict.fromkeys((*self._by_space, *self._saved, *kept)))[: max_spaces - 1]:
            self.space(name)

    def space(self, name: str = DEFAULT_SPACE) -> Space:
        """Return the space of this name. Create it if it does not exist.

        Raises:
            SpaceNameError: if the name is invalid.
            SpaceLimitError: if there is no room for one more space.
        """
        space = self._spaces.get(name)
        if space is None:
            check_name(name)
            space = self._create(name)
        self._used[name] = self._monotonic()
        return space

    def peek(self, name: str) -> Space | None:
        """Return the space of this name, or None. This does not count as use of the space."""
        return self._spaces.get(name)

    def fresh(self, label: str) -> Space:
        """Create a space whose name begins with a label.

        Raises:
            SpaceNameError, SpaceLimitError: see `space`.
        """
        with self._lock:
            self._fresh += 1
            number = self._fresh
        return self.space(f"{label}-{number}-{secrets.token_hex(4)}")

    def resolve(self, name: str | None, call: Call) -> tuple[Space, Call]:
        """Return the space that a call is for, and the call.

        If the username names the space, the returned call has it without `@NAME`.

        Args:
            name: the space in the URL. None if the URL names no space. Then an account of the form
                `user@NAME` names it, unless the default space has an account of exactly that name.
            call: the call as the face read it.

        Raises:
            SpaceNameError, SpaceLimitError: see `space`.
        """
        if name is not None:
            return self.space(name), call
        default = self.space()
        username = call.arguments.get("username", "")
        if "@" in username and not default.accounts.find(username):
            user, _, wanted = username.rpartition("@")
            if _NAME.fullmatch(wanted):
                return self.space(wanted), replace(
                    call, arguments={**call.arguments, "username": user}
                )
        return default, call

    def follow(
        self,
        settings: SpaceSettings,
        by_space: Mapping[str, SpaceSettings],
        reserved: Mapping[str, ReservedNumber],
    ) -> None:
        """Apply new settings to all spaces, or to none if one of them cannot follow.

        Changes made to a space since its start are kept, and so are its messages. See
        `SpaceContents.following`.

        Raises:
            AccountError, OperationError, ScriptError, ValueError: if the settings are invalid.
            StorageError: if the file cannot be written.
        """
        with ExitStack() as held:
            held.enter_context(self._lock)
            spaces = list(self._spaces.values())
            for space in spaces:
                held.enter_context(space.lock)
            following = [
                (space, space.following(by_space.get(space.name, settings))) for space in spaces
            ]
            with nullcontext() if self._storage is None else self._storage.transaction():
                for space, start in following:
                    space.write(start)
            for space, start in following:
                space.follow(start)
            self.settings, self._by_space = settings, dict(by_space)
            self._rules.reserved = dict(reserved)
        for name in by_space:
            with suppress(SpaceLimitError):  # It is created on first use, if there is room.
                self.space(name)

    def saved(self) -> dict[str, SavedSpace]:
        """Return the state with which a server can continue its spaces, without the journals."""
        with self._lock:
            spaces = list(self._spaces.values())
        return self._saved | {space.name: space.saved() for space in spaces}

    def failed(self, error: Exception, name: str | None) -> None:
        """Record an error inside the server in a space. See `Space.failed`."""
        self.space(name or DEFAULT_SPACE).failed(error)

    @property
    def reserved(self) -> dict[str, ReservedNumber]:
        """The reserved numbers with their effects."""
        return dict(self._rules.reserved)

    @property
    def names(self) -> list[str]:
        """The names of the existing spaces, sorted."""
        with self._lock:
            return sorted(self._spaces)

    def delete(self, name: str) -> bool:
        """Delete a space with its contents. Return False if it did not exist."""
        with self._lock:
            if self._storage is not None:
                self._storage.delete_space(name)
            self._retired_totals += self._expired.pop(name, Totals())
            return self._forget(name)

    @property
    def counts(self) -> Counter[Cell]:
        """The number of calls for each face, operation, code and fault, in all spaces ever."""
        with self._lock:
            total = self._retired.copy()
            for space in self._spaces.values():
                total.update(space.counts)
            return total

    @property
    def totals(self) -> Totals:
        """The totals of all spaces ever."""
        with self._lock:
            loaded = [space.totals for space in self._spaces.values()]
            return sum([*loaded, *self._expired.values()], self._retired_totals)

    @property
    def coverage(self) -> Coverage:
        """The codes, operations and faults that were exercised in all spaces ever."""
        return coverage(self.counts, self.guide, tuple(self.settings.operations))

    @property
    def storage_failure(self) -> str | None:
        """The reason why the last write to the file failed. None if it succeeded."""
        return None if self._storage is None else self._storage.failure

    def close(self) -> None:
        """End the search threads, and close the file if any."""
        self.searches.close()
        if self._storage is not None:
            self._storage.close()

    def _create(self, name: str) -> Space:
        with self._lock:
            if name in self._spaces:
                return self._spaces[name]
            if len(self._spaces) >= self.max_spaces:
                self._expire()
            if len(self._spaces) >= self.max_spaces:
                most = self.max_spaces
                used = "1 space is" if most == 1 else f"{most:,} spaces are"
                raise SpaceLimitError(
                    f"{used} in use, which is the limit. Delete one, or wait until one has been"
                    f" idle for {self.idle_seconds:g} s"
                )
            storage = None if self._storage is None else SpaceStorage(self._storage, name)
            space = Space(
                name,
                self._rules,
                self._by_space.get(name, self.settings),
                storage,
                self.searches,
                self.gate,
                self.observers,
                self._saved.pop(name, None),
            )
            self._spaces[name] = space
            # The file may hold less than before the space expired, because it may have been reset.
            before = self._expired.pop(name, None)
            if before is not None:
                self._retired_totals += before - space.totals
            return space

    def _expire(self) -> None:
        deadline = self._monotonic() - self.idle_seconds
        for name in [name for name, used in self._used.items() if used <= deadline]:
            if name != DEFAULT_SPACE:
                self._forget(name, is_stored=self._storage is not None)

    def _forget(self, name: str, *, is_stored: bool = False) -> bool:
        self._used.pop(name, None)
        space = self._spaces.pop(name, None)
        if space is not None:
            self._retired.update(space.counts)
            if is_stored:
                self._expired[name] = space.totals
            else:
                self._retired_totals += space.totals
        return space is not None


def check_name(name: str) -> None:
    """Check the name of a space.

    Raises:
        SpaceNameError: if the name is invalid.
    """
    if _NAME.fullmatch(name) is None:
        raise SpaceNameError(
            f"{name[:80]!r} is not a valid name of a space: it must have 1 to 64 letters, digits,"
            " '.', '_' or '-', and begin with a letter or a digit"
        )
