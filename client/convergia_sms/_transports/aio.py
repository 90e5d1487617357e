"""The async transport: aiohttp, with what it does by itself switched off."""

from __future__ import annotations

import math
import time
from contextvars import ContextVar
from typing import TYPE_CHECKING

import aiohttp
from yarl import URL

from convergia_sms._codecs.wire import Reply
from convergia_sms._conversation import Exchange, Failure
from convergia_sms._transports.limits import COMMON_HEADERS, MAX_BODY, MAX_IDLE
from convergia_sms._transports.sockets import described

if TYPE_CHECKING:
    from aiohttp.client_reqrep import ClientRequest
    from aiohttp.connector import Connection
    from aiohttp.tracing import Trace

    from convergia_sms._transports.endpoint import Endpoint

_CHUNK = 65_536

# The exchange that the running task is at: how the connector knows whose connection it hands out.
_current: ContextVar[Exchange] = ContextVar("exchange")


class AsyncTransport:
    """Sends requests to one endpoint over pooled connections. For one event loop.

    Args:
        endpoint: where to.
        connections: how many may be open at once; who comes later waits, within its own limits.
    """

    def __init__(self, endpoint: Endpoint, connections: int = 100) -> None:
        self._endpoint = endpoint
        self._connections = connections
        self._session: aiohttp.ClientSession | None = None
        self._closed = False
        self._headers = dict(COMMON_HEADERS)
        proxy = endpoint.proxy
        self._proxy = (
            None if proxy is None else URL.build(scheme="http", host=proxy.host, port=proxy.port)
        )
        self._proxy_headers: dict[str, str] | None = None
        if proxy is not None and proxy.authorization:
            # aiohttp shows `proxy_headers` to a proxy that is asked for a tunnel and to no other.
            shown = {"Proxy-Authorization": proxy.authorization}
            if endpoint.tls is None:
                self._headers |= shown
            else:
                self._proxy_headers = shown

    async def exchange(self, exchange: Exchange) -> Reply | Failure:
        """Send one request, once, and read its reply.

        Raises:
            RuntimeError: the transport is closed.
        """
        session = self._open()
        left = exchange.deadline - time.monotonic()
        if left <= 0:
            return Failure("no connection: no time left")
        request = exchange.request
        status: int | None = None
        body = bytearray()
        _current.set(exchange)
        try:
            async with session.request(
                request.method,
                URL(self._endpoint.origin + request.target, encoded=True),
                headers=self._headers | dict(request.headers),
                data=request.body or None,
                allow_redirects=False,
                proxy=self._proxy,
                proxy_headers=self._proxy_headers,
                timeout=aiohttp.ClientTimeout(
                    total=left,
                    sock_connect=exchange.timeout.connect,
                    sock_read=exchange.timeout.read,
                    ceil_threshold=math.inf,
                ),
            ) as response:
                status = response.status
                async for chunk in response.content.iter_chunked(_CHUNK):
                    body += chunk
                    if len(body) > MAX_BODY:
                        response.close()
                        reason = f"a reply of more than {MAX_BODY:,} bytes"
                        return Failure(reason, status, bytes(body))
                return Reply(
                    status=status,
                    content_type=response.headers.get("Content-Type", ""),
                    content_encoding=response.headers.get("Content-Encoding", "").strip().lower(),
                    body=bytes(body),
                )
        except (TimeoutError, aiohttp.ClientError, OSError) as error:
            reason = _reason(error, exchange, started=status is not None)
        return Failure(reason, status, bytes(body))

    async def close(self) -> None:
        """Close every connection."""
        self._closed = True
        if self._session is not None:
            await self._session.close()

    def _open(self) -> aiohttp.ClientSession:
        if self._closed:
            raise RuntimeError("the client is closed")
        if self._session is None:
            self._session = aiohttp.ClientSession(
                connector=_Connector(
                    limit=self._connections,
                    keepalive_timeout=MAX_IDLE,
                    ssl=self._endpoint.tls or True,
                ),
                cookie_jar=aiohttp.DummyCookieJar(),
                auto_decompress=False,
                trust_env=False,
                middlewares=(_once,),
            )
        return self._session


class _Connector(aiohttp.TCPConnector):
    """Marks an exchange when it gets its connection: from here on it may be on the wire."""

    async def connect(
        self, req: ClientRequest, traces: list[Trace], timeout: aiohttp.ClientTimeout
    ) -> Connection:
        connection = await super().connect(req, traces, timeout)
        _current.get().on_wire = True
        return connection


class _DroppedError(aiohttp.ClientError):
    """A connection dropped; of a kind that aiohttp does not answer by sending again."""


async def _once(
    request: aiohttp.ClientRequest, handler: aiohttp.ClientHandlerType
) -> aiohttp.ClientResponse:
    """Keep aiohttp from sending a GET again when a reused connection drops.

    It does so on `ClientOSError` and `ServerDisconnectedError` alone, and sees what comes out here.
    """
    try:
        return await handler(request)
    except aiohttp.ClientConnectorError:
        raise
    except (aiohttp.ClientOSError, aiohttp.ServerDisconnectedError):
        pass
    raise _DroppedError


def _reason(error: Exception, exchange: Exchange, *, started: bool) -> str:
    """Why it failed, in words that hold neither URL nor data."""
    if not exchange.on_wire:
        cause = error.os_error if isinstance(error, aiohttp.ClientConnectorError) else error
        if isinstance(error, aiohttp.ClientConnectorDNSError):
            return "no connection: the host's name cannot be resolved"
        if isinstance(error, aiohttp.ClientHttpProxyError):
            return f"no connection: the proxy opened no tunnel: HTTP {error.status}"
        certificate = getattr(error, "certificate_error", None)
        return f"no connection: {described(certificate or cause)}"
    if isinstance(error, TimeoutError):
        if time.monotonic() >= exchange.deadline:
            return "the call's time was up"
        return "the reply stopped half-way" if started else "no reply in time"
    if isinstance(error, aiohttp.ClientResponseError):
        return f"not an HTTP reply: {type(error).__name__}"
    return "the reply broke off" if started else "the connection broke off before a reply"
