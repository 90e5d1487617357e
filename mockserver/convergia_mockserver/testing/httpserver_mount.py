"""The gateway on the user's own pytest-httpserver.

The handlers of the test have precedence. The gateway answers other requests for its paths. The
features of pytest-httpserver (its log, `assert_request_made`, `check()`) include these requests.
"""

from __future__ import annotations

import contextlib
import os
import socket
import struct
import threading
from typing import TYPE_CHECKING

from pytest_httpserver.httpserver import RequestHandler, RequestHandlerList, RequestMatcher
from werkzeug import Response

from convergia_mockserver.faces.paths import split_space
from convergia_mockserver.faces.wire import RawRequest
from convergia_mockserver.gateway.faults import Fault, FaultKind

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pytest_httpserver import HTTPServer
    from werkzeug import Request

    from convergia_mockserver.faces.wire import Reply
    from convergia_mockserver.server.dispatch import Dispatcher

_NO_LINGER = struct.pack("ii", 1, 0)
_DRIPS = 40


class GatewayMount(RequestHandlerList):
    """The permanent handlers of pytest-httpserver, followed by the gateway.

    Its methods run in the server's threads.

    Args:
        dispatcher: the dispatcher that answers for the gateway.
    """

    def __init__(self, dispatcher: Dispatcher) -> None:
        super().__init__()
        self._dispatcher = dispatcher
        self._closing = threading.Event()
        self._gateway = RequestHandler(_OwnPaths(dispatcher))
        self._gateway.respond_with_handler(self._respond)

    def mount(self, httpserver: HTTPServer) -> None:
        """Answer requests to a server until its handlers are cleared."""
        self.extend(httpserver.handlers)
        httpserver.handlers = self

    def unmount(self, httpserver: HTTPServer) -> None:
        """Stop answering, and end silences and slow replies."""
        self._closing.set()
        if httpserver.handlers is self:
            httpserver.handlers = RequestHandlerList(self)

    def match(self, request: Request) -> RequestHandler | None:
        """Return the handler of the test, or else the gateway's."""
        own = super().match(request)
        if own is None and self._gateway.matcher.match(request):
            return self._gateway
        return own

    def _respond(self, request: Request) -> Response:
        prefix, space, path = split_space(request.path)
        outcome = self._dispatcher.handle(_raw(request, prefix, path), space)
        if outcome.error is not None:
            raise outcome.error  # for httpserver.check()
        self._closing.wait(outcome.delay)
        if outcome.fault is not None:
            failed = self._fail(outcome.fault, outcome.reply, request)
            if failed is not None:
                return failed
        return _response(outcome.reply, outcome.reply.body)

    def _fail(self, fault: Fault, reply: Reply, request: Request) -> Response | None:
        connection: socket.socket = request.environ["werkzeug.socket"]
        match fault.kind:
            case FaultKind.RESET_BEFORE_READING | FaultKind.ACCEPTED_THEN_RESET:
                _reset(connection)
                return _response(reply, _dropped(b""))
            case FaultKind.ACCEPTED_THEN_SILENCE:
                self._closing.wait(fault.seconds)
                _reset(connection)
                return _response(reply, _dropped(b""))
            case FaultKind.TRUNCATED_BODY:
                # With the reading side shut down, the server closes the connection.
                with contextlib.suppress(OSError):
                    connection.shutdown(socket.SHUT_RD)
                return _response(reply, _dropped(reply.body[: len(reply.body) // 2]))
            case FaultKind.SLOW_DRIP:
                return _response(reply, self._drip(reply.body, fault.seconds))
            case _:
                return None

    def _drip(self, body: bytes, seconds: float) -> Iterator[bytes]:
        step = max(1, -(-len(body) // _DRIPS))
        starts = range(0, len(body), step)
        for start in starts:
            if start:
                self._closing.wait(seconds / len(starts))
            yield body[start : start + step]


class _OwnPaths(RequestMatcher):
    """Matches the gateway's paths, in any space."""

    def __init__(self, dispatcher: Dispatcher) -> None:
        super().__init__("/")
        self._faces = dispatcher.faces

    def match(self, request: Request) -> bool:
        return split_space(request.path)[2] in self._faces


def _raw(request: Request, prefix: str, path: str) -> RawRequest:
    return RawRequest(
        method=request.method,
        path=path,
        query=request.query_string,
        headers=tuple(
            (name.lower().encode("latin-1"), value.encode("latin-1"))
            for name, value in request.headers.items()
        ),
        body=request.get_data(),
        address=request.remote_addr or "127.0.0.1",
        scheme=request.scheme,
        host=request.headers.get("Host", ""),
        prefix=prefix,
    )


def _response(reply: Reply, body: bytes | Iterator[bytes]) -> Response:
    response = Response(body, status=reply.status)
    del response.headers["Content-Type"]
    for name, value in reply.headers:
        response.headers.add(name.decode("latin-1"), value.decode("latin-1"))
    response.headers["Content-Length"] = str(len(reply.body))
    return response


def _dropped(part: bytes) -> Iterator[bytes]:
    """Yield a body that ends, for werkzeug, as if the client had dropped the connection."""
    if part:
        yield part
    raise ConnectionAbortedError("a fault, as asked")


def _reset(connection: socket.socket) -> None:
    """Break the connection with an RST, and give the server a closed socket to write to."""
    with contextlib.suppress(OSError):
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _NO_LINGER)
    kept, other = socket.socketpair()
    with kept, other:
        os.dup2(kept.fileno(), connection.fileno(), inheritable=False)
