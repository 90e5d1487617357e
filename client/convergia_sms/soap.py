"""Safe transports for your own zeep clients, for any SOAP service.

    zeep.Client(wsdl, transport=SafeTransport(timeout=30))
    zeep.AsyncClient(wsdl, transport=AsyncSafeTransport(timeout=30))

A call of an operation makes at most one request, and its error says what happened:

- `NotSentError`: nothing was written. Calling again is safe.
- `OutcomeUnknownError`: the request was written, but no valid reply came back. The
  service may have carried it out.

A SOAP Fault is the service's answer, and is raised as zeep's `Fault`. Nothing is logged, while
zeep's own transports log whole envelopes at DEBUG.
"""

from __future__ import annotations

import asyncio
import os
import time
from contextlib import contextmanager
from contextvars import ContextVar
from functools import lru_cache
from http import HTTPStatus
from typing import TYPE_CHECKING
from urllib.parse import urlencode, urljoin, urlsplit

from lxml import etree

from convergia_sms._codecs.wire import Request
from convergia_sms._document_cache import DiskCache, WsdlCache, file_of, without_credentials
from convergia_sms._errors import ConvergiaError
from convergia_sms._exchange import Exchange, Failure
from convergia_sms._http_responses import (
    HttpHeaders,
    HttpResponse,
    require_envelope,
    response_of,
)
from convergia_sms._locks import ProcessLock
from convergia_sms._settings.checks import proxy as checked_proxy
from convergia_sms._timeouts import Timeout, timeout_of
from convergia_sms._transports.aio import AsyncTransport
from convergia_sms._transports.blocking import BlockingTransport
from convergia_sms._transports.endpoint import (
    Endpoint,
    Location,
    endpoint_at,
    locate,
    proxy_at,
    tls_context,
)
from convergia_sms._transports.header_lines import header_lines
from convergia_sms._transports.origins import Origins

if TYPE_CHECKING:
    import ssl
    from collections.abc import Iterator, Mapping
    from types import TracebackType
    from typing import Self

    from lxml.etree import _Element

    from convergia_sms._transports.endpoint import Proxy

__all__ = [
    "AsyncSafeTransport",
    "DiskCache",
    "DocumentUnavailableError",
    "HttpHeaders",
    "HttpResponse",
    "SafeTransport",
    "WsdlCache",
]

_MAX_REPLY = 64 << 20
_MAX_REDIRECTS = 5


class DocumentUnavailableError(ConvergiaError):
    """A WSDL or a schema could not be loaded. No operation was called."""


class _SafeTransport:
    """The parts shared by both transports: addresses, limits, errors and loading of documents."""

    def __init__(
        self,
        *,
        timeout: float | Timeout | None = None,
        proxy: str | None = None,
        ca_file: str | os.PathLike[str] | None = None,
        client_cert: str | os.PathLike[str] | None = None,
        headers: Mapping[str, str] | None = None,
        cache: WsdlCache | None = None,
        max_reply: int = _MAX_REPLY,
    ) -> None:
        self.cache = cache
        self._timeout = timeout_of(timeout, Timeout())
        self._max_reply = max_reply
        self._headers = dict(headers or {})
        if proxy is None:
            proxy = os.environ.get("CONVERGIA_PROXY") or None
        self._proxy: Proxy | None = proxy_at(checked_proxy(proxy))
        self._ca_file = None if ca_file is None else os.fspath(ca_file)
        self._client_cert = None if client_cert is None else os.fspath(client_cert)
        self._tls: ssl.SSLContext | None = None
        self._lock = ProcessLock()
        # Each task and thread has its own value, because `settings` may be used in several at once.
        self._own_timeout: ContextVar[Timeout | None] = ContextVar("timeout", default=None)
        self._loading = Origins(self._blocking)
        # Most calls go to one address.
        self._locate = lru_cache(maxsize=32)(_located)

    def load(self, url: str) -> bytes:
        """Return a WSDL or a schema from a file or over HTTP. zeep calls this.

        Redirects are followed, because loading may be repeated, but never from https to http.

        Raises:
            DocumentUnavailableError: the document could not be loaded over HTTP.
            OSError: the file cannot be read.
        """
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https"):
            return file_of(url).read_bytes()
        known_as = without_credentials(url)
        kept = None if self.cache is None else self.cache.get(known_as)
        if kept:
            return bytes(kept)
        content = self._fetched(url)
        if self.cache is not None:
            self.cache.add(known_as, content)
        return content

    @contextmanager
    def settings(self, timeout: float | Timeout | None = None) -> Iterator[None]:
        """Use another timeout for calls in the block, in this thread or task only."""
        token = self._own_timeout.set(timeout_of(timeout, self._timeout))
        try:
            yield
        finally:
            self._own_timeout.reset(token)

    def _fetched(self, url: str) -> bytes:
        first = _located(url).origin
        for _ in range(_MAX_REDIRECTS + 1):
            place = _located(url)
            # The caller's headers may contain credentials, so do not send them to another origin.
            lines = self._lines(place, {}) if place.origin == first else ()
            request = Request("GET", place.target, lines)
            reply = self._loading.to(place).request(request, self._limits(), self._max_reply)
            if isinstance(reply, Failure):
                raise DocumentUnavailableError(f"{place.origin}: {reply.reason}")
            location = reply.header("location")
            if reply.status not in range(300, 400) or location is None:
                if reply.status != HTTPStatus.OK:
                    raise DocumentUnavailableError(f"{place.origin}: HTTP {reply.status}")
                return reply.body
            try:
                following = urljoin(url, location)
                locate(following)
            except ValueError:
                raise DocumentUnavailableError(
                    f"{place.origin}: a redirect to an invalid URL"
                ) from None
            if url.startswith("https:") and following.startswith("http:"):
                raise DocumentUnavailableError(f"{place.origin}: a redirect from https to http")
            url = following
        raise DocumentUnavailableError(f"{place.origin}: more than {_MAX_REDIRECTS} redirects")

    def _limits(self) -> Timeout:
        return self._own_timeout.get() or self._timeout

    def _exchange(self, request: Request) -> Exchange:
        limits = self._limits()
        deadline = time.monotonic() + limits.total
        return Exchange(request, limits, deadline, max_body=self._max_reply)

    def _lines(self, place: Location, headers: Mapping[str, str]) -> tuple[tuple[str, str], ...]:
        own = {name.lower() for name in headers}
        lines = {name: value for name, value in self._headers.items() if name.lower() not in own}
        lines.update(headers)
        if place.authorization and not any(name.lower() == "authorization" for name in lines):
            lines["Authorization"] = place.authorization
        return header_lines(lines)

    def _posted(
        self, address: str, message: bytes | str, headers: Mapping[str, str]
    ) -> tuple[Location, Request]:
        place = self._locate(address)
        body = message.encode() if isinstance(message, str) else message
        return place, Request("POST", place.target, self._lines(place, headers), body)

    def _asked(
        self, address: str, params: Mapping[str, str] | str | None, headers: Mapping[str, str]
    ) -> tuple[Location, Request]:
        query = params if isinstance(params, str) else urlencode(params or {})
        joint = "&" if "?" in address else "?"
        place = _located(f"{address}{joint}{query}" if query else address)
        return place, Request("GET", place.target, self._lines(place, headers))

    def _endpoint(self, origin: str) -> Endpoint:
        tls = None
        if origin.startswith("https:"):
            with self._lock.own():
                if self._tls is None:
                    self._tls = tls_context(self._ca_file, self._client_cert)
            tls = self._tls
        return endpoint_at(origin, self._proxy, tls)

    def _blocking(self, origin: str) -> BlockingTransport:
        return BlockingTransport(self._endpoint(origin))


class SafeTransport(_SafeTransport):
    """A safe replacement for zeep's `Transport`. Any number of threads may share one.

    Args:
        timeout: seconds for a whole call, or a `Timeout`. 60 by default.
        proxy: the URL of an HTTP proxy. CONVERGIA_PROXY if None.
        ca_file: PEM file of the authorities to trust for https, instead of the system's.
        client_cert: PEM file of a client certificate and its key.
        headers: headers for every request, except after a redirect to another origin.
        cache: a cache for WSDLs and schemas: `DiskCache`, zeep's `SqliteCache` or `InMemoryCache`,
            or your own.
        max_reply: the largest reply to accept, in bytes.

    Raises:
        ValueError: the proxy or the timeout is not valid.
    """

    def __init__(
        self,
        *,
        timeout: float | Timeout | None = None,
        proxy: str | None = None,
        ca_file: str | os.PathLike[str] | None = None,
        client_cert: str | os.PathLike[str] | None = None,
        headers: Mapping[str, str] | None = None,
        cache: WsdlCache | None = None,
        max_reply: int = _MAX_REPLY,
    ) -> None:
        super().__init__(
            timeout=timeout,
            proxy=proxy,
            ca_file=ca_file,
            client_cert=client_cert,
            headers=headers,
            cache=cache,
            max_reply=max_reply,
        )

    def post_xml(
        self, address: str, envelope: _Element, headers: Mapping[str, str]
    ) -> HttpResponse:
        """Send an envelope once. zeep calls this.

        Raises:
            NotSentError: nothing was written.
            OutcomeUnknownError: the request was written, but no SOAP reply came back.
        """
        return require_envelope(self.post(address, _spelt(envelope), headers), str(envelope.tag))

    def post(self, address: str, message: bytes | str, headers: Mapping[str, str]) -> HttpResponse:
        """Send a body once. See `post_xml`."""
        return self._once(*self._posted(address, message, headers))

    def get(
        self,
        address: str,
        params: Mapping[str, str] | str | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> HttpResponse:
        """Send a GET once, for an operation of an HTTP binding. See `post_xml`."""
        return self._once(*self._asked(address, params, headers or {}))

    def close(self) -> None:
        """Close all idle connections. Later calls open new ones."""
        self._loading.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def _once(self, place: Location, request: Request) -> HttpResponse:
        exchange = self._exchange(request)
        return response_of(self._loading.to(place).exchange(exchange), exchange)


class AsyncSafeTransport(_SafeTransport):
    """A safe replacement for zeep's `AsyncTransport`, without httpx.

    Each event loop that uses it has its own connections. Await `aclose` in each.

    zeep reads the WSDL when the client is built, without `await`. Build the client in a thread, or
    before the loop runs. See `SafeTransport` for the arguments.
    """

    def __init__(
        self,
        *,
        timeout: float | Timeout | None = None,
        proxy: str | None = None,
        ca_file: str | os.PathLike[str] | None = None,
        client_cert: str | os.PathLike[str] | None = None,
        headers: Mapping[str, str] | None = None,
        cache: WsdlCache | None = None,
        max_reply: int = _MAX_REPLY,
    ) -> None:
        super().__init__(
            timeout=timeout,
            proxy=proxy,
            ca_file=ca_file,
            client_cert=client_cert,
            headers=headers,
            cache=cache,
            max_reply=max_reply,
        )
        self._open: dict[tuple[asyncio.AbstractEventLoop, str], asyncio.Task[AsyncTransport]] = {}

    async def post_xml(
        self, address: str, envelope: _Element, headers: Mapping[str, str]
    ) -> HttpResponse:
        """See `SafeTransport.post_xml`."""
        response = await self.post(address, _spelt(envelope), headers)
        return require_envelope(response, str(envelope.tag))

    async def post(
        self, address: str, message: bytes | str, headers: Mapping[str, str]
    ) -> HttpResponse:
        """See `SafeTransport.post`."""
        return await self._once(*self._posted(address, message, headers))

    async def get(
        self,
        address: str,
        params: Mapping[str, str] | str | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> HttpResponse:
        """See `SafeTransport.get`."""
        return await self._once(*self._asked(address, params, headers or {}))

    async def aclose(self) -> None:
        """Close all connections of this loop, after the calls under way have ended."""
        self._loading.close()
        loop = asyncio.get_running_loop()
        with self._lock.own():
            mine = [self._open.pop(key) for key in list(self._open) if key[0] is loop]
        for opening in mine:
            await (await opening).close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.aclose()

    async def _once(self, place: Location, request: Request) -> HttpResponse:
        exchange = self._exchange(request)
        loop = asyncio.get_running_loop()
        with self._lock.own():  # other threads may run other loops
            opening = self._open.get((loop, place.origin))
            if opening is None:
                # The connections of a closed loop are gone.
                for key in [key for key in self._open if key[0].is_closed()]:
                    del self._open[key]
                opening = asyncio.create_task(self._connections(place.origin))
                self._open[loop, place.origin] = opening
        # Shield the task: cancelling one call must not affect the others.
        transport = await asyncio.shield(opening)
        return response_of(await transport.exchange(exchange), exchange)

    async def _connections(self, origin: str) -> AsyncTransport:
        # Read certificates in a thread, because they are files.
        return AsyncTransport(await asyncio.to_thread(self._endpoint, origin))


def _located(url: str) -> Location:
    try:
        return locate(url)
    except ValueError as error:
        raise ValueError(f"address: {error}") from None


def _spelt(envelope: _Element) -> bytes:
    # Exactly as zeep's `etree_to_string` writes it.
    return etree.tostring(envelope, pretty_print=False, xml_declaration=True, encoding="utf-8")
