"""Safe parsing of HTML and XML.

All functions run in time linear in the text, because replies may be hostile.
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
_ENDS_A_LINE = frozenset(
    {"br", "p", "div", "tr", "li", "dt", "dd", "hr", "h1", "h2", "h3", "h4", "h5", "h6"}
)
_ENDS_A_CELL = frozenset({"td", "th"})
_HTML = frozenset(
    (  # noqa: SIM905
        "a abbr article b blockquote body br center div em font footer form h1 h2 h3 h4 h5 h6 head "
        "dd dl dt header hr html i label li link main meta nobr ol p pre s section small span "
        "strong sub sup table tbody td tfoot th thead tr tt u ul"
    ).split()
)
# Browsers do not show these elements, so their text is not part of the reply.
_HIDDEN_ELEMENTS = ("head", "script", "style", "title")
_VOID = frozenset({"br", "hr", "link", "meta"})
# Deeper nesting is an attack.
_DEEPEST = 64
_ROW = re.compile(r"<tr(?:\s[^<>]*)?>", re.IGNORECASE)
_CELL = re.compile(r"<t[dh](?:\s[^<>]*)?>", re.IGNORECASE)
_BARE_AMPERSAND = re.compile(r"&(?!(?:#[0-9]{1,7}|#x[0-9A-Fa-f]{1,6}|amp|lt|gt|quot|apos);)")
# A character reference has at most 7 digits. Python refuses to convert thousands of digits.
_LONG_REFERENCE = re.compile(r"&#[0-9]{20,};?")
_ROOT = re.compile(rb"<((?:[A-Za-z_][\w.-]{0,63}:)?(?:definitions|schema))(?=[\s>/])")
_DECLARED = re.compile(rb"<!(?:DOCTYPE|ENTITY)", re.IGNORECASE)
_COMMENTS = re.compile(rb"<!--(?:(?!-->).)*-->", re.DOTALL)
_XML_DECLARATION = re.compile(r"^\s*<\?xml[^<>]*\?>")


def without_html(text: str) -> str | None:
    """Return `text` as a browser shows it, or None if it has no HTML or is cut off.

    Tags that are not HTML are kept, because XML inside HTML is still XML.
    """
    bare = _DECLARATION.sub("", _without_hidden(text))
    if not _closes(bare):
        return None
    bare = _TAG.sub(_replace_tag, bare)
    if "<" not in bare and "&" in bare:
        bare = _unescaped(bare)
    return None if bare == text else bare.strip()


def entities_resolved(text: str) -> str | None:
    """Return a text with its HTML entities resolved, or None if it has none or has markup."""
    if "&" not in text or "<" in text:
        return None
    resolved = _unescaped(text).replace("\xa0", " ")
    return None if resolved == text or "<" in resolved else resolved


def _unescaped(text: str) -> str:
    return html.unescape(_LONG_REFERENCE.sub("\ufffd", text))


def _without_hidden(text: str) -> str:
    bare = _cut(text, "<!--", "-->")
    for name in _HIDDEN_ELEMENTS:
        bare = _cut(bare, f"<{name}>", f"</{name}>")
    return bare


def _closes(text: str) -> bool:
    """Return True if all opened elements are closed. False means that the text was cut off.

    As in HTML, the end of an element closes all unclosed elements in it.
    """
    open_elements: list[str] = []
    for tag in _TAG.finditer(text):
        name = tag[2].lower()
        if name in _VOID or name not in _HTML or tag[0].endswith("/>"):
            continue
        if not tag[1]:
            open_elements.append(name)
            if len(open_elements) > _DEEPEST:
                return False
        elif name in open_elements:
            while open_elements.pop() != name:
                pass
    return not open_elements


def table_rows(text: str) -> list[list[str]]:
    """Return the cells of the only HTML table in `text`, or empty if there is not exactly one.

    A nested or unclosed table does not count.
    """
    lowered = text.lower()
    if len(lowered) != len(text) or lowered.count("<table") != 1 or "</table" not in lowered:
        return []
    bare = _without_hidden(text)
    if not _closes(_DECLARATION.sub("", bare)):
        return []
    start = bare.lower().find("<table")
    end = bare.lower().find("</table", start)
    around = _TAG.sub(" ", _DECLARATION.sub("", bare[:start] + bare[end:])).strip()
    if start < 0 or around:
        return []
    rows = [
        [_unescaped(_TAG.sub("", cell)).strip() for cell in _CELL.split(row)[1:]]
        for row in _ROW.split(bare[start:end])[1:]
    ]
    return [row for row in rows if row]


def _replace_tag(tag: re.Match[str]) -> str:
    name = tag[2].lower()
    if name not in _HTML:
        return tag[0]
    if name in _ENDS_A_LINE:
        return "\n"
    return " " if name in _ENDS_A_CELL else ""


def _cut(text: str, opening: str, closing: str) -> str:
    """Return `text` without everything from each `opening` to the next `closing`."""
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
    """Return the root of an XML text, or None if it is not well-formed or has a DOCTYPE.

    No DTD is processed, only XML's own five entities are expanded, and nothing is fetched. The
    charset in the declaration is ignored (see `as_text`). A bare ampersand, as PHP scripts write
    it, is accepted.
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


def bare_document(raw: bytes) -> bytes:
    """Return a WSDL or schema without the text that PHP printed around it.

    A document without such a root, or with a declaration before it, is returned unchanged.
    """
    opening = _ROOT.search(raw)
    if opening is None or _DECLARED.search(raw, 0, opening.start()):
        return raw
    closing = raw.rfind(b"</" + opening[1])
    end = raw.find(b">", closing) + 1 if closing >= 0 else 0
    declaration = raw.rfind(b"<?xml", 0, opening.start())
    between = raw[raw.find(b"?>", declaration) + 2 : opening.start()] if declaration >= 0 else b"?"
    start = declaration if not _COMMENTS.sub(b"", between).strip() else opening.start()
    return raw[start:end] if end else raw[start:]


def local_name(element: _Element) -> str:
    """Return the element's name without its namespace."""
    return etree.QName(element).localname
