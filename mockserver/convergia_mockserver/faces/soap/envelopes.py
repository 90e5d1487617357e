"""NuSOAP's envelopes, byte for byte: a result around its payload, and a fault."""

from __future__ import annotations

from typing import TYPE_CHECKING

from convergia_mockserver.faces.wire import Reply

if TYPE_CHECKING:
    from collections.abc import Mapping

# NuSOAP's `soap_defencoding`.
CHARSET = "ISO-8859-1"
SOAP_ENCODING = "http://schemas.xmlsoap.org/soap/encoding/"

_NAMESPACES = (
    ("SOAP-ENV", "http://schemas.xmlsoap.org/soap/envelope/"),
    ("xsd", "http://www.w3.org/2001/XMLSchema"),
    ("xsi", "http://www.w3.org/2001/XMLSchema-instance"),
    ("SOAP-ENC", SOAP_ENCODING),
)
_DECLARATION = f'<?xml version="1.0" encoding="{CHARSET}"?>'
_HEADERS = (
    (b"server", b"NuSOAP Server v0.9.5"),
    (b"x-soap-server", b"NuSOAP/0.9.5 (1.123)"),
    (b"content-type", b"text/xml; charset=ISO-8859-1"),
)
_OK = 200
_FAULT_HEADERS = ((b"status", b"500 Internal Server Error"), *_HEADERS)
_ENTITIES = str.maketrans({"&": "&amp;", "'": "&apos;", '"': "&quot;", "<": "&lt;", ">": "&gt;"})
ENVELOPE_END = b"</SOAP-ENV:Body></SOAP-ENV:Envelope>"


def expand_entities(text: str) -> str:
    """What NuSOAP does to a string before it stands in a reply."""
    return text.translate(_ENTITIES)


def encode(text: str) -> bytes:
    """Into the reply's charset; what it lacks becomes a character reference."""
    return text.encode(CHARSET, "xmlcharrefreplace")


def envelope_start(encoding_style: str, used: Mapping[str, str]) -> bytes:
    """Everything before the payload.

    Args:
        encoding_style: the operation's; empty for a literal one.
        used: prefixes that the payload uses besides NuSOAP's own four.
    """
    style = f' SOAP-ENV:encodingStyle="{encoding_style}"' if encoding_style else ""
    declared = "".join(
        f' xmlns:{prefix}="{namespace}"'
        for prefix, namespace in {**dict(_NAMESPACES), **used}.items()
    )
    return encode(f"{_DECLARATION}<SOAP-ENV:Envelope{style}{declared}><SOAP-ENV:Body>")


def result(document: bytes) -> Reply:
    """A reply with a result."""
    return Reply(_OK, _HEADERS, document)


def fault(code: str, text: str, *, status: int = 500) -> Reply:
    """A reply with a fault, as `nusoap_fault` serializes it.

    Args:
        code: `Client` or `Server`.
        text: each character one byte of the reply, as NuSOAP passes on what it was sent.
        status: NuSOAP says 500.
    """
    declared = "".join(f'\n  xmlns:{prefix}="{name}"' for prefix, name in _NAMESPACES)
    document = (
        f'{_DECLARATION}<SOAP-ENV:Envelope SOAP-ENV:encodingStyle="{SOAP_ENCODING}"{declared}>\n'
        "<SOAP-ENV:Body><SOAP-ENV:Fault>"
        f'<faultcode xsi:type="xsd:string">SOAP-ENV:{code}</faultcode>'
        '<faultactor xsi:type="xsd:string"></faultactor>'
        f'<faultstring xsi:type="xsd:string">{expand_entities(text)}</faultstring>'
        '<detail xsi:type="xsd:string"></detail>'
        "</SOAP-ENV:Fault></SOAP-ENV:Body></SOAP-ENV:Envelope>"
    )
    return Reply(status, _FAULT_HEADERS if status != _OK else _HEADERS, encode(document))


# PHP died: no body, and none of NuSOAP's headers.
DEAD = Reply(500, ((b"content-type", b"text/html; charset=UTF-8"),), b"")
