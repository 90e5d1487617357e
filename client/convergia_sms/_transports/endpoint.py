"""Where the bytes go: the base URL's origin, perhaps through a proxy, perhaps under TLS."""

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
# What may stand in a path or a query as it is (RFC 3986), escapes that are there already included.
_UNQUOTED = "/?:@!$&'()*+,;=%-._~"


@dataclass(frozen=True, slots=True)
class Proxy:
    """An HTTP proxy; `authorization` is its header's value, empty for none."""

    host: str
    port: int
    authorization: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class Endpoint:
    """The base URL, taken apart.

    Attributes:
        scheme: `http` or `https`.
        host: without brackets.
        port: always given.
        path: the base URL's own, without a slash at its end.
        proxy: None for a direct way.
        tls: None for plain HTTP.
        live: nobody set the base URL, so that it is the guide's.
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
        """The Host header's value: host, and port unless it is the scheme's own."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == _DEFAULT_PORTS[self.scheme] else f"{host}:{self.port}"

    @property
    def origin(self) -> str:
        """Scheme and authority."""
        return f"{self.scheme}://{self.authority}"

    @property
    def where(self) -> str:
        """Host and port for a message, and how they came to be those."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        place = f"{host}:{self.port}"
        if self.live:
            place = f"the live gateway {place} (CONVERGIA_BASE_URL is not set)"
        if self.proxy is not None:
            place += f" by the proxy {self.proxy.host}:{self.proxy.port}"
        return place

    def blocked(self) -> Failure | None:
        """Return the failure of an exchange with the live gateway if that is forbidden.

        Transports ask before they open anything. A proxy makes no difference.
        """
        reason = live_blocked(self.host)
        return None if reason is None else Failure(reason, blocked=True)

    @property
    def proxy_secret(self) -> str:
        """The proxy's credentials as they are sent; empty without any.

        A proxy's error page may echo them.
        """
        return "" if self.proxy is None else self.proxy.authorization.removeprefix("Basic ")


@dataclass(frozen=True, slots=True)
class Location:
    """An absolute URL, taken apart for a request.

    Attributes:
        origin: scheme, host and port.
        target: path and query, percent-encoded.
        authorization: the Authorization header for the URL's user and password; empty without.
    """

    origin: str
    target: str = field(repr=False)
    authorization: str = field(default="", repr=False)


def locate(url: str) -> Location:
    """Take a URL apart. A fragment is dropped.

    Raises:
        ValueError: it is not an absolute http or https URL. The message shows nothing of it: a
            URL's query or user may be a secret.
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
    """Return the header's value for percent-encoded credentials."""
    pair = f"{unquote(username)}:{unquote(password or '')}"
    return "Basic " + base64.b64encode(pair.encode()).decode()


def endpoint_of(settings: Settings) -> Endpoint:
    """Return the endpoint that settings mean.

    Raises:
        SettingsError: a certificate file cannot be read (a `ValueError`).
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
    """Return the endpoint at a checked URL: scheme, host, port and path alone."""
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
    """Return the proxy at a checked URL; None without one."""
    if url is None:
        return None
    parts = urlsplit(url)
    authorization = ""
    if parts.username is not None:
        authorization = basic(parts.username, parts.password)
    return Proxy(parts.hostname or "", parts.port or _DEFAULT_PORTS["http"], authorization)


def tls_context(ca_file: str | None, client_cert: str | None) -> ssl.SSLContext:
    """Return what TLS connections are checked with.

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
