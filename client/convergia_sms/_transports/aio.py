"""The async transport, a pool of asyncio connections.

It uses no HTTP library, for the reasons in `blocking`. Besides, aiohttp resends a GET if a reused
connection drops, and does not report whether a request was written. Working around both takes more
time than the rest of a send. `http1` does the framing of requests and replies, as in `blocking`.
"""

from __future__ import annotations

import asyncio
import socket
import time
from collections import deque
from typing import TYPE_CHECKING

from convergia_sms._exchange import MAX_BODY, Exchange, Failure
from convergia_sms._transports.aio_connection import AsyncConnection
from convergia_sms._transports.http1 import RequestWriter
from convergia_sms._transports.limits import TRIAL
from convergia_sms._transports.sockets import described

if TYPE_CHECKING:
    from convergia_sms._codecs.wire import Reply, Request
    from convergia_sms._timeouts import Timeout
    from convergia_sms._transports.endpoint import Endpoint


class AsyncTransport:
    """Sends requests to one endpoint over pooled connections, in one event loop.

    Args:
        endpoint: the endpoint.
        connections: the most open connections. More calls wait, within their own limits.
        reuse: see `BlockingTransport`.
    """

    def __init__(self, endpoint: Endpoint, connections: int = 100, *, reuse: bool = True) -> None:
        self._endpoint = endpoint
        self._writer = RequestWriter(endpoint)
        self._loop = asyncio.get_running_loop()
        self._idle: deque[AsyncConnection] = deque()
        self._room = asyncio.Semaphore(connections)
        self._open: set[AsyncConnection] = set()
        self._closed = False
        self._reuse = reuse
        self._tried = False

    async def exchange(self, exchange: Exchange) -> Reply | Failure:
        """Send a request once, and read its reply.

        Raises:
            RuntimeError: the transport is closed.
        """
        if self._closed:
            raise RuntimeError("the client is closed")
        if (blocked := self._endpoint.blocked()) is not None:
            return blocked
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
        """Send a request that belongs to no conversation. See `exchange`."""
        deadline = time.monotonic() + timeout.total
        return await self.exchange(Exchange(request, timeout, deadline, max_body=max_body))

    async def close(self) -> None:
        """Close all connections, after the exchanges under way have ended.

        Cancelling it aborts those exchanges.
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
        """Close all connections now. Exchanges under way fail as if the gateway closed them."""
        self._closed = True
        for connection in list(self._open):
            connection.abort()

    async def _on_a_connection(self, exchange: Exchange) -> Reply | Failure:
        used = await self._take()
        try:
            connection = used or await self._connect(exchange)
        except OSError as error:
            return Failure(f"no connection to {self._endpoint.where}: {described(error)}")
        if self._closed or connection.is_closing():
            # Under TLS the gateway may close the connection right after the handshake.
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

    async def _take(self) -> AsyncConnection | None:
        """Return the most recently used idle connection that still works, or None."""
        while self._idle:
            connection = self._idle.pop()
            if not self._tried:
                self._tried = True
                self._reuse = await connection.stays_open(TRIAL)
            if connection.is_good():
                return connection
            connection.abort()
        return None

    async def _connect(self, exchange: Exchange) -> AsyncConnection:
        """Return a new connection, after DNS, TCP, the proxy's tunnel and TLS.

        Raises:
            OSError: the connection failed or timed out.
        """
        endpoint = self._endpoint
        left = exchange.deadline - time.monotonic()
        until = self._loop.time() + min(exchange.timeout.connect, left)
        async with asyncio.timeout_at(until):
            way = endpoint.proxy or endpoint
            connection = await self._tcp(way.host, way.port, until)
            try:
                if endpoint.tls is not None:
                    if endpoint.proxy is not None:
                        await connection.open_tunnel(endpoint, endpoint.proxy)
                    await connection.start_tls(endpoint)
            except BaseException:
                connection.abort()
                raise
        connection.opened()
        return connection

    async def _tcp(self, host: str, port: int, until: float) -> AsyncConnection:
        try:
            addresses = await self._loop.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        except UnicodeError:
            addresses = []
        failure: OSError = socket.gaierror(socket.EAI_NONAME, "no such name")
        for tried, (family, *_, address) in enumerate(addresses):
            connection = AsyncConnection(self._writer, self._open)
            now = self._loop.time()
            # Divide the time, so that a dead address leaves time for the others.
            share = (until - now) / (len(addresses) - tried)
            try:
                async with asyncio.timeout_at(now + share):
                    await connection.connect(family, address)
            except OSError as error:
                connection.abort()
                failure = error
            except BaseException:
                connection.abort()
                raise
            else:
                return connection
        raise failure
