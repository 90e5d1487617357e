"""Content-Encoding, taken for what it means: few replies bear one, and many of those are mistakes.

No request asks for a compressed reply. A server that compresses all the same is understood, within
the limit of every body. A header that names a charset, "none" or "8bit" says nothing.
"""

from __future__ import annotations

import zlib

__all__ = ["decoded"]

_GZIP = 31
_ZLIB, _RAW = 15, -15
_WINDOWS = {"gzip": (_GZIP,), "x-gzip": (_GZIP,), "deflate": (_ZLIB, _RAW)}


def decoded(body: bytes, coding: str, limit: int) -> tuple[bytes, str]:
    """Undo a Content-Encoding that is known here, up to `limit` bytes.

    Returns:
        the body and the coding that is left. A body that is not what its header says is as it
        came.
    """
    for window in _WINDOWS.get(coding, ()):
        plain = _inflated(body, window, limit)
        if plain is not None:
            return plain, ""
    return body, "" if coding in _WINDOWS else coding


def _inflated(body: bytes, window: int, limit: int) -> bytes | None:
    """Return the whole body; None if it is not compressed so, was cut off, or is too long."""
    inflater = zlib.decompressobj(window)
    try:
        plain = inflater.decompress(body, limit + 1)
    except zlib.error:
        return None
    return plain if inflater.eof and len(plain) <= limit else None
