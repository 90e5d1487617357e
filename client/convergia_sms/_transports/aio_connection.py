"""A connection of the async transport, with one exchange at a time."""

from __future__ import annotations

import asyncio
import os
import socket
import time
from typing import TYPE_CHECKING, cast

from convergia_sms._exchange import Failure
from convergia_sms._transports.framing import SETTLING
from convergia_sms._transports.http1 import ReplyReader, TunnelError, TunnelReader, tunnel_request
from convergia_sms._transports.limits import LATE_LOOKS, MAX_IDLE
from convergia_sms._transports.sockets import described, discard_unsent, is_alive

if TYPE_CHECKING:
    from collections.abc import Sequence

    from convergia_sms._codecs.wire import Reply
    from convergia_sms._exchange import Exchange
    from convergia_sms._transports.endpoint import Endpoint, Proxy
    from convergia_sms._transports.http1 import RequestWriter


class AsyncConnection(asyncio.Protocol):
    """A connection and its current exchange.

    The event loop owns the socket from the start. `abort` gives up at any step, and closes the
    socket exactly once, on asyncio and on uvloop.

    Args:
        writer: writes requests.
        pool: all open connections. This one adds and removes itself.
    """

    def __init__(self, writer: RequestWriter, pool: set[AsyncConnection]) -> None:
        self._writer = writer
        self._pool = pool
        self._loop = asyncio.get_running_loop()
        self._transport: asyncio.Transport | None = None
        # Our own socket on the same connection, to check for unread data, and to write at once.
        self._socket: socket.socket | None = None
        self._opening = True
        self._aborted = False
        self._encrypted = False
        self._tunnel: TunnelReader | None = None
        self._tunnelled: asyncio.Future[None] | None = None
        self._reader: ReplyReader | None = None
        self._waiter: asyncio.Future[Reply | Failure] | None = None
        self._timer: asyncio.Handle | None = None
        self._late_looks = 0
        self._last = time.monotonic()
        self.reusable = False
        self.dropped = False
        self.closed: asyncio.Future[None] = self._loop.create_future()

    async def connect(self, family: int, address: Sequence[object]) -> None:
        """Open the TCP connection.

        Raises:
            OSError: it failed.
        """
        host, port = _host(address), int(str(address[1]))
        # The loop creates the socket and closes it, so no cancellation can come in between.
        await self._loop.create_connection(
            lambda: self, host, port, family=family, flags=socket.AI_NUMERICHOST
        )

    async def open_tunnel(self, endpoint: Endpoint, proxy: Proxy) -> None:
        """Ask the proxy for a tunnel to the endpoint.

        Raises:
            OSError: it failed.
        """
        self._tunnel = TunnelReader()
        self._tunnelled = self._loop.create_future()
        try:
            self._made().write(tunnel_request(endpoint, proxy))
            await self._tunnelled
        finally:
            self._tunnel = self._tunnelled = None

    async def start_tls(self, endpoint: Endpoint) -> None:
        """Start TLS on the connection.

        Raises:
            OSError: the handshake failed.
        """
        assert endpoint.tls is not None, "an https endpoint"  # noqa: S101
        transport = await self._loop.start_tls(
            self._made(), self, endpoint.tls, server_hostname=endpoint.host
        )
        if transport is None:
            raise ConnectionAbortedError
        self._transport = transport
        self._encrypted = True

    def opened(self) -> None:
        """Mark the connection as opened."""
        self._opening = False

    async def exchange(self, exchange: Exchange) -> Reply | Failure:
        """Send the request and read its reply. Another may follow if `reusable`."""
        self.reusable = self.dropped = False
        self._reader = reader = ReplyReader(exchange.max_body)
        waiter: asyncio.Future[Reply | Failure] = self._loop.create_future()
        self._waiter = waiter
        self._late_looks = 0
        self._last = time.monotonic()
        whole = False
        try:
            failure = self._write(exchange)
            if failure is not None:
                return failure
            self._watch(exchange)
            done = await waiter
            whole = not isinstance(done, Failure)
        finally:
            self._reader = self._waiter = None
            if self._timer is not None:
                self._timer.cancel()
            if exchange.on_wire and not whole:
                self._discard_unsent()
        self._last = time.monotonic()
        # A gateway may answer before it has read the whole request.
        self.reusable = reader.reusable and self._made().get_write_buffer_size() == 0
        self.dropped = reader.dropped
        return done

    def is_good(self) -> bool:
        """Return True if an idle connection may be used for another request."""
        idle = time.monotonic() - self._last
        socket_ = self._socket
        return (
            idle < MAX_IDLE and not self.is_closing() and socket_ is not None and is_alive(socket_)
        )

    async def stays_open(self, seconds: float) -> bool:
        """Return True if the gateway keeps the connection open for so many seconds."""
        try:
            await asyncio.wait([self.closed], timeout=seconds)
        except BaseException:
            self.abort()
            raise
        return not self.is_closing()

    def is_closing(self) -> bool:
        """Return True if data written now would no longer be sent."""
        return self._aborted or self._made().is_closing()

    def abort(self) -> None:
        """Close the connection now, at any step."""
        self._aborted = True
        if self._transport is not None:
            self._transport.abort()
        if self._opening:
            # An aborted handshake does not call `connection_lost`.
            self._forget()

    def _made(self) -> asyncio.Transport:
        assert self._transport is not None, "it is connected first"  # noqa: S101
        return self._transport

    def _write(self, exchange: Exchange) -> Failure | None:
        """Write the request if it is not too late. Mark the exchange before the first byte.

        The check and the first write are one step of this thread, and nothing runs between them.
        This is a method of its own because a traceback may show variables, and the request contains
        a password.
        """
        late = exchange.too_late()
        if late is not None:
            return Failure(late)
        request = self._writer.spell(exchange.request)
        exchange.on_wire = True
        if self._encrypted or self._socket is None:
            self._made().write(request)
            return None
        try:
            sent = self._socket.send(request)
        except BlockingIOError:
            sent = 0
        except OSError as error:
            exchange.on_wire = False  # the first write failed, so nothing was sent
            return Failure(f"the request could not be written: {described(error)}")
        if sent < len(request):
            self._made().write(memoryview(request)[sent:])
        return None

    def _discard_unsent(self) -> None:
        """Keep the kernel from sending the rest of an abandoned request."""
        if self._socket is not None:
            discard_unsent(self._socket)

    def _watch(self, exchange: Exchange) -> None:
        """Give up if the time is over, otherwise check again later."""
        now, reader = time.monotonic(), self._reader
        until = min(exchange.deadline, self._last + exchange.timeout.read)
        if now < until or reader is None:
            self._timer = self._loop.call_later(until - now, self._watch, exchange)
        elif self._late_looks < LATE_LOOKS and self._has_unread():
            # The process was suspended, and the loop runs timers before it reads.
            self._late_looks += 1
            self._timer = self._loop.call_soon(self._watch, exchange)
        else:
            self._finish(reader.late(whole_call=now >= exchange.deadline))

    def _has_unread(self) -> bool:
        return self._socket is not None and not is_alive(self._socket)

    def _finish(self, done: Reply | Failure) -> None:
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(done)

    def _forget(self) -> None:
        self._pool.discard(self)
        if self._socket is not None:
            self._socket.close()
            self._socket = None
        if not self.closed.done():
            self.closed.set_result(None)

    # Callbacks of the event loop

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Take over an open connection, or close it if it was given up meanwhile."""
        self._transport = cast("asyncio.Transport", transport)
        if self._aborted:
            self._transport.abort()
            return
        self._pool.add(self)
        descriptor = transport.get_extra_info("socket").fileno()
        self._socket = socket.socket(fileno=os.dup(descriptor))
        self._socket.setblocking(False)

    def data_received(self, data: bytes) -> None:
        """Feed data to the reader. Data without a request makes the connection unusable."""
        if self._tunnel is not None:
            self._read_tunnel(data)
            return
        reader = self._reader
        if reader is None or reader.done is not None:
            self.abort()
            return
        self._last = time.monotonic()
        reader.feed(data)
        if reader.settling:
            self._loop.call_later(SETTLING, self._settle, reader)
        elif reader.done is not None:
            self._finish(reader.done)

    def _settle(self, reader: ReplyReader) -> None:
        """Accept the reply as it is, unless the rest has come meanwhile."""
        reader.settle()
        if reader is self._reader and reader.done is not None:
            self._finish(reader.done)

    def eof_received(self) -> None:
        """Record that the gateway sends no more. The loop closes the connection."""
        self._end()

    def connection_lost(self, exc: Exception | None) -> None:
        """Record that the connection is closed."""
        self._end("" if exc is None else described(exc))
        self._forget()

    def _read_tunnel(self, data: bytes) -> None:
        if self._tunnel is None or self._tunnelled is None:
            return
        for at in range(len(data)):
            if self._tunnelled.done():
                self.abort()  # no data may come before our handshake
                return
            try:
                if self._tunnel.feed(data[at : at + 1]):
                    self._tunnelled.set_result(None)
            except TunnelError as error:
                self._tunnelled.set_exception(error)

    def _end(self, reason: str = "") -> None:
        if self._tunnelled is not None and not self._tunnelled.done():
            self._tunnelled.set_exception(TunnelError())
        if self._reader is not None:
            self._reader.end(reason)
            if self._reader.done is not None:
                self._finish(self._reader.done)


def _host(address: Sequence[object]) -> str:
    """Return the numeric host of a socket address, with the zone of a link-local one."""
    host = str(address[0])
    scope = address[3] if len(address) > 3 else 0  # noqa: PLR2004 - IPv6: host, port, flow, scope
    return f"{host}%{scope}" if scope and "%" not in host else host
