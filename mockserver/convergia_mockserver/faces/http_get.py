"""The HTTP GET face: the guide's two URLs, read and answered as a PHP script does."""

from __future__ import annotations

from decimal import Decimal
from types import MappingProxyType
from typing import TYPE_CHECKING

import msgspec

from convergia_mockserver.faces.dialects import Fields, refuse_structures, spell
from convergia_mockserver.faces.php_query import ARRAY, ArrayValue, parse_query
from convergia_mockserver.faces.wire import RawRequest, Reply
from convergia_mockserver.gateway.calls import Answer, Call, Operation

if TYPE_CHECKING:
    from collections.abc import Mapping

    from convergia_wsdl import Endpoint, Guide, Profile

    from convergia_mockserver.gateway.calls import Value
    from convergia_mockserver.gateway.operations import ResultCheck, ResultChecks

_NOT_FOUND = Reply(
    404,
    ((b"content-type", b"text/html; charset=UTF-8"),),
    b"<!doctype html><html><head><title>404 Not Found</title></head>"
    b"<body><h1>Not Found</h1></body></html>",
)


class HttpFace:
    """The face for sends and status queries by URL.

    Every method is accepted, because PHP only reads the URL.

    Args:
        guide: the guide, which names the paths and the parameters.
        profile: the profile, which has the dialects, the charset of the parameters and the
            Content-Type of the replies.

    Attributes:
        operations: empty, because URLs exist only for send and status.
        results: checks of the values that send and status may return.

    Raises:
        ContractError: if plain HTTP cannot carry a dialect.
    """

    operations: Mapping[str, ResultCheck] = MappingProxyType({})
    results: ResultChecks

    def __init__(self, guide: Guide, profile: Profile) -> None:
        replies = profile.reply.http
        refuse_structures(replies.send, "reply.http.send", profile.source)
        refuse_structures(replies.status, "reply.http.status", profile.source)
        self._guide = guide
        self._dialects = {"send": replies.send, "status": replies.status}
        self._charset = profile.text.http_charset
        self._reply_charset = _charset(replies.content_type)
        self._headers = ((b"content-type", replies.content_type.encode("latin-1", "replace")),)
        self._paths: dict[str, tuple[Operation, Endpoint]] = {
            guide.send.path: ("send", guide.send),
            guide.status.path: ("status", guide.status),
        }

        self.results = {("http", operation): _printed for operation in self._dialects}

    def read(self, request: RawRequest) -> Call | Reply:
        """Return the call in the URL. Another path gets a 404 reply."""
        found = self._paths.get(request.path)
        if found is None:
            return _NOT_FOUND
        operation, endpoint = found
        variables = parse_query(request.query)
        arguments: dict[str, str] = {}
        findings: list[str] = []
        for parameter in endpoint.parameters:
            values = variables.pop(parameter.name.encode(), None)
            if values is not None:
                arguments[parameter.name] = self._argument(parameter.name, values, findings)
        findings.extend(_surprises(request, len(variables)))
        return Call("http", operation, arguments, request.address, tuple(findings))

    def write(self, call: Call, answer: Answer) -> Reply:
        """Return the answer in the profile's dialect, always with HTTP status 200."""
        if answer.value is not msgspec.UNSET:
            body = _printed(answer.value)
        else:
            fields = Fields.of(self._guide, call.operation, answer)
            body = spell(self._dialects[call.operation], fields)
        return Reply(200, self._headers, body.encode(self._reply_charset, "replace"))

    def _argument(self, name: str, values: list[bytes | ArrayValue], findings: list[str]) -> str:
        value = values[-1]
        if len(values) > 1 and value is not ARRAY:
            findings.append(f"{name} came {len(values)} times: PHP keeps the last")
        if isinstance(value, ArrayValue):
            findings.append(f"{name}[] is an array to PHP, which the gateway reads as empty")
            return ""
        try:
            return value.decode(self._charset)
        except UnicodeDecodeError:
            findings.append(f"{name} holds bytes that are not {self._charset}")
            return value.decode(self._charset, "replace")


def _printed(value: Value) -> str:
    """Return a value as PHP prints it.

    Raises:
        TypeError: if the value is not a text, a number or a boolean.
    """
    if isinstance(value, bool):
        return "1" if value else ""
    if isinstance(value, str | int | float | Decimal):
        return str(value)
    raise TypeError(
        f"a URL must be answered with a text or a number, not with {type(value).__name__}"
    )


def _surprises(request: RawRequest, unknown: int) -> list[str]:
    """Return findings about the request. They hold no names or values, which may be secret."""
    findings = []
    if unknown:
        findings.append(
            f"{unknown} parameter(s) that the guide does not list were ignored: names are "
            "case-sensitive, and an unescaped & in a value begins a new parameter"
        )
    if request.method != "GET":
        findings.append(f"{request.method} does what GET does: PHP reads only the URL")
    if request.body:
        findings.append("the request has a body, which is not read: parameters belong in the URL")
    return findings


def _charset(content_type: str) -> str:
    """Return the charset of a Content-Type. UTF-8 if Python does not know it."""
    name = content_type.lower().partition("charset=")[2].partition(";")[0].strip(" \"'")
    try:
        "".encode(name or "utf-8")
    except LookupError:
        return "utf-8"
    return name or "utf-8"
