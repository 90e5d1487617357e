"""The HTTP GET face: the guide's two URLs, as a PHP script behind them reads and answers."""

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
    """Sends and status queries by URL, whatever the method: PHP reads the URL alone.

    Args:
        guide: names the paths and the parameters.
        profile: the dialects, the charset of the parameters and the replies' Content-Type.

    Attributes:
        operations: none: URLs call send and status alone.
        results: what these may be made to return.

    Raises:
        ContractError: a dialect that plain HTTP cannot carry.
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
        """Return the call in the URL; 404 for any other path."""
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
        """Return the answer in the profile's dialect; HTTP 200 whatever the code."""
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
    """Return what PHP prints of a value.

    Raises:
        TypeError: it prints no such value as it is.
    """
    if isinstance(value, bool):
        return "1" if value else ""
    if isinstance(value, str | int | float | Decimal):
        return str(value)
    raise TypeError(f"a URL is answered with a text or a number, not with a {type(value).__name__}")


def _surprises(request: RawRequest, unknown: int) -> list[str]:
    """Return what surprised the sender, without names and values: both may be secret."""
    findings = []
    if unknown:
        findings.append(
            f"{unknown} parameter(s) that the guide does not list were passed over: names are "
            "case-sensitive, and an unescaped & in a value begins a new parameter"
        )
    if request.method != "GET":
        findings.append(f"{request.method} does what GET does: PHP looks at the URL alone")
    if request.body:
        findings.append("the request has a body, which is not read: parameters belong in the URL")
    return findings


def _charset(content_type: str) -> str:
    """Return the charset of a Content-Type, where Python knows it; else UTF-8."""
    name = content_type.lower().partition("charset=")[2].partition(";")[0].strip(" \"'")
    try:
        "".encode(name or "utf-8")
    except LookupError:
        return "utf-8"
    return name or "utf-8"
