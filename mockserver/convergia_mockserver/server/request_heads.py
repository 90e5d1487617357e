"""Reading a request's head, with forms that real servers accept but the parser does not.

These were measured with Apache 2.4 and mod_php. Apache ignores an offer to upgrade the connection
(the JDK's `HttpClient` makes one with every request) and reads the body. It accepts bytes beyond
ASCII in the URL, and header lines that continue in the next line.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import unquote

import httptools

if TYPE_CHECKING:
    from collections.abc import Iterable

MAX_HEAD_BYTES = 64 * 1024
END = b"\r\n\r\n"
# Forms that the parser refuses, or treats as the end of HTTP.
_ODD = re.compile(rb"[\x80-\xff]|\r\n[ \t]|\r\n(?i:upgrade)[ \t]*:")
_FOLD = re.compile(rb"\r\n[ \t]+")
_UPGRADE = re.compile(rb"\r\n(?i:upgrade)[ \t]*:[ \t]*([^\r\n]*?)[ \t]*(?=\r\n)")
_BEYOND_ASCII = re.compile(rb"[\x80-\xff]")
# A head that may continue: at least a method, and only lines that end with CR LF.
_BEGINNING = re.compile(rb"[A-Z]{1,20}(?:\Z| (?:[^\r\n]|\r\n|\r\Z)*\Z)")


class Head(NamedTuple):
    """Received data that begins with a head, in a form that the parser accepts.

    Attributes:
        data: the data.
        upgrades: the protocols of the Upgrade headers, which were removed from `data`.
    """

    data: bytes
    upgrades: tuple[bytes, ...] = ()


def is_incomplete(data: bytes) -> bool:
    """Return True if `data` is the beginning of an incomplete head."""
    return END not in data and _BEGINNING.match(data) is not None


def tolerant(data: bytes) -> Head:
    """Convert data that begins with a head to a form that the parser accepts."""
    end = data.find(END)
    if end < 0 or _ODD.search(data, 0, end + len(END)) is None:
        return Head(data)
    line, _, fields = data[:end].partition(b"\r\n")
    line = _BEYOND_ASCII.sub(lambda found: b"%%%02X" % found[0][0], line)
    fields = _FOLD.sub(b" ", b"\r\n" + fields) + b"\r\n"
    upgrades = tuple(found[1] for found in _UPGRADE.finditer(fields))
    fields = _UPGRADE.sub(b"", fields)
    return Head(line + fields + data[end + 2 :], upgrades)


def split_target(url: bytes) -> tuple[str, bytes]:
    """Return the percent-decoded path and the query of a request's target.

    Raises:
        HttpParserError: if it is not a URL.
        UnicodeDecodeError: if its path is not ASCII.
    """
    if url.startswith(b"/") and b"#" not in url:
        raw_path, _, query = url.partition(b"?")
    else:
        parsed = httptools.parse_url(url)
        raw_path, query = parsed.path or b"/", parsed.query or b""
    path = raw_path.decode("ascii")
    return (unquote(path) if "%" in path else path), query


def size_of(url: bytes, headers: Iterable[tuple[bytes, bytes]]) -> int:
    """Return the size of a head's target and header fields, in bytes."""
    return len(url) + sum(len(name) + len(value) for name, value in headers)
