"""Encoding a reply as HTTP/1.1."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from uvicorn.protocols.http.httptools_impl import STATUS_LINE

if TYPE_CHECKING:
    from collections.abc import Iterable

    from convergia_mockserver.faces.wire import Reply

_LINE_BREAK = re.compile(rb"[\r\n]")


def to_bytes(
    reply: Reply, default_headers: Iterable[tuple[bytes, bytes]], *, last: bool, bodiless: bool
) -> bytes:
    """Return the status line, the headers and the body.

    Args:
        reply: the reply.
        default_headers: the server's own headers, which come first.
        last: True to announce that the connection is closed afterwards.
        bodiless: True to leave out the body, as for HEAD.

    Raises:
        RuntimeError: if the value of a header contains a line break.
    """
    parts = [STATUS_LINE[reply.status]]
    for name, value in (*default_headers, *reply.headers):
        if _LINE_BREAK.search(value):
            raise RuntimeError(f"the header {name!r} contains a line break")
        parts += (name, b": ", value, b"\r\n")
    parts.append(b"content-length: %d\r\n" % len(reply.body))
    parts.append(b"connection: close\r\n\r\n" if last else b"\r\n")
    if not bodiless:
        parts.append(reply.body)
    return b"".join(parts)
