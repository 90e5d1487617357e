"""A reply's bytes as text, without what PHP puts around the script's own output.

Everything here runs in time linear in the body: replies are hostile.
"""

from __future__ import annotations

import codecs
import re

# Longer than any reply that holds a code and an id; what is longer is an error page or an attack.
MAX_TEXT = 65_536

_BYTE_ORDER_MARKS = (
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
# A byte order mark between bytes that are not UTF-8.
_MARK_AS_LATIN_1 = codecs.BOM_UTF8.decode("iso-8859-1")
_FOUR = 4
_BREAK = re.compile(r"(<br\s{0,3}/?>)", re.IGNORECASE)
# What PHP prints and then goes on. Not "Fatal error" or "Parse error": after those it stops, and
# what stands beside them is not the script's answer.
_NOTICES = ("Notice", "Warning", "Deprecated", "Strict Standards")
_MARKED_NOTICES = tuple(f"<b>{notice}</b>:" for notice in _NOTICES)
_PLAIN_NOTICES = tuple(
    f"{prefix}{notice}: " for notice in _NOTICES for prefix in ("", "PHP ", "PHP  ")
)
_UNSEEN = (("<!--", "-->"), ("<script", "</script>"))
# PHP writes a break behind it. Where that was stripped, the rest of its line is empty.
_MARKED_END = re.compile(r" on line <b>\d{1,9}</b>[ \t\r]{0,9}(?:\n|$)")
_PLAIN_END = re.compile(r" on line \d{1,9}$")


def as_text(body: bytes) -> str:
    """Decode a reply's body. Never fails.

    Header and XML declaration are not asked: they lie, and code and id are ASCII in every charset
    that they name. The byte order mark of UTF-16 decides. Then valid UTF-8 is UTF-8 (ISO-8859-1
    text is not, by accident, once in a million). The rest is read as ISO-8859-1. Byte order marks
    are dropped wherever they are: included files bring their own.
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
    """Return the kind of UTF-16 that a text of ASCII is in, by the place of its zero bytes."""
    if len(body) < _FOUR or len(body) % 2 or b"\0" not in body[:2]:
        return None
    for charset, zeros, others in (("utf-16-le", 1, 0), ("utf-16-be", 0, 1)):
        if body[zeros::2].count(0) * 10 > len(body) * 4 and 0 not in body[others::2]:
            return charset
    return None


def without_notices(text: str) -> str:
    """`text` without the notices and warnings that PHP writes into a script's output."""
    if " on line " not in text:
        return text
    pieces = _BREAK.split(text)
    kept: list[str] = []
    skip_break = False
    for piece in pieces:
        marked = piece.lstrip().startswith(_MARKED_NOTICES)
        end = _MARKED_END.search(piece) if marked else None
        if end is not None:
            # PHP writes a break before and a break after: both are its own.
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
    """`text` without the comments and scripts that servers and proxies put behind a page.

    Nobody who looks at the page sees those. Text between or behind them stays, and so do they then.
    """
    lowered = text.lower()
    if len(lowered) != len(text):
        return text
    end = _visible_end(lowered, len(text))
    while (start := _unseen_start(lowered, end)) is not None:
        end = _visible_end(lowered, start)
    return text[:end]


def _unseen_start(text: str, end: int) -> int | None:
    """Where the comment or script begins that ends at `end`; None when none does."""
    for opening, closing in _UNSEEN:
        if not text.endswith(closing, 0, end):
            continue
        start = text.rfind(opening, 0, end)
        if start < 0 or text.find(closing, start, end) != end - len(closing):
            continue
        if opening == "<!--" or text[start + len(opening)] in "> \t\r\n":
            return start
    return None


def _visible_end(text: str, end: int) -> int:
    """Return the place behind the last character before `end` that is neither blank nor a NUL."""
    while end and (text[end - 1].isspace() or text[end - 1] == "\0"):
        end -= 1
    return end


def _is_plain_notice(line: str) -> bool:
    return line.startswith(_PLAIN_NOTICES) and _PLAIN_END.search(line) is not None
