"""From an HTTP request to a SOAP message, as NuSOAP's `parse_request` gets there."""

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
    """NuSOAP answers a request with a fault, whose text this is: each character one byte."""


@dataclass(frozen=True, slots=True)
class SoapMessage:
    """A request as NuSOAP understood it.

    Attributes:
        method: the local name of what stands first in the Body; empty when there was no reading it.
        namespace: its namespace; None when its prefix is unknown.
        arguments: the values inside, by name.
        action: the SOAPAction header without its quotes.
        version: the envelope's namespace; None without one.
        header: whether the message has a SOAP header.
        lost: whether characters were lost to the charset.
        misread: whether the Content-Type names a charset that NuSOAP takes for US-ASCII.
        ignored: why the body was not read at all; empty when it was.
        content: the value of the Body's first element: `arguments`, or a text without elements.
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
    """What PHP and NuSOAP leave of characters beyond ASCII."""

    def __init__(self, declared: str, script: str) -> None:
        self._declared = declared
        self._script = "ascii" if declared == _ASCII else script
        self.lost = False

    def text(self, text: str) -> str:
        """Return an element's text: decoded into the script's charset; what that lacks is a `?`."""
        if not self._script:
            return text
        narrow = text.encode(self._script, "replace").decode(self._script)
        self.lost |= narrow != text
        return narrow

    def name(self, name: str) -> str:
        """Return a name or an attribute: the bytes of the declared charset, one character each."""
        return name.encode(self._declared, "replace").decode("latin-1")


def read_message(request: RawRequest, script_charset: str, *, soap12: bool = False) -> SoapMessage:
    """Return what NuSOAP makes of `request`.

    Args:
        request: a POST.
        script_charset: the charset strings reach the script in; empty: nothing is lost.
        soap12: whether to read SOAP 1.2 by its media type, which NuSOAP does not know.

    Raises:
        RequestRefusedError: the answer is a fault.
        FatalError: PHP would have died.
    """
    action = (request.header(b"soapaction") or b"").decode("latin-1").replace('"', "")
    body = _decompressed(request)
    content_type = request.header(b"content-type")
    if soap12 and is_soap12(request):
        # From here on as if it were SOAP 1.1: the action goes with the media type there.
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
    """Return True if the media type is SOAP 1.2's."""
    return (request.header(b"content-type") or b"").lstrip().lower().startswith(_SOAP12)


def _parsing(text: str) -> RequestRefusedError:
    return RequestRefusedError(f"error in msg parsing:\n{text}")


def _charset(content_type: str) -> str:
    """Return what NuSOAP takes for the charset: all that follows the first `=`, whatever it is."""
    if content_type.find("=") <= 0:
        return "ISO-8859-1"
    named = content_type.partition("=")[2].replace('"', "").upper()
    return named if named in _CHARSETS else _ASCII


def _check_declaration(body: bytes, charset: str) -> None:
    """Require that the XML declaration and the Content-Type agree on the charset."""
    start = body.find(b"<?xml")
    if start < 0:
        return
    end = body.find(b"?>", start + 2)
    # PHP's substr() takes a negative length for "up to so many bytes before the end".
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
    """Return the decompressed data, to just above the limit; empty when it is damaged."""
    decompressor = zlib.decompressobj(window)
    try:
        body = decompressor.decompress(data, MAX_BODY + 1)
    except zlib.error:
        return b""
    return body if decompressor.eof or len(body) > MAX_BODY else b""
