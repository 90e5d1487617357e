"""Error replies as problem+json (RFC 9457), with the cause and the cure in `detail`."""

from __future__ import annotations

from starlette.responses import Response

from convergia_mockserver.server import refusals
from convergia_mockserver.server.refusals import Problem

__all__ = ["Problem", "ProblemError", "problem"]


class ProblemError(Exception):
    """An error that ends a request with a problem reply."""

    def __init__(self, status: int, detail: str) -> None:
        super().__init__(status, detail)
        self.status = status
        self.detail = detail


def problem(status: int, detail: str, headers: dict[str, str] | None = None) -> Response:
    """Return a problem reply."""
    reply = refusals.problem(status, detail)
    told = {name.decode(): value.decode() for name, value in reply.headers}
    return Response(reply.body, status, told | (headers or {}))
