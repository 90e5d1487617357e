"""uvicorn's HTTP protocol with a fast path that answers requests for the gateway directly.

The gateway answers a call in a few microseconds, so uvicorn's task, queue and ASGI messages would
be most of the work for a request. Requests that the fast path cannot handle go through uvicorn:
delays, faults of the connection, clients that do not read, and other paths than the gateway's.

This module also limits the size of a request's head and body, which uvicorn does not.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

import httptools
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from convergia_mockserver.faces.paths import split_space
from convergia_mockserver.faces.wire import RawRequest, Reply

from .app import TRANSPORT, finish, host_of
from .connection_limits import make_room
from .refusals import head_too_long, plain
from .reply_bytes import to_bytes
from .request_heads import MAX_HEAD_BYTES, is_incomplete, size_of, split_target, tolerant

if TYPE_CHECKING:
    import asyncio
    from asyncio import AbstractEventLoop

    from starlette.types import ASGIApp, Receive, Scope, Send
    from uvicorn.config import Config
    from uvicorn.protocols.http.httptools_impl import RequestResponseCycle
    from uvicorn.server import ServerState

    from .app import MockServerApp
    from .dispatch import Outcome

    _Headers = tuple[tuple[bytes, bytes], ...]

# The largest part of a too large body that is read, so that the client can read the refusal.
_MAX_DISCARDED_BYTES = 64 * 1024 * 1024


class GatewayProtocol(HttpToolsProtocol):
    """A connection to the server."""

    # uvicorn assigns these without a type.
    app: ASGIApp
    expect_100_continue: bool
    headers: list[tuple[bytes, bytes]]
    url: bytes

    receiving_since: float

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
        self._between = True
        self._held = b""
        self._held_since = 0.0
        self._upgrades: tuple[bytes, ...] = ()
        self._long = False
        self._idle_since = 0.0
        self._route: tuple[str, str | None, str] | None = None
        self._query = b""
        self._parts: list[bytes] = []
        self._body_bytes = 0
        self._beside_body = 0  # bytes of chunk extensions and trailers
        self._refused = False
        self._refusal: Reply | None = None
        self._limits = gateway.limits
        self.receiving_since = 0.0  # the start of the current request; 0.0 between requests
        self._received_at = 0.0  # the time of the latest received bytes
        self._unread_since = 0.0  # the time at which the peer stopped reading; 0.0 while it reads

    @property
    def _is_in_head(self) -> bool:
        """True if a head has begun and is incomplete."""
        return self._in_head or bool(self._held)

    @property
    def idle_since(self) -> float:
        """See `Connection.idle_since`."""
        if self._idle_since:
            return self._idle_since
        return self.receiving_since if self._is_in_head or not self.headers else 0.0

    def look_after(self, now: float) -> None:
        """Close the connection if its peer is too slow. The server calls this periodically."""
        limits = self._limits
        if self.transport.is_closing():
            return
        if self._unread_since and now - self._unread_since > limits.pause_seconds:
            self.transport.abort()
        elif not self.receiving_since:
            return
        elif self._is_in_head or not self.headers:
            if now - self.receiving_since > limits.head_seconds:
                self._give_up()
        elif (
            now - self._received_at > limits.pause_seconds
            or now - self.receiving_since > limits.body_seconds
        ):
            self._give_up()

    def _give_up(self) -> None:
        """Close a connection whose request takes too long."""
        cycle: RequestResponseCycle | None = self.cycle
        if (cycle is None or cycle.response_complete) and (self._is_in_head or self.headers):
            self._write(plain(408, "the request was not complete in time"), last=True)
            self.transport.close()
        else:
            self.transport.abort()

    # Methods that uvicorn and the parser call.

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Accept a connection."""
        super().connection_made(transport)
        self.receiving_since = self._received_at = self.loop.time()
        if self._gateway.closing.is_set():
            # It was accepted while the server was stopping, and nothing else would close it.
            transport.close()
            return
        connections = cast("set[GatewayProtocol]", self.connections)
        if len(connections) > self._limits.connections and not make_room(connections, self):
            self._write(plain(503, "too many connections; try again"), last=True)
            transport.close()

    def data_received(self, data: bytes) -> None:
        """Process received bytes."""
        self._received_at = self.loop.time()
        if self._between:
            data = self._held + data
            if len(data) <= MAX_HEAD_BYTES and is_incomplete(data):
                self._held = data
                self._held_since = self._held_since or self._received_at
                self.receiving_since = self._held_since
                self._unset_keepalive_if_required()
                return
            self._held = b""
            data, self._upgrades = tolerant(data)
        self._long = len(data) > MAX_HEAD_BYTES or self._in_head
        if self._in_head:
            # Do not count the piece in which the head began, which may hold earlier requests.
            self._head_bytes += len(data)
        body_bytes, in_body = self._body_bytes, not (self._between or self._in_head)
        super().data_received(data)
        if self.transport.is_closing():
            return
        if self._in_head:
            if self._head_bytes > MAX_HEAD_BYTES:
                self._refusal = head_too_long()
                self.send_400_response("")
        elif in_body and not self._between and self._body_bytes == body_bytes:
            # The parser would keep an endless trailer, and nothing else limits it.
            self._beside_body += len(data)
            if self._beside_body > MAX_HEAD_BYTES:
                self._refuse_body(head_too_long("trailers"))

    def on_header(self, name: bytes, value: bytes) -> None:
        """Add a header field. Drop a trailer, as Apache does (RFC 9110 §6.5.1)."""
        if self._in_head:
            super().on_header(name, value)

    def on_message_begin(self) -> None:
        """Start a request. A scope is only created for requests that go through uvicorn."""
        self.url = b""
        self.headers = []
        self.expect_100_continue = False
        self._in_head = True
        self._between = False
        self.receiving_since = self._held_since or self._received_at
        self._held_since = 0.0
        self._head_bytes = 0
        self._route = None
        self._refused = False
        self._body_bytes = self._beside_body = 0

    def on_headers_complete(self) -> None:
        """Decide if the request takes the fast path, when its head is complete."""
        self._in_head = False
        self.headers += [(b"upgrade", protocol) for protocol in self._upgrades]
        self._upgrades = ()
        if self._long and size_of(self.url, self.headers) > MAX_HEAD_BYTES:
            self._refusal = head_too_long()
            raise ValueError("the head is too long")  # the parser passes it to send_400_response
        cycle: RequestResponseCycle | None = self.cycle
        in_order = cycle is None or cycle.response_complete
        if in_order and not self.flow.write_paused:
            path, query = split_target(self.url)
            route = split_space(path)
            # A request that may be relayed has to wait, which only the app can do.
            if route[2] in self._faces and self._dispatcher.relay is None:
                self._route, self._query = route, query
                self._parts = []
                if self.expect_100_continue:
                    self.transport.write(b"HTTP/1.1 100 Continue\r\n\r\n")
                return
        self._pass_to_uvicorn()

    def on_body(self, body: bytes) -> None:
        """Add a piece of the body."""
        self._body_bytes += len(body)
        if not self._refused and not self._gateway.bodies.fits(self, self._body_bytes):
            self._refused = True
            self._parts.clear()
            self._refuse_body(plain(503, "too many bodies at once; try again"))
        if self._route is None:
            super().on_body(body)
            return
        if self._refused:
            if self._body_bytes > _MAX_DISCARDED_BYTES:
                self.transport.abort()
        elif self._body_bytes <= self._max_body:
            self._parts.append(body)
        else:
            self._refused = True
            self._parts.clear()
            self._gateway.bodies.release(self)
            refusal = plain(413, f"the body must have at most {self._max_body} bytes")
            self._record(refusal)
            self._write(refusal, last=True)

    def on_message_complete(self) -> None:
        """Answer the request, which is complete."""
        self._between = True
        self.receiving_since = 0.0
        self._gateway.bodies.release(self)
        if self._route is None:
            super().on_message_complete()
            return
        if self._refused:
            self.transport.close()
            return
        prefix, space, path = self._route
        method = self.parser.get_method().decode("ascii")
        headers, body = tuple(self.headers), b"".join(self._parts)
        request = self._request(method, (prefix, path, self._query), headers, body)
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
        """Refuse a request that is not HTTP or too large."""
        refusal, self._refusal = self._refusal, None
        if refusal is None:
            super().send_400_response(msg)
            refusal = Reply(400, ((b"content-type", b"text/plain; charset=utf-8"),), msg.encode())
            self._record(refusal)
            return
        self._record(refusal)
        self._write(refusal, last=True)
        self.transport.close()

    def pause_writing(self) -> None:
        """Pause writing, and note since when the peer has not read."""
        super().pause_writing()
        self._unread_since = self.loop.time()

    def resume_writing(self) -> None:
        """Resume writing, because the peer reads again."""
        super().resume_writing()
        self._unread_since = 0.0

    def shutdown(self) -> None:
        """Finish a request that is being answered, and drop one that is incomplete."""
        cycle: RequestResponseCycle | None = self.cycle
        if cycle is not None and not cycle.response_complete and cycle.more_body:
            self.transport.abort()
            return
        super().shutdown()
        idle = cycle is None or cycle.response_complete
        if idle and self.transport.get_extra_info("ssl_object") is not None:
            # TLS would wait for a close_notify, which an idle peer does not send.
            self.loop.call_soon(self.transport.abort)

    # Setting and cancelling a timer for each request costs more than one timer that checks the
    # time.

    def _unset_keepalive_if_required(self) -> None:
        self._idle_since = 0.0

    def on_response_complete(self) -> None:
        """Accept the next request after a reply was sent."""
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
        """Close the connection if it has been idle for too long."""
        self.timeout_keep_alive_task = None
        if self.transport.is_closing():
            return
        idle = self.loop.time() - self._idle_since if self._idle_since else 0.0
        if idle >= self.timeout_keep_alive:
            self.transport.close()
        else:
            self._watch(self.timeout_keep_alive - idle)

    def connection_lost(self, exc: Exception | None) -> None:
        """Release the resources of a closed connection."""
        super().connection_lost(exc)
        self._gateway.bodies.release(self)
        if self.timeout_keep_alive_task is not None:
            self.timeout_keep_alive_task.cancel()
            self.timeout_keep_alive_task = None

    def _watch(self, seconds: float) -> None:
        self.timeout_keep_alive_task = self.loop.call_later(
            seconds, self.timeout_keep_alive_handler
        )

    def _record(self, refusal: Reply) -> None:
        """Record in the journal a request that was refused before a face parsed it."""
        # Between requests, url and headers still belong to the previous request.
        url, headers = (b"", ()) if self._between else (self.url, tuple(self.headers))
        try:
            path, query = split_target(url)
        except (httptools.HttpParserError, UnicodeDecodeError):
            path, query = url.decode("latin-1"), b""
        prefix, space, path = split_space(path)
        method = self.parser.get_method().decode("ascii") if url else ""
        request = self._request(method, (prefix, path, query), headers, b"")
        self._dispatcher.refused(request, space, refusal)

    def _request(
        self, method: str, target: tuple[str, str, bytes], headers: _Headers, body: bytes
    ) -> RawRequest:
        """Return a request for the faces. `target` is prefix, path and query."""
        prefix, path, query = target
        peer = self.client[0] if self.client else "127.0.0.1"
        origin = self._gateway.proxies.origin(peer, self.scheme or "http", headers)
        host, above = host_of(headers, self.server), origin.prefix
        return RawRequest(
            method, path, query, headers, body, origin.address, origin.scheme, host, above + prefix
        )

    # Methods of the fast path.

    def _write(self, reply: Reply, *, last: bool, bodiless: bool = False) -> None:
        headers = self.server_state.default_headers
        self.transport.write(to_bytes(reply, headers, last=last, bodiless=bodiless))

    def _refuse_body(self, refusal: Reply) -> None:
        self._record(refusal)
        cycle: RequestResponseCycle | None = self.cycle
        if cycle is None or cycle.response_complete:
            self._write(refusal, last=True)
            self.transport.close()
        else:
            self.transport.abort()

    def _pass_to_uvicorn(self) -> None:
        """Pass a complete head to uvicorn."""
        url, headers, expected = self.url, self.headers, self.expect_100_continue
        super().on_message_begin()
        self.url, self.expect_100_continue = url, expected
        self.headers += headers
        cast("Scope", self.scope)[TRANSPORT] = self.transport
        super().on_headers_complete()

    def _finish_later(self, outcome: Outcome) -> None:
        """Pass an answered request to uvicorn, whose cycle keeps the order of the connection."""

        async def app(scope: Scope, receive: Receive, send: Send) -> None:
            await finish(outcome, scope, receive, send, self._gateway.closing)

        usual, self.app = self.app, cast("ASGIApp", app)
        try:
            self._pass_to_uvicorn()
            super().on_message_complete()
        finally:
            self.app = usual
