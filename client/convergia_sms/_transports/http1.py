"""HTTP/1.1 without its I/O: a request as bytes, and a reply out of bytes as they come.

Both transports stand on it, so that what one takes for a reply the other does too. The framing is
llhttp's, through httptools: the parser of Node.js and of aiohttp.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from httptools import HttpParserError, HttpParserUpgrade, HttpResponseParser

from convergia_sms._codecs.wire import Reply
from convergia_sms._exchange import MAX_BODY, Failure
from convergia_sms._transports.limits import COMMON_HEADERS, MAX_HEAD

if TYPE_CHECKING:
    from convergia_sms._codecs.wire import Request
    from convergia_sms._transports.endpoint import Endpoint, Proxy

__all__ = [
    "ReplyReader",
    "RequestWriter",
    "TunnelError",
    "TunnelReader",
    "tunnel_refusal",
    "tunnel_request",
]

# A proxy's answer to CONNECT has no body worth reading.
_MAX_TUNNEL_REPLY = 16_384
_STATUS_LINE = re.compile(rb"HTTP/1\.[0-9] ([0-9]{3})\b")
_FRAMING = frozenset({b"content-length", b"transfer-encoding"})


class RequestWriter:
    """Spells requests for one endpoint.

    Args:
        endpoint: where they go.
    """

    def __init__(self, endpoint: Endpoint) -> None:
        lines = [("Host", endpoint.authority), *COMMON_HEADERS]
        self._before_target = ""
        if endpoint.proxy is not None and endpoint.tls is None:
            # A proxy without a tunnel is told the whole URL.
            self._before_target = endpoint.origin
            if endpoint.proxy.authorization:
                lines.append(("Proxy-Authorization", endpoint.proxy.authorization))
        self._common = "".join(f"{name}: {value}\r\n" for name, value in lines)

    def spell(self, request: Request) -> bytes:
        """The request, whole."""
        own = "".join([f"{name}: {value}\r\n" for name, value in request.headers])
        length = f"Content-Length: {len(request.body)}\r\n" if request.body else ""
        head = (
            f"{request.method} {self._before_target}{request.target} HTTP/1.1\r\n"
            f"{self._common}{own}{length}\r\n"
        )
        return head.encode("latin-1") + request.body


class ReplyReader:
    """One reply, out of the bytes as they come.

    `feed` it until `done`; where the connection ends first, `end` it.

    Args:
        max_body: the largest body to accept, in bytes.

    Attributes:
        done: what came: a reply, or why there is none; None while more is to come.
        reusable: whether the connection can serve another request.
    """

    __slots__ = (
        "_around",
        "_body",
        "_count",
        "_counted",
        "_headers",
        "_in_body",
        "_lines",
        "_max_body",
        "_parser",
        "_status",
        "done",
        "reusable",
    )

    def __init__(self, max_body: int = MAX_BODY) -> None:
        self.done: Reply | Failure | None = None
        self.reusable = False
        self._max_body = max_body
        self._status: int | None = None
        self._headers: dict[bytes, bytes] = {}
        self._lines: list[tuple[bytes, bytes]] = []
        self._body: list[bytes] = []
        self._count = 0
        # Bytes beside the body: heads, interim replies, what frames chunks, trailers.
        self._around = 0
        self._in_body = False
        self._counted = False
        self._parser = HttpResponseParser(self)
        # As browsers and aiohttp take them: a missing carriage return, bytes that a header should
        # not hold, a length beside chunks (which then rule, says RFC 9112, 6.3). What comes behind
        # a reply makes the connection useless, not the reply wrong.
        self._parser.set_dangerous_leniencies(
            lenient_headers=True,
            lenient_chunked_length=True,
            lenient_data_after_close=True,
            lenient_optional_cr_before_lf=True,
            lenient_spaces_after_chunk_size=True,
        )

    @property
    def started(self) -> bool:
        """Whether a status has come."""
        return self._status is not None

    def feed(self, data: bytes) -> None:
        """Take what came next. What comes once `done` is not looked at."""
        if self.done is not None:
            self.reusable = False
            return
        self._around += len(data)
        try:
            self._parser.feed_data(data)
        except (HttpParserError, HttpParserUpgrade) as error:
            self.reusable = False
            if self.done is None:
                self.done = self.failure(f"not an HTTP reply: {type(error).__name__}")
        if self.done is not None:
            # The two hold each other: so both are freed now, not by a search for garbage.
            del self._parser
            return
        if self._count > self._max_body or (self._in_body and self._around > self._max_body):
            self.done = self.failure(f"a reply of more than {self._max_body:,} bytes")
        elif not self._in_body and self._around > MAX_HEAD:
            self.done = self.failure(f"a head of more than {MAX_HEAD:,} bytes")

    def end(self, reason: str = "") -> None:
        """The connection is at its end.

        Args:
            reason: why, where that is known.
        """
        if self.done is not None:
            self.reusable = False
        elif self._in_body and not self._counted and not reason:
            self._finish(reusable=False)
        else:
            what = (
                "the reply broke off" if self.started else "the connection broke off before a reply"
            )
            self.done = self.failure(f"{what}: {reason}" if reason else what)

    def late(self, *, whole_call: bool) -> Failure:
        """What there is when no more came in time: for the whole call, or between two pieces."""
        if whole_call:
            return self.failure("the call's time was up")
        return self.failure("the reply stopped half-way" if self.started else "no reply in time")

    def failure(self, reason: str) -> Failure:
        """A failure that holds what has come so far."""
        return Failure(reason, self._status, b"".join(self._body)[: self._max_body + 1])

    def _finish(self, *, reusable: bool) -> None:
        self.reusable = reusable
        headers = self._headers
        self.done = Reply(
            status=self._status or 0,
            content_type=headers.get(b"content-type", b"").decode("latin-1"),
            content_encoding=headers.get(b"content-encoding", b"")
            .decode("latin-1")
            .strip()
            .lower(),
            body=b"".join(self._body),
            headers=tuple(
                [(name.decode("latin-1"), value.decode("latin-1")) for name, value in self._lines]
            ),
        )

    # What the parser calls.

    def on_message_begin(self) -> None:
        """Another reply behind the first: nobody asked for it."""
        if self.done is not None:
            self.reusable = False

    def on_header(self, name: bytes, value: bytes) -> None:
        """Keep it. A trailer comes too late to say what the body is."""
        if self.done is None and not self._in_body:
            self._lines.append((name.lower(), value))

    def on_headers_complete(self) -> None:
        """The head is over."""
        if self.done is None:
            self._status = self._parser.get_status_code()
            self._headers = dict(self._lines)
            coding = self._headers.get(b"transfer-encoding")
            # With neither, the reply goes on until the connection ends.
            self._counted = (
                b"content-length" in self._headers
                if coding is None
                else b"chunked" in coding.lower()
            )
            self._in_body = True

    def on_body(self, data: bytes) -> None:
        """A piece of the body."""
        self._around -= len(data)
        if self.done is None and self._count <= self._max_body:
            self._body.append(data)
            self._count += len(data)

    def on_message_complete(self) -> None:
        """The reply is whole, unless it only says that one will come."""
        if self.done is not None:
            return
        if self._status is not None and self._status < 200:  # noqa: PLR2004 - RFC 9110, 15.2
            self._status = None
            self._lines.clear()
            self._in_body = False
        else:
            # Who gives two framings may mean another one than we took.
            both = len(self._headers.keys() & _FRAMING) > 1
            self._finish(reusable=self._parser.should_keep_alive() and not both)


class TunnelError(ConnectionError):
    """The proxy opened no tunnel; the text is its answer, if there was one."""


class TunnelReader:
    """Read a proxy's answer to CONNECT.

    Feed it one byte at a time: what follows the answer's empty line is TLS, and must stay in the
    socket.
    """

    def __init__(self) -> None:
        self._head = bytearray()

    def feed(self, byte: bytes) -> bool:
        """Take the next byte, empty at the connection's end. Return True once the tunnel is open.

        Raises:
            TunnelError: the proxy refused, hung up, or sent too much.
        """
        self._head += byte
        if not byte or len(self._head) > _MAX_TUNNEL_REPLY:
            raise TunnelError
        if not self._head.endswith(b"\r\n\r\n"):
            return False
        refusal = tunnel_refusal(bytes(self._head))
        if refusal is not None:
            raise TunnelError(refusal)
        return True


def tunnel_request(endpoint: Endpoint, proxy: Proxy) -> bytes:
    """What asks a proxy for a tunnel to the endpoint."""
    host = f"[{endpoint.host}]" if ":" in endpoint.host else endpoint.host
    lines = [f"CONNECT {host}:{endpoint.port} HTTP/1.1", f"Host: {host}:{endpoint.port}"]
    if proxy.authorization:
        lines.append(f"Proxy-Authorization: {proxy.authorization}")
    return "\r\n".join([*lines, "", ""]).encode("latin-1")


def tunnel_refusal(reply: bytes) -> str | None:
    """Why there is no tunnel after a proxy's whole head; None when there is one."""
    status = _STATUS_LINE.match(reply)
    if status is None:
        return "not an HTTP reply"
    return None if status[1].startswith(b"2") else f"HTTP {status[1].decode()}"
