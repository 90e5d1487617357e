"""Explanations of replies without a code: a SOAP Fault, a redirect or an HTTP error."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal
from urllib.parse import urlsplit

from convergia_sms._codecs.body import MAX_TEXT, as_text
from convergia_sms._codecs.envelope import Fault, read_envelope
from convergia_sms._codecs.markup import without_html

if TYPE_CHECKING:
    from convergia_sms._codecs.dialect import Unreadable
    from convergia_sms._codecs.wire import Reply

__all__ = ["Cure", "Explanation", "explain", "one_line"]

Cure = Literal["probe", "wsdl", "doctor", "portal"]

_LONGEST_LINE = 160
_MARKUP = re.compile(r"<[^<>]{0,400}>")
_NOT_SHOWN = re.compile(
    r"[\s\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]+"
)
# These faults are raised before the operation runs: SOAP 1.1, 4.4.1; SOAP 1.2, 5.4.6.
_BEFORE_ANY_CALL = frozenset({"VersionMismatch", "MustUnderstand"})
# Fault texts of engines that find no function to call, or cannot call it: NuSOAP 0.9.5, PHP's
# SoapServer, Axis, .NET, gSOAP, CXF, Spring. Each must match whole, because a script's own fault
# may come after the message was sent.
_NAME = r"['\"]?[^'\"\s]{0,200}['\"]?"
_NO_SUCH_CALL = re.compile(
    rf"Operation {_NAME} is not defined in the WSDL for this service"
    rf"|method {_NAME} ?\({_NAME}\) not defined in service ?\({_NAME}(?: {_NAME})?\)"
    rf"|Procedure {_NAME} not present"
    rf"|Function \({_NAME}\) is not a valid method for this service"
    r"|Missing parameter"
    rf"|No such operation {_NAME}"
    rf"|Server did not recognize the value of HTTP Header SOAPAction: {_NAME}\.?"
    rf"|Method {_NAME} not implemented: method name or namespace not recognized"
    rf"|Message part \S{{0,200}} was not recognized\. +\(Does it exist in service WSDL\?\)"
    rf"|No endpoint mapping found for \[.{{0,300}}\]"
)


@dataclass(frozen=True, slots=True)
class Explanation:
    """The reason why a reply is not an answer.

    Attributes:
        reason: the reason, in words. Not masked.
        cure: what helps: the probe, another WSDL, the doctor or the portal.
        fault: the text of a SOAP Fault. Empty if there is none.
        refused: True if the call certainly went no further than the SOAP engine.
    """

    reason: str
    cure: Cure
    fault: str = ""
    refused: bool = False


def explain(reply: Reply, unreadable: Unreadable | None) -> Explanation:
    """Explain a reply.

    Args:
        reply: the reply.
        unreadable: why no code was found. None if the HTTP status shows that there is none.
    """
    status = f"HTTP {reply.status}"
    fault = read_envelope(reply.body) if len(reply.body) <= MAX_TEXT else None
    if isinstance(fault, Fault):
        return _of_fault(fault, "" if unreadable is not None else f"{status}, ")
    if unreadable is not None:
        reason = f"the reply cannot be read: {unreadable.reason}"
        if reply.content_encoding not in {"", "identity"}:
            coding = one_line(reply.content_encoding.encode())
            reason = f"{reason} (Content-Encoding: {coding})"
        return Explanation(reason, "probe")
    if reply.status in range(300, 400):
        host = one_line(_host_of(reply.header("location") or "").encode())
        reason = (
            f"{status}: a redirect to {host}, which is not followed"
            if host
            else f"{status}: a redirect, which is not followed"
        )
        return Explanation(reason, "doctor")
    return Explanation(status, "doctor" if reply.status < 500 else "portal")  # noqa: PLR2004


def _host_of(location: str) -> str:
    """Return host and port of a URL, or an empty text if it has none."""
    try:
        return urlsplit(location).netloc.rpartition("@")[2]
    except ValueError:  # "http://[::1"
        return ""


def _of_fault(fault: Fault, status: str) -> Explanation:
    words = one_line(fault.text.encode())
    code = one_line(fault.code.encode()) or "without a code"
    refused = (
        fault.code.rpartition(":")[2] in _BEFORE_ANY_CALL
        or _NO_SUCH_CALL.fullmatch(fault.text.strip()) is not None
    )
    reason = (
        f'{status}a SOAP fault ({code}): "{words}"' if words else f"{status}a SOAP fault ({code})"
    )
    return Explanation(reason, "wsdl" if refused else "portal", words, refused)


def one_line(raw: bytes) -> str:
    """Return the text of a body as one line without markup, cut to 160 characters."""
    text = as_text(raw[:MAX_TEXT])
    text = without_html(text) or text
    line = _NOT_SHOWN.sub(" ", _MARKUP.sub(" ", text)).strip()
    return line if len(line) <= _LONGEST_LINE else f"{line[: _LONGEST_LINE - 1]}…"
