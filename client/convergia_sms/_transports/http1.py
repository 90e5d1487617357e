"""HTTP/1.1 without I/O: writes requests to bytes, and reads replies from bytes.

Both transports use it, so they agree on what a reply is. llhttp does the framing, through
httptools. It is the parser of Node.js and aiohttp.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from httptools import HttpParserError, HttpParserUpgrade, HttpResponseParser

from convergia_sms._codecs.wire import Reply
from convergia_sms._exchange import MAX_BODY, Failure
from convergia_sms._transports.content_codings import decoded
from convergia_sms._transports.framing import (
    HEAD_END,
    STARTS,
    may_go_on,
    parser_words,
    with_one_length,
)
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
    """Writes requests for one endpoint.

    Args:
        endpoint: the endpoint.
    """

    def __init__(self, endpoint: Endpoint) -> None:
        lines = [("Host", endpoint.authority), *COMMON_HEADERS]
        self._before_target = ""
        if endpoint.proxy is not None and endpoint.tls is None:
            # A proxy without a tunnel needs the whole URL.
            self._before_target = endpoint.origin
            if endpoint.proxy.authorization:
                lines.append(("Proxy-Authorization", endpoint.proxy.authorization))
        self._common = {name.lower(): f"{name}: {value}\r\n" for name, value in lines}
        self._all_common = "".join(self._common.values())

    def spell(self, request: Request) -> bytes:
        """Return the whole request. Its own headers replace the common ones."""
        common, own = self._all_common, ""
        for name, value in request.headers:
            own += f"{name}: {value}\r\n"
            if name.lower() in self._common:
                common = common.replace(self._common[name.lower()], "", 1)
        counted = request.body or request.method == "POST"
        length = f"Content-Length: {len(request.body)}\r\n" if counted else ""
        head = (
            f"{request.method} {self._before_target}{request.target} HTTP/1.1\r\n"
            f"{common}{own}{length}\r\n"
        )
        return head.encode("latin-1") + request.body


class ReplyReader:
    """Reads a reply from its bytes, in pieces of any size.

    Call `feed` until `done` is set. If the connection ends first, call `end`. If `settling` is set,
    the reply is complete by its Content-Length but may continue: feed what comes within `SETTLING`
    seconds, then call `settle`.

    Args:
        max_body: the largest body to accept, in bytes.

    Attributes:
        done: the reply or the failure. None while more is to come.
        reusable: True if the connection can serve another request.
        dropped: True if the connection ended before a reply began.
        settling: True if more bytes may come than the Content-Length says.
    """

    __slots__ = (
        "_around",
        "_body",
        "_count",
        "_counted",
        "_head",
        "_headers",
        "_in_body",
        "_left",
        "_lines",
        "_max_body",
        "_parser",
        "_status",
        "_whole",
        "done",
        "dropped",
        "reusable",
        "settling",
    )

    def __init__(self, max_body: int = MAX_BODY) -> None:
        self.done: Reply | Failure | None = None
        self.reusable = False
        self.dropped = False
        self.settling = False
        self._max_body = max_body
        self._status: int | None = None
        self._head = bytearray()
        self._headers: dict[bytes, bytes] = {}
        self._lines: list[tuple[bytes, bytes]] = []
        self._body: list[bytes] = []
        self._count = 0
        # Bytes outside the body: heads, interim replies, chunk sizes, trailers.
        self._around = 0
        self._in_body = False
        self._counted = False
        # The missing bytes of a body with a Content-Length. None for any other body.
        self._left: int | None = None
        self._whole = False
        self._parser = HttpResponseParser(self)
        # Be as tolerant as browsers and aiohttp: of a missing carriage return, of invalid bytes in
        # a header, and of a length beside chunks (the chunks win, RFC 9112, 6.3). Bytes after a
        # reply make the connection unusable, but not the reply.
        self._parser.set_dangerous_leniencies(
            lenient_headers=True,
            lenient_chunked_length=True,
            lenient_data_after_close=True,
            lenient_optional_cr_before_lf=True,
            lenient_spaces_after_chunk_size=True,
        )

    @property
    def started(self) -> bool:
        """True if a status has arrived."""
        return self._status is not None

    def feed(self, data: bytes) -> None:
        """Process the next bytes. They are ignored once `done` is set."""
        if self.done is not None:
            self.reusable = False
            return
        while data and self.done is None:
            if self.settling:
                self._append(data)
                self.settle()
                return
            data = self._feed_body(data) if self._in_body else self._feed_head(data)
            if self._whole and self.done is None:
                self._complete(data)
                return

    def settle(self) -> None:
        """Accept the reply as it is, because nothing more came."""
        if self.done is None and self.settling:
            self._finish(reusable=self.reusable)

    def end(self, reason: str = "") -> None:
        """Record that the connection has ended.

        Args:
            reason: the reason, if known.
        """
        if self.done is not None:
            self.reusable = False
        elif self.settling or (self._in_body and not self._counted and not reason):
            self._finish(reusable=False)
        else:
            self.dropped = not self.started
            what = (
                "the reply broke off" if self.started else "the connection broke off before a reply"
            )
            self._fail(f"{what}: {reason}" if reason else what)

    def late(self, *, whole_call: bool) -> Failure:
        """Return the failure for a timeout: of the whole call, or between two pieces."""
        if whole_call:
            return self.failure("the call's time was up")
        return self.failure("the reply stopped half-way" if self.started else "no reply in time")

    def failure(self, reason: str) -> Failure:
        """Return a failure with the part of the reply that has arrived."""
        return Failure(reason, self._status, b"".join(self._body)[: self._max_body + 1])

    def _fail(self, reason: str) -> None:
        self.reusable = False
        self.done = self.failure(reason)

    def _feed_head(self, data: bytes) -> bytes:
        """Parse the head once it is complete, and return the bytes after it."""
        searched = max(0, len(self._head) - 3)
        self._head += data
        self._around += len(data)
        if self._head.startswith((b"\r", b"\n")):
            # Blank lines before the status line (RFC 9112, 2.2).
            self._head, searched = self._head.lstrip(b"\r\n"), 0
        if not STARTS.startswith(bytes(self._head[: len(STARTS)])):
            self._fail("not an HTTP reply")
            return b""
        found = HEAD_END.search(self._head, searched)
        end = len(self._head) if found is None else found.end()
        head, rest = bytes(self._head[:end]), bytes(self._head[end:])
        self._around -= len(rest)
        if self._around > MAX_HEAD:
            self._fail(f"a head of more than {MAX_HEAD:,} bytes")
        if found is None or self.done is not None:
            return b""
        self._head.clear()
        try:
            self._parse(with_one_length(head))
        except ValueError as error:
            self._fail(f"not an HTTP reply: {error}")
        return rest

    def _feed_body(self, data: bytes) -> bytes:
        """Parse a piece of the body, and return the bytes beyond its Content-Length."""
        piece, rest = data, b""
        if self._left is None:
            self._around += len(data)
        else:
            piece, rest = data[: self._left], data[self._left :]
            self._left -= len(piece)
        self._parse(piece)
        if self.done is None and (self._count > self._max_body or self._around > self._max_body):
            self._fail(f"a reply of more than {self._max_body:,} bytes")
        return rest

    def _parse(self, data: bytes) -> None:
        try:
            self._parser.feed_data(data)
        except (HttpParserError, HttpParserUpgrade) as error:
            # Bytes after a complete reply only make the connection unusable.
            self.reusable = False
            if not self._whole:
                self._fail(f"not an HTTP reply: {parser_words(error)}")

    def _complete(self, excess: bytes) -> None:
        """Finish a reply that is complete by its framing, unless it seems to continue."""
        if excess and self._left is not None and not excess.startswith(b"HTTP/1."):
            # The script did not count the text before its output, so the excess belongs to the
            # reply.
            self._append(excess)
            self._finish(reusable=False)
        elif excess:
            self._finish(reusable=False)
        elif self._left is not None and may_go_on(b"".join(self._body)):
            self.settling = True
        else:
            self._finish(reusable=self.reusable)

    def _append(self, data: bytes) -> None:
        self.reusable = False
        self._body.append(data[: self._max_body - self._count])
        self._count += len(data)

    def _finish(self, *, reusable: bool) -> None:
        self.settling = False
        self.reusable = reusable
        headers = self._headers
        coding = headers.get(b"content-encoding", b"").decode("latin-1").strip().lower()
        body, coding = decoded(b"".join(self._body), coding, self._max_body)
        self.done = Reply(
            status=self._status or 0,
            content_type=headers.get(b"content-type", b"").decode("latin-1"),
            content_encoding=coding,
            body=body,
            headers=tuple(
                [(name.decode("latin-1"), value.decode("latin-1")) for name, value in self._lines]
            ),
        )
        # Break the reference cycle, so that both are freed without garbage collection.
        del self._parser

    # Callbacks of the parser

    def on_message_begin(self) -> None:
        """Mark the connection as unusable if another reply follows."""
        if self._whole:
            self.reusable = False

    def on_header(self, name: bytes, value: bytes) -> None:
        """Store a header. Trailers are ignored, because they come after the body."""
        if not self._whole and not self._in_body:
            self._lines.append((name.lower(), value))

    def on_headers_complete(self) -> None:
        """Determine the framing of the body."""
        if self._whole:
            return
        self._status = self._parser.get_status_code()
        self._headers = dict(self._lines)
        coding = self._headers.get(b"transfer-encoding")
        length = self._headers.get(b"content-length")
        # With neither, the reply ends with the connection.
        self._counted = length is not None if coding is None else b"chunked" in coding.lower()
        self._left = int(length) if length is not None and coding is None else None
        self._in_body = True

    def on_body(self, data: bytes) -> None:
        """Store a piece of the body."""
        if self._left is None:
            self._around -= len(data)
        if not self._whole and self._count <= self._max_body:
            self._body.append(data)
            self._count += len(data)

    def on_message_complete(self) -> None:
        """Mark the reply as complete, unless it is an interim reply."""
        if self._whole:
            return
        if self._status is not None and self._status < 200:  # noqa: PLR2004 - RFC 9110, 15.2
            self._status = None
            self._lines.clear()
            self._in_body = False
            self._left = None
        else:
            # A sender of two framings may mean the other one.
            both = len(self._headers.keys() & _FRAMING) > 1
            self.reusable = self._parser.should_keep_alive() and not both
            self._whole = True


class TunnelError(ConnectionError):
    """Raised if the proxy opened no tunnel. The text is its answer, if there was one."""


class TunnelReader:
    """Reads a proxy's answer to CONNECT.

    Feed it one byte at a time, because the bytes after the empty line are TLS and must stay in the
    socket.
    """

    def __init__(self) -> None:
        self._head = bytearray()

    def feed(self, byte: bytes) -> bool:
        """Process a byte, empty at the end. Return True once the tunnel is open.

        Raises:
            TunnelError: the proxy refused, closed the connection, or sent too much.
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
    """Return the request to a proxy for a tunnel to the endpoint."""
    host = f"[{endpoint.host}]" if ":" in endpoint.host else endpoint.host
    lines = [f"CONNECT {host}:{endpoint.port} HTTP/1.1", f"Host: {host}:{endpoint.port}"]
    if proxy.authorization:
        lines.append(f"Proxy-Authorization: {proxy.authorization}")
    return "\r\n".join([*lines, "", ""]).encode("latin-1")


def tunnel_refusal(reply: bytes) -> str | None:
    """Return why a proxy's answer opens no tunnel, or None if it does."""
    status = _STATUS_LINE.match(reply)
    if status is None:
        return "not an HTTP reply"
    return None if status[1].startswith(b"2") else f"HTTP {status[1].decode()}"
