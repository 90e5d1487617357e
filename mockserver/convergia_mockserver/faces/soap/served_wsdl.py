"""Serving the cached WSDL, verbatim except for the address of this server."""

from __future__ import annotations

import re
from html import escape
from typing import TYPE_CHECKING

from convergia_mockserver.faces.wire import WsdlReply

if TYPE_CHECKING:
    from convergia_mockserver.faces.wire import RawRequest

# `location` of an `address` element, such as soap:address and soap12:address with any prefix.
_LOCATION = re.compile(
    rb"(<(?:[\w.-]+:)?address\b[^<>]*?\blocation\s*=\s*)(\"[^\"]*\"|'[^']*')", re.DOTALL
)
_SCHEME = re.compile(rb"https?")
_HOST = re.compile(rb"[A-Za-z0-9._-]+(?::[0-9]{1,5})?|\[[0-9A-Fa-f:.]+\](?::[0-9]{1,5})?")
_PREFIX = re.compile(rb"(?:/[A-Za-z0-9._~-]+)+/?")
_DECLARED = re.compile(rb"<\?xml[^>]*?encoding\s*=\s*[\"']([A-Za-z0-9._-]+)[\"']")


class ServedWsdl:
    """The WSDL, split at its addresses so that each request can insert its own."""

    def __init__(self, document: bytes, path: str) -> None:
        pieces = _LOCATION.split(document)
        # split() returns: text, the part before an address, the address, text, …
        self._pieces = [b"".join(pieces[i : i + 2]) for i in range(0, len(pieces), 3)]
        self._path = path
        declared = _DECLARED.match(document)
        charset = declared[1] if declared else b"UTF-8"
        self._headers = ((b"content-type", b"text/xml; charset=" + charset),)

    def reply(self, request: RawRequest) -> WsdlReply:
        """Return the WSDL with the address that the request was sent to."""
        address = f'"{escape(endpoint(request, self._path))}"'
        quoted = address.encode("ascii", "xmlcharrefreplace")
        return WsdlReply(200, self._headers, quoted.join(self._pieces))


def endpoint(request: RawRequest, path: str) -> str:
    """Return the URL of `path` on this server, as the client of the request sees it.

    Behind a proxy the URL follows X-Forwarded-Proto, X-Forwarded-Host and X-Forwarded-Prefix. Any
    client may send these headers, but they only affect its own reply.
    """
    scheme = _forwarded(request, b"x-forwarded-proto", _SCHEME) or request.scheme
    host = _forwarded(request, b"x-forwarded-host", _HOST) or request.host
    above = _forwarded(request, b"x-forwarded-prefix", _PREFIX).rstrip("/")
    if above and f"{request.prefix}/".startswith(f"{above}/"):
        above = ""  # the server has already added it for a trusted proxy
    return f"{scheme}://{host}{above}{request.prefix}{path}"


def _forwarded(request: RawRequest, name: bytes, form: re.Pattern[bytes]) -> str:
    """Return the outermost proxy's value of a header. Empty if it is missing or malformed."""
    said = (request.header(name) or b"").partition(b",")[0].strip()
    return said.decode("ascii") if form.fullmatch(said) else ""
