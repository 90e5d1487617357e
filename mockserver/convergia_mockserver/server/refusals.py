"""Replies that are not the gateway's own: plain text for people, problem+json for programs."""

from __future__ import annotations

import errno
from http import HTTPStatus

import msgspec

from convergia_mockserver.faces.wire import Reply

from .request_heads import MAX_HEAD_BYTES

_SHORTAGES = frozenset({errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM, errno.ENOSPC})
_NO_SNIFFING = (b"x-content-type-options", b"nosniff")


class Problem(msgspec.Struct, frozen=True):
    """A problem of RFC 9457: why a request to the admin API was not carried out.

    Attributes:
        title: the HTTP status in words.
        status: the HTTP status.
        detail: the cause and, where there is one, the cure.
    """

    title: str
    status: int
    detail: str


def plain(status: int, text: str) -> Reply:
    """Return a reply of one line of text."""
    headers = ((b"content-type", b"text/plain; charset=utf-8"), _NO_SNIFFING)
    return Reply(status, headers, f"{text}\n".encode())


def head_too_long(what: str = "a request's line and headers") -> Reply:
    """Return the refusal of what has more bytes than a head may have."""
    return plain(431, f"{what} of more than {MAX_HEAD_BYTES} bytes")


def problem(status: int, detail: str) -> Reply:
    """Return a reply with a problem in JSON."""
    body = msgspec.json.encode(Problem(HTTPStatus(status).phrase, status, detail))
    return Reply(status, ((b"content-type", b"application/problem+json"), _NO_SNIFFING), body)


def is_shortage(error: OSError) -> bool:
    """Return True if the machine has run out of files, memory or disk: it passes by itself."""
    return error.errno in _SHORTAGES


def shortage(error: OSError) -> str:
    """Return what to say then."""
    return f"the server has run out of something: {error.strerror}; try again"
