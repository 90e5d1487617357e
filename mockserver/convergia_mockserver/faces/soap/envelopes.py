"""NuSOAP's envelopes, byte for byte: what stands around a result, and a fault."""

from __future__ import annotations

from typing import TYPE_CHECKING

from convergia_mockserver.faces.wire import Reply

if TYPE_CHECKING:
    from collections.abc import Mapping

_SOAP_ENCODING = "http://schemas.xmlsoap.org/soap/encoding/"
_NAMESPACES = {
    "SOAP-ENV": "http://schemas.xmlsoap.org/soap/envelope/",
    "xsd": "http://www.w3.org/2001/XMLSchema",
    "xsi": "http://www.w3.org/2001/XMLSchema-instance",
    "SOAP-ENC": _SOAP_ENCODING,
}
_STATUS = ((b"status", b"500 Internal Server Error"),)
_ENTITIES = str.maketrans({"&": "&amp;", "'": "&apos;", '"': "&quot;", "<": "&lt;", ">": "&gt;"})

END = b"</SOAP-ENV:Body></SOAP-ENV:Envelope>"
# PHP died: no body, and none of NuSOAP's headers.
DEAD = Reply(500, ((b"content-type", b"text/html; charset=UTF-8"),), b"")


def expand_entities(text: str) -> str:
    """What NuSOAP does to a string before it stands in a reply."""
    return text.translate(_ENTITIES)


def as_it_came(text: str) -> bytes:
    """What NuSOAP passes on unchanged from a request: each character one byte."""
    return text.encode("latin-1", "xmlcharrefreplace")


class Envelopes:
    """Writes envelopes in one charset.

    Args:
        script_charset: what strings reach the script in: with none in particular, NuSOAP leaves
            them as they are and answers in UTF-8; else it answers in its own ISO-8859-1.
    """

    def __init__(self, script_charset: str) -> None:
        self._charset = "ISO-8859-1" if script_charset else "UTF-8"
        self._declaration = f'<?xml version="1.0" encoding="{self._charset}"?>'
        self._headers = (
            (b"server", b"NuSOAP Server v0.9.5"),
            (b"x-soap-server", b"NuSOAP/0.9.5 (1.123)"),
            (b"content-type", f"text/xml; charset={self._charset}".encode()),
        )

    def encode(self, text: str) -> bytes:
        """The reply's bytes for `text`; what the charset lacks becomes a character reference."""
        return text.encode(self._charset, "xmlcharrefreplace")

    def start(self, encoding_style: str, used: Mapping[str, str]) -> bytes:
        """Everything before the payload.

        Args:
            encoding_style: the operation's; empty for a literal one.
            used: prefixes that the payload uses besides NuSOAP's own four.
        """
        style = f' SOAP-ENV:encodingStyle="{encoding_style}"' if encoding_style else ""
        declared = "".join(
            f' xmlns:{prefix}="{namespace}"'
            for prefix, namespace in {**_NAMESPACES, **used}.items()
        )
        return self.encode(
            f"{self._declaration}<SOAP-ENV:Envelope{style}{declared}><SOAP-ENV:Body>"
        )

    def result(self, document: bytes) -> Reply:
        """A reply with a result."""
        return Reply(200, self._headers, document)

    def fault(self, text: str) -> Reply:
        """A reply with a fault of the client's, as `nusoap_fault` serializes it.

        Args:
            text: each character one byte of the reply.
        """
        declared = "".join(f'\n  xmlns:{prefix}="{name}"' for prefix, name in _NAMESPACES.items())
        document = (
            f"{self._declaration}"
            f'<SOAP-ENV:Envelope SOAP-ENV:encodingStyle="{_SOAP_ENCODING}"{declared}>\n'
            "<SOAP-ENV:Body><SOAP-ENV:Fault>"
            '<faultcode xsi:type="xsd:string">SOAP-ENV:Client</faultcode>'
            '<faultactor xsi:type="xsd:string"></faultactor>'
            f'<faultstring xsi:type="xsd:string">{expand_entities(text)}</faultstring>'
            '<detail xsi:type="xsd:string"></detail>'
            "</SOAP-ENV:Fault></SOAP-ENV:Body></SOAP-ENV:Envelope>"
        )
        return Reply(500, _STATUS + self._headers, as_it_came(document))
