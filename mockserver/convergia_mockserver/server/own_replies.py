"""Applying a script's custom reply."""

from __future__ import annotations

from typing import TYPE_CHECKING

from convergia_mockserver.faces.wire import Reply

if TYPE_CHECKING:
    from convergia_mockserver.gateway.own_reply import OwnReply


def in_place_of(reply: Reply, own: OwnReply) -> Reply:
    """Return the custom reply that replaces the face's reply.

    If it has no Content-Type, it gets the face's, with UTF-8 as the charset for a text.
    """
    headers = [
        (name.lower().encode(), value.encode("latin-1")) for name, value in own.headers.items()
    ]
    if not any(name == b"content-type" for name, _ in headers):
        content_type = dict(reply.headers).get(b"content-type", b"text/html")
        if own.text is not None:
            content_type = content_type.partition(b";")[0] + b"; charset=UTF-8"
        headers.append((b"content-type", content_type))
    return Reply(own.status, tuple(headers), own.body())
