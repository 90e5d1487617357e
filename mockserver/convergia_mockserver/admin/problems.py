"""What a request that cannot be done gets: problem+json (RFC 9457), cause and cure in `detail`."""

from __future__ import annotations

from http import HTTPStatus

import msgspec
from starlette.responses import Response


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


class ProblemError(Exception):
    """Ends a request with a problem."""

    def __init__(self, status: int, detail: str) -> None:
        super().__init__(status, detail)
        self.status = status
        self.detail = detail


def problem(status: int, detail: str, headers: dict[str, str] | None = None) -> Response:
    """The reply that tells a problem."""
    told = Problem(HTTPStatus(status).phrase, status, detail)
    return Response(
        msgspec.json.encode(told), status, headers, media_type="application/problem+json"
    )
