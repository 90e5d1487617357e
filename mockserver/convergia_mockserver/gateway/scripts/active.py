"""One script at work: how often it answered, and what its chance drew."""

from __future__ import annotations

from hashlib import blake2b
from typing import TYPE_CHECKING, NamedTuple

import msgspec

from convergia_mockserver.gateway.calls import WSDL
from convergia_mockserver.gateway.criteria import field_of, is_secret
from convergia_mockserver.gateway.patterns import pattern
from convergia_mockserver.gateway.search_time import PatternTimeError

from .definition import NearMiss, Script, ScriptAnswer, ScriptState
from .delays import Delay

if TYPE_CHECKING:
    from collections.abc import Callable

    from convergia_mockserver.gateway.calls import FaceName, Operation
    from convergia_mockserver.gateway.criteria import Subject
    from convergia_mockserver.gateway.search_time import SearchTime


class Taken(NamedTuple):
    """What one request gets of a script.

    Attributes:
        script: the script's id.
        answer: what the script says.
        delay: seconds, drawn if they were to be drawn.
    """

    script: int
    answer: ScriptAnswer
    delay: float


class ActiveScript:
    """A script at work. Not thread-safe: its book locks.

    Args:
        number: its id.
        script: what it says.
        scope: the operation and the face that it is for, also when only its answers say so.
        search: the time that the regular expressions of all scripts share, for one request.
        from_file: whether the server's start file gave it.
    """

    __slots__ = (
        "_criteria", "_scope", "_search", "_tests", "_xpath",
        "draws", "from_file", "id", "limit", "script", "used",
    )  # fmt: skip

    def __init__(
        self,
        number: int,
        script: Script,
        scope: tuple[Operation | None, FaceName | None],
        search: SearchTime,
        *,
        from_file: bool = False,
    ) -> None:
        self.id: int = number
        self.script: Script = script
        self.from_file: bool = from_file
        self.used: int = 0
        self.draws: int = 0
        self.limit: int = len(script.answers) if script.times is None else script.times
        self._scope = scope
        self._criteria = msgspec.structs.replace(script.match, operation=scope[0], face=scope[1])
        self._tests = {
            field: _in_time(test) for field, test in self._criteria.tests(search).items()
        }
        self._xpath = self._criteria.xpath_test()
        self._search = search

    @property
    def exhausted(self) -> bool:
        """Whether it has given all its answers."""
        return bool(self.limit) and self.used >= self.limit

    def copy(self, search: SearchTime) -> ActiveScript:
        """Return one that is as this is now, and whose regular expressions share other time."""
        copy = ActiveScript(self.id, self.script, self._scope, search, from_file=self.from_file)
        copy.used, copy.draws = self.used, self.draws
        return copy

    def matches(self, subject: Subject) -> bool:
        """Return True if a request agrees with all its criteria."""
        if subject.operation == WSDL and self._criteria.operation != WSDL:
            return False  # what is for every call is not for the WSDL
        return all(
            test(field_of(subject, field)) for field, test in self._tests.items()
        ) and self._finds(subject)

    def _finds(self, subject: Subject) -> bool:
        """Return True if its XPath holds for a request's body, or it has none."""
        if self._xpath is None:
            return True
        document = None if subject.parts is None else subject.parts.document()
        if document is None:
            return False
        try:
            return self._search.run(self._xpath.holds, self._xpath.expression, document)
        except PatternTimeError:
            return False

    def strikes(self) -> bool:
        """Draw whether it answers a request that matches."""
        probability = self.script.probability
        if probability >= 1:
            return True
        self.draws += 1
        return self._drawn(b"%d %d", self.draws) / 2**64 < probability

    def next_answer(self) -> Taken:
        """Return the answer for one more request, and count it."""
        answers = self.script.answers
        answer = answers[self.used % len(answers)]
        self.used += 1
        delay = answer.delay
        if isinstance(delay, Delay):
            delay = delay.seconds(self._drawn(b"delay %d %d", self.used))
        return Taken(self.id, answer, delay)

    def _drawn(self, what: bytes, position: int) -> int:
        """Return a number of 64 bits by its position.

        A restored script goes on at the millionth draw without drawing the rest.
        """
        drawn = blake2b(what % (self.script.seed, position), digest_size=8).digest()
        return int.from_bytes(drawn)

    def state(self) -> ScriptState:
        """Return a copy for others."""
        remaining = max(0, self.limit - self.used) if self.limit else None
        return ScriptState(self.id, self.script, self.used, remaining, self.draws, self.from_file)

    def restore(self, state: ScriptState) -> None:
        """Go on from a state: the chance too goes on where it was."""
        self.used, self.draws = state.used, state.draws

    def miss(self, subject: Subject) -> NearMiss:
        """Say what kept it from answering a request."""
        matched, reasons = [], []
        for field, wanted in self._criteria.given().items():
            value = field_of(subject, field)
            if self._tests[field](value):
                matched.append(field)
            elif is_secret(field):
                reasons.append(f"{field}: another")
            else:
                reasons.append(f"{field}: {value!r} is not {pattern(wanted)}")
        if self._xpath is not None:
            if self._finds(subject):
                matched.append("xpath")
            else:
                reasons.append(f"xpath: {self._xpath.expression} does not hold")
        if self.exhausted:
            reasons.append(f"used up: it answered {self.used}")
        elif not reasons:
            reasons.append("passed by, as its probability allows")
        return NearMiss(self.id, tuple(matched), tuple(reasons))


def _in_time(test: Callable[[str], bool]) -> Callable[[str], bool]:
    """Return the test, failed where it takes too long: a request is answered all the same."""

    def passed(value: str) -> bool:
        try:
            return test(value)
        except PatternTimeError:
            return False

    return passed
