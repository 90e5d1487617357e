"""Endpoints: the origin of a base URL, with its proxy and TLS settings."""

from __future__ import annotations

import base64
import re
import ssl
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from urllib.parse import quote, unquote, urlsplit

from convergia_wsdl import live_blocked

from convergia_sms._exchange import Failure
from convergia_sms._settings import SettingsError

if TYPE_CHECKING:
    from convergia_sms._settings import Settings

_DEFAULT_PORTS = {"http": 80, "https": 443}
_HOST = re.compile(r"[0-9A-Za-z._-]+|[0-9A-Fa-f:.]+")
# Characters allowed unquoted in a path or query (RFC 3986), including existing escapes.
_UNQUOTED = "/?:@!$&'()*+,;=%-._~"


@dataclass(frozen=True, slots=True)
class Proxy:
    """An HTTP proxy. `authorization` is the value of its header, or empty."""

    host: str
    port: int
    authorization: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class Endpoint:
    """The parts of the base URL, and the way to it.

    Attributes:
        scheme: `http` or `https`.
        host: the host, without brackets.
        port: the port, also if it is the default one.
        path: the path of the base URL, without a trailing slash.
        proxy: the proxy, or None.
        tls: the TLS context. None for plain HTTP.
        live: True if no base URL was set, so that it is the guide's.
    """

    scheme: str
    host: str
    port: int
    path: str
    proxy: Proxy | None = None
    tls: ssl.SSLContext | None = field(default=None, repr=False)
    live: bool = False

    @property
    def authority(self) -> str:
        """The value of the Host header: the host, and the port if it is not the default one."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == _DEFAULT_PORTS[self.scheme] else f"{host}:{self.port}"

    @property
    def origin(self) -> str:
        """The scheme and the authority."""
        return f"{self.scheme}://{self.authority}"

    @property
    def where(self) -> str:
        """The host and port for an error text, and how they were chosen."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        place = f"{host}:{self.port}"
        if self.live:
            place = f"the live gateway {place} (CONVERGIA_BASE_URL is not set)"
        if self.proxy is not None:
            place += f" by the proxy {self.proxy.host}:{self.proxy.port}"
        return place

    def blocked(self) -> Failure | None:
        """Return a failure if the endpoint is the live gateway and that is forbidden.

        Transports check this before they open a connection. A proxy makes no difference.
        """
        reason = live_blocked(self.host)
        return None if reason is None else Failure(reason, blocked=True)

    @property
    def proxy_secret(self) -> str:
        """The proxy's credentials as they are sent, or empty.

        They must be masked, because a proxy's error page may echo them.
        """
        return "" if self.proxy is None else self.proxy.authorization.removeprefix("Basic ")


@dataclass(frozen=True, slots=True)
class Location:
    """The parts of an absolute URL, for a request.

    Attributes:
        origin: scheme, host and port.
        target: path and query, percent-encoded.
        authorization: the Authorization header for the URL's user and password, or empty.
    """

    origin: str
    target: str = field(repr=False)
    authorization: str = field(default="", repr=False)


def locate(url: str) -> Location:
    """Split a URL. A fragment is dropped.

    Raises:
        ValueError: `url` is not an absolute http or https URL. The error does not show it, because
            its query or user may be secret.
    """
    try:
        parts = urlsplit(url)
        host, port = (parts.hostname or "").encode("idna").decode(), parts.port
    except ValueError:  # UnicodeError is one
        host, port, parts = "", None, urlsplit("")
    if parts.scheme not in _DEFAULT_PORTS or not _HOST.fullmatch(host) or port == 0:
        raise ValueError("not an absolute http or https URL")
    authorization = ""
    if parts.username is not None:
        authorization = basic(parts.username, parts.password)
    host = f"[{host}]" if ":" in host else host
    path = quote(parts.path or "/", safe=_UNQUOTED)
    query = quote(parts.query, safe=_UNQUOTED)
    return Location(
        origin=f"{parts.scheme}://{host}" + (f":{port}" if port is not None else ""),
        target=path + (f"?{query}" if query else ""),
        authorization=authorization,
    )


def basic(username: str, password: str | None) -> str:
    """Return the Authorization value for percent-encoded credentials."""
    pair = f"{unquote(username)}:{unquote(password or '')}"
    return "Basic " + base64.b64encode(pair.encode()).decode()


def endpoint_of(settings: Settings) -> Endpoint:
    """Return the endpoint for the settings.

    Raises:
        SettingsError: a certificate file cannot be read (also a `ValueError`).
    """
    https = settings.base_url.startswith("https:")
    return endpoint_at(
        settings.base_url,
        proxy_at(settings.proxy),
        tls_context(settings.ca_file, settings.client_cert) if https else None,
        live=settings.origins.get("base_url") == "default",
    )


def endpoint_at(
    url: str, proxy: Proxy | None, tls: ssl.SSLContext | None, *, live: bool = False
) -> Endpoint:
    """Return the endpoint for a checked URL with scheme, host, port and path only."""
    parts = urlsplit(url)
    return Endpoint(
        scheme=parts.scheme,
        host=parts.hostname or "",
        port=parts.port or _DEFAULT_PORTS[parts.scheme],
        path=parts.path,
        proxy=proxy,
        tls=tls,
        live=live,
    )


def proxy_at(url: str | None) -> Proxy | None:
    """Return the proxy for a checked URL, or None."""
    if url is None:
        return None
    parts = urlsplit(url)
    authorization = ""
    if parts.username is not None:
        authorization = basic(parts.username, parts.password)
    return Proxy(parts.hostname or "", parts.port or _DEFAULT_PORTS["http"], authorization)


def tls_context(ca_file: str | None, client_cert: str | None) -> ssl.SSLContext:
    """Return the TLS context for connections.

    Raises:
        SettingsError: a file cannot be read.
    """
    problem = ""
    try:
        context = ssl.create_default_context(cafile=ca_file)
    except OSError as error:  # ssl.SSLError is one
        problem = f"ca_file: {ca_file}: {error.strerror or 'is no PEM file'}"
    if not problem and client_cert is not None:
        try:
            context.load_cert_chain(client_cert)
        except OSError as error:
            problem = f"client_cert: {client_cert}: {error.strerror or 'is no PEM file'}"
    if problem:
        raise SettingsError(problem)
    return context
