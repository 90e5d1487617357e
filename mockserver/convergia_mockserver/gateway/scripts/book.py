"""The scripts of a space.

The lock of the space guards them, so that exactly N requests get a script's N answers, even if many
come at once.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from convergia_mockserver.gateway.search_time import SearchTime

from .active import ActiveScript, Taken
from .checks import ScriptChecks
from .definition import NearMiss, Script, ScriptError, ScriptState, typed

if TYPE_CHECKING:
    import threading
    from collections.abc import Callable, Iterable

    from convergia_wsdl import Guide

    from convergia_mockserver.gateway.criteria import Subject
    from convergia_mockserver.gateway.operations import OperationBook

    from .storage import ScriptStorage

_MAX_SCRIPTS = 10_000
_MAX_USED_UP = 100


class ScriptBook:
    """The scripts of a space. Thread-safe.

    The oldest script that matches a request answers it, unless its probability skips it.

    Args:
        guide: the guide, which lists the codes of send and status.
        lock: the lock of the space.
        storage: the storage that keeps scripts besides memory, if any.
        operations: the operations of the WSDL other than send and status.
    """

    def __init__(
        self,
        guide: Guide,
        lock: threading.RLock,
        storage: ScriptStorage | None,
        operations: OperationBook,
    ) -> None:
        self._storage = storage
        self._checks = ScriptChecks(guide, operations)
        self._lock = lock
        # The time for all scripts together, for one request.
        self._search = SearchTime.of_request()
        self._active: list[ActiveScript] = []
        self._exhausted: list[ActiveScript] = []
        self._count = 0

    def __bool__(self) -> bool:
        return bool(self._active)

    def add(self, script: Script) -> ScriptState:
        """Add a script after the others.

        Raises:
            ScriptError: if the script is invalid, or there are too many.
        """
        script = typed(script)
        scope = self._checks.scope(script)
        self._checks.check_new(script)
        with self._lock:
            if len(self._active) >= _MAX_SCRIPTS:
                raise ScriptError(f"there are already {_MAX_SCRIPTS} scripts; delete some")
            there = (active.script for active in (*self._active, *self._exhausted))
            self._checks.check_size([*there, script])
            self._count += 1
            active = ActiveScript(self._count, script, scope, self._search)
            self._active.append(active)
            self._put(active)
            return active.state()

    def take(self, subject: Subject) -> Taken | None:
        """Return the answer to a request, and count it. None if no script matches."""
        with self._lock:
            self._search.renew()
            for active in self._active:
                if not active.matches(subject):
                    continue
                drawn = active.draws
                if active.strikes():
                    return self._answer(active)
                if active.draws != drawn:
                    self._put(active)
        return None

    def _answer(self, active: ActiveScript) -> Taken:
        answer = active.next_answer()
        self._put(active)
        if active.exhausted:
            self._active.remove(active)
            self._exhausted.append(active)
            if len(self._exhausted) > _MAX_USED_UP:
                self._delete(self._exhausted.pop(0).id)
        return answer

    def states(self) -> list[ScriptState]:
        """Return all scripts in the order of their ids, with the latest 100 that are used up."""
        with self._lock:
            everyone = [*self._exhausted, *self._active]
            return [active.state() for active in sorted(everyone, key=lambda each: each.id)]

    def unused(self) -> list[ScriptState]:
        """Return the scripts that have not answered any request."""
        return [state for state in self.states() if not state.used]

    def get(self, number: int) -> ScriptState | None:
        """Return a script by its id, or None."""
        return next((state for state in self.states() if state.id == number), None)

    def remove(self, number: int) -> bool:
        """Delete a script. Return False if it did not exist."""
        with self._lock:
            before = len(self._active) + len(self._exhausted)
            self._active = [each for each in self._active if each.id != number]
            self._exhausted = [each for each in self._exhausted if each.id != number]
            self._delete(number)
            return len(self._active) + len(self._exhausted) < before

    def clear(self) -> None:
        """Delete all scripts."""
        with self._lock:
            if self._storage is not None:
                self._storage.replace_scripts(())
            self._forget()

    def _forget(self) -> None:
        self._active, self._exhausted, self._count = [], [], 0

    def prepared(self, states: Iterable[ScriptState]) -> list[ActiveScript]:
        """Turn the result of `states` into active scripts, for `become`.

        Raises:
            ScriptError: if a script is invalid, or two have the same id.
        """
        found: dict[int, ActiveScript] = {}
        for state in states:
            if state.id in found:
                raise ScriptError(f"script {state.id}: two scripts have this id")
            try:
                scope = self._checks.scope(state.script)
            except ScriptError as error:
                raise ScriptError(f"script {state.id}: {error}") from None
            active = ActiveScript(
                state.id, state.script, scope, self._search, from_file=state.from_file
            )
            active.restore(state)
            found[state.id] = active
        if len(found) > _MAX_SCRIPTS + _MAX_USED_UP:
            raise ScriptError(f"there must be at most {_MAX_SCRIPTS} scripts")
        self._checks.check_size(active.script for active in found.values())
        return [found[number] for number in sorted(found)]

    def following(self, scripts: Iterable[Script]) -> list[ActiveScript]:
        """Return the scripts that result if these replace the scripts of the start file.

        Raises:
            ScriptError: if a script is invalid, named by its position, or there are too many.
        """
        found = [each for each in (*self._exhausted, *self._active) if not each.from_file]
        first = self._count + 1
        for place, script in enumerate(scripts):
            try:
                checked = typed(script)
                scope = self._checks.scope(checked)
                self._checks.check_new(checked)
            except ScriptError as error:
                raise ScriptError(f"scripts[{place}]: {error}") from None
            found.append(ActiveScript(first + place, checked, scope, self._search, from_file=True))
        if len(found) > _MAX_SCRIPTS + _MAX_USED_UP:
            raise ScriptError(f"scripts: there must be at most {_MAX_SCRIPTS}")
        self._checks.check_size(active.script for active in found)
        return found

    def become(self, scripts: Iterable[ActiveScript]) -> None:
        """Replace all scripts by prepared ones. They must be in the storage already."""
        with self._lock:
            self._forget()
            for active in scripts:
                (self._exhausted if active.exhausted else self._active).append(active)
                self._count = max(self._count, active.id)

    def nearest(self, search: SearchTime | None = None) -> Callable[[Subject], NearMiss | None]:
        """Return a function that finds the script which nearly matched a request.

        The function also returns the reasons why the script did not answer. It holds no lock, and
        uses the scripts as they were when `nearest` was called.

        Args:
            search: the time that the regular expressions of all scripts share, for all requests.
        """
        search = search or SearchTime()
        with self._lock:
            scripts = [active.copy(search) for active in (*self._active, *self._exhausted)]

        def nearest(subject: Subject) -> NearMiss | None:
            return max(
                (active.miss(subject) for active in scripts),
                key=lambda miss: (len(miss.matched) - len(miss.reasons), miss.script),
                default=None,
            )

        return nearest

    def _put(self, active: ActiveScript) -> None:
        if self._storage is not None:
            self._storage.put_script(active.state())

    def _delete(self, number: int) -> None:
        if self._storage is not None:
            self._storage.delete_script(number)
