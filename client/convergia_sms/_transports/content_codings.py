"""Tolerant decoding of Content-Encoding, which few replies have, and many of those by mistake.

No request asks for compression. A compressed reply is still decoded, within the size limit. A
header such as a charset, "none" or "8bit" is ignored.
"""

from __future__ import annotations

import zlib

__all__ = ["decoded"]

_GZIP = 31
_ZLIB, _RAW = 15, -15
_WINDOWS = {"gzip": (_GZIP,), "x-gzip": (_GZIP,), "deflate": (_ZLIB, _RAW)}


def decoded(body: bytes, coding: str, limit: int) -> tuple[bytes, str]:
    """Decode a known Content-Encoding, up to `limit` bytes.

    Returns:
        The body, and the coding that remains. A body that does not match its header is unchanged.
    """
    for window in _WINDOWS.get(coding, ()):
        plain = _inflated(body, window, limit)
        if plain is not None:
            return plain, ""
    return body, "" if coding in _WINDOWS else coding


def _inflated(body: bytes, window: int, limit: int) -> bytes | None:
    """Return the inflated body, or None if it is not valid, is cut off or is too long."""
    inflater = zlib.decompressobj(window)
    try:
        plain = inflater.decompress(body, limit + 1)
    except zlib.error:
        return None
    return plain if inflater.eof and len(plain) <= limit else None
