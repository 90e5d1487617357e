"""NuSOAP's envelopes of results and faults, byte for byte."""

from __future__ import annotations

from typing import TYPE_CHECKING

from convergia_mockserver.faces.wire import Reply
from convergia_mockserver.gateway.calls import SoapFault

if TYPE_CHECKING:
    from collections.abc import Mapping

SOAP11_ENVELOPE = "http://schemas.xmlsoap.org/soap/envelope/"
SOAP12_ENVELOPE = "http://www.w3.org/2003/05/soap-envelope"
_SOAP_ENCODING = "http://schemas.xmlsoap.org/soap/encoding/"
_NAMESPACES = {
    "SOAP-ENV": SOAP11_ENVELOPE,
    "xsd": "http://www.w3.org/2001/XMLSchema",
    "xsi": "http://www.w3.org/2001/XMLSchema-instance",
    "SOAP-ENC": _SOAP_ENCODING,
}
_STATUS = ((b"status", b"500 Internal Server Error"),)
_ENTITIES = str.maketrans({"&": "&amp;", "'": "&apos;", '"': "&quot;", "<": "&lt;", ">": "&gt;"})

END = b"</SOAP-ENV:Body></SOAP-ENV:Envelope>"
# The reply after a fatal error of PHP, without a body and without NuSOAP's headers.
DEAD = Reply(500, ((b"content-type", b"text/html; charset=UTF-8"),), b"")


def expand_entities(text: str) -> str:
    """Escape a string as NuSOAP does for a reply."""
    return text.translate(_ENTITIES)


def as_it_came(text: str) -> bytes:
    """Encode a text that NuSOAP copies from a request: each character is one byte."""
    return text.encode("latin-1", "xmlcharrefreplace")


class Envelopes:
    """A writer of envelopes in one charset.

    Args:
        script_charset: the charset in which the gateway's script gets strings. If it is empty,
            NuSOAP does not convert strings and answers in UTF-8. Otherwise it answers in
            ISO-8859-1.
    """

    def __init__(self, script_charset: str) -> None:
        self._charset = "ISO-8859-1" if script_charset else "UTF-8"
        self._declaration = f'<?xml version="1.0" encoding="{self._charset}"?>'
        self._headers = {
            soap12: (
                (b"server", b"NuSOAP Server v0.9.5"),
                (b"x-soap-server", b"NuSOAP/0.9.5 (1.123)"),
                (b"content-type", f"{media}; charset={self._charset}".encode()),
            )
            for soap12, media in ((False, "text/xml"), (True, "application/soap+xml"))
        }

    def encode(self, text: str) -> bytes:
        """Encode a text. A character that the charset lacks becomes a reference."""
        return text.encode(self._charset, "xmlcharrefreplace")

    def start(self, encoding_style: str, used: Mapping[str, str], *, soap12: bool = False) -> bytes:
        """Return everything before the payload.

        Args:
            encoding_style: the encoding style of the operation. Empty if it is literal.
            used: the prefixes that the payload uses besides NuSOAP's own four.
            soap12: True for a SOAP 1.2 envelope, which has no encoding style.
        """
        namespaces = {**_NAMESPACES, **used}
        if soap12:
            namespaces["SOAP-ENV"], encoding_style = SOAP12_ENVELOPE, ""
        style = f' SOAP-ENV:encodingStyle="{encoding_style}"' if encoding_style else ""
        declared = "".join(
            f' xmlns:{prefix}="{namespace}"' for prefix, namespace in namespaces.items()
        )
        return self.encode(
            f"{self._declaration}<SOAP-ENV:Envelope{style}{declared}><SOAP-ENV:Body>"
        )

    def result(self, document: bytes, *, soap12: bool = False) -> Reply:
        """Return a reply with a result."""
        return Reply(200, self._headers[soap12], document)

    def refusal(self, text: str, *, soap12: bool = False) -> Reply:
        """Return a reply with a fault from NuSOAP itself. Each character of `text` is one byte."""
        document = self._fault(SoapFault(text, "Client"), soap12=soap12)
        return Reply(500, _STATUS + self._headers[soap12], as_it_came(document))

    def fault(self, fault: SoapFault, *, soap12: bool = False) -> Reply:
        """Return a reply with a fault from the service."""
        document = self._fault(fault, soap12=soap12)
        return Reply(500, _STATUS + self._headers[soap12], self.encode(document))

    def _fault(self, fault: SoapFault, *, soap12: bool) -> str:
        return self._fault12(fault) if soap12 else self._fault11(fault)

    def _fault11(self, fault: SoapFault) -> str:
        """Return a fault of SOAP 1.1, as `nusoap_fault` serializes it."""
        text, code, detail = fault.text, fault.code, fault.detail
        code = code if ":" in code else f"SOAP-ENV:{code}"
        declared = "".join(f'\n  xmlns:{prefix}="{name}"' for prefix, name in _NAMESPACES.items())
        return (
            f"{self._declaration}"
            f'<SOAP-ENV:Envelope SOAP-ENV:encodingStyle="{_SOAP_ENCODING}"{declared}>\n'
            "<SOAP-ENV:Body><SOAP-ENV:Fault>"
            f'<faultcode xsi:type="xsd:string">{expand_entities(code)}</faultcode>'
            '<faultactor xsi:type="xsd:string"></faultactor>'
            f'<faultstring xsi:type="xsd:string">{expand_entities(text)}</faultstring>'
            f'<detail xsi:type="xsd:string">{expand_entities(detail)}</detail>'
            "</SOAP-ENV:Fault></SOAP-ENV:Body></SOAP-ENV:Envelope>"
        )

    def _fault12(self, fault: SoapFault) -> str:
        """Return a fault of SOAP 1.2 (SOAP 1.2 part 1, section 5.4)."""
        text, detail = fault.text, fault.detail
        local = fault.code.rpartition(":")[2]
        standard = {"Client": "Sender", "Server": "Receiver"}.get(local, "Receiver")
        subcode = (
            ""
            if local in {"Client", "Server"}
            else f"<SOAP-ENV:Subcode><SOAP-ENV:Value>{expand_entities(local)}</SOAP-ENV:Value>"
            "</SOAP-ENV:Subcode>"
        )
        shown = f"<SOAP-ENV:Detail><detail>{expand_entities(detail)}</detail></SOAP-ENV:Detail>"
        return (
            f'{self._declaration}<SOAP-ENV:Envelope xmlns:SOAP-ENV="{SOAP12_ENVELOPE}">'
            f"<SOAP-ENV:Body><SOAP-ENV:Fault><SOAP-ENV:Code><SOAP-ENV:Value>SOAP-ENV:{standard}"
            f"</SOAP-ENV:Value>{subcode}</SOAP-ENV:Code><SOAP-ENV:Reason>"
            f'<SOAP-ENV:Text xml:lang="en">{expand_entities(text)}</SOAP-ENV:Text>'
            f"</SOAP-ENV:Reason>{shown if detail else ''}</SOAP-ENV:Fault></SOAP-ENV:Body>"
            "</SOAP-ENV:Envelope>"
        )
