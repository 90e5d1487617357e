"""The check of a gateway's base URL."""

from __future__ import annotations

from urllib.parse import urlsplit


def is_base_url(url: str) -> bool:
    """Return True if `url` has a scheme, a host and optionally a port and a path, only.

    User and password are not allowed, because a command line shows them to everybody on the
    machine.
    """
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return False
    plain = url.isascii() and url.isprintable() and not any(mark in url for mark in " @?#")
    return parts.scheme in ("http", "https") and bool(parts.hostname) and port != 0 and plain
