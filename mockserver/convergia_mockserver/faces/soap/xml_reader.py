"""Reads hostile XML as PHP's `xml_parse` does, without acting on what is dangerous in it.

PHP's xml extension hands over names with their prefixes and knows no namespaces; expat does so
too. A message that is not well-formed is refused in the words of PHP's own parser (libxml2):
"XML error parsing SOAP payload on line 1: Mismatched tag".

Three defences have no like in PHP: a document type is refused before anything in it is read, so no
entity is ever declared and nothing is fetched; so is nesting beyond `MAX_DEPTH`; and a body beyond
`MAX_BODY` is not parsed at all.
"""

from __future__ import annotations

from contextlib import suppress
from typing import Protocol
from xml.parsers import expat

from lxml import etree

from .libxml_errors import ERROR_TEXTS

MAX_BODY = 1024 * 1024
MAX_DEPTH = 256

_UNKNOWN_VERSION = 108
_NOT_WELL_FORMED = 4
_INVALID_DOCUMENT_END = 5
_MISMATCHED_TAG = 76
_GT_REQUIRED = 73
_INVALID_CHARACTER = 9
# Where libxml2 reports several errors for one slip, PHP shows the last one before it stopped: from
# the first error to that one.
_LAST_OF = {
    6: _INVALID_CHARACTER,  # a hexadecimal character reference that is none
    7: _INVALID_CHARACTER,  # a decimal one
    38: _GT_REQUIRED,  # "<" in an attribute's value
    39: _GT_REQUIRED,  # an attribute's value without quotes
    40: _GT_REQUIRED,  # an attribute's value without an end
    63: _INVALID_DOCUMENT_END,  # a CDATA section without an end
    73: _MISMATCHED_TAG,  # an end tag without an end
    78: 57,  # standalone is neither yes nor no: the declaration is not finished
    81: _INVALID_CHARACTER,  # bytes that are not in the declared encoding
    96: 65,  # an XML declaration without a version: a space is missing
}


class XmlEvents(Protocol):
    """Who is told what stands in a document."""

    def start(self, name: str, attributes: dict[str, str]) -> None:
        """An element begins."""

    def text(self, text: str) -> None:
        """Character data."""

    def end(self, name: str, /) -> None:
        """An element ends."""


class MalformedXmlError(Exception):
    """The document was refused; the text is what NuSOAP would say, where NuSOAP would refuse."""


def read_xml(body: bytes, events: XmlEvents) -> None:
    """Tell `events` what stands in `body`.

    Raises:
        MalformedXmlError: the document is not well-formed, or is refused as hostile.
    """
    if len(body) > MAX_BODY:
        raise MalformedXmlError(f"the request is larger than {MAX_BODY} bytes")
    parser = expat.ParserCreate()
    parser.buffer_text = True
    parser.StartElementHandler = events.start
    parser.EndElementHandler = events.end
    parser.CharacterDataHandler = events.text
    parser.StartDoctypeDeclHandler = _refuse_document_type
    parser.XmlDeclHandler = _check_declaration
    try:
        parser.Parse(body, True)
    except expat.ExpatError as error:
        raise MalformedXmlError(_as_php_says(body, error.lineno)) from None


def _refuse_document_type(*_declaration: object) -> None:
    raise MalformedXmlError("a document type declaration is not accepted")


def _check_declaration(version: str, _encoding: str | None, _standalone: int) -> None:
    # None stands for a text declaration, which expat refuses by itself.
    if not (version or "1.").startswith("1."):
        raise MalformedXmlError(_sentence(1, _UNKNOWN_VERSION))


def _sentence(line: int, code: int) -> str:
    text = ERROR_TEXTS[code] if code < len(ERROR_TEXTS) else "Unknown"
    return f"XML error parsing SOAP payload on line {line}: {text}"


def _as_php_says(body: bytes, line: int) -> str:
    """Ask libxml2 what is wrong with a document that expat refused on `line`."""
    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False, recover=False
    )
    with suppress(etree.XMLSyntaxError):
        etree.fromstring(body, parser)
    errors = [
        (error.type, error.line)
        for error in parser.error_log
        if error.level == etree.ErrorLevels.FATAL
    ]
    if not errors:
        return _sentence(line, _NOT_WELL_FORMED)
    first, line = errors[0]
    return _sentence(line, _LAST_OF.get(first, first))
