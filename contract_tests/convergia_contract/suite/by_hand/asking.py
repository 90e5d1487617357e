"""Speakers with plain requests that are written by hand."""

from __future__ import annotations

import http.client
import xml.etree.ElementTree as ET  # replies of a gateway that its own owner tests
from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING, Final, Literal
from urllib.parse import quote, urlsplit
from xml.sax.saxutils import escape, quoteattr

from convergia_contract.asked import Asked
from convergia_contract.suite.by_hand.operations import Bound, bind
from convergia_contract.suite.by_hand.reading import (
    UnreadableError,
    read,
    read_items,
    read_names,
)
from convergia_contract.suite.guide_tables import SEND_CODES, STATUS_CODES
from convergia_contract.target import TIMEOUT

if TYPE_CHECKING:
    from collections.abc import Mapping

    from convergia_wsdl import Dialect

    from convergia_contract.suite.speaker import Answer
    from convergia_contract.target import Target

WEB_SERVICE = "/webservice.php"
ENVELOPE = "http://schemas.xmlsoap.org/soap/envelope/"
ENVELOPE12 = "http://www.w3.org/2003/05/soap-envelope"
Purpose = Literal["send", "status"]


@dataclass(frozen=True, slots=True)
class RawReply:
    """A reply: the HTTP status, the headers in lower case, and the body."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    def text(self) -> str:
        """Return the body as text in the charset of its Content-Type, by default UTF-8."""
        kind = self.headers.get("content-type", "")
        charset = kind.lower().partition("charset=")[2].strip(' "') or "utf-8"
        return self.body.decode(charset)


def exchange(
    target: Target,
    method: str,
    path: str,
    *,
    body: bytes = b"",
    headers: Mapping[str, str] | None = None,
    operation: str = "",
    own_account: bool = True,
) -> RawReply:
    """Send a request on a new connection, and return the reply.

    `operation` is the name of the request in the evidence. By default it is the path.
    """
    url = urlsplit(target.base_url)
    question = Asked(
        transport="soap" if path.startswith(WEB_SERVICE) else "http",
        operation=operation or path,
        own_account=own_account,
        method=method,
        url=target.base_url + path,
        headers=dict(headers or {}),
        body=body,
    )
    connect = http.client.HTTPSConnection if url.scheme == "https" else http.client.HTTPConnection
    connection = connect(url.netloc, timeout=TIMEOUT)
    target.questions.note(question)
    try:
        connection.request(method, url.path + path, body or None, dict(headers or {}))
        reply = connection.getresponse()
        lowered = {name.lower(): value for name, value in reply.getheaders()}
        answer = RawReply(reply.status, lowered, reply.read())
    finally:
        connection.close()
    target.questions.replied(answer.status, answer.body)
    return answer


class SpeakerByHand:
    """A speaker with plain requests. Missing arguments are filled in from the account."""

    def __init__(self, target: Target) -> None:
        self.target = target

    def send(self, number: str, message: str = "Hola", **others: str) -> Answer:
        """Send a message. `username`, `password` and `extra` may be given."""
        return self.ask("send", {**self._account(), **others, "number": number, "message": message})

    def status(self, message_id: str, **others: str) -> Answer:
        """Query a status. `username` and `password` may be given."""
        return self.ask("status", {**self._account(), **others, "messageid": message_id})

    def ask(self, purpose: Purpose, arguments: Mapping[str, str]) -> Answer:
        """Send a request with exactly these arguments, by the guide's names."""
        answer = self._ask(purpose, arguments)
        self.target.questions.answered(answer.code)
        return answer

    def _ask(self, purpose: Purpose, arguments: Mapping[str, str]) -> Answer:
        raise NotImplementedError

    def _is_own(self, arguments: Mapping[str, str]) -> bool:
        return self._account().items() <= arguments.items()

    def _account(self) -> dict[str, str]:
        return {"username": self.target.username, "password": self.target.password}


PATHS: Final = {"send": "/", "status": "/estatus_mensaje.php"}


class HttpByHand(SpeakerByHand):
    """A speaker for the guide's two URLs."""

    def _ask(self, purpose: Purpose, arguments: Mapping[str, str]) -> Answer:
        reply = self.exchange(purpose, arguments)
        if reply.status != http.client.OK:
            raise UnreadableError(f"HTTP {reply.status}: {reply.body!r}")
        replies = self.target.profile.reply.http
        dialect, codes = (
            (replies.send, SEND_CODES) if purpose == "send" else (replies.status, STATUS_CODES)
        )
        return read(reply.text(), dialect, codes, raw=reply.body)

    def exchange(self, purpose: Purpose, arguments: Mapping[str, str]) -> RawReply:
        """Send a GET, and return the whole reply."""
        charset = self.target.profile.text.http_charset
        query = "&".join(
            f"{name}={quote(value.encode(charset), safe='')}" for name, value in arguments.items()
        )
        path = f"{PATHS[purpose]}?{query}"
        own = self._is_own(arguments)
        return exchange(self.target, "GET", path, operation=purpose, own_account=own)


class SoapByHand(SpeakerByHand):
    """A speaker with SOAP envelopes as in the profile's WSDL.

    It uses SOAP 1.2 if the WSDL does not offer SOAP 1.1.

    Attributes:
        soap12: True if the envelopes are SOAP 1.2.
        media_type: the media type of requests and replies.
        fault_statuses: the HTTP statuses that a fault may have.
    """

    def __init__(self, target: Target) -> None:
        super().__init__(target)
        self.bound: dict[Literal["send", "status"], Bound] = bind(target.profile)
        self.soap12: bool = self.bound["send"].operation.soap12
        self.media_type: str = "application/soap+xml" if self.soap12 else "text/xml"
        # SOAP 1.2 uses 400 for an error of the sender (part 2, 7.5.2.2). SOAP 1.1 only has 500.
        self.fault_statuses: frozenset[int] = frozenset({400, 500} if self.soap12 else {500})
        self._envelope = ENVELOPE12 if self.soap12 else ENVELOPE

    def has_fault(self, reply: RawReply, *, of_any_version: bool = False) -> bool:
        """Return True if the reply is a SOAP fault with a text, of the same SOAP version or any."""
        root = ET.fromstring(reply.body)  # noqa: S314
        versions = (ENVELOPE, ENVELOPE12) if of_any_version else (self._envelope,)
        faults = (root.find(f"{{{one}}}Body/{{{one}}}Fault") for one in versions)
        return any(
            fault.findtext("faultstring")
            or fault.findtext(f"{{{ENVELOPE12}}}Reason/{{{ENVELOPE12}}}Text")
            for fault in faults
            if fault is not None
        )

    def _ask(self, purpose: Purpose, arguments: Mapping[str, str]) -> Answer:
        envelope = self.envelope(purpose, arguments)
        action = self.bound[purpose].operation.action
        reply = self.post(envelope, action, purpose, own_account=self._is_own(arguments))
        if reply.status != http.client.OK:
            raise UnreadableError(f"HTTP {reply.status}: {reply.body!r}")
        return self._read(purpose, reply)

    def post(
        self, envelope: str, action: str, operation: str = "", *, own_account: bool = True
    ) -> RawReply:
        """Post an envelope, and return the whole reply."""
        kind = f"{self.media_type}; charset=UTF-8"
        # SOAP 1.2 has a parameter of the media type instead of SOAPAction.
        headers = (
            {"Content-Type": f'{kind}; action="{action}"'}
            if self.soap12
            else {"Content-Type": kind, "SOAPAction": f'"{action}"'}
        )
        return exchange(
            self.target,
            "POST",
            WEB_SERVICE,
            body=envelope.encode("utf-8"),
            headers=headers,
            operation=operation,
            own_account=own_account,
        )

    def envelope(self, purpose: Purpose, arguments: Mapping[str, str]) -> str:
        """Return the envelope, with the arguments in the WSDL's order for NuSOAP.

        An argument that is missing between two others is sent empty. Some WSDLs have no part for
        `extra`.
        """
        bound = self.bound[purpose]
        operation, names = bound.operation, bound.parts
        given = {
            names[parameter]: value
            for parameter, value in arguments.items()
            if parameter != "extra" or parameter in names
        }
        if given:
            given = {**bound.values, **given}
        last = max((operation.parts.index(part) for part in given), default=-1)
        parts = _elements(
            [
                (part.split("."), escape(given.get(part, "")))
                for part in operation.parts[: last + 1]
            ],
            "m:" if operation.qualified else "",
            ' xsi:type="xsd:string"' if operation.encoded else "",
        )
        return (
            '<?xml version="1.0" encoding="UTF-8"?>'
            f'<e:Envelope xmlns:e="{self._envelope}" xmlns:xsd="http://www.w3.org/2001/XMLSchema"'
            ' xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"><e:Body>'
            f"<m:{operation.element} xmlns:m={quoteattr(operation.namespace)}>{parts}"
            f"</m:{operation.element}></e:Body></e:Envelope>"
        )

    def _read(self, purpose: Purpose, reply: RawReply) -> Answer:
        dialect: Dialect = getattr(self.target.profile.reply.soap, purpose)
        codes = SEND_CODES if purpose == "send" else STATUS_CODES
        body = ET.fromstring(reply.body).find(f"{{{self._envelope}}}Body")  # noqa: S314
        if body is None or len(body) == 0:
            raise UnreadableError(f"no SOAP body: {reply.body!r}")
        leaves = [node for node in body.iter() if len(node) == 0]
        texts = [(node.text or "").strip() for node in leaves]
        names = [node.tag.rpartition("}")[2] for node in leaves]
        # If the WSDL declares a struct or an array, the reply is one in any dialect.
        if dialect.form == "array" or (len(set(names)) == 1 < len(names)):
            return read_items(texts, dialect, reply.body)
        if dialect.form == "struct" or len(names) > 1:
            values = dict(zip(names, texts, strict=True))
            return read_names(values, dialect, self.target.profile.reply.synonyms, reply.body)
        return read(texts[0], dialect, codes, raw=reply.body)


def _elements(leaves: list[tuple[list[str], str]], prefix: str, attribute: str) -> str:
    """Leaves as XML, those under one name inside one element."""
    written = ""
    for name, group in groupby(leaves, key=lambda leaf: leaf[0][0]):
        inside = list(group)
        if len(inside[0][0]) == 1:
            written += f"<{prefix}{name}{attribute}>{inside[0][1]}</{prefix}{name}>"
        else:
            below = [(path[1:], text) for path, text in inside]
            written += f"<{prefix}{name}>{_elements(below, prefix, attribute)}</{prefix}{name}>"
    return written
