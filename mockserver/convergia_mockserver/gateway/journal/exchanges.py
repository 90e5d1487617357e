"""A request and its reply as they went over the wire, and the same fit to be shown.

The password is masked wherever it stands: in the query, in the element named for it, in whatever
element a positional argument put it, in headers.
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

# What an exchange weighs beside its bytes, more or less: itself, its call and its answer.
_EXCHANGE_WEIGHT = 2048
_NAME = rb"(?:[\w.-]+:)?[\w.-]*passw(?:or)?d"
_ELEMENT = re.compile(
    rb"(?is)(<" + _NAME + rb"[\w.-]*(?:\s(?:[^>]*[^/>])?)?>).*?(</" + _NAME + rb"|\Z)"
)
# What stands before the path that a script sees.
_SPACE = re.compile(r"\A.*?/s/[^/]+(?=/)")
_HEADERS = frozenset({b"authorization", b"cookie", b"set-cookie", b"proxy-authorization"})
# What curl says by itself, or what belongs to one connection.
_OF_CURL = frozenset({"host", "content-length", "connection", "accept-encoding", "expect"})


class Exchange(msgspec.Struct, frozen=True, gc=False):
    """What went over the wire, secrets and all; `recorded` gives it fit to be shown.

    Attributes:
        target: path and query as they came, a space's prefix included.
        host: the Host header's value.
        scheme: `http` or `https`.
        address: the peer's IP address.
        headers: as `packed` made them: small objects for each would weigh many times their bytes.
        reply_headers: the same of the reply.
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
        """Bytes it holds, more or less."""
        return _EXCHANGE_WEIGHT + sum(
            map(len, (self.target, self.headers, self.body, self.reply_headers, self.reply_body))
        )


def packed(headers: Iterable[tuple[bytes, bytes]]) -> bytes:
    """Return headers as one piece, as they stand on the wire."""
    return b"\r\n".join([name + b": " + value for name, value in headers])


def unpacked(headers: bytes) -> tuple[tuple[bytes, bytes], ...]:
    """Return the headers that `packed` was given."""
    lines = headers.split(b"\r\n") if headers else ()
    return tuple((name, value) for name, _, value in (line.partition(b": ") for line in lines))


def parts_of(exchange: Exchange) -> RequestParts:
    """Return a request's parts as criteria look at them."""
    path = unquote(exchange.target.partition(b"?")[0].decode("latin-1"))
    return RequestParts(
        exchange.method, _SPACE.sub("", path), unpacked(exchange.headers), exchange.body
    )


class RecordedRequest(msgspec.Struct, frozen=True):
    """A request fit to be shown; bytes that are no UTF-8 are read as ISO-8859-1.

    Attributes:
        method: the HTTP method.
        url: the whole URL, the password masked.
        headers: names and values, in their order, secrets masked.
        body: the body, the password masked.
    """

    method: str
    url: str
    headers: tuple[tuple[str, str], ...]
    body: str

    def curl(self) -> str:
        """Return the command that sends it again; where the password stood, `***` stands."""
        parts = ["curl", "--globoff", "--request", self.method]
        for name, value in self.headers:
            if name.lower() not in _OF_CURL:
                parts += ["--header", f"{name}: {value}"]
        if self.body:
            parts += ["--data-binary", self.body]
        return shlex.join([*parts, self.url])


class RecordedReply(msgspec.Struct, frozen=True):
    """A reply fit to be shown, as far as it went over the wire.

    Attributes:
        status: the HTTP status; 0 if nothing was sent.
        headers: names and values, in their order.
        body: the body.
    """

    status: int
    headers: tuple[tuple[str, str], ...]
    body: str


def recorded(exchange: Exchange, password: str) -> tuple[RecordedRequest, RecordedReply]:
    """Both halves, fit to be shown.

    Args:
        exchange: the raw one.
        password: the password as the face understood it; empty when it did not.
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
    """Return the same exchange without the password."""
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
    """Return a request's target without its password, however its name is percent-encoded."""
    path, mark, query = target.partition(b"?")
    return path + mark + b"&".join(_masked_pair(pair) for pair in query.split(b"&"))


def _masked_pair(pair: bytes) -> bytes:
    name, equals, _ = pair.partition(b"=")
    # PHP reads `pass%77ord`, `password[]` and ` password` as that name, too.
    if equals and b"passw" in unquote_to_bytes(name.replace(b"+", b" ")).lower():
        return name + equals + MASK.encode()
    return pair


def masked_body(body: bytes, password: str) -> bytes:
    """Return a body without its password."""
    if b"\0" in body:
        body = _narrowed(body)
    body, named = _ELEMENT.subn(rb"\1" + MASK.encode() + rb"\2", body)
    if named:
        return body
    # No element bears its name: it came by position, or by reference.
    if not (body and password):
        return body
    spellings = spellings_of(password).pattern
    return re.sub(rb"(?<=[>\[=])\s*(?:" + spellings + rb")\s*(?=[<\]&]|\Z)", MASK.encode(), body)


def _narrowed(body: bytes) -> bytes:
    """UTF-16 or -32 as UTF-8, so that an element's name can be found."""
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
