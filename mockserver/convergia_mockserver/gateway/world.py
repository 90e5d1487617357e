"""All the spaces of one mock server, by name.

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
    """Not a name that a space can have: 1 to 64 letters, digits, `.`, `_`, `-`."""


class SpaceLimitError(RuntimeError):
    """There are as many spaces as this server may hold, and none of them is idle."""


class World:
    """The spaces of one server; each is made on first use.

    Args:
        guide: the facts; the packaged guide when left out.
        profile: the assumptions; the packaged profile when left out.
        settings: what a fresh space starts with.
        max_spaces: how many there may be at once.
        idle_seconds: how long a space lives that nobody uses; `default` lives on.
        storage: the file that spaces are kept in besides memory, if any.
        monotonic: the clock that idleness is measured by.
        fail_on: the kinds of findings that `gate` counts.
        by_space: what the spaces of these names start with instead; they are made at once.
        reserved: the reserved numbers; the guide's when left out.
        saved: what a snapshot file keeps of spaces, by name.

    Attributes:
        settings: what a fresh space starts with.
        gate: the findings of those kinds, in all spaces there ever were; None without any.
        observers: get each journal entry of all spaces.
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
        # Of spaces that expired and are in the file still: they come back as they were.
        self._asleep: dict[str, Totals] = {}
        self._fresh = 0
        self.space()
        kept = () if storage is None else storage.spaces()
        for name in list(dict.fromkeys((*self._by_space, *self._saved, *kept)))[: max_spaces - 1]:
            self.space(name)

    def space(self, name: str = DEFAULT_SPACE) -> Space:
        """Return the space of that name, made if it is not there.

        Raises:
            SpaceNameError: no name for a space.
            SpaceLimitError: no room for one more.
        """
        space = self._spaces.get(name)
        if space is None:
            check_name(name)
            space = self._create(name)
        self._used[name] = self._monotonic()
        return space

    def peek(self, name: str) -> Space | None:
        """Return the space of that name if there is one; a look does not keep it alive."""
        return self._spaces.get(name)

    def fresh(self, label: str) -> Space:
        """Return a new space, its name beginning with a label.

        Raises:
            SpaceNameError, SpaceLimitError: as `space`.
        """
        with self._lock:
            self._fresh += 1
            number = self._fresh
        return self.space(f"{label}-{number}-{secrets.token_hex(4)}")

    def resolve(self, name: str | None, call: Call) -> tuple[Space, Call]:
        """Return the space a call is for, and the call as that space sees it.

        Args:
            name: the space its URL named; None when the URL named none. Then an account of the
                form `user@NAME` names one, unless the default space has an account of that very
                name.
            call: the call as the face read it.

        Raises:
            SpaceNameError, SpaceLimitError: as `space`.
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
        """Let all spaces follow other settings from now on, or none if one cannot.

        What was changed of a space since its start stays; so do its messages. See
        `SpaceContents.following`.

        Raises:
            AccountError, OperationError, ScriptError, ValueError: settings that cannot be.
            StorageError: the file cannot be written.
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
            with suppress(SpaceLimitError):  # it is made when it is used, if there is room
                self.space(name)

    def saved(self) -> dict[str, SavedSpace]:
        """Return all that a server needs to go on with its spaces later, but their journals."""
        with self._lock:
            spaces = list(self._spaces.values())
        return self._saved | {space.name: space.saved() for space in spaces}

    def failed(self, error: Exception, name: str | None) -> None:
        """Remember that the server itself failed to answer, for the owner of the space."""
        self.space(name or DEFAULT_SPACE).failed(error)

    @property
    def reserved(self) -> dict[str, ReservedNumber]:
        """The reserved numbers and what each does."""
        return dict(self._rules.reserved)

    @property
    def names(self) -> list[str]:
        """The names of the spaces there are, sorted."""
        with self._lock:
            return sorted(self._spaces)

    def delete(self, name: str) -> bool:
        """Forget a space and all in it; tells whether it was there."""
        with self._lock:
            if self._storage is not None:
                self._storage.delete_space(name)
            self._retired_totals += self._asleep.pop(name, Totals())
            return self._forget(name)

    @property
    def counts(self) -> Counter[Cell]:
        """How often each face, operation, code and fault was, in all spaces there ever were."""
        with self._lock:
            total = self._retired.copy()
            for space in self._spaces.values():
                total.update(space.counts)
            return total

    @property
    def totals(self) -> Totals:
        """What was counted up in all spaces there ever were."""
        with self._lock:
            awake = [space.totals for space in self._spaces.values()]
            return sum([*awake, *self._asleep.values()], self._retired_totals)

    @property
    def coverage(self) -> Coverage:
        """Which codes, operations and faults were exercised, in all spaces there ever were."""
        return coverage(self.counts, self.guide, tuple(self.settings.operations))

    @property
    def storage_failure(self) -> str | None:
        """Why the last write to the file failed; None if it did not, or without a file."""
        return None if self._storage is None else self._storage.failure

    def close(self) -> None:
        """End the threads of searches, and close the file that spaces are kept in, if any."""
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
                raise SpaceLimitError(
                    f"{self.max_spaces} spaces are in use, which is the limit; delete one, or wait"
                    f" until one was idle for {self.idle_seconds:g} seconds"
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
            # It comes back with what the file says, which may be less: it may have been reset.
            slept = self._asleep.pop(name, None)
            if slept is not None:
                self._retired_totals += slept - space.totals
            return space

    def _expire(self) -> None:
        deadline = self._monotonic() - self.idle_seconds
        for name in [name for name, used in self._used.items() if used <= deadline]:
            if name != DEFAULT_SPACE:
                self._forget(name, returns=self._storage is not None)

    def _forget(self, name: str, *, returns: bool = False) -> bool:
        self._used.pop(name, None)
        space = self._spaces.pop(name, None)
        if space is not None:
            self._retired.update(space.counts)
            if returns:
                self._asleep[name] = space.totals
            else:
                self._retired_totals += space.totals
        return space is not None


def check_name(name: str) -> None:
    """Raise where a space cannot have that name.

    Raises:
        SpaceNameError: it cannot.
    """
    if _NAME.fullmatch(name) is None:
        raise SpaceNameError(
            f"{name[:80]!r} is no name for a space: 1 to 64 letters, digits, '.', '_', '-',"
            " beginning with a letter or a digit"
        )
