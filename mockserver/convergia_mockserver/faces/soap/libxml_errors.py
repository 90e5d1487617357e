"""What PHP says of a document that is not well-formed, told from what libxml2 says of it today.

PHP's parser stops at the end of the piece that it tripped over (a tag, a text, a comment), and
shows the last error in there; a libxml2 of today goes on and shows all. And PHP's libxml2 (2.9)
reads bytes of no charset as ISO-8859-1 up to that end, where one of today stops at once.
Found out by comparison with PHP 8.2, which the differential tests repeat.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from .php_error_texts import ERROR_TEXTS

if TYPE_CHECKING:
    from collections.abc import Sequence

NOT_WELL_FORMED = 4
_INVALID_DOCUMENT_END = 5
_INVALID_CHARACTER = 9
_CDATA_NOT_FINISHED = 63
_NAME_REQUIRED = 68
_GT_REQUIRED = 73
_MISMATCHED_TAG = 76
_INVALID_ENCODING = 81
# From libxml2's first error to the one that PHP shows.
_LAST_OF = {
    6: _INVALID_CHARACTER,  # a hexadecimal character reference that is none
    7: _INVALID_CHARACTER,  # a decimal one
    38: _GT_REQUIRED,  # "<" in an attribute's value
    39: _GT_REQUIRED,  # an attribute's value without quotes
    40: _GT_REQUIRED,  # an attribute's value without an end
    _CDATA_NOT_FINISHED: _INVALID_DOCUMENT_END,
    _GT_REQUIRED: _MISMATCHED_TAG,  # an end tag without an end
    78: 57,  # standalone is neither yes nor no: the declaration is not finished
    96: 65,  # an XML declaration without a version: a space is missing
}
# libxml2 looks at four bytes before it begins, and at two before each piece of the prolog.
_FEWEST_BYTES = 4
_FEWEST_IN_PROLOG = 2
_PROLOG = re.compile(rb"(?:\s+|<!--.*?-->|<\?.*?\?>)*", re.DOTALL)
# Half of a pair, encoded by itself: bytes of UTF-8, but no character.
_SURROGATE = re.compile(rb"\xed[\xa0-\xbf]")
_US_ASCII = re.compile(rb"<\?xml[^>]*encoding=[\"']us-ascii[\"']", re.IGNORECASE)


def sentence(line: int, code: int) -> str:
    """NuSOAP's words for libxml2's error `code` on `line`."""
    text = ERROR_TEXTS[code] if code < len(ERROR_TEXTS) else "Unknown"
    return f"XML error parsing SOAP payload on line {line}: {text}"


def as_php_says(body: bytes, errors: Sequence[tuple[int, int]], line: int, index: int) -> str:
    """NuSOAP's words for a document that is not well-formed.

    Args:
        body: the document.
        errors: libxml2's, fatal ones alone, each a code and a line.
        line: where expat stopped.
        index: the byte at which it did.
    """
    if not errors:
        return sentence(line, NOT_WELL_FORMED)
    first, line = errors[0]
    if first == _INVALID_ENCODING:
        return _bad_bytes(body, line, index)
    if first in (NOT_WELL_FORMED, _NAME_REQUIRED) and _ends_early(body):
        return sentence(line, _INVALID_DOCUMENT_END)
    start, kind = _piece(body, index)
    if kind == b"<![CDATA[" and _INVALID_CHARACTER in (code for code, _ in errors):
        return sentence(_line_of(body, start), _INVALID_CHARACTER)
    if kind == b"<" and first == _INVALID_CHARACTER:
        return sentence(line, _GT_REQUIRED)
    return sentence(line, _LAST_OF.get(first, first))


def _ends_early(body: bytes) -> bool:
    rest = _PROLOG.sub(b"", body, count=1)
    return len(body) < _FEWEST_BYTES or len(rest) < _FEWEST_IN_PROLOG


def _bad_bytes(body: bytes, line: int, index: int) -> str:
    """Bytes that are not in the document's charset: noticed where their piece ends."""
    if _US_ASCII.match(body):
        return sentence(_line_of(body, index), _INVALID_DOCUMENT_END)
    if _SURROGATE.match(body, index):
        return sentence(line, _INVALID_CHARACTER)
    start, kind = _piece(body, index)
    ends = {b"<!--": b"-->", b"<?": b"?>", b"<": b">"}
    if kind == b"<![CDATA[":
        end = start
    elif kind:
        end = body.find(ends[kind], index)
    else:
        end = min(
            (at for at in (body.find(b"<", index), body.find(b"&", index)) if at >= 0), default=-1
        )
    return sentence(_line_of(body, end if end >= 0 else len(body)), _INVALID_CHARACTER)


def _piece(body: bytes, index: int) -> tuple[int, bytes]:
    """Where the piece around `index` starts, and with what; nothing for a text."""
    for opening, closing in ((b"<!--", b"-->"), (b"<![CDATA[", b"]]>"), (b"<?", b"?>")):
        start = body.rfind(opening, 0, index)
        if start >= 0 and body.find(closing, start, index) < 0:
            return start, opening
    start = body.rfind(b"<", 0, index)
    if start >= 0 and body.find(b">", start, index) < 0:
        return start, b"<"
    return start, b""


def _line_of(body: bytes, index: int) -> int:
    return body.count(b"\n", 0, index) + 1
