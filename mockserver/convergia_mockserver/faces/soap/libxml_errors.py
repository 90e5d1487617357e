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
from .start_tags import StartTag

if TYPE_CHECKING:
    from collections.abc import Sequence

NOT_WELL_FORMED = 4
_INTERNAL = 1
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
    _CDATA_NOT_FINISHED: _INVALID_DOCUMENT_END,
    77: _INVALID_DOCUMENT_END,  # an element without an end
    78: 57,  # standalone is neither yes nor no: the declaration is not finished
    96: 65,  # an XML declaration without a version: a space is missing
}
# libxml2 looks at two bytes before it begins with a piece of the prolog.
_FEWEST_IN_PROLOG = 2
_FEWEST_BYTES = 4
# And at as many for what begins with "<!".
_LONGEST_OPENING = len("<![CDATA[")
# The same, where it depends on the piece; by how that begins, and the first errors.
_LAST_IN: dict[tuple[bytes | int, ...], int] = {
    (b"</", _GT_REQUIRED, _MISMATCHED_TAG): _MISMATCHED_TAG,
    (b"</", _INVALID_CHARACTER, _GT_REQUIRED, _MISMATCHED_TAG): _MISMATCHED_TAG,
    (b"</", _INVALID_CHARACTER): _GT_REQUIRED,
    (b"<!", _NAME_REQUIRED): _INTERNAL,
}
# Bytes; what is wrong with a longer document is not worth the time to find the words.
_LONGEST_EXPLAINED = 64 * 1024
_OF_ATTRIBUTES = range(38, 43)
# How many tags before an error are looked at for the one that it stands in.
_FURTHEST = 8
_PROLOG = re.compile(rb"(?:<\?xml\s.*?\?>)?(?:\s+|<!--.*?-->|<\?(?!xml\s).*?\?>)*", re.DOTALL)
# Half of a pair, encoded by itself: bytes of UTF-8, but no character.
_SURROGATE = re.compile(rb"\xed[\xa0-\xbf]")
_LATIN_1 = re.compile(rb"<\?xml[^>]*encoding=[\"']iso-8859-1[\"']", re.IGNORECASE)
_US_ASCII = re.compile(rb"<\?xml[^>]*encoding=[\"']us-ascii[\"']", re.IGNORECASE)


def sentence(line: int, code: int) -> str:
    """NuSOAP's words for libxml2's error `code` on `line`."""
    text = ERROR_TEXTS[code] if code < len(ERROR_TEXTS) else "Unknown"
    return f"XML error parsing SOAP payload on line {line}: {text}"


def too_short(body: bytes) -> str | None:
    """NuSOAP's words for a document of fewer bytes than libxml2 begins with; None for others."""
    return sentence(1, _INVALID_DOCUMENT_END) if len(body) < _FEWEST_BYTES else None


def as_php_says(body: bytes, errors: Sequence[tuple[int, int]], line: int, index: int) -> str:
    """NuSOAP's words for a document that is not well-formed.

    Args:
        body: the document.
        errors: libxml2's, fatal ones alone, each a code and a line.
        line: where expat stopped.
        index: the byte at which it did.
    """
    if len(body) > _LONGEST_EXPLAINED:
        return sentence(line, NOT_WELL_FORMED)
    start, kind = _piece(body, index)
    prolog = _PROLOG.match(body)
    if prolog is not None and len(body) - prolog.end() < _FEWEST_IN_PROLOG:
        return sentence(_line_of(body, prolog.end()), _INVALID_DOCUMENT_END)
    if not errors:
        return sentence(line, NOT_WELL_FORMED if kind == b"<" else _INVALID_DOCUMENT_END)
    codes = [code for code, _ in errors]
    first, line = errors[0]
    if first == _INVALID_ENCODING:
        line, first = _bad_bytes(body, line, index)
    elif kind == b"<![CDATA[":
        line = _line_of(body, start)
        first = _INVALID_CHARACTER if _INVALID_CHARACTER in codes else first
    elif start == len(body) - 1 or (kind == b"<!" and len(body) - start < _LONGEST_OPENING):
        first = _INVALID_DOCUMENT_END
    elif kind == b"<" or first in _OF_ATTRIBUTES:
        line, first = _in_start_tag(body, start) or (line, first)
    else:
        found = (_LAST_IN.get((kind, *codes[:length])) for length in (3, 2, 1))
        first = next((code for code in found if code is not None), first)
    return sentence(line, _LAST_OF.get(first, first))


def _in_start_tag(body: bytes, start: int) -> tuple[int, int] | None:
    """The error in the start tag at `start`, or in one before it that swallowed this one."""
    charset = "latin-1" if _LATIN_1.match(body) else "utf-8"
    text = body.decode(charset, "replace")
    for _ in range(_FURTHEST):
        if start < 0:
            break
        if not body.startswith((b"</", b"<!", b"<?"), start):
            tag = StartTag(text, len(body[:start].decode(charset, "replace")))
            if tag.error is not None:
                return text.count("\n", 0, tag.end) + 1, tag.error
        start = body.rfind(b"<", 0, start)
    return None


def _bad_bytes(body: bytes, line: int, index: int) -> tuple[int, int]:
    """Bytes that are not in the document's charset: noticed where their piece ends."""
    if _US_ASCII.match(body):
        in_tag = _piece(body, index)[1] == b"<"
        return _line_of(body, index), _GT_REQUIRED if in_tag else _INVALID_DOCUMENT_END
    if _SURROGATE.match(body, index):
        return line, _INVALID_CHARACTER
    start, kind = _piece(body, index)
    if kind == b"<":
        tag = StartTag(body.decode("latin-1"), start)
        if tag.error is not None:
            return _line_of(body, tag.end), tag.error
    ends = {b"<!--": b"-->", b"<?": b"?>", b"<": b">", b"</": b">", b"<!": b">"}
    if kind == b"<![CDATA[":
        end = start
    elif kind:
        end = body.find(ends[kind], index)
    else:
        end = min(
            (at for at in (body.find(b"<", index), body.find(b"&", index)) if at >= 0), default=-1
        )
    return _line_of(body, end if end >= 0 else len(body)), _INVALID_CHARACTER


def _piece(body: bytes, index: int) -> tuple[int, bytes]:
    """Where the piece around `index` starts, and with what: nothing for a text."""
    start, kind = body.rfind(b"<", 0, index + 1), b""
    for opening, closing in ((b"<!--", b"-->"), (b"<![CDATA[", b"]]>"), (b"<?", b"?>")):
        opened = body.rfind(opening, 0, index + len(opening))
        if opened >= 0 and body.find(closing, opened, index) < 0:
            start, kind = opened, opening
            break
    else:
        if start >= 0 and body.find(b">", start, index) < 0:
            kind = next(k for k in (b"</", b"<!", b"<") if body.startswith(k, start))
    outer = body.rfind(b"<", 0, start) if kind and start > 0 else -1
    if outer >= 0 and body.find(b">", outer, start) < 0 and not body.startswith(b"<!", outer):
        # It trips up the tag that it stands in.
        return outer, b"</" if body.startswith(b"</", outer) else b"<"
    return start, kind


def _line_of(body: bytes, index: int) -> int:
    return body.count(b"\n", 0, index) + 1
