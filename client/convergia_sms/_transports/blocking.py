"""The sync transport: sockets of its own, so that every promise is its own to keep.

Why no HTTP library: each of those looked at gives one of the promises away. urllib3 writes every
URL, and so the password, into its log at DEBUG and into its warning about a bad header at any
level; none bounds the time of a whole reply against a server that sends a byte at a time; none says
whether the first byte of a request went out. What is left of one after that is parsing a reply,
and `http.client.HTTPResponse` does that from any stream.
"""

from __future__ import annotations

import http.client
import os
import time
from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING

from convergia_sms._codecs.wire import Reply
from convergia_sms._conversation import Failure
from convergia_sms._transports.limits import COMMON_HEADERS, MAX_BODY, MAX_IDLE
from convergia_sms._transports.sockets import (
    DeadlineError,
    Stream,
    connect,
    described,
    is_alive,
)

if TYPE_CHECKING:
    import socket

    from convergia_sms._codecs.wire import Request
    from convergia_sms._conversation import Exchange
    from convergia_sms._transports.endpoint import Endpoint

_CHUNK = 65_536


@dataclass(frozen=True, slots=True)
class _Idle:
    sock: socket.socket
    since: float


class BlockingTransport:
    """Sends requests to one endpoint and keeps connections for the next ones. Thread-safe.

    Args:
        endpoint: where to.
        keep: how many idle connections are kept at most.
    """

    def __init__(self, endpoint: Endpoint, keep: int = 64) -> None:
        self._endpoint = endpoint
        # Taking from and adding to a deque's end is atomic.
        self._idle: deque[_Idle] = deque()
        self._keep = keep
        self._process = os.getpid()
        self._closed = False

    def exchange(self, exchange: Exchange) -> Reply | Failure:
        """Send one request, once, and read its reply.

        Raises:
            RuntimeError: the transport is closed.
        """
        if self._closed:
            raise RuntimeError("the client is closed")
        try:
            sock = self._take() or connect(self._endpoint, exchange.timeout, exchange.deadline)
        except (OSError, http.client.HTTPException) as error:
            return Failure(f"no connection: {described(error)}")
        reusable = False
        try:
            stream = Stream(sock, exchange.timeout.read, exchange.deadline)
            head = self._head(exchange.request)
            failure = _write(stream, head + exchange.request.body, exchange)
            if failure is not None:
                return failure
            reply, reusable = _read(stream, exchange.request.method)
            return reply
        finally:
            if reusable:
                self._give(sock)
            else:
                sock.close()

    def close(self) -> None:
        """Close the idle connections; those in use close when their exchange ends."""
        self._closed = True
        while self._idle:
            self._idle.pop().sock.close()

    def _head(self, request: Request) -> bytes:
        endpoint = self._endpoint
        target = request.target
        lines = [("Host", endpoint.authority), *COMMON_HEADERS, *request.headers]
        if request.body:
            lines.append(("Content-Length", str(len(request.body))))
        if endpoint.proxy is not None and endpoint.scheme == "http":
            target = endpoint.origin + target
            if endpoint.proxy.authorization:
                lines.append(("Proxy-Authorization", endpoint.proxy.authorization))
        head = "".join(f"{name}: {value}\r\n" for name, value in lines)
        return f"{request.method} {target} HTTP/1.1\r\n{head}\r\n".encode("latin-1")

    def _take(self) -> socket.socket | None:
        if self._process != os.getpid():
            # A fork's two sides must not share a connection; this side starts afresh.
            self._idle, self._process = deque(), os.getpid()
        while self._idle:
            try:
                idle = self._idle.pop()
            except IndexError:
                return None
            if time.monotonic() - idle.since < MAX_IDLE and is_alive(idle.sock):
                return idle.sock
            idle.sock.close()
        return None

    def _give(self, sock: socket.socket) -> None:
        self._idle.append(_Idle(sock, time.monotonic()))
        if self._closed or len(self._idle) > self._keep:
            try:
                self._idle.popleft().sock.close()
            except IndexError:
                return


def _write(stream: Stream, data: bytes, exchange: Exchange) -> Failure | None:
    """Hand `data` over; marks the exchange before the first byte may be gone."""
    view = memoryview(data)
    exchange.on_wire = True
    while view:
        try:
            view = view[stream.send(view) :]
        except OSError as error:
            if len(view) == len(data) and not stream.encrypted:
                # A first write that fails has put nothing on the wire. Under TLS it may have.
                exchange.on_wire = False
            return Failure(f"the request could not be written: {described(error)}")
    return None


def _read(stream: Stream, method: str) -> tuple[Reply | Failure, bool]:
    """The reply, and whether the connection can serve another request."""
    response = http.client.HTTPResponse(stream, method=method)  # type: ignore[arg-type]
    status: int | None = None
    body = bytearray()
    try:
        response.begin()
        status = response.status
        while len(body) <= MAX_BODY and (chunk := response.read1(_CHUNK)):
            body += chunk
        missing = response.length or 0
    except TimeoutError as error:
        return Failure(_late(error, started=status is not None), status, bytes(body)), False
    except http.client.IncompleteRead:
        return Failure("the reply broke off", status, bytes(body)), False
    except http.client.HTTPException as error:
        return Failure(f"not an HTTP reply: {described(error)}", status, bytes(body)), False
    except (OSError, ValueError, EOFError) as error:
        return Failure(f"the reply broke off: {described(error)}", status, bytes(body)), False
    finally:
        response.close()
    if len(body) > MAX_BODY:
        return Failure(f"a reply of more than {MAX_BODY:,} bytes", status, bytes(body)), False
    if missing:
        return Failure("the reply broke off", status, bytes(body)), False
    reply = Reply(
        status=status,
        content_type=response.headers.get("Content-Type", ""),
        content_encoding=response.headers.get("Content-Encoding", "").strip().lower(),
        body=bytes(body),
    )
    return reply, not response.will_close and stream.drained


def _late(error: TimeoutError, *, started: bool) -> str:
    if isinstance(error, DeadlineError):
        return "the call's time was up"
    return "the reply stopped half-way" if started else "no reply in time"
