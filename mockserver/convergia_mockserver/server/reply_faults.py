"""Faults that change the bytes of a reply. `connection_faults` has the others."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from convergia_mockserver.faces.wire import Reply
from convergia_mockserver.gateway.faults import Fault, FaultKind

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from convergia_mockserver.gateway.calls import FaceName

_SOAP_XML = ((b"content-type", b"text/xml; charset=ISO-8859-1"),)
_HTML = ((b"content-type", b"text/html; charset=UTF-8"),)
_APACHE = ((b"content-type", b"text/html; charset=iso-8859-1"),)
_UNAVAILABLE = (
    b'<!DOCTYPE HTML PUBLIC "-//IETF//DTD HTML 2.0//EN">\n<html><head>\n'
    b"<title>503 Service Unavailable</title>\n</head><body>\n<h1>Service Unavailable</h1>\n"
    b"<p>The server is temporarily unable to service your\nrequest due to maintenance downtime or"
    b" capacity\nproblems. Please try again later.</p>\n</body></html>\n"
)
_MAINTENANCE = (
    "<!DOCTYPE html>\n<html>\n<head><title>Mantenimiento</title></head>\n"
    "<body><h1>Sitio en mantenimiento</h1><p>Regrese más tarde.</p></body>\n</html>\n"
).encode()
# As PHP writes a warning to the page with display_errors and html_errors on.
_WARNING = (
    b"<br />\n<b>Warning</b>:  mysqli_connect(): (HY000/2002): Connection timed out in"
    b" <b>/var/www/html/lib/db.php</b> on line <b>42</b><br />\n"
)
_SOAP_FAULT = (
    b'<?xml version="1.0" encoding="ISO-8859-1"?><SOAP-ENV:Envelope'
    b' SOAP-ENV:encodingStyle="http://schemas.xmlsoap.org/soap/encoding/"'
    b' xmlns:SOAP-ENV="http://schemas.xmlsoap.org/soap/envelope/"'
    b' xmlns:xsd="http://www.w3.org/2001/XMLSchema"'
    b' xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"'
    b' xmlns:SOAP-ENC="http://schemas.xmlsoap.org/soap/encoding/"><SOAP-ENV:Body><SOAP-ENV:Fault>'
    b'<faultcode xsi:type="xsd:string">SOAP-ENV:Server</faultcode>'
    b'<faultactor xsi:type="xsd:string"></faultactor>'
    b'<faultstring xsi:type="xsd:string">error in database</faultstring>'
    b'<detail xsi:type="xsd:string"></detail></SOAP-ENV:Fault></SOAP-ENV:Body></SOAP-ENV:Envelope>'
)


def distort(reply: Reply, fault: Fault, face: FaceName) -> Reply:
    """Apply a fault to the bytes of a reply, or return the reply unchanged."""
    spoil = _SPOILT.get(fault.kind)
    return reply if spoil is None else spoil(reply, face)


def _lie(reply: Reply, face: FaceName) -> Reply:
    """Label the reply as UTF-8, but add a byte that is only valid in ISO-8859-1."""
    if face == "http":
        # A no-break space after the body, such as an editor may leave after `?>`.
        return _labelled(reply, b"text/html; charset=UTF-8", reply.body + b"\xa0")
    body = reply.body.replace(b'encoding="ISO-8859-1"', b'encoding="UTF-8"', 1)
    declaration, mark, rest = body.partition(b"?>")
    return _labelled(
        reply, b"text/xml; charset=UTF-8", declaration + mark + b"<!-- env\xedo -->" + rest
    )


def _labelled(reply: Reply, content_type: bytes, body: bytes) -> Reply:
    headers = tuple(
        (name, content_type if name.lower() == b"content-type" else value)
        for name, value in reply.headers
    )
    return Reply(reply.status, headers, body)


_SPOILT: Mapping[FaultKind, Callable[[Reply, FaceName], Reply]] = {
    # PHP sends an empty body after a fatal error with display_errors off.
    FaultKind.HTTP_500: lambda _reply, _face: Reply(500, _HTML, b""),
    FaultKind.HTTP_503: lambda _reply, _face: Reply(503, _APACHE, _UNAVAILABLE),
    FaultKind.EMPTY_BODY: lambda reply, _face: replace(reply, status=200, body=b""),
    FaultKind.HTML_PAGE: lambda _reply, _face: Reply(200, _HTML, _MAINTENANCE),
    FaultKind.PHP_WARNING: lambda reply, _face: replace(reply, body=_WARNING + reply.body),
    FaultKind.BLANK_LINES: lambda reply, _face: replace(reply, body=b"\r\n\r\n" + reply.body),
    FaultKind.BYTE_ORDER_MARK: lambda reply, _face: replace(
        reply, body=b"\xef\xbb\xbf" + reply.body
    ),
    FaultKind.LYING_CHARSET: _lie,
    FaultKind.SOAP_FAULT_200: lambda _reply, _face: Reply(200, _SOAP_XML, _SOAP_FAULT),
}
