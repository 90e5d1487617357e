"""The ends of a reply's head and body, tolerant of wrong lengths."""

from __future__ import annotations

import re

from httptools import HttpParserUpgrade

__all__ = ["HEAD_END", "SETTLING", "STARTS", "may_go_on", "parser_words", "with_one_length"]

STARTS = b"HTTP/"
HEAD_END = re.compile(rb"\n\r?\n")
# Seconds to wait for more if a reply may be longer than its Content-Length. The rest comes in the
# same burst of packets.
SETTLING = 0.05
_CLOSED = (b">", b"}", b"]")


def with_one_length(head: bytes) -> bytes:
    """Return the head of a reply, with duplicate Content-Length headers merged.

    curl, browsers and PHP accept duplicates with the same value (RFC 9112, 6.3).

    Raises:
        ValueError: the lengths differ, or one is not a number. The error names the header.
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
        values = {each.strip() for each in value.split(b",")}
        for each in values:
            if not each.isdigit():
                raise ValueError(f"Content-Length is {_shown(each)}, which is not a number")
        if not lengths:
            kept.append(b"Content-Length: " + min(values) + b"\r")
        lengths |= {each.lstrip(b"0") or b"0" for each in values}
    if len(lengths) > 1:
        both = " and ".join(sorted(_shown(each) for each in lengths))
        raise ValueError(f"Content-Length is given twice, as {both}")
    return b"\n".join(kept)


def _shown(value: bytes) -> str:
    return repr(value[:40].decode("latin-1"))


def parser_words(error: Exception) -> str:
    """Return llhttp's error text, which names the header and contains no data."""
    if isinstance(error, HttpParserUpgrade):
        return "the gateway wants another protocol (Upgrade)"
    return str(error) or type(error).__name__


def may_go_on(body: bytes) -> bool:
    """Return True if a script may have counted fewer bytes than it wrote.

    It may count its text without the byte order mark, blank lines and notices before it, or count
    characters instead of bytes. A document that closes all it opened is complete.
    """
    text = body.rstrip()
    if text.endswith(_CLOSED):
        return False
    return not text or text[:1].isspace() or text.startswith(b"<") or not text.isascii()
