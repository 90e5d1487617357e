"""Reads hostile XML as PHP's `xml_parse` does, without acting on what is dangerous in it.

PHP's xml extension hands over names with their prefixes and knows no namespaces; expat does so
too. A message that is not well-formed is refused in the words of PHP's own parser (libxml2):
"XML error parsing SOAP payload on line 1: Mismatched tag".

Three defences have no like in PHP: a document type is refused before anything in it is read, so no
entity is ever declared and nothing is fetched; so is nesting beyond `MAX_DEPTH`; and a body beyond
`MAX_BODY` is not parsed at all.
"""

from __future__ import annotations

from typing import Protocol
from xml.parsers import expat

from .libxml_errors import NOT_WELL_FORMED, as_php_says, sentence, too_short
from .xml_declarations import XmlDeclaration

MAX_BODY = 1024 * 1024
MAX_DEPTH = 256

_UNKNOWN_VERSION = 108
_UNSUPPORTED_ENCODING = 32
_NAME_REQUIRED = 68
_GT_REQUIRED = 73
_INVALID_DOCUMENT_END = 5
# UTF-16 without a byte order mark: libxml2 knows it by an XML declaration alone.
_UTF16_TAGS = (b"<\0", b"\0<")
_UTF16_DECLARATIONS = (b"<\0?\0", b"\0<\0?")
_UTF16_BEGINNING = 44
_DECLARATION_NOT_FINISHED = 57
# What a document in UTF-16 may declare and be read as that.
_AS_UTF16 = frozenset({"UTF-16", "UTF16", "UTF-8", "UTF8"})
_UTF8_MARK = b"\xef\xbb\xbf"
_UTF16_MARKS = (b"\xff\xfe", b"\xfe\xff")


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
    if (short := too_short(body)) is not None:
        raise MalformedXmlError(short)
    body, charset = _marked(body)
    parser = expat.ParserCreate(charset)
    parser.buffer_text = True
    parser.StartElementHandler = events.start
    parser.EndElementHandler = events.end
    parser.CharacterDataHandler = events.text
    parser.StartDoctypeDeclHandler = _refuse_document_type
    parser.XmlDeclHandler = _check_declaration
    try:
        parser.Parse(body, True)
    except expat.ExpatError as error:
        raise MalformedXmlError(as_php_says(body, error.lineno, charset)) from None


def _refuse_document_type(*_declaration: object) -> None:
    raise MalformedXmlError("a document type declaration is not accepted")


def _check_declaration(version: str, encoding: str | None, _standalone: int) -> None:
    if not version.startswith("1."):
        raise MalformedXmlError(sentence(1, _UNKNOWN_VERSION))
    if encoding is not None and not _is_known(encoding):
        raise MalformedXmlError(sentence(1, _UNSUPPORTED_ENCODING))


def _is_known(encoding: str) -> bool:
    """Whether expat gets along with it: UTF-8, UTF-16, or a charset of single bytes."""
    if encoding.lower() in {"utf-8", "utf-16"}:
        return True
    try:
        return len(bytes(range(256)).decode(encoding, "replace")) == 256  # noqa: PLR2004
    except (LookupError, ValueError):
        return False


def _marked(body: bytes) -> tuple[bytes, str | None]:
    """The document without its byte order mark, and the charset that the mark told.

    Raises:
        MalformedXmlError: what follows is in UTF-16, and nothing told PHP's parser so.
    """
    if body.startswith(_UTF8_MARK):
        rest = body[len(_UTF8_MARK) :]
        if rest.startswith((*_UTF16_MARKS, *_UTF16_TAGS)):
            raise MalformedXmlError(sentence(1, NOT_WELL_FORMED))
        return rest, None
    if body.startswith(_UTF16_MARKS):
        return _from_utf16(body), "utf-8"
    if body.startswith(_UTF16_TAGS) and not body.startswith(_UTF16_DECLARATIONS):
        raise MalformedXmlError(sentence(1, _NAME_REQUIRED if body[0] else NOT_WELL_FORMED))
    return body, None


def _from_utf16(body: bytes) -> bytes:
    """The same document in UTF-8; its declaration still says otherwise.

    Raises:
        MalformedXmlError: PHP's parser does not get through its beginning.
    """
    text = body.decode("utf-16", "replace")
    # PHP's parser is given the first 90 bytes to find out about the encoding, and no more.
    if text.startswith("<?xml") and "?>" not in text[:_UTF16_BEGINNING]:
        raise MalformedXmlError(sentence(1, _DECLARATION_NOT_FINISHED))
    declared = XmlDeclaration(text).encoding if XmlDeclaration.begins(text) else None
    if declared is not None and declared.upper() not in _AS_UTF16:
        # It reads all behind those bytes in the declared charset, and trips over the first of them.
        code = _GT_REQUIRED if _is_known(declared) else _UNSUPPORTED_ENCODING
        raise MalformedXmlError(sentence(1, code))
    return text.encode("utf-8", "replace")
