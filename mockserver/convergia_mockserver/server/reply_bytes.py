"""A reply as it goes out on the connection."""

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
        reply: what to write.
        default_headers: the server's own, written first.
        last: say that the connection is closed afterwards.
        bodiless: leave out the body, as for HEAD.

    Raises:
        RuntimeError: a header's value holds a line break.
    """
    parts = [STATUS_LINE[reply.status]]
    for name, value in (*default_headers, *reply.headers):
        if _LINE_BREAK.search(value):
            raise RuntimeError(f"a line break in the header {name!r}")
        parts += (name, b": ", value, b"\r\n")
    parts.append(b"content-length: %d\r\n" % len(reply.body))
    parts.append(b"connection: close\r\n\r\n" if last else b"\r\n")
    if not bodiless:
        parts.append(reply.body)
    return b"".join(parts)
