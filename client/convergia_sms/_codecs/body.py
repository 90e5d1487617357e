"""Decoding of a reply's bytes to text, without the notices that PHP adds.

All functions run in time linear in the body, because replies may be hostile.
"""

from __future__ import annotations

import codecs
import re

# Replies with a code and an id are shorter. A longer one is an error page or an attack.
MAX_TEXT = 65_536

_BYTE_ORDER_MARKS = (
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
# A byte order mark between bytes that are not UTF-8.
_MARK_AS_LATIN_1 = codecs.BOM_UTF8.decode("iso-8859-1")
_FOUR = 4
_BREAK = re.compile(r"(<br\s{0,3}/?>)", re.IGNORECASE)
# PHP continues after these. Not after "Fatal error" or "Parse error": the text beside those is not
# the script's answer.
_NOTICES = ("Notice", "Warning", "Deprecated", "Strict Standards")
_MARKED_NOTICES = tuple(f"<b>{notice}</b>:" for notice in _NOTICES)
_PLAIN_NOTICES = tuple(
    f"{prefix}{notice}: " for notice in _NOTICES for prefix in ("", "PHP ", "PHP  ")
)
_HIDDEN = (("<!--", "-->"), ("<script", "</script>"))
# PHP writes a break after it. If that was stripped, the rest of its line is empty.
_MARKED_END = re.compile(r" on line <b>\d{1,9}</b>[ \t\r]{0,9}(?:\n|$)")
_PLAIN_END = re.compile(r" on line \d{1,9}$")


def as_text(body: bytes) -> str:
    """Decode a reply's body. Never fails.

    The Content-Type header and the XML declaration are ignored: they are often wrong, and code and
    id are ASCII in every charset. A byte order mark of UTF-16 decides. Otherwise valid UTF-8 is
    decoded as UTF-8 (text in ISO-8859-1 is valid UTF-8 once in a million), and the rest as
    ISO-8859-1. Byte order marks are dropped everywhere, because included files bring their own.
    """
    return _decoded(body).replace("\ufeff", "").replace(_MARK_AS_LATIN_1, "")


def _decoded(body: bytes) -> str:
    for mark, charset in _BYTE_ORDER_MARKS:
        if body.startswith(mark):
            return body[len(mark) :].decode(charset, errors="replace")
    unmarked = _utf_16_unmarked(body)
    if unmarked is not None:
        return body.decode(unmarked, errors="replace")
    try:
        return body.decode("utf-8")
    except UnicodeDecodeError:
        return body.decode("iso-8859-1")


def _utf_16_unmarked(body: bytes) -> str | None:
    """Return the byte order of UTF-16 text in ASCII, by the places of its zero bytes, or None."""
    if len(body) < _FOUR or len(body) % 2 or b"\0" not in body[:2]:
        return None
    for charset, zeros, others in (("utf-16-le", 1, 0), ("utf-16-be", 0, 1)):
        if body[zeros::2].count(0) * 10 > len(body) * 4 and 0 not in body[others::2]:
            return charset
    return None


def without_notices(text: str) -> str:
    """Return `text` without the notices and warnings that PHP writes into the output."""
    if " on line " not in text:
        return text
    pieces = _BREAK.split(text)
    kept: list[str] = []
    skip_break = False
    for piece in pieces:
        marked = piece.lstrip().startswith(_MARKED_NOTICES)
        end = _MARKED_END.search(piece) if marked else None
        if end is not None:
            # PHP writes a break before and after a notice, so remove both.
            if kept and _BREAK.fullmatch(kept[-1]):
                kept.pop()
            rest = piece[end.end() :]
            skip_break = not rest.strip()
            kept += [] if skip_break else [rest]
        elif skip_break and _BREAK.fullmatch(piece):
            skip_break = False
        else:
            kept.append(piece)
    lines = "".join(kept).split("\n")
    return "\n".join(line for line in lines if not _is_plain_notice(line.strip()))


def without_trailing_markup(text: str) -> str:
    """Return `text` without comments and scripts that servers and proxies append.

    They are not visible in a browser. Text between or after them is kept, and then they are kept
    too.
    """
    lowered = text.lower()
    if len(lowered) != len(text):
        return text
    end = _visible_end(lowered, len(text))
    while (start := _hidden_start(lowered, end)) is not None:
        end = _visible_end(lowered, start)
    return text[:end]


def _hidden_start(text: str, end: int) -> int | None:
    """Return the start of the comment or script that ends at `end`, or None."""
    for opening, closing in _HIDDEN:
        if not text.endswith(closing, 0, end):
            continue
        start = text.rfind(opening, 0, end)
        if start < 0 or text.find(closing, start, end) != end - len(closing):
            continue
        if opening == "<!--" or text[start + len(opening)] in "> \t\r\n":
            return start
    return None


def _visible_end(text: str, end: int) -> int:
    """Return the position after the last character before `end` that is not blank or NUL."""
    while end and (text[end - 1].isspace() or text[end - 1] == "\0"):
        end -= 1
    return end


def _is_plain_notice(line: str) -> bool:
    return line.startswith(_PLAIN_NOTICES) and _PLAIN_END.search(line) is not None
