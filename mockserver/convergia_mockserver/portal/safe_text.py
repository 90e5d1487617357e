"""Showing hostile text: characters that hide or reorder text are shown as code points."""

from __future__ import annotations

import unicodedata

from markupsafe import Markup, escape

_ZERO_WIDTH_JOINER = "\u200d"
# There are no emoji below this character, and only emoji may be joined.
_FIRST_SYMBOL = "\u2190"
_HIDDEN = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
_ELLIPSIS = "…"


def visible(text: str, *, lines: bool = False) -> Markup:
    """Return a text for HTML in which control and bidi characters are shown as code points.

    Args:
        text: an untrusted text.
        lines: True to keep line breaks and tabs, as in a `<pre>`.
    """
    if text.isascii() and text.isprintable():
        return escape(text)
    parts: list[str] = []
    plain: list[str] = []
    before = ""
    for character in text:
        if _hides(character, before, lines=lines):
            parts += (str(escape("".join(plain))), _shown(character))
            plain.clear()
        else:
            plain.append(character)
        before = character
    parts.append(str(escape("".join(plain))))
    return Markup("").join(map(Markup, parts))


def excerpt(text: str, length: int = 140) -> Markup:
    """Return the beginning of a text, on one line."""
    short = text if len(text) <= length else text[:length] + _ELLIPSIS
    return visible(short)


def _hides(character: str, before: str, *, lines: bool) -> bool:
    if character in "\n\t":
        return not lines
    if character == _ZERO_WIDTH_JOINER and before >= _FIRST_SYMBOL:
        return False
    return unicodedata.category(character) in _HIDDEN


def _shown(character: str) -> str:
    if character == "\n":
        return '<span class="hidden-char" title="U+000A">⏎</span>'
    code = f"{ord(character):04X}"
    name = unicodedata.name(character, "")
    title = f"U+{code} {name}".strip()
    return f'<span class="hidden-char" title="{title}">{code}</span>'
