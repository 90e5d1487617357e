"""Reading a SOAP message from an HTTP request, as NuSOAP's `parse_request`."""

from __future__ import annotations

import re
import zlib
from dataclasses import dataclass
from email.message import Message
from typing import TYPE_CHECKING

from .nusoap_parser import NusoapParser
from .php_values import PhpArray
from .xml_reader import MAX_BODY, MalformedXmlError, read_xml

if TYPE_CHECKING:
    from convergia_mockserver.faces.wire import RawRequest

    from .php_values import PhpValue

_ASCII = "US-ASCII"
_SOAP12 = b"application/soap+xml"
_CHARSETS = ("ISO-8859-1", _ASCII, "UTF-8")
_ENCODING = re.compile(rb"encoding=[\"']([^\"']*)[\"']")
_RAW_DEFLATE = -zlib.MAX_WBITS
_GZIP_HEADER = 10


class RequestRefusedError(Exception):
    """NuSOAP answers the request with a fault. Each character of the message is one byte."""


@dataclass(frozen=True, slots=True)
class SoapMessage:
    """A request as NuSOAP understood it.

    Attributes:
        method: the local name of the first element in the Body. Empty if the body was not read.
        namespace: the namespace of that element. None if its prefix is unknown.
        arguments: the values in that element, by name.
        action: the SOAPAction header without its quotes.
        version: the namespace of the envelope. None without an envelope.
        header: True if the message has a SOAP header.
        lost: True if the script's charset lacks characters of the message.
        misread: True if the Content-Type names a charset that NuSOAP takes for US-ASCII.
        ignored: the reason why the body was not read. Empty if it was read.
        content: the value of the first element in the Body: `arguments`, or a text without
            elements.
    """

    method: str
    namespace: str | None
    arguments: PhpArray
    action: str
    version: str | None = None
    header: bool = False
    lost: bool = False
    misread: bool = False
    ignored: str = ""
    content: PhpValue = None


class _Charset:
    """The conversion of characters beyond ASCII by PHP and NuSOAP."""

    def __init__(self, declared: str, script: str) -> None:
        self._declared = declared
        self._script = "ascii" if declared == _ASCII else script
        self.lost = False

    def text(self, text: str) -> str:
        """Convert the text of an element to the script's charset. Other characters become `?`."""
        if not self._script:
            return text
        narrow = text.encode(self._script, "replace").decode(self._script)
        self.lost |= narrow != text
        return narrow

    def name(self, name: str) -> str:
        """Convert a name or an attribute to the bytes of its charset, as one character each."""
        return name.encode(self._declared, "replace").decode("latin-1")


def read_message(request: RawRequest, script_charset: str, *, soap12: bool = False) -> SoapMessage:
    """Read a request as NuSOAP does.

    Args:
        request: a POST.
        script_charset: the charset in which the script gets strings. If it is empty, no characters
            are lost.
        soap12: True to read SOAP 1.2 by its media type, which NuSOAP does not support.

    Raises:
        RequestRefusedError: if NuSOAP answers with a fault.
        FatalError: if PHP ends with a fatal error.
    """
    action = (request.header(b"soapaction") or b"").decode("latin-1").replace('"', "")
    body = _decompressed(request)
    content_type = request.header(b"content-type")
    if soap12 and is_soap12(request):
        # Treat it as SOAP 1.1 from here on. In SOAP 1.2 the action is a parameter of the type.
        media = Message()
        media["Content-Type"] = (content_type or b"").decode("latin-1")
        action = str(media.get_param("action", action))
        content_type = f"text/xml; charset={media.get_content_charset('utf-8')}".encode()
    if content_type is None or b"text/xml" not in content_type:
        why = "has no Content-Type" if content_type is None else "is not text/xml"
        return SoapMessage("", "", PhpArray(), action, ignored=f"the request {why}")
    charset = _charset(content_type.decode("latin-1"))
    if body in (b"", b"0"):
        raise _parsing("xml was empty, didn't parse!")
    _check_declaration(body, charset)
    narrowing = _Charset(charset, script_charset)
    parser = NusoapParser(narrowing.text, narrowing.name)
    try:
        read_xml(body, parser)
    except MalformedXmlError as error:
        raise _parsing(str(error)) from None
    arguments = parser.close()
    return SoapMessage(
        parser.method,
        parser.namespace,
        arguments,
        action,
        parser.version,
        header=parser.header is not None,
        lost=narrowing.lost,
        misread=charset == _ASCII and _ASCII not in content_type.decode("latin-1").upper(),
        content=parser.content,
    )


def is_soap12(request: RawRequest) -> bool:
    """Return True if the request has SOAP 1.2's media type."""
    return (request.header(b"content-type") or b"").lstrip().lower().startswith(_SOAP12)


def _parsing(text: str) -> RequestRefusedError:
    return RequestRefusedError(f"error in msg parsing:\n{text}")


def _charset(content_type: str) -> str:
    """Return the charset as NuSOAP finds it: everything after the first `=`."""
    if content_type.find("=") <= 0:
        return "ISO-8859-1"
    named = content_type.partition("=")[2].replace('"', "").upper()
    return named if named in _CHARSETS else _ASCII


def _check_declaration(body: bytes, charset: str) -> None:
    """Check that the XML declaration and the Content-Type name the same charset."""
    start = body.find(b"<?xml")
    if start < 0:
        return
    end = body.find(b"?>", start + 2)
    # In PHP's substr() a negative length means the number of bytes to omit at the end.
    length = max(end, 0) - start + 1
    declaration = body[start : start + length] if length >= 0 else body[start:length]
    declared = _ENCODING.search(declaration)
    if declared is None:
        return
    encoding = declared[1].decode("latin-1")
    named = _php_upper(encoding)
    if named != charset and (charset, named) != ("ISO-8859-1", "UTF-8"):
        raise _parsing(
            f"Charset from HTTP Content-Type '{charset}' does not match encoding from XML "
            f"declaration '{encoding}'"
        )


def _php_upper(text: str) -> str:
    return "".join(letter.upper() if letter.isascii() else letter for letter in text)


def _decompressed(request: RawRequest) -> bytes:
    encoding = request.header(b"content-encoding")
    if encoding == b"deflate":
        body = _inflate(request.body, zlib.MAX_WBITS)
    elif encoding == b"gzip":
        body = _inflate(request.body[_GZIP_HEADER:], _RAW_DEFLATE)
    else:
        return request.body
    if body in (b"", b"0"):
        raise RequestRefusedError("Errors occurred when trying to decode the data")
    return body


def _inflate(data: bytes, window: int) -> bytes:
    """Return the decompressed data, up to just above the limit. Empty if it is damaged."""
    decompressor = zlib.decompressobj(window)
    try:
        body = decompressor.decompress(data, MAX_BODY + 1)
    except zlib.error:
        return b""
    return body if decompressor.eof or len(body) > MAX_BODY else b""
