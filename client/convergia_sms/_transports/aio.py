"""The async transport: asyncio's connections, pooled.

No HTTP library here either, for the reasons that `blocking` gives. aiohttp also sends a GET again
when a reused connection drops; kept from that, and made to say whether a request went out, it costs
more than all the rest of a send. What is framing and what counts as a reply is `http1`'s, as there.
"""

from __future__ import annotations

import asyncio
import socket
import time
from collections import deque
from typing import TYPE_CHECKING, cast

from convergia_sms._exchange import MAX_BODY, Exchange, Failure
from convergia_sms._transports.framing import SETTLING
from convergia_sms._transports.http1 import (
    ReplyReader,
    RequestWriter,
    TunnelReader,
    tunnel_request,
)
from convergia_sms._transports.limits import MAX_IDLE, TRIAL
from convergia_sms._transports.sockets import described, is_alive

if TYPE_CHECKING:
    from convergia_sms._codecs.wire import Reply, Request
    from convergia_sms._timeouts import Timeout
    from convergia_sms._transports.endpoint import Endpoint, Proxy


class AsyncTransport:
    """Sends requests to one endpoint over pooled connections. For the event loop it is made in.

    Args:
        endpoint: where to.
        connections: how many may be open at once; who comes later waits, within its own limits.
        reuse: see `BlockingTransport`.
    """

    def __init__(self, endpoint: Endpoint, connections: int = 100, *, reuse: bool = True) -> None:
        self._endpoint = endpoint
        self._writer = RequestWriter(endpoint)
        self._loop = asyncio.get_running_loop()
        self._idle: deque[_Connection] = deque()
        self._room = asyncio.Semaphore(connections)
        self._open: set[_Connection] = set()
        self._closed = False
        self._reuse = reuse
        self._tried = False

    async def exchange(self, exchange: Exchange) -> Reply | Failure:
        """Send one request, once, and read its reply.

        Raises:
            RuntimeError: the transport is closed.
        """
        if self._closed:
            raise RuntimeError("the client is closed")
        if self._room.locked():
            try:
                async with asyncio.timeout(exchange.deadline - time.monotonic()):
                    await self._room.acquire()
            except TimeoutError:
                return Failure("no connection: all are in use, and the call's time was up")
        else:
            await self._room.acquire()  # does not wait
        try:
            return await self._on_a_connection(exchange)
        finally:
            self._room.release()

    async def request(
        self, request: Request, timeout: Timeout, max_body: int = MAX_BODY
    ) -> Reply | Failure:
        """Send one request that belongs to no conversation. See `exchange`."""
        deadline = time.monotonic() + timeout.total
        return await self.exchange(Exchange(request, timeout, deadline, max_body=max_body))

    async def close(self) -> None:
        """Close every connection; those in use when their exchange has ended, which is waited for.

        Cancelling it breaks those off.
        """
        self._closed = True
        while self._idle:
            self._idle.pop().abort()
        try:
            while self._open:
                await asyncio.wait([connection.closed for connection in self._open])
        except asyncio.CancelledError:
            self.abort()
            raise

    def abort(self) -> None:
        """Close every connection, now: to the exchanges under way, the gateway dropped them."""
        self._closed = True
        for connection in self._open:
            connection.abort()

    async def _on_a_connection(self, exchange: Exchange) -> Reply | Failure:
        used = await self._take()
        try:
            connection = used or await self._connect(exchange)
        except OSError as error:
            return Failure(f"no connection to {self._endpoint.where}: {described(error)}")
        if self._closed or connection.is_closing():
            # Under TLS the gateway may have ended it together with the handshake.
            connection.abort()
            why = "the client was closed" if self._closed else "closed"
            return Failure(f"no connection to {self._endpoint.where}: {why}")
        try:
            return await connection.exchange(exchange)
        finally:
            if used is not None and connection.dropped:
                self._reuse = False
            if connection.reusable and self._reuse and not self._closed:
                self._idle.append(connection)
            else:
                connection.abort()

    async def _take(self) -> _Connection | None:
        """Return the idle connection used last, if it is good still."""
        while self._idle:
            connection = self._idle.pop()
            if not self._tried:
                self._tried = True
                self._reuse = await connection.stays_open(TRIAL)
            if connection.is_good():
                return connection
            connection.abort()
        return None

    async def _connect(self, exchange: Exchange) -> _Connection:
        """A new connection: name, TCP, the proxy's tunnel and TLS, all in time.

        Raises:
            OSError: there is none.
        """
        endpoint = self._endpoint
        left = exchange.deadline - time.monotonic()
        until = self._loop.time() + min(exchange.timeout.connect, left)
        async with asyncio.timeout_at(until):
            way = endpoint.proxy or endpoint
            sock = await self._tcp(way.host, way.port, until)
            try:
                if endpoint.tls is not None and endpoint.proxy is not None:
                    await self._open_tunnel(sock, endpoint.proxy)
                _, connection = await self._loop.create_connection(
                    lambda: _Connection(sock, self._writer, self._open),
                    sock=sock,
                    ssl=endpoint.tls,
                    server_hostname=None if endpoint.tls is None else endpoint.host,
                )
            except BaseException:
                sock.close()
                raise
        return connection

    async def _tcp(self, host: str, port: int, until: float) -> socket.socket:
        try:
            addresses = await self._loop.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        except UnicodeError:
            addresses = []
        failure: OSError = socket.gaierror(socket.EAI_NONAME, "no such name")
        for tried, (family, kind, protocol, _, address) in enumerate(addresses):
            sock = socket.socket(family, kind, protocol)
            now = self._loop.time()
            # A dead address leaves the others their share of the time.
            share = (until - now) / (len(addresses) - tried)
            try:
                sock.setblocking(False)
                sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                async with asyncio.timeout_at(now + share):
                    await self._loop.sock_connect(sock, address)
            except OSError as error:
                sock.close()
                failure = error
            except BaseException:
                sock.close()
                raise
            else:
                return sock
        raise failure

    async def _open_tunnel(self, sock: socket.socket, proxy: Proxy) -> None:
        await self._loop.sock_sendall(sock, tunnel_request(self._endpoint, proxy))
        reader, opened = TunnelReader(), False
        while not opened:
            opened = reader.feed(await self._loop.sock_recv(sock, 1))


class _Connection(asyncio.Protocol):
    """One connection, and the exchange that it is at.

    Args:
        sock: what it runs over.
        writer: spells requests.
        pool: every connection that is open.
    """

    def __init__(self, sock: socket.socket, writer: RequestWriter, pool: set[_Connection]) -> None:
        self._sock = sock
        self._writer = writer
        self._pool = pool
        self._loop = asyncio.get_running_loop()
        self._reader: ReplyReader | None = None
        self._waiter: asyncio.Future[Reply | Failure] | None = None
        self._last = 0.0
        self.reusable = False
        self.dropped = False
        self.closed: asyncio.Future[None] = self._loop.create_future()

    async def exchange(self, exchange: Exchange) -> Reply | Failure:
        """Send the request and read its reply; another may follow where `reusable` says so."""
        self.reusable = self.dropped = False
        self._reader = reader = ReplyReader(exchange.max_body)
        waiter: asyncio.Future[Reply | Failure] = self._loop.create_future()
        self._waiter = waiter
        self._last = time.monotonic()
        self._watch(exchange)
        try:
            exchange.on_wire = True
            # In no variable: a traceback may show those, and there is a password in it.
            self._transport.write(self._writer.spell(exchange.request))
            done = await waiter
        finally:
            self._reader = self._waiter = None
            self._timer.cancel()
        self._last = time.monotonic()
        self.reusable = reader.reusable
        self.dropped = reader.dropped
        return done

    def is_good(self) -> bool:
        """Whether a request may go out on it, after it was idle."""
        idle = time.monotonic() - self._last
        return idle < MAX_IDLE and not self.is_closing() and is_alive(self._sock)

    async def stays_open(self, seconds: float) -> bool:
        """Return True if the gateway leaves it open for so long."""
        try:
            await asyncio.wait([self.closed], timeout=seconds)
        except BaseException:
            self.abort()
            raise
        return not self.is_closing()

    def is_closing(self) -> bool:
        """Whether nothing that is written any more goes out."""
        return self._transport.is_closing()

    def abort(self) -> None:
        """Close, now."""
        self._transport.abort()

    def _watch(self, exchange: Exchange) -> None:
        """Give up when it is time to, else look again when it may be."""
        now, reader = time.monotonic(), self._reader
        until = min(exchange.deadline, self._last + exchange.timeout.read)
        if now < until or reader is None:
            self._timer = self._loop.call_later(until - now, self._watch, exchange)
        else:
            self._finish(reader.late(whole_call=now >= exchange.deadline))

    def _finish(self, done: Reply | Failure) -> None:
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(done)

    # What the event loop calls.

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """It is open."""
        self._transport = cast("asyncio.Transport", transport)
        self._pool.add(self)

    def data_received(self, data: bytes) -> None:
        """A piece of the reply; or what nobody asked for, which makes the connection useless."""
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
        """Take the reply as it is, unless the rest of it has come meanwhile."""
        reader.settle()
        if reader is self._reader and reader.done is not None:
            self._finish(reader.done)

    def eof_received(self) -> None:
        """The gateway has said all it will; asyncio closes the connection."""
        self._end()

    def connection_lost(self, exc: Exception | None) -> None:
        """It is closed."""
        self._end("" if exc is None else described(exc))
        self._pool.discard(self)
        self.closed.set_result(None)

    def _end(self, reason: str = "") -> None:
        if self._reader is not None:
            self._reader.end(reason)
            if self._reader.done is not None:
                self._finish(self._reader.done)
