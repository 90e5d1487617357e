"""What a request to the control that cannot be done gets: problem+json (RFC 9457)."""

from __future__ import annotations

from http import HTTPStatus

import msgspec

from convergia_mockserver.faces.wire import Reply


class Problem(msgspec.Struct, frozen=True):
    """Why a request was not done.

    Attributes:
        title: the HTTP status in words.
        status: the HTTP status.
        detail: the cause and, where there is one, the cure.
    """

    title: str
    status: int
    detail: str


def problem(status: int, detail: str) -> Reply:
    """The reply that tells a problem."""
    told = Problem(HTTPStatus(status).phrase, status, detail)
    headers = (
        (b"content-type", b"application/problem+json"),
        (b"x-content-type-options", b"nosniff"),
    )
    return Reply(status, headers, msgspec.json.encode(told))
