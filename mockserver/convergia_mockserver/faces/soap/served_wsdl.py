"""The cached WSDL as a client gets it: verbatim, except for the address of this server."""

from __future__ import annotations

import re
from html import escape
from typing import TYPE_CHECKING

from convergia_mockserver.faces.wire import WsdlReply

if TYPE_CHECKING:
    from convergia_mockserver.faces.wire import RawRequest

# `location` of an `address` element: soap:address and soap12:address alike, whatever the prefix.
_LOCATION = re.compile(
    rb"(<(?:[\w.-]+:)?address\b[^<>]*?\blocation\s*=\s*)(\"[^\"]*\"|'[^']*')", re.DOTALL
)
_SCHEME = re.compile(rb"https?")
_HOST = re.compile(rb"[A-Za-z0-9._-]+(?::[0-9]{1,5})?|\[[0-9A-Fa-f:.]+\](?::[0-9]{1,5})?")
_PREFIX = re.compile(rb"(?:/[A-Za-z0-9._~-]+)+/?")
_DECLARED = re.compile(rb"<\?xml[^>]*?encoding\s*=\s*[\"']([A-Za-z0-9._-]+)[\"']")


class ServedWsdl:
    """The document cut at its addresses, so that serving it is putting it together again."""

    def __init__(self, document: bytes, path: str) -> None:
        pieces = _LOCATION.split(document)
        # split() gives: text, what stands before an address, the address, text, …
        self._pieces = [b"".join(pieces[i : i + 2]) for i in range(0, len(pieces), 3)]
        self._path = path
        declared = _DECLARED.match(document)
        charset = declared[1] if declared else b"UTF-8"
        self._headers = ((b"content-type", b"text/xml; charset=" + charset),)

    def reply(self, request: RawRequest) -> WsdlReply:
        """Return the WSDL, with the addresses that `request` came to."""
        address = f'"{escape(endpoint(request, self._path))}"'
        quoted = address.encode("ascii", "xmlcharrefreplace")
        return WsdlReply(200, self._headers, quoted.join(self._pieces))


def endpoint(request: RawRequest, path: str) -> str:
    """Return the URL of `path` on the server that `request` came to, as its client sees it.

    Behind a proxy that is what the proxy says in X-Forwarded-Proto, -Host and -Prefix. Anybody can
    send those: they reach this reply to the same sender and nothing else.
    """
    scheme = _forwarded(request, b"x-forwarded-proto", _SCHEME) or request.scheme
    host = _forwarded(request, b"x-forwarded-host", _HOST) or request.host
    above = _forwarded(request, b"x-forwarded-prefix", _PREFIX).rstrip("/")
    if above and f"{request.prefix}/".startswith(f"{above}/"):
        above = ""  # a trusted proxy said it, and the server has put it there already
    return f"{scheme}://{host}{above}{request.prefix}{path}"


def _forwarded(request: RawRequest, name: bytes, form: re.Pattern[bytes]) -> str:
    """Return what the outermost proxy says; empty when it says nothing, or nothing of that form."""
    said = (request.header(name) or b"").partition(b",")[0].strip()
    return said.decode("ascii") if form.fullmatch(said) else ""
