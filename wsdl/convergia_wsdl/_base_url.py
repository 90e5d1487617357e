"""What may be a gateway's base URL."""

from __future__ import annotations

from urllib.parse import urlsplit


def is_base_url(url: str) -> bool:
    """Return True for scheme, host and, if need be, port and path, and nothing else.

    User and password do not belong into it: a command line shows them to everybody on the machine.
    """
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return False
    plain = url.isascii() and url.isprintable() and not any(mark in url for mark in " @?#")
    return parts.scheme in ("http", "https") and bool(parts.hostname) and port != 0 and plain
