"""Criteria: what a request or a message must match.

One type for what a script answers, what a search finds and what a filter shows. A new criterion
needs a field in `Criteria`, in `CriteriaOptions` and in `Subject`, and its value in `subject_of`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypedDict

import msgspec

from .calls import FaceName, Operation  # noqa: TC001 - msgspec reads them
from .patterns import Pattern, number_test, pattern
from .search_time import SearchTime

if TYPE_CHECKING:
    from collections.abc import Callable

    from .calls import Call


_ARGUMENTS = "arguments."


class Criteria(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """What must match: a request or a message must agree with every field that is given.

    Attributes:
        face: the transport.
        operation: send, status or another operation of the WSDL. A message was always sent.
        account: the user.
        number: the destination, as a Mexican writes it.
        text: the message's text.
        extra: the caller's own reference.
        arguments: of another operation, by the WSDL's names (`pedido.fecha` inside a struct).
    """

    face: FaceName | None = None
    operation: Operation | None = None
    account: str | Pattern | None = None
    number: str | Pattern | None = None
    text: str | Pattern | None = None
    extra: str | Pattern | None = None
    arguments: dict[str, str | Pattern] = {}

    def given(self) -> dict[str, str | Pattern]:
        """Return the criteria that are given, by field. Arguments are `arguments.NAME`."""
        fields = {
            field: value
            for field in Criteria.__struct_fields__
            if field != "arguments" and (value := getattr(self, field)) is not None
        }
        return fields | {_ARGUMENTS + name: value for name, value in self.arguments.items()}

    @property
    def has_regex(self) -> bool:
        """Whether one of them is a regular expression."""
        return any(pattern(value).regex is not None for value in self.given().values())

    @property
    def compiled_size(self) -> int:
        """How large their regular expressions are once they are compiled."""
        return sum(pattern(value).compiled_size for value in self.given().values())

    def tests(self, search: SearchTime | None = None) -> dict[str, Callable[[str], bool]]:
        """Return a test for each of the criteria that are given, by field.

        Args:
            search: the time that their regular expressions share; 0.5 seconds when left out.
        """
        search = search or SearchTime()
        return {
            field: (number_test if field == "number" else Pattern.test)(pattern(value), search)
            for field, value in self.given().items()
        }

    def matcher(self, search: SearchTime | None = None) -> Callable[[object], bool]:
        """Return all the tests as one function, for whatever has the fields of a `Subject`.

        The function raises `PatternTimeError` when a regular expression takes too long.
        """
        tests = tuple(self.tests(search).items())
        return lambda subject: all(test(field_of(subject, field)) for field, test in tests)


class CriteriaOptions(TypedDict, total=False):
    """Criteria as keyword arguments."""

    face: FaceName | None
    operation: Operation | None
    account: str | Pattern | None
    number: str | Pattern | None
    text: str | Pattern | None
    extra: str | Pattern | None
    arguments: dict[str, str | Pattern]


class Subject(msgspec.Struct, frozen=True):
    """A request as criteria look at it. An absent argument is empty."""

    face: str
    operation: str
    account: str = ""
    number: str = ""
    text: str = ""
    extra: str = ""
    arguments: dict[str, str] = {}


def field_of(subject: object, field: str) -> str:
    """Return what a subject has for a field of `Criteria.given`; empty where it lacks it."""
    if field.startswith(_ARGUMENTS):
        arguments: dict[str, str] = getattr(subject, "arguments", {})
        return arguments.get(field[len(_ARGUMENTS) :], "")
    value: str = getattr(subject, field)
    return value


def subject_of(call: Call) -> Subject:
    """Return a call as criteria look at it."""
    arguments = call.arguments
    return Subject(
        call.face,
        call.operation,
        arguments.get("username", ""),
        arguments.get("number", ""),
        arguments.get("message", ""),
        arguments.get("extra", ""),
        {name: text for name, text in arguments.items() if name != "password"},
    )
