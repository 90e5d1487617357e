"""A request and its reply as they went over the wire, and with the password masked.

The password is masked in the query, in the element with its name, in any element that holds it as a
positional argument, and in headers.
"""

from __future__ import annotations

import re
import shlex
from typing import TYPE_CHECKING
from urllib.parse import unquote, unquote_to_bytes

import msgspec

from convergia_mockserver.gateway.masking import MASK, spellings_of
from convergia_mockserver.gateway.request_parts import RequestParts

if TYPE_CHECKING:
    from collections.abc import Iterable

# The approximate size of an exchange without its bytes: the object, its call and its answer.
_EXCHANGE_WEIGHT = 2048
_NAME = rb"(?:[\w.-]+:)?[\w.-]*passw(?:or)?d"
_ELEMENT = re.compile(
    rb"(?is)(<" + _NAME + rb"[\w.-]*(?:\s(?:[^>]*[^/>])?)?>).*?(</" + _NAME + rb"|\Z)"
)
# The prefix of a space, which the gateway's script does not see.
_SPACE = re.compile(r"\A.*?/s/[^/]+(?=/)")
_HEADERS = frozenset({b"authorization", b"cookie", b"set-cookie", b"proxy-authorization"})
# Headers that curl writes itself, or that belong to a single connection.
_OF_CURL = frozenset({"host", "content-length", "connection", "accept-encoding", "expect"})


class Exchange(msgspec.Struct, frozen=True, gc=False):
    """A request and its reply as they went over the wire, with the secrets. See `recorded`.

    Attributes:
        target: path and query as they came, with the space's prefix.
        host: the value of the Host header.
        scheme: `http` or `https`.
        address: the IP address of the peer.
        headers: the headers as `packed` joined them. An object for each header would take many
            times the memory.
        reply_headers: the headers of the reply, also packed.
    """

    method: str
    target: bytes
    host: str
    scheme: str
    address: str
    headers: bytes
    body: bytes
    status: int
    reply_headers: bytes
    reply_body: bytes

    def __repr__(self) -> str:
        return f"Exchange(method={self.method!r}, status={self.status})"

    @property
    def weight(self) -> int:
        """The approximate size in bytes."""
        return _EXCHANGE_WEIGHT + sum(
            map(len, (self.target, self.headers, self.body, self.reply_headers, self.reply_body))
        )


def packed(headers: Iterable[tuple[bytes, bytes]]) -> bytes:
    """Join headers into one piece of bytes, as on the wire."""
    return b"\r\n".join([name + b": " + value for name, value in headers])


def unpacked(headers: bytes) -> tuple[tuple[bytes, bytes], ...]:
    """Return the headers that `packed` was given."""
    lines = headers.split(b"\r\n") if headers else ()
    return tuple((name, value) for name, _, value in (line.partition(b": ") for line in lines))


def parts_of(exchange: Exchange) -> RequestParts:
    """Return the parts of a request that criteria compare."""
    path = unquote(exchange.target.partition(b"?")[0].decode("latin-1"))
    return RequestParts(
        exchange.method, _SPACE.sub("", path), unpacked(exchange.headers), exchange.body
    )


class RecordedRequest(msgspec.Struct, frozen=True):
    """A request as it is shown. Bytes that are not UTF-8 are decoded as ISO-8859-1.

    Attributes:
        method: the HTTP method.
        url: the whole URL. The password is masked.
        headers: names and values in their order. Secrets are masked.
        body: the body. The password is masked.
    """

    method: str
    url: str
    headers: tuple[tuple[str, str], ...]
    body: str

    def curl(self) -> str:
        """Return a curl command that sends it again, with `***` in place of the password."""
        parts = ["curl", "--globoff", "--request", self.method]
        for name, value in self.headers:
            if name.lower() not in _OF_CURL:
                parts += ["--header", f"{name}: {value}"]
        if self.body:
            parts += ["--data-binary", self.body]
        return shlex.join([*parts, self.url])


class RecordedReply(msgspec.Struct, frozen=True):
    """A reply as it is shown, as far as it was sent.

    Attributes:
        status: the HTTP status. 0 if nothing was sent.
        headers: names and values in their order.
        body: the body.
    """

    status: int
    headers: tuple[tuple[str, str], ...]
    body: str


def recorded(exchange: Exchange, password: str) -> tuple[RecordedRequest, RecordedReply]:
    """Return the request and the reply as they are shown.

    Args:
        exchange: the exchange with its secrets.
        password: the password as the face read it. Empty if it could not.
    """
    shown = masked(exchange, password)
    request = RecordedRequest(
        shown.method,
        f"{shown.scheme}://{shown.host}{shown.target.decode('latin-1')}",
        _decoded(unpacked(shown.headers)),
        _text(shown.body),
    )
    return request, RecordedReply(
        shown.status, _decoded(unpacked(shown.reply_headers)), _text(shown.reply_body)
    )


def masked(exchange: Exchange, password: str) -> Exchange:
    """Return a copy of the exchange with the password masked."""
    return Exchange(
        exchange.method,
        masked_target(exchange.target),
        exchange.host,
        exchange.scheme,
        exchange.address,
        packed(_masked_headers(unpacked(exchange.headers))),
        masked_body(exchange.body, password),
        exchange.status,
        packed(_masked_headers(unpacked(exchange.reply_headers))),
        masked_body(exchange.reply_body, ""),
    )


def masked_target(target: bytes) -> bytes:
    """Mask the password in a request's target, also if its name is percent-encoded."""
    path, mark, query = target.partition(b"?")
    return path + mark + b"&".join(_masked_pair(pair) for pair in query.split(b"&"))


def _masked_pair(pair: bytes) -> bytes:
    name, equals, _ = pair.partition(b"=")
    # PHP takes `pass%77ord`, `password[]` and ` password` for the password as well.
    if equals and b"passw" in unquote_to_bytes(name.replace(b"+", b" ")).lower():
        return name + equals + MASK.encode()
    return pair


def masked_body(body: bytes, password: str) -> bytes:
    """Mask the password in a body."""
    if b"\0" in body:
        body = _narrowed(body)
    body, named = _ELEMENT.subn(rb"\1" + MASK.encode() + rb"\2", body)
    if named:
        return body
    # No element has the password's name, so it was sent by position or by reference.
    if not (body and password):
        return body
    spellings = spellings_of(password).pattern
    return re.sub(rb"(?<=[>\[=])\s*(?:" + spellings + rb")\s*(?=[<\]&]|\Z)", MASK.encode(), body)


def _narrowed(body: bytes) -> bytes:
    """Return UTF-16 or UTF-32 as UTF-8, so that the names of elements can be found."""
    for charset in ("utf-32", "utf-16"):
        try:
            return body.decode(charset).encode()
        except UnicodeError:
            continue
    return body.replace(b"\0", b"")


def _masked_headers(headers: Iterable[tuple[bytes, bytes]]) -> tuple[tuple[bytes, bytes], ...]:
    return tuple(
        (name, MASK.encode() if name.lower() in _HEADERS else value) for name, value in headers
    )


def _decoded(headers: Iterable[tuple[bytes, bytes]]) -> tuple[tuple[str, str], ...]:
    return tuple((name.decode("latin-1"), value.decode("latin-1")) for name, value in headers)


def _text(body: bytes) -> str:
    try:
        return body.decode()
    except UnicodeDecodeError:
        return body.decode("latin-1")
