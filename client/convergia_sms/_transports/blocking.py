"""The synchronous transport, with its own sockets.

It uses no HTTP library, because each breaks one of the rules. urllib3 logs URLs, and so the
password, at DEBUG and in a warning about bad headers. No library limits the time of a whole reply
if the server sends one byte at a time, and none reports whether the first byte of a request was
written. What remains is the framing of a reply, for which we use a library too (`http1`).
"""

from __future__ import annotations

import os
import time
from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING

from convergia_sms._codecs.wire import Reply
from convergia_sms._exchange import MAX_BODY, Exchange, Failure
from convergia_sms._transports.framing import SETTLING
from convergia_sms._transports.http1 import ReplyReader, RequestWriter
from convergia_sms._transports.limits import MAX_IDLE, TRIAL
from convergia_sms._transports.sockets import (
    DeadlineError,
    Stream,
    connect,
    described,
    discard_unsent,
    is_alive,
    refuse_green_sockets,
    stays_open,
)

if TYPE_CHECKING:
    import socket

    from convergia_sms._codecs.wire import Request
    from convergia_sms._timeouts import Timeout
    from convergia_sms._transports.endpoint import Endpoint


@dataclass(frozen=True, slots=True)
class _Idle:
    sock: socket.socket
    since: float


class BlockingTransport:
    """Sends requests to one endpoint, and keeps connections for later ones. Thread-safe.

    Args:
        endpoint: the endpoint.
        keep: the most idle connections.
        reuse: True if a connection may serve more than one request. Turned off automatically if the
            gateway closes connections without notice.
    """

    def __init__(self, endpoint: Endpoint, keep: int = 64, *, reuse: bool = True) -> None:
        refuse_green_sockets()
        self._endpoint = endpoint
        self._writer = RequestWriter(endpoint)
        # Operations at the ends of a deque are atomic.
        self._idle: deque[_Idle] = deque()
        self._keep = keep
        self._reuse = reuse
        self._tried = False
        self._process = os.getpid()
        self._closed = False

    def exchange(self, exchange: Exchange) -> Reply | Failure:
        """Send a request once, and read its reply.

        Raises:
            RuntimeError: the transport is closed.
        """
        if self._closed:
            raise RuntimeError("the client is closed")
        if (blocked := self._endpoint.blocked()) is not None:
            return blocked
        used = self._take()
        try:
            sock = used or connect(self._endpoint, exchange.timeout, exchange.deadline)
        except OSError as error:
            return Failure(f"no connection to {self._endpoint.where}: {described(error)}")
        reader = ReplyReader(exchange.max_body)
        try:
            stream = Stream(sock, exchange.timeout.read, exchange.deadline)
            # Do not store the request in a variable: a traceback may show it, and it contains a
            # password.
            failure = _write(stream, self._writer.spell(exchange.request), exchange)
            return failure or _read(stream, reader)
        finally:
            if used is not None and reader.dropped:
                self._reuse = False
            if reader.reusable and self._reuse:
                self._give(sock)
            else:
                if exchange.on_wire and not isinstance(reader.done, Reply):
                    discard_unsent(sock)
                sock.close()

    def request(
        self, request: Request, timeout: Timeout, max_body: int = MAX_BODY
    ) -> Reply | Failure:
        """Send a request that belongs to no conversation. See `exchange`."""
        deadline = time.monotonic() + timeout.total
        return self.exchange(Exchange(request, timeout, deadline, max_body=max_body))

    def close(self) -> None:
        """Close the idle connections. Others close when their exchange ends."""
        self._closed = True
        while self._idle:
            self._idle.pop().sock.close()

    def _take(self) -> socket.socket | None:
        if self._process != os.getpid():
            # Parent and child of a fork must not share connections, so the child starts without
            # any.
            self._idle, self._process = deque(), os.getpid()
        while self._idle:
            try:
                idle = self._idle.pop()
            except IndexError:
                return None
            if time.monotonic() - idle.since < MAX_IDLE and self._is_good(idle.sock):
                return idle.sock
            idle.sock.close()
        return None

    def _is_good(self, sock: socket.socket) -> bool:
        if self._tried:
            return is_alive(sock)
        self._tried = True
        if not stays_open(sock, TRIAL):
            self._reuse = False
            return False
        return True

    def _give(self, sock: socket.socket) -> None:
        self._idle.append(_Idle(sock, time.monotonic()))
        if self._closed or len(self._idle) > self._keep:
            try:
                self._idle.popleft().sock.close()
            except IndexError:
                return


def _write(stream: Stream, data: bytes, exchange: Exchange) -> Failure | None:
    """Write the request if it is not too late. Mark the exchange before the first byte.

    The check and the first write are one step: a process may be suspended for any time between two
    steps.
    """
    late = exchange.too_late()
    if late is not None:
        return Failure(late)
    view = memoryview(data)
    exchange.on_wire = True
    try:
        view = view[stream.send_at_once(view) :]
        while view:
            view = view[stream.send(view) :]
    except OSError as error:
        if len(view) == len(data) and not stream.encrypted:
            # The first write failed, so nothing was sent. Under TLS something may have been.
            exchange.on_wire = False
        return Failure(f"the request could not be written: {described(error)}")
    return None


def _read(stream: Stream, reader: ReplyReader) -> Reply | Failure:
    while reader.done is None:
        try:
            data = stream.receive(SETTLING if reader.settling else None)
        except TimeoutError as error:
            if reader.settling:
                reader.settle()
                continue
            return reader.late(whole_call=isinstance(error, DeadlineError))
        except OSError as error:
            reader.end(described(error))
        else:
            if data:
                reader.feed(data)
            else:
                reader.end()
    return reader.done
