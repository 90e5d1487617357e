"""Criteria that a request or a message must match.

Scripts, searches and filters share one type. A new criterion needs a field in `Criteria`, in
`CriteriaOptions` and in `Subject`, and its value in `subject_of`.
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
# Names of headers that hold a secret.
_SECRET = re.compile(r"auth|cookie|pass|pwd|token|secret|key|session|sign|contrase", re.IGNORECASE)


class CallCriteria(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """Criteria for a call or a message, which must match every given field.

    Attributes:
        face: the transport, `http` or `soap`.
        operation: `send`, `status` or another operation of the WSDL. For a message it is `send`.
        account: the account's name, the guide's `username`.
        number: the destination. Any usual Mexican spelling matches.
        text: the text of the message.
        extra: the caller's own reference.
        arguments: arguments of another operation, by the WSDL's names (`pedido.fecha` inside a
            struct).
    """

    face: FaceName | None = None
    operation: Operation | None = None
    account: str | Pattern | None = None
    number: str | Pattern | None = None
    text: str | Pattern | None = None
    extra: str | Pattern | None = None
    arguments: dict[str, str | Pattern] = {}

    def given(self) -> dict[str, str | Pattern]:
        """Return the given criteria by field. An argument's field is `arguments.NAME`."""
        fields = {
            field: value
            for field in CallCriteria.__struct_fields__
            if field != "arguments" and (value := getattr(self, field)) is not None
        }
        return fields | {_ARGUMENTS + name: value for name, value in self.arguments.items()}

    @property
    def has_regex(self) -> bool:
        """True if a criterion is a regular expression."""
        return any(pattern(value).regex is not None for value in self.given().values())

    @property
    def compiled_size(self) -> int:
        """The size of the compiled regular expressions, in nodes of about 400 bytes."""
        return sum(pattern(value).compiled_size for value in self.given().values())

    def tests(self, search: SearchTime | None = None) -> dict[str, Callable[[str], bool]]:
        """Return a test for each given criterion, by field.

        Args:
            search: the time that the regular expressions share, by default 0.5 seconds.
        """
        search = search or SearchTime()
        return {
            field: (number_test if field == "number" else Pattern.test)(pattern(value), search)
            for field, value in self.given().items()
        }

    def matcher(self, search: SearchTime | None = None) -> Callable[[object], bool]:
        """Return one function that tests an object with the fields of a `Subject`.

        The function raises `PatternTimeError` if a regular expression takes too long.
        """
        tests = tuple(self.tests(search).items())
        return lambda subject: all(test(field_of(subject, field)) for field, test in tests)


class Criteria(
    CallCriteria, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True
):
    """Criteria for a request, which must match every given field.

    Attributes:
        method: the HTTP method.
        path: the path without the space's prefix.
        headers: headers by name, in any case. A header that the request lacks counts as empty.
        soap_action: the SOAPAction header without quotes, or SOAP 1.2's `action`.
        xpath: an XPath 1.0 expression that must be true for the body. A body that is not XML, has a
            DTD or is larger than 64 KiB does not match.

    Raises:
        ValueError: if `xpath` is not an XPath 1.0 expression.
    """

    method: str | Pattern | None = None
    path: str | Pattern | None = None
    headers: dict[str, str | Pattern] = {}
    soap_action: str | Pattern | None = None
    xpath: str | None = None

    def __post_init__(self) -> None:
        self.xpath_test()

    def given(self) -> dict[str, str | Pattern]:
        """Return the given criteria by field, without `xpath`.

        A header's field is `headers.NAME`.
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
        """The size of the compiled expressions, in nodes of about 400 bytes."""
        return super().compiled_size + _NODES_OF_XPATH * len(self.xpath or "")

    def xpath_test(self) -> XPath | None:
        """Return the compiled XPath expression. None without one."""
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
    """Criteria for a request as keyword arguments."""

    method: str | Pattern | None
    path: str | Pattern | None
    headers: dict[str, str | Pattern]
    soap_action: str | Pattern | None
    xpath: str | None


class Subject(msgspec.Struct, frozen=True):
    """The fields of a request that criteria compare. A missing argument is empty."""

    face: str
    operation: str
    account: str = ""
    number: str = ""
    text: str = ""
    extra: str = ""
    arguments: dict[str, str] = {}
    parts: RequestParts | None = None


def is_secret(field: str) -> bool:
    """Return True if a field of `Criteria.given` is a header that may hold a secret."""
    return field.startswith(_HEADERS) and _SECRET.search(field) is not None


def field_of(subject: object, field: str) -> str:
    """Return the subject's value for a field of `Criteria.given`. Empty if it has none."""
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
    """Return the subject for a call and the HTTP request that carried it."""
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
