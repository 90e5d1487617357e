"""The state of a script: how often it has answered, and its random draws."""

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
    """A script's answer to a request.

    Attributes:
        script: the script's id.
        answer: the answer.
        delay: the delay in seconds, drawn if it is random.
    """

    script: int
    answer: ScriptAnswer
    delay: float


class ActiveScript:
    """A script with its state. Not thread-safe: the book does the locking.

    Args:
        number: the id of the script.
        script: its definition.
        scope: the operation and the face that it is for, which may follow from its answers.
        search: the time that the regular expressions of all scripts share, for one request.
        from_file: true if it comes from the server's start file.
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
        """True if it has given all its answers."""
        return bool(self.limit) and self.used >= self.limit

    def copy(self, search: SearchTime) -> ActiveScript:
        """Return a copy whose regular expressions use the time of `search`."""
        copy = ActiveScript(self.id, self.script, self._scope, search, from_file=self.from_file)
        copy.used, copy.draws = self.used, self.draws
        return copy

    def matches(self, subject: Subject) -> bool:
        """Return True if a request matches all its criteria."""
        if subject.operation == WSDL and self._criteria.operation != WSDL:
            return False  # A script for every call does not answer requests for the WSDL.
        return all(
            test(field_of(subject, field)) for field, test in self._tests.items()
        ) and self._finds(subject)

    def _finds(self, subject: Subject) -> bool:
        """Return True if its XPath matches the body of a request, or it has no XPath."""
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
        """Draw by its probability whether it answers a matching request."""
        probability = self.script.probability
        if probability >= 1:
            return True
        self.draws += 1
        return self._drawn(b"%d %d", self.draws) / 2**64 < probability

    def next_answer(self) -> Taken:
        """Return the next answer, and count it."""
        answers = self.script.answers
        answer = answers[self.used % len(answers)]
        self.used += 1
        delay = answer.delay
        if isinstance(delay, Delay):
            delay = delay.seconds(self._drawn(b"delay %d %d", self.used))
        return Taken(self.id, answer, delay)

    def _drawn(self, what: bytes, position: int) -> int:
        """Return the random 64-bit number at a position.

        A restored script can continue at the millionth draw without repeating the others.
        """
        drawn = blake2b(what % (self.script.seed, position), digest_size=8).digest()
        return int.from_bytes(drawn)

    def state(self) -> ScriptState:
        """Return the state as a value."""
        remaining = max(0, self.limit - self.used) if self.limit else None
        return ScriptState(self.id, self.script, self.used, remaining, self.draws, self.from_file)

    def restore(self, state: ScriptState) -> None:
        """Continue from a state, with its uses and random draws."""
        self.used, self.draws = state.used, state.draws

    def miss(self, subject: Subject) -> NearMiss:
        """Return the reasons why it did not answer a request."""
        matched, reasons = [], []
        for field, wanted in self._criteria.given().items():
            value = field_of(subject, field)
            if self._tests[field](value):
                matched.append(field)
            elif is_secret(field):
                reasons.append(f"{field}: a different value")
            else:
                reasons.append(f"{field}: {value!r} is not {pattern(wanted)}")
        if self._xpath is not None:
            if self._finds(subject):
                matched.append("xpath")
            else:
                reasons.append(f"xpath: {self._xpath.expression} is not true for the body")
        if self.exhausted:
            answers = "1 answer" if self.used == 1 else f"{self.used:,} answers"
            reasons.append(f"used up: it has given its {answers}")
        elif not reasons and self.script.probability < 1:
            reasons.append("skipped by its probability")
        elif not reasons:
            reasons.append("it was added after the request")
        return NearMiss(self.id, tuple(matched), tuple(reasons))


def _in_time(test: Callable[[str], bool]) -> Callable[[str], bool]:
    """Return a test that fails if it takes too long, so that the request is still answered."""

    def passed(value: str) -> bool:
        try:
            return test(value)
        except PatternTimeError:
            return False

    return passed
