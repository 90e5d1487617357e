"""Replies of a SOAP service, with the attributes that zeep reads."""

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
# HTTP statuses with which zeep accepts an empty reply, to a one-way operation.
_EMPTY_STATUSES = frozenset({HTTPStatus.CREATED, HTTPStatus.ACCEPTED})
_ENVELOPES = frozenset(
    {
        "{http://schemas.xmlsoap.org/soap/envelope/}Envelope",
        "{http://www.w3.org/2003/05/soap-envelope}Envelope",
    }
)


class HttpHeaders(Mapping[str, str]):
    """A reply's headers, by name in any case. If a name comes twice, the last value counts."""

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
        headers: the headers, by name in any case.
        content: the body.
        encoding: the charset in Content-Type, or None.
    """

    status_code: int
    headers: HttpHeaders = field(repr=False)
    content: bytes = field(repr=False)
    encoding: str | None = None


def response_of(done: Reply | Failure, exchange: Exchange) -> HttpResponse:
    """Return the reply, or raise the error for a missing one."""
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


def require_envelope(response: HttpResponse, asked: str) -> HttpResponse:
    """Return the response if zeep can read it as an answer to an envelope.

    `asked` is the tag of the request's root element.

    That is an envelope of the same SOAP version, a multipart body that begins with one, or an empty
    reply to a one-way operation (HTTP 201 or 202). A Fault may have the other version: it says that
    the service does not support this one.

    Raises:
        OutcomeUnknownError: the reply is something else.
    """
    status, content = response.status_code, response.content
    if status in _EMPTY_STATUSES and not content:
        return response
    if status in _FAULT_STATUSES:
        if _root_of(response) in _ENVELOPES:
            return response
    elif status in _SUCCESS and _root_of(response) == asked:
        return response
    raise OutcomeUnknownError(
        f"the service may have carried it out: HTTP {status}, and no SOAP envelope",
        raw=content,
        http_status=status,
    )


def _root_of(response: HttpResponse) -> str | None:
    """Return the tag of the reply's root element, or None if zeep would not read it."""
    content: bytes | None = response.content
    kind = response.headers.get("Content-Type", "")
    if kind.partition(";")[0].strip().lower() == "multipart/related":
        content = _first_part(response.content, kind)
    try:
        # Resolve no entities and load nothing, because the peer may be hostile.
        parser = etree.XMLParser(resolve_entities=False, no_network=True, huge_tree=True)
        root = etree.fromstring(content or b"", parser)
    except etree.XMLSyntaxError:
        return None
    dtd = root.getroottree().docinfo.internalDTD
    # lxml-stubs does not know `entities`.
    if dtd is not None and dtd.entities():  # type: ignore[union-attr]
        return None
    return str(root.tag)


def _first_part(content: bytes, kind: str) -> bytes | None:
    """Return the first part of a multipart body, or None if the body is broken or cut off.

    The parts are split as zeep's decoder does it, so that what passes here does not fail there.
    """
    boundary = ""
    for parameter in kind.split(";")[1:]:
        name, _, value = parameter.strip().partition("=")
        if name.lower() == "boundary":
            boundary = value.strip('"')
    marker = b"--" + boundary.encode()
    *parts, end = content.removeprefix(marker).split(b"\r\n" + marker)
    if not boundary or not parts or not end.startswith(b"--"):
        return None
    split = [part.partition(b"\r\n\r\n") for part in parts if part not in (b"", b"\r\n")]
    if not split or not all(blank for _, blank, _ in split):
        return None
    return split[0][2]
