"""Where a reply's head and body end, also where its server miscounted."""

from __future__ import annotations

import re

from httptools import HttpParserUpgrade

__all__ = ["HEAD_END", "SETTLING", "STARTS", "may_go_on", "parser_words", "with_one_length"]

STARTS = b"HTTP/"
HEAD_END = re.compile(rb"\n\r?\n")
# How long a reply that may be longer than it says is waited for, in seconds. The rest comes in the
# same burst of packets.
SETTLING = 0.05
_CLOSED = (b">", b"}", b"]")


def with_one_length(head: bytes) -> bytes:
    """Return a reply's head with each Content-Length that was given twice given once.

    curl, browsers and PHP take it so where both say the same (RFC 9112, 6.3).

    Raises:
        ValueError: the lengths differ, or one is no number. The text names the header.
    """
    if head.lower().count(b"content-length") == 0:
        return head
    lines = head.split(b"\n")
    lengths: set[bytes] = set()
    kept: list[bytes] = []
    for line in lines:
        name, colon, value = line.partition(b":")
        if not colon or name.strip().lower() != b"content-length":
            kept.append(line)
            continue
        told = {each.strip() for each in value.split(b",")}
        for each in told:
            if not each.isdigit():
                raise ValueError(f"Content-Length is {_shown(each)}, which is not a number")
        if not lengths:
            kept.append(b"Content-Length: " + min(told) + b"\r")
        lengths |= {each.lstrip(b"0") or b"0" for each in told}
    if len(lengths) > 1:
        both = " and ".join(sorted(_shown(each) for each in lengths))
        raise ValueError(f"Content-Length is given twice, as {both}")
    return b"\n".join(kept)


def _shown(value: bytes) -> str:
    return repr(value[:40].decode("latin-1"))


def parser_words(error: Exception) -> str:
    """Return llhttp's own words for what is wrong: they name the header, and hold no data."""
    if isinstance(error, HttpParserUpgrade):
        return "the gateway wants another protocol (Upgrade)"
    return str(error) or type(error).__name__


def may_go_on(body: bytes) -> bool:
    """Return True if a script may have counted less than it wrote.

    It counts its text, and neither the byte order mark nor the blank lines nor the notices before
    it; or it counts characters instead of bytes. A document that closes what it opened is whole.
    """
    text = body.rstrip()
    if text.endswith(_CLOSED):
        return False
    return not text or text[:1].isspace() or text.startswith(b"<") or not text.isascii()
