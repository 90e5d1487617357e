"""What a SOAP service answered, with the attributes that zeep reads."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import TYPE_CHECKING

from lxml import etree

from convergia_sms._errors import OutcomeUnknownError
from convergia_sms._exchange import Exchange, Failure
from convergia_sms._rules import not_sent

if TYPE_CHECKING:
    from convergia_sms._codecs.wire import Reply

_CHARSET = re.compile(r"charset=[\"']?([\w.:-]+)", re.IGNORECASE)
_SUCCESS = range(200, 300)
# HTTP statuses under which SOAP 1.1 and 1.2 send a Fault.
_FAULT_STATUSES = frozenset({HTTPStatus.BAD_REQUEST, HTTPStatus.INTERNAL_SERVER_ERROR})


class HttpHeaders(Mapping[str, str]):
    """A reply's headers, by their names in any case. The last of several of a name counts."""

    def __init__(self, lines: tuple[tuple[str, str], ...]) -> None:
        self._lines = {name.lower(): value for name, value in lines}

    def __getitem__(self, name: str) -> str:
        return self._lines[name.lower()]

    def __iter__(self) -> Iterator[str]:
        return iter(self._lines)

    def __len__(self) -> int:
        return len(self._lines)


@dataclass(frozen=True)
class HttpResponse:
    """A reply, with the attributes that zeep reads.

    Attributes:
        status_code: the HTTP status.
        headers: names in any case.
        content: the body as it came.
        encoding: the charset that Content-Type names; None if it names none.
    """

    status_code: int
    headers: HttpHeaders = field(repr=False)
    content: bytes = field(repr=False)
    encoding: str | None = None


def response_of(done: Reply | Failure, exchange: Exchange) -> HttpResponse:
    """Return the reply, or raise what its absence means."""
    if isinstance(done, Failure):
        if not exchange.on_wire:
            raise not_sent(done)
        raise OutcomeUnknownError(
            f"the service may have carried it out: {done.reason}",
            raw=done.raw,
            http_status=done.http_status,
        )
    charset = _CHARSET.search(done.content_type)
    encoding = None if charset is None else charset[1]
    return HttpResponse(done.status, HttpHeaders(done.headers), done.body, encoding)


def require_envelope(response: HttpResponse) -> HttpResponse:
    """Require what a SOAP service answers: an envelope, parts around one, or an empty success."""
    status, content = response.status_code, response.content
    if status in _SUCCESS and not content:
        return response
    multipart = response.headers.get("Content-Type", "").lower().startswith("multipart/")
    if (status in _SUCCESS or status in _FAULT_STATUSES) and (multipart or _is_xml(content)):
        return response
    raise OutcomeUnknownError(
        f"the service may have carried it out: HTTP {status}, and no SOAP envelope",
        raw=content,
        http_status=status,
    )


def _is_xml(content: bytes) -> bool:
    parser = etree.XMLParser(resolve_entities=False, no_network=True, huge_tree=True)
    try:
        root = etree.fromstring(content, parser)
    except etree.XMLSyntaxError:
        return False
    return etree.QName(root).localname == "Envelope"
