"""HTML taken off a text, and XML read without acting on what it asks for.

Everything here runs in time linear in the text: replies are hostile.
"""

from __future__ import annotations

import html
import re
from typing import TYPE_CHECKING

from lxml import etree

if TYPE_CHECKING:
    from lxml.etree import _Element

_TAG = re.compile(r"<(/?)([A-Za-z][A-Za-z0-9]*)((?:\s[^<>]*)?)/?>")
_DECLARATION = re.compile(r"<(?:!doctype|\?xml)[^<>]*>", re.IGNORECASE)
_ENDS_A_LINE = frozenset({"br", "p", "div", "tr", "li", "hr", "h1", "h2", "h3", "h4", "h5", "h6"})
_ENDS_A_CELL = frozenset({"td", "th"})
_HTML = frozenset(
    (  # noqa: SIM905
        "a abbr article b blockquote body br center div em font footer form h1 h2 h3 h4 h5 h6 head "
        "header hr html i label li link main meta nobr ol p pre s section small span strong sub "
        "sup table tbody td tfoot th thead tr tt u ul"
    ).split()
)
# What a browser does not show: its text is no part of the reply.
_UNSEEN = ("head", "script", "style", "title")
_BARE_AMPERSAND = re.compile(r"&(?!(?:#[0-9]{1,7}|#x[0-9A-Fa-f]{1,6}|amp|lt|gt|quot|apos);)")
_XML_DECLARATION = re.compile(r"^\s*<\?xml[^<>]*\?>")


def without_html(text: str) -> str | None:
    """`text` as a browser would show it; None when it has no HTML.

    Tags that HTML does not know stay: XML inside HTML is XML still.
    """
    bare = _cut(text, "<!--", "-->")
    for name in _UNSEEN:
        bare = _cut(bare, f"<{name}>", f"</{name}>")
    bare = _DECLARATION.sub("", bare)
    bare = _TAG.sub(_replace_tag, bare)
    if bare == text:
        return None
    return (bare if "<" in bare else html.unescape(bare)).strip()


def _replace_tag(tag: re.Match[str]) -> str:
    name = tag[2].lower()
    if name not in _HTML:
        return tag[0]
    if name in _ENDS_A_LINE:
        return "\n"
    return " " if name in _ENDS_A_CELL else ""


def _cut(text: str, opening: str, closing: str) -> str:
    """`text` without anything from an `opening` to the `closing` behind it."""
    lowered = text.lower()
    if len(lowered) != len(text) or opening not in lowered:
        return text
    kept: list[str] = []
    position = 0
    while (start := lowered.find(opening, position)) >= 0:
        end = lowered.find(closing, start)
        if end < 0:
            break
        kept.append(text[position:start])
        position = end + len(closing)
    return "".join(kept) + text[position:]


def parse_xml(text: str) -> _Element | None:
    """The root of an XML text; None when it is not well-formed or has a DOCTYPE.

    No DTD is acted on, no entity but XML's own five is expanded, nothing is fetched. The charset
    that the declaration names is not asked (see `as_text`). An ampersand that starts no entity,
    which PHP scripts write, is taken for itself.
    """
    text = _XML_DECLARATION.sub("", text, count=1).strip()
    if "<!DOCTYPE" in text or "<!ENTITY" in text:
        return None
    root = _parse(text)
    if root is None and "&" in text:
        root = _parse(_BARE_AMPERSAND.sub("&amp;", text))
    return root


def _parse(text: str) -> _Element | None:
    parser = etree.XMLParser(
        resolve_entities=False,
        load_dtd=False,
        no_network=True,
        huge_tree=False,
        remove_comments=True,
        remove_pis=True,
        encoding="utf-8",
    )
    try:
        return etree.fromstring(text.encode("utf-8", errors="replace"), parser)
    except (etree.XMLSyntaxError, ValueError):
        return None


def local_name(element: _Element) -> str:
    """The element's name without its namespace."""
    return etree.QName(element).localname
