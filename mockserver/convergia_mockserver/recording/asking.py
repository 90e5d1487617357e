"""Sending a request to the recorded gateway."""

from __future__ import annotations

import http.client
import re
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from convergia_mockserver.faces.wire import Reply

if TYPE_CHECKING:
    from collections.abc import Mapping

HOP_BY_HOP = frozenset(
    {"connection", "keep-alive", "transfer-encoding", "content-length", "expect", "te", "trailer"}
)
"""Headers that belong to one connection and are not passed on."""


class NotConnectedError(OSError):
    """The connection could not be established, so nothing was sent."""


def ask(
    gateway: str,
    method: str,
    target: str,
    headers: Mapping[str, str],
    body: bytes,
    *,
    timeout: float,
) -> Reply:
    """Send a request, and return the reply without the headers of its connection.

    Args:
        gateway: the base URL of the gateway.
        method: the HTTP method.
        target: path and query, relative to the base URL.
        headers: the headers of the request.
        body: the body. Empty for none.
        timeout: the timeout of each step, in seconds.

    Raises:
        NotConnectedError: if the connection cannot be established.
        OSError: if the connection breaks. The request may have been carried out.
        http.client.HTTPException: if the reply is not HTTP. The exception may quote the request.
    """
    url = urlsplit(gateway)
    connect = http.client.HTTPSConnection if url.scheme == "https" else http.client.HTTPConnection
    connection = connect(url.netloc, timeout=timeout)
    try:
        try:
            connection.connect()
        except OSError as error:
            raise NotConnectedError(str(error)) from None
        # http.client rejects characters beyond ASCII, which some clients send unencoded.
        asked = re.sub(r"[\x80-\xff]", lambda found: f"%{ord(found[0]):02X}", url.path + target)
        connection.request(method, asked, body or None, dict(headers))
        reply = connection.getresponse()
        kept = tuple(
            (name.encode("latin-1"), value.encode("latin-1"))
            for name, value in reply.getheaders()
            if name.lower() not in HOP_BY_HOP
        )
        return Reply(reply.status, kept, reply.read())
    finally:
        connection.close()
