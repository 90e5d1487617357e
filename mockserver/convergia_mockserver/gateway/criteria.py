"""Criteria: what a request or a message must match.

One type for what a script answers, what a search finds and what a filter shows. A new criterion
needs a field in `Criteria`, in `CriteriaOptions` and in `Subject`, and its value in `subject_of`.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, TypedDict

import msgspec

from .calls import FaceName, Operation  # noqa: TC001 - msgspec reads them
from .patterns import Pattern, number_test, pattern
from .request_parts import RequestParts  # noqa: TC001 - msgspec reads it
from .search_time import SearchTime

if TYPE_CHECKING:
    from collections.abc import Callable

    from .calls import Call
    from .xpaths import XPath


_ARGUMENTS = "arguments."
_HEADERS = "headers."
_OF_PARTS = frozenset({"method", "path", "soap_action"})
_NODES_OF_XPATH = 10
# Headers that hold what must not be shown.
_SECRET = re.compile(r"auth|cookie|pass|pwd|token|secret|key|session|sign|contrase", re.IGNORECASE)


class CallCriteria(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """What must match: a call or a message must agree with every field that is given.

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
            for field in CallCriteria.__struct_fields__
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


class Criteria(
    CallCriteria, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True
):
    """What a request must match: it must agree with every field that is given.

    Attributes:
        method: the HTTP method.
        path: without a space's prefix.
        headers: by name, in any case. A request that lacks one has an empty one.
        soap_action: the SOAPAction header without quotes, or SOAP 1.2's `action`.
        xpath: XPath 1.0 that must hold for the body. A body that is no XML, has a DTD or is larger
            than 64 KiB does not match.

    Raises:
        ValueError: `xpath` is no such expression.
    """

    method: str | Pattern | None = None
    path: str | Pattern | None = None
    headers: dict[str, str | Pattern] = {}
    soap_action: str | Pattern | None = None
    xpath: str | None = None

    def __post_init__(self) -> None:
        self.xpath_test()

    def given(self) -> dict[str, str | Pattern]:
        """Return the criteria that are given, by field, but for `xpath`.

        A header is `headers.NAME`.
        """
        fields = {
            field: value
            for field in ("method", "path", "soap_action")
            if (value := getattr(self, field)) is not None
        }
        headers = {_HEADERS + name: value for name, value in self.headers.items()}
        return super().given() | fields | headers

    @property
    def compiled_size(self) -> int:
        """How large its expressions are once they are compiled, in nodes of some 400 bytes."""
        return super().compiled_size + _NODES_OF_XPATH * len(self.xpath or "")

    def xpath_test(self) -> XPath | None:
        """Return its XPath expression, compiled; None without one."""
        if self.xpath is None:
            return None
        from .xpaths import XPath

        return XPath(self.xpath)


class CriteriaOptions(TypedDict, total=False):
    """Criteria as keyword arguments."""

    face: FaceName | None
    operation: Operation | None
    account: str | Pattern | None
    number: str | Pattern | None
    text: str | Pattern | None
    extra: str | Pattern | None
    arguments: dict[str, str | Pattern]


class RequestCriteriaOptions(CriteriaOptions, total=False):
    """The same of a request."""

    method: str | Pattern | None
    path: str | Pattern | None
    headers: dict[str, str | Pattern]
    soap_action: str | Pattern | None
    xpath: str | None


class Subject(msgspec.Struct, frozen=True):
    """A request as criteria look at it. An absent argument is empty."""

    face: str
    operation: str
    account: str = ""
    number: str = ""
    text: str = ""
    extra: str = ""
    arguments: dict[str, str] = {}
    parts: RequestParts | None = None


def is_secret(field: str) -> bool:
    """Return True for a field of `Criteria.given` whose values must not be shown."""
    return field.startswith(_HEADERS) and _SECRET.search(field) is not None


def field_of(subject: object, field: str) -> str:
    """Return what a subject has for a field of `Criteria.given`; empty where it lacks it."""
    if field.startswith(_ARGUMENTS):
        arguments: dict[str, str] = getattr(subject, "arguments", {})
        return arguments.get(field[len(_ARGUMENTS) :], "")
    parts: RequestParts | None = getattr(subject, "parts", None)
    if field.startswith(_HEADERS):
        return "" if parts is None else parts.header(field[len(_HEADERS) :])
    if field in _OF_PARTS:
        return "" if parts is None else str(getattr(parts, field))
    value: str = getattr(subject, field)
    return value


def subject_of(call: Call, parts: RequestParts | None = None) -> Subject:
    """Return a call as criteria look at it, with what carried it."""
    arguments = call.arguments
    return Subject(
        call.face,
        call.operation,
        arguments.get("username", ""),
        arguments.get("number", ""),
        arguments.get("message", ""),
        arguments.get("extra", ""),
        {name: text for name, text in arguments.items() if name != "password"},
        parts,
    )
