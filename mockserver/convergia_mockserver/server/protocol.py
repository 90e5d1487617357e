"""uvicorn's HTTP protocol with a short cut: a request for the gateway is answered where it stands.

A call takes the gateway some microseconds of pure computing, so a task, a queue and two dozen
messages for each would be most of the work. What a short cut cannot do (a delay, a fault of the
connection, a client that does not read, anything but the gateway's own paths) goes uvicorn's way.

Also here, for every path: bounds on a request's head and body, which uvicorn does not have.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, cast
from urllib.parse import unquote

import httptools
from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol

from convergia_mockserver.faces.paths import split_space
from convergia_mockserver.faces.wire import RawRequest

from .app import TRANSPORT, finish, host_of
from .refusals import plain

if TYPE_CHECKING:
    from asyncio import AbstractEventLoop

    from starlette.types import ASGIApp, Receive, Scope, Send
    from uvicorn.config import Config
    from uvicorn.protocols.http.httptools_impl import RequestResponseCycle
    from uvicorn.server import ServerState

    from convergia_mockserver.faces.wire import Reply

    from .app import MockServerApp
    from .dispatch import Outcome

MAX_HEAD_BYTES = 64 * 1024
# How much of a body that is too long is read on, so that the client gets to read the refusal.
_MAX_DISCARDED_BYTES = 64 * 1024 * 1024
_LINE_BREAK = re.compile(rb"[\r\n]")


class GatewayProtocol(HttpToolsProtocol):
    """One connection."""

    # uvicorn assigns these without a type.
    app: ASGIApp
    expect_100_continue: bool
    headers: list[tuple[bytes, bytes]]
    url: bytes

    def __init__(
        self,
        config: Config,
        server_state: ServerState,
        app_state: dict[str, object],
        _loop: AbstractEventLoop | None = None,
    ) -> None:
        super().__init__(config, server_state, app_state, _loop)
        gateway = cast("MockServerApp", config.app)
        self._gateway = gateway
        self._dispatcher = gateway.dispatcher
        self._faces = gateway.dispatcher.faces
        self._max_body = gateway.max_body
        self._head_bytes = 0
        self._in_head = False
        self._long = False
        self._idle_since = 0.0
        self._route: tuple[str, str | None, str] | None = None
        self._query = b""
        self._parts: list[bytes] = []
        self._body_bytes = 0
        self._refused = False
        self._refusal: Reply | None = None

    # What uvicorn and the parser call.

    def data_received(self, data: bytes) -> None:
        """Bytes came."""
        self._long = len(data) > MAX_HEAD_BYTES or self._in_head
        if self._in_head:
            # Only what comes after the piece in which the head began: others may stand before it.
            self._head_bytes += len(data)
        super().data_received(data)
        if self._in_head and self._head_bytes > MAX_HEAD_BYTES and not self.transport.is_closing():
            self._refusal = _head_too_long()
            self.send_400_response("")

    def on_message_begin(self) -> None:
        """A request starts; the scope is made for those that go uvicorn's way."""
        self.url = b""
        self.headers = []
        self.expect_100_continue = False
        self._in_head = True
        self._head_bytes = 0
        self._route = None
        self._refused = False

    def on_headers_complete(self) -> None:
        """The head of a request is there: decide which way it goes."""
        self._in_head = False
        if self._long and sum(map(_size, self.headers)) + len(self.url) > MAX_HEAD_BYTES:
            self._refusal = _head_too_long()
            raise ValueError("the head is too long")  # the parser hands it to send_400_response
        cycle: RequestResponseCycle | None = self.cycle
        in_order = cycle is None or cycle.response_complete
        if in_order and not self.flow.write_paused and not self.parser.should_upgrade():
            path, query = _split_url(self.url)
            route = split_space(path)
            if route[2] in self._faces:
                self._route, self._query = route, query
                self._parts, self._body_bytes = [], 0
                if self.expect_100_continue:
                    self.transport.write(b"HTTP/1.1 100 Continue\r\n\r\n")
                return
        self._go_the_long_way()

    def on_body(self, body: bytes) -> None:
        """A piece of the body came."""
        if self._route is None:
            super().on_body(body)
            return
        self._body_bytes += len(body)
        if self._body_bytes <= self._max_body:
            self._parts.append(body)
        elif not self._refused:
            self._refused = True
            self._parts.clear()
            self._write(plain(413, f"a body of more than {self._max_body} bytes"), last=True)
        elif self._body_bytes > _MAX_DISCARDED_BYTES:
            self.transport.abort()

    def on_message_complete(self) -> None:
        """The request is whole: answer it."""
        if self._route is None:
            super().on_message_complete()
            return
        if self._refused:
            self.transport.close()
            return
        prefix, space, path = self._route
        request = RawRequest(
            self.parser.get_method().decode("ascii"),
            path,
            self._query,
            tuple(self.headers),
            b"".join(self._parts),
            self.client[0] if self.client else "127.0.0.1",
            self.scheme or "http",
            host_of(self.headers, self.server),
            prefix,
        )
        outcome = self._dispatcher.handle(request, space)
        if outcome.delay or outcome.fault is not None:
            self._finish_later(outcome)
            return
        last = self.parser.get_http_version() == "1.0" or not self.parser.should_keep_alive()
        self._write(outcome.reply, last=last, bodiless=request.method == "HEAD")
        if last:
            self.transport.close()
        self.on_response_complete()

    def send_400_response(self, msg: str) -> None:
        """What came is no HTTP, or too much of it."""
        refusal, self._refusal = self._refusal, None
        if refusal is None:
            super().send_400_response(msg)
            return
        self._write(refusal, last=True)
        self.transport.close()

    # A timer set and cancelled with each request costs more than one that looks when it rings.

    def _unset_keepalive_if_required(self) -> None:
        self._idle_since = 0.0

    def on_response_complete(self) -> None:
        """A reply went out: the next request may come."""
        self.server_state.total_requests += 1
        if self.transport.is_closing():
            return
        self.flow.resume_reading()
        if self.pipeline:
            self._start_asgi_task(*self.pipeline.pop())
            return
        self._idle_since = self.loop.time()
        if self.timeout_keep_alive_task is None:
            self._watch(self.timeout_keep_alive)

    def timeout_keep_alive_handler(self) -> None:
        """Close a connection on which nothing came for long enough."""
        self.timeout_keep_alive_task = None
        if self.transport.is_closing():
            return
        idle = self.loop.time() - self._idle_since if self._idle_since else 0.0
        if idle >= self.timeout_keep_alive:
            self.transport.close()
        else:
            self._watch(self.timeout_keep_alive - idle)

    def connection_lost(self, exc: Exception | None) -> None:
        """The connection is gone."""
        super().connection_lost(exc)
        if self.timeout_keep_alive_task is not None:
            self.timeout_keep_alive_task.cancel()
            self.timeout_keep_alive_task = None

    def _watch(self, seconds: float) -> None:
        self.timeout_keep_alive_task = self.loop.call_later(
            seconds, self.timeout_keep_alive_handler
        )

    # The short cut.

    def _write(self, reply: Reply, *, last: bool, bodiless: bool = False) -> None:
        parts = [STATUS_LINE[reply.status]]
        for name, value in (*self.server_state.default_headers, *reply.headers):
            if _LINE_BREAK.search(value):
                raise RuntimeError(f"a line break in the header {name!r}")
            parts += (name, b": ", value, b"\r\n")
        parts.append(b"content-length: %d\r\n" % len(reply.body))
        parts.append(b"connection: close\r\n\r\n" if last else b"\r\n")
        if not bodiless:
            parts.append(reply.body)
        self.transport.write(b"".join(parts))

    def _go_the_long_way(self) -> None:
        """What uvicorn does with a head."""
        url, headers, expected = self.url, self.headers, self.expect_100_continue
        super().on_message_begin()
        self.url, self.expect_100_continue = url, expected
        self.headers += headers
        cast("Scope", self.scope)[TRANSPORT] = self.transport
        super().on_headers_complete()

    def _finish_later(self, outcome: Outcome) -> None:
        """Give an answered request to uvicorn, whose cycle keeps the connection's order."""

        async def app(scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG001
            await finish(outcome, scope, send, self._gateway.closing)

        usual, self.app = self.app, cast("ASGIApp", app)
        try:
            self._go_the_long_way()
            super().on_message_complete()
        finally:
            self.app = usual


def _size(header: tuple[bytes, bytes]) -> int:
    return len(header[0]) + len(header[1])


def _split_url(url: bytes) -> tuple[str, bytes]:
    """Path, percent-decoded, and query of a request's target."""
    if url.startswith(b"/") and b"#" not in url:
        raw_path, _, query = url.partition(b"?")
    else:
        parsed = httptools.parse_url(url)
        raw_path, query = parsed.path or b"/", parsed.query or b""
    path = raw_path.decode("ascii")
    return (unquote(path) if "%" in path else path), query


def _head_too_long() -> Reply:
    return plain(431, f"a request's line and headers of more than {MAX_HEAD_BYTES} bytes")
