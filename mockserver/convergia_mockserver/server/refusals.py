"""Error replies of the mock server itself: plain text for people, problem+json for programs."""

from __future__ import annotations

import errno
from http import HTTPStatus

import msgspec

from convergia_mockserver.faces.wire import Reply

from .request_heads import MAX_HEAD_BYTES

_SHORTAGES = frozenset({errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM, errno.ENOSPC})
_NO_SNIFFING = (b"x-content-type-options", b"nosniff")


class Problem(msgspec.Struct, frozen=True):
    """A problem (RFC 9457): the reason why a request to the admin API failed.

    Attributes:
        title: the HTTP status in words.
        status: the HTTP status.
        detail: the cause, and the cure if there is one.
    """

    title: str
    status: int
    detail: str


def plain(status: int, text: str) -> Reply:
    """Return a reply with one line of text."""
    headers = ((b"content-type", b"text/plain; charset=utf-8"), _NO_SNIFFING)
    return Reply(status, headers, f"{text}\n".encode())


def head_too_long(what: str = "a request's line and headers") -> Reply:
    """Return the refusal of a head or trailers that are too large."""
    return plain(431, f"{what} must have at most {MAX_HEAD_BYTES} bytes")


def problem(status: int, detail: str) -> Reply:
    """Return a reply with a problem in JSON."""
    body = msgspec.json.encode(Problem(HTTPStatus(status).phrase, status, detail))
    return Reply(status, ((b"content-type", b"application/problem+json"), _NO_SNIFFING), body)


def is_shortage(error: OSError) -> bool:
    """Return True if the machine has run out of files, memory or disk, which is temporary."""
    return error.errno in _SHORTAGES


def shortage(error: OSError) -> str:
    """Return the text for such a shortage."""
    return f"the server has run out of a resource: {error.strerror}; try again"
