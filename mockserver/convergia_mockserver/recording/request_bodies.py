"""Reading a request's body, with a length or in chunks."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from http.server import BaseHTTPRequestHandler

MAX_BODY = 4 * 1024 * 1024
_LONGEST_LINE = 1024
_SIZE = re.compile(rb"[ \t]*([0-9A-Fa-f]{1,8})[ \t]*(?:;.*)?\r?\n", re.DOTALL)


class UnframedBodyError(Exception):
    """The body is too long, or has no clear end. `status` is the HTTP status of the refusal."""

    def __init__(self, status: int) -> None:
        super().__init__(status)
        self.status = status


def read_body(handler: BaseHTTPRequestHandler) -> bytes:
    """Return the body of the handler's current request.

    Raises:
        UnframedBodyError: if its end is unclear, or it is longer than `MAX_BODY`.
    """
    coding = handler.headers.get("Transfer-Encoding")
    if coding is not None:
        if coding.strip().lower() != "chunked":
            raise UnframedBodyError(501)
        return _chunks(handler)
    length = handler.headers.get("Content-Length", "0").strip()
    if not (length.isascii() and length.isdigit()):
        raise UnframedBodyError(400)
    if len(length) > len(str(MAX_BODY)) or int(length) > MAX_BODY:
        raise UnframedBodyError(413)
    return _exactly(handler, int(length))


def _chunks(handler: BaseHTTPRequestHandler) -> bytes:
    body = bytearray()
    while True:
        size = _SIZE.fullmatch(handler.rfile.readline(_LONGEST_LINE))
        if size is None:
            raise UnframedBodyError(400)
        length = int(size[1], 16)
        if not length:
            break
        if len(body) + length > MAX_BODY:
            raise UnframedBodyError(413)
        body += _exactly(handler, length)
        if handler.rfile.readline(_LONGEST_LINE).strip():
            raise UnframedBodyError(400)
    while handler.rfile.readline(_LONGEST_LINE).strip():
        pass  # trailers are ignored
    return bytes(body)


def _exactly(handler: BaseHTTPRequestHandler, length: int) -> bytes:
    read = handler.rfile.read(length)
    if len(read) < length:
        # A truncated request must not reach the gateway, which might send half a text.
        raise UnframedBodyError(400)
    return read
