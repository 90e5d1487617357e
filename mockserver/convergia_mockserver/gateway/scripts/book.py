"""A space's scripts at work.

The space's lock guards them: exactly N calls get what a script says, however many come at once.
"""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

from convergia_mockserver.gateway.calls import GUIDE_OPERATIONS
from convergia_mockserver.gateway.patterns import (
    Pattern,
    PatternTimeError,
    SearchTime,
    number_test,
    pattern,
)

from .definition import NearMiss, Script, ScriptAnswer, ScriptError, ScriptState, Subject, typed

if TYPE_CHECKING:
    import threading
    from collections.abc import Callable, Iterable, Mapping

    from convergia_wsdl import Guide

    from convergia_mockserver.gateway.calls import Operation
    from convergia_mockserver.gateway.storage.keep import Keep

    from .definition import Match

_MAX_SCRIPTS = 10_000
_MAX_USED_UP = 100
_MAX_DELAY = 3600.0
_MAX_DRAWS = 10_000_000


class _Active:
    __slots__ = (
        *("_chance", "arguments", "draws", "id", "limit", "operation", "script", "tests", "used"),
    )

    def __init__(
        self, number: int, script: Script, operation: Operation | None, search: SearchTime
    ) -> None:
        self.id = number
        self.script = script
        self.used = self.draws = 0
        self.limit = len(script.answers) if script.times is None else script.times
        self.operation = operation
        self.tests = _tests(script.match, search)
        self.arguments = {
            name: _in_time(pattern(wanted).test(search))
            for name, wanted in script.match.arguments.items()
        }
        self._chance = random.Random(script.seed)  # noqa: S311 - a repeatable one is wanted

    @property
    def exhausted(self) -> bool:
        return bool(self.limit) and self.used >= self.limit

    def matches(self, subject: Subject) -> bool:
        if self.operation is not None and subject.operation != self.operation:
            return False
        if not all(
            name in subject.arguments and test(subject.arguments[name])
            for name, test in self.arguments.items()
        ):
            return False
        return all(test(getattr(subject, field)) for field, test in self.tests.items())

    def agrees(self, field: str, value: str) -> bool:
        return value == self.operation if field == "operation" else self.tests[field](value)

    def strikes(self) -> bool:
        probability = self.script.probability
        if probability >= 1:
            return True
        self.draws += 1
        return self._chance.random() < probability

    def state(self) -> ScriptState:
        remaining = max(0, self.limit - self.used) if self.limit else None
        return ScriptState(self.id, self.script, self.used, remaining, self.draws)

    def restore(self, state: ScriptState) -> None:
        self.used = state.used
        # So that its chance goes on where it was.
        while self.draws < state.draws:
            self.strikes()


class ScriptBook:
    """A space's scripts, first in, first out. Thread-safe.

    Args:
        guide: says which codes belong to which operation.
        lock: the space's.
        keep: where they are kept besides.
        operations: the WSDL's, other than send and status.
    """

    def __init__(
        self, guide: Guide, lock: threading.RLock, keep: Keep, operations: tuple[str, ...] = ()
    ) -> None:
        self._keep = keep
        self._operations = operations
        self._send_codes = frozenset(known.code for known in guide.send.codes)
        self._status_codes = frozenset(known.code for known in guide.status.codes)
        self._lock = lock
        # All scripts together, for one request.
        self._search = SearchTime()
        self._active: list[_Active] = []
        self._exhausted: list[_Active] = []
        self._count = 0

    def __bool__(self) -> bool:
        return bool(self._active)

    def add(self, script: Script) -> ScriptState:
        """Put a script behind the others.

        Raises:
            ScriptError: it has no answer, or one that cannot be.
        """
        script = typed(script)
        operation = self._check(script)
        with self._lock:
            if len(self._active) >= _MAX_SCRIPTS:
                raise ScriptError(f"there are {_MAX_SCRIPTS} scripts already; clear some")
            self._count += 1
            active = _Active(self._count, script, operation, self._search)
            self._active.append(active)
            state = active.state()
            self._keep.put_script(state)
            return state

    def take(self, subject: Subject) -> tuple[int, ScriptAnswer] | None:
        """The answer for a request, counted as given; None when no script wants it."""
        with self._lock:
            self._search.renew()
            for active in self._active:
                if not active.matches(subject):
                    continue
                drawn = active.draws
                if active.strikes():
                    return active.id, self._answer(active)
                if active.draws != drawn:
                    self._keep.put_script(active.state())
        return None

    def _answer(self, active: _Active) -> ScriptAnswer:
        answers = active.script.answers
        answer = answers[active.used % len(answers)]
        active.used += 1
        self._keep.put_script(active.state())
        if active.exhausted:
            self._active.remove(active)
            self._exhausted.append(active)
            if len(self._exhausted) > _MAX_USED_UP:
                self._keep.delete_script(self._exhausted.pop(0).id)
        return answer

    def states(self) -> list[ScriptState]:
        """All scripts in the order they were added, the latest hundred used-up ones included."""
        with self._lock:
            everyone = [*self._exhausted, *self._active]
            return [active.state() for active in sorted(everyone, key=lambda each: each.id)]

    def get(self, number: int) -> ScriptState | None:
        """One script by its id."""
        return next((state for state in self.states() if state.id == number), None)

    def remove(self, number: int) -> bool:
        """Forget a script; tells whether it was there."""
        with self._lock:
            before = len(self._active) + len(self._exhausted)
            self._active = [each for each in self._active if each.id != number]
            self._exhausted = [each for each in self._exhausted if each.id != number]
            self._keep.delete_script(number)
            return len(self._active) + len(self._exhausted) < before

    def clear(self) -> None:
        """Forget all scripts."""
        with self._lock:
            self._forget()
            self._keep.replace_scripts(())

    def _forget(self) -> None:
        self._active, self._exhausted, self._count = [], [], 0

    def restore(self, states: Iterable[ScriptState]) -> None:
        """Put back what `states` gave.

        Raises:
            ScriptError: a script that cannot be.
        """
        with self._lock:
            self.load(states)
            self._keep.replace_scripts(self.states())

    def load(self, states: Iterable[ScriptState]) -> None:
        """Hold these, as they are kept already.

        Raises:
            ScriptError: a script that cannot be.
        """
        with self._lock:
            self._forget()
            for state in states:
                active = _Active(state.id, state.script, self._check(state.script), self._search)
                active.restore(state)
                (self._exhausted if active.exhausted else self._active).append(active)
                self._count = max(self._count, state.id)

    def nearest(self, subject: Subject) -> NearMiss | None:
        """The script that agrees with most of a request, and what kept it from answering."""
        with self._lock:
            self._search.renew()
            misses = [_miss(active, subject) for active in (*self._active, *self._exhausted)]
        return max(
            misses, key=lambda miss: (len(miss.matched) - len(miss.reasons), miss.script),
            default=None,
        )  # fmt: skip

    def _check(self, script: Script) -> Operation | None:
        """The operation a script is for: as it says, else as its codes say."""
        if not script.answers:
            raise ScriptError("a script wants at least one answer")
        if script.times is not None and script.times < 0:
            raise ScriptError(f"times: {script.times} is below 0")
        if not 0 <= script.probability <= 1:
            raise ScriptError(f"probability: {script.probability} is not between 0 and 1")
        for answer in script.answers:
            if not (0 <= answer.delay <= _MAX_DELAY and 0 <= answer.seconds <= _MAX_DELAY):
                raise ScriptError(f"a delay is 0 to {_MAX_DELAY:g} seconds")
        return self._operation(script)

    def _operation(self, script: Script) -> Operation | None:
        operation = script.match.operation
        if operation is not None and operation not in (*GUIDE_OPERATIONS, *self._operations):
            known = ", ".join((*GUIDE_OPERATIONS, *self._operations))
            raise ScriptError(f"operation: there is no {operation!r}; there are: {known}")
        other = operation is not None and operation not in GUIDE_OPERATIONS
        if any(answer.decides for answer in script.answers) and not other:
            raise ScriptError(
                "returns and soap_fault are for an operation other than send and status: name it as"
                " `operation`"
            )
        if other and any(answer.code is not None for answer in script.answers):
            raise ScriptError(f"code: {operation} has no codes; say what it returns")
        if operation is not None:
            return operation
        codes = {answer.code for answer in script.answers if answer.code is not None}
        if codes and codes <= self._status_codes:
            return "status"
        if codes & self._status_codes and codes & self._send_codes:
            raise ScriptError(
                f"codes {sorted(codes)} mix sends and status queries; one script is for one of them"
            )
        return "send" if codes else None


def _tests(match: Match, search: SearchTime) -> Mapping[str, Callable[[str], bool]]:
    tests: dict[str, Callable[[str], bool]] = {}
    if match.face is not None:
        tests["face"] = match.face.__eq__
    for field in ("account", "number", "text", "extra"):
        wanted: str | Pattern | None = getattr(match, field)
        if wanted is not None:
            make = number_test if field == "number" else Pattern.test
            tests[field] = _in_time(make(pattern(wanted), search))
    return tests


def _in_time(test: Callable[[str], bool]) -> Callable[[str], bool]:
    """The test, failed where it takes too long: a request is answered all the same."""

    def passed(value: str) -> bool:
        try:
            return test(value)
        except PatternTimeError:
            return False

    return passed


def _miss(active: _Active, subject: Subject) -> NearMiss:
    match, matched, reasons = active.script.match, [], []
    for name, test in active.arguments.items():
        if name in subject.arguments and test(subject.arguments[name]):
            matched.append(name)
        else:
            came = subject.arguments.get(name)
            reasons.append(f"{name}: {came!r} is not {match.arguments[name]}")
    wanted: dict[str, str | Pattern | None] = {
        "face": match.face, "operation": active.operation, "account": match.account,
        "number": match.number, "text": match.text, "extra": match.extra,
    }  # fmt: skip
    for field, value in wanted.items():
        given: str = getattr(subject, field)
        if value is None:
            continue
        if active.agrees(field, given):
            matched.append(field)
        else:
            reasons.append(f"{field}: {given!r} is not {pattern(value)}")
    if active.exhausted:
        reasons.append(f"used up: it answered {active.used}")
    elif not reasons:
        reasons.append("passed by, as its probability allows")
    return NearMiss(active.id, tuple(matched), tuple(reasons))
