"""HTTP/1.1 without its I/O: a request as bytes, and a reply out of bytes as they come.

Both transports stand on it, so that what one takes for a reply the other does too. The framing is
llhttp's, through httptools: the parser of Node.js and of aiohttp.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from httptools import HttpParserError, HttpParserUpgrade, HttpResponseParser

from convergia_sms._codecs.wire import Reply
from convergia_sms._exchange import Failure
from convergia_sms._transports.content_codings import decoded
from convergia_sms._transports.limits import COMMON_HEADERS, MAX_BODY, MAX_HEAD

if TYPE_CHECKING:
    from convergia_sms._codecs.wire import Request
    from convergia_sms._transports.endpoint import Endpoint, Proxy

__all__ = [
    "MAX_TUNNEL_REPLY",
    "SETTLING",
    "STATUS_LINE",
    "ReplyReader",
    "RequestWriter",
    "tunnel_refusal",
    "tunnel_request",
]

# A proxy's answer to CONNECT has no body worth reading.
MAX_TUNNEL_REPLY = 16_384
STATUS_LINE = re.compile(rb"HTTP/1\.[0-9] ([0-9]{3})\b")
_STARTS = b"HTTP/"
_HEAD_END = re.compile(rb"\n\r?\n")
# How long a reply that may be longer than it says is waited for, in seconds. The rest comes in the
# same burst of packets.
SETTLING = 0.05
_CLOSED = (b">", b"}", b"]")
_FRAMING = frozenset({b"content-length", b"transfer-encoding"})
_HEADERS = _FRAMING | {b"content-type", b"content-encoding"}


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
    """Read one reply from its bytes, in whatever pieces they come.

    Call `feed` until `done` is set. If the connection ends first, call `end`. If `settling` is set,
    the reply is whole by its Content-Length and may go on all the same: feed what comes within
    `SETTLING` seconds, then call `settle`.

    Attributes:
        done: the reply, or the failure; None while more is to come.
        reusable: whether the connection can serve another request.
        settling: whether to wait a moment for bytes that the Content-Length does not count.
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
        "_parser",
        "_status",
        "_whole",
        "done",
        "reusable",
        "settling",
    )

    def __init__(self) -> None:
        self.done: Reply | Failure | None = None
        self.reusable = False
        self.settling = False
        self._status: int | None = None
        self._head = bytearray()
        self._headers: dict[bytes, bytes] = {}
        self._body: list[bytes] = []
        self._count = 0
        # Bytes beside the body: heads, interim replies, what frames chunks, trailers.
        self._around = 0
        self._in_body = False
        self._counted = False
        # Of a body counted by Content-Length, the bytes to come; None for any other body.
        self._left: int | None = None
        self._whole = False
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
        """Return True if a status has arrived."""
        return self._status is not None

    def feed(self, data: bytes) -> None:
        """Take the bytes that came next. They are not looked at once `done` is set."""
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
        """Take the reply as it is: nothing more came."""
        if self.done is None and self.settling:
            self._finish(reusable=self.reusable)

    def end(self, reason: str = "") -> None:
        """Take note that the connection has ended.

        Args:
            reason: why, where that is known.
        """
        if self.done is not None:
            self.reusable = False
        elif self.settling or (self._in_body and not self._counted and not reason):
            self._finish(reusable=False)
        else:
            what = (
                "the reply broke off" if self.started else "the connection broke off before a reply"
            )
            self._fail(f"{what}: {reason}" if reason else what)

    def late(self, *, whole_call: bool) -> Failure:
        """Return what there is when no more came in time: for the whole call, or between pieces."""
        if whole_call:
            return self.failure("the call's time was up")
        return self.failure("the reply stopped half-way" if self.started else "no reply in time")

    def failure(self, reason: str) -> Failure:
        """Return a failure that holds what has come so far."""
        return Failure(reason, self._status, b"".join(self._body)[: MAX_BODY + 1])

    def _fail(self, reason: str) -> None:
        self.reusable = False
        self.done = self.failure(reason)

    def _feed_head(self, data: bytes) -> bytes:
        """Take the head, once it is whole; return what stands behind it."""
        searched = max(0, len(self._head) - 3)
        self._head += data
        self._around += len(data)
        if self._head.startswith((b"\r", b"\n")):
            # Blank lines before the status line (RFC 9112, 2.2).
            self._head, searched = self._head.lstrip(b"\r\n"), 0
        if not _STARTS.startswith(bytes(self._head[: len(_STARTS)])):
            self._fail("not an HTTP reply")
            return b""
        found = _HEAD_END.search(self._head, searched)
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
        """Take a piece of the body; return what its Content-Length does not count."""
        piece, rest = data, b""
        if self._left is None:
            self._around += len(data)
        else:
            piece, rest = data[: self._left], data[self._left :]
            self._left -= len(piece)
        self._parse(piece)
        if self.done is None and (self._count > MAX_BODY or self._around > MAX_BODY):
            self._fail(f"a reply of more than {MAX_BODY:,} bytes")
        return rest

    def _parse(self, data: bytes) -> None:
        try:
            self._parser.feed_data(data)
        except (HttpParserError, HttpParserUpgrade) as error:
            # What comes behind a whole reply only costs the connection.
            self.reusable = False
            if not self._whole:
                self._fail(f"not an HTTP reply: {_parser_words(error)}")

    def _complete(self, excess: bytes) -> None:
        """Finish a reply that is whole by its framing, unless it seems to go on."""
        if excess and self._left is not None and not excess.startswith(b"HTTP/1."):
            # The script counted its text, and not what stands before it: the rest belongs to it.
            self._append(excess)
            self._finish(reusable=False)
        elif excess:
            self._finish(reusable=False)
        elif self._left is not None and _may_go_on(b"".join(self._body)):
            self.settling = True
        else:
            self._finish(reusable=self.reusable)

    def _append(self, data: bytes) -> None:
        self.reusable = False
        self._body.append(data[: MAX_BODY - self._count])
        self._count += len(data)

    def _finish(self, *, reusable: bool) -> None:
        self.settling = False
        self.reusable = reusable
        headers = self._headers
        coding = headers.get(b"content-encoding", b"").decode("latin-1").strip().lower()
        body, coding = decoded(b"".join(self._body), coding)
        self.done = Reply(
            status=self._status or 0,
            content_type=headers.get(b"content-type", b"").decode("latin-1"),
            content_encoding=coding,
            body=body,
        )
        # The two hold each other: so both are freed now, not by a search for garbage.
        del self._parser

    # What the parser calls.

    def on_message_begin(self) -> None:
        """Take note of another reply behind the first: nobody asked for it."""
        if self._whole:
            self.reusable = False

    def on_header(self, name: bytes, value: bytes) -> None:
        """Keep what matters. A trailer comes too late to say what the body is."""
        name = name.lower()
        if not self._whole and not self._in_body and name in _HEADERS:
            self._headers[name] = value

    def on_headers_complete(self) -> None:
        """Take note of the body's framing: the head is over."""
        if self._whole:
            return
        self._status = self._parser.get_status_code()
        coding = self._headers.get(b"transfer-encoding")
        length = self._headers.get(b"content-length")
        # With neither, the reply goes on until the connection ends.
        self._counted = length is not None if coding is None else b"chunked" in coding.lower()
        self._left = int(length) if length is not None and coding is None else None
        self._in_body = True

    def on_body(self, data: bytes) -> None:
        """Keep a piece of the body."""
        if self._left is None:
            self._around -= len(data)
        if not self._whole and self._count <= MAX_BODY:
            self._body.append(data)
            self._count += len(data)

    def on_message_complete(self) -> None:
        """Take note that the reply is whole, unless it only says that one will come."""
        if self._whole:
            return
        if self._status is not None and self._status < 200:  # noqa: PLR2004 - RFC 9110, 15.2
            self._status = None
            self._headers.clear()
            self._in_body = False
            self._left = None
        else:
            # Who gives two framings may mean another one than we took.
            both = len(self._headers.keys() & _FRAMING) > 1
            self.reusable = self._parser.should_keep_alive() and not both
            self._whole = True


def with_one_length(head: bytes) -> bytes:
    """Return a reply's head with each Content-Length that was given twice given once.

    curl, browsers and PHP take it so where both say the same (RFC 9112, 6.3).

    Raises:
        ValueError: the lengths differ, or one is no number. The text names the header.
    """
    if head.lower().count(b"content-length") == 0:
        return head
    lines = head.split(b"\n")
    lengths: set[bytes] = set()
    kept: list[bytes] = []
    for line in lines:
        name, colon, value = line.partition(b":")
        if not colon or name.strip().lower() != b"content-length":
            kept.append(line)
            continue
        told = {each.strip() for each in value.split(b",")}
        for each in told:
            if not each.isdigit():
                raise ValueError(f"Content-Length is {_shown(each)}, which is not a number")
        if not lengths:
            kept.append(b"Content-Length: " + min(told) + b"\r")
        lengths |= {each.lstrip(b"0") or b"0" for each in told}
    if len(lengths) > 1:
        both = " and ".join(sorted(_shown(each) for each in lengths))
        raise ValueError(f"Content-Length is given twice, as {both}")
    return b"\n".join(kept)


def _shown(value: bytes) -> str:
    return repr(value[:40].decode("latin-1"))


def _parser_words(error: Exception) -> str:
    """Return llhttp's own words for what is wrong: they name the header, and hold no data."""
    if isinstance(error, HttpParserUpgrade):
        return "the gateway wants another protocol (Upgrade)"
    return str(error) or type(error).__name__


def _may_go_on(body: bytes) -> bool:
    """Return True if a script may have counted less than it wrote.

    It counts its text, and neither the byte order mark nor the blank lines nor the notices before
    it; or it counts characters instead of bytes. A document that closes what it opened is whole.
    """
    text = body.rstrip()
    if text.endswith(_CLOSED):
        return False
    return not text or text[:1].isspace() or text.startswith(b"<") or not text.isascii()


def tunnel_request(endpoint: Endpoint, proxy: Proxy) -> bytes:
    """What asks a proxy for a tunnel to the endpoint."""
    host = f"[{endpoint.host}]" if ":" in endpoint.host else endpoint.host
    lines = [f"CONNECT {host}:{endpoint.port} HTTP/1.1", f"Host: {host}:{endpoint.port}"]
    if proxy.authorization:
        lines.append(f"Proxy-Authorization: {proxy.authorization}")
    return "\r\n".join([*lines, "", ""]).encode("latin-1")


def tunnel_refusal(reply: bytes) -> str | None:
    """Why there is no tunnel after a proxy's whole head; None when there is one."""
    status = STATUS_LINE.match(reply)
    if status is None:
        return "not an HTTP reply"
    return None if status[1].startswith(b"2") else f"HTTP {status[1].decode()}"
