"""A safe reader of hostile XML that behaves like PHP's `xml_parse`.

Like PHP's xml extension, expat passes names with their prefixes and does not process namespaces.
Both refuse the same documents. The error text is PHP's most common one for expat's error code, so
it may differ from the text of PHP's own parser (libxml2).

Three defences have no counterpart in PHP. A document type is refused before it is read, so that no
entity is declared and nothing is fetched. Nesting beyond `MAX_DEPTH` is refused. A body larger than
`MAX_BODY` is not parsed.
"""

from __future__ import annotations

import re
from typing import Final, Protocol
from xml.parsers import expat

MAX_BODY = 1024 * 1024
MAX_DEPTH = 256

_NOT_WELL_FORMED = "Not well-formed (invalid token)"
_UNSUPPORTED_ENCODING = "Unsupported encoding"
_DECLARATION_NOT_FINISHED = "XML declaration not finished"
# By expat's error code: the most common `xml_error_string` of PHP 8.2 for such documents.
_PHP_TEXTS: Final = {
    2: _NOT_WELL_FORMED,
    3: "Invalid document end",
    4: "Invalid character",
    5: _DECLARATION_NOT_FINISHED,
    6: "No memory",
    7: "Mismatched tag",
    8: "Attribute redefined",
    9: "Invalid document end",
    11: "Undeclared entity error",
    14: "Invalid character",
    17: "Reserved XML Name",
    18: _UNSUPPORTED_ENCODING,
    19: "Invalid encoding",
    20: "Invalid document end",
    30: _DECLARATION_NOT_FINISHED,
}
# UTF-16 without a byte order mark, which libxml2 only recognises by an XML declaration.
_UTF16_TAGS = (b"<\0", b"\0<")
_UTF16_DECLARATIONS = (b"<\0?\0", b"\0<\0?")
_UTF16_BEGINNING = 44
# Encodings that a document in UTF-16 may declare and is still read as UTF-16.
_AS_UTF16 = frozenset({"UTF-16", "UTF16", "UTF-8", "UTF8"})
_UTF8_MARK = b"\xef\xbb\xbf"
_UTF16_MARKS = (b"\xff\xfe", b"\xfe\xff")
_DECLARED = re.compile(r"<\?xml\s[^>]*?\bencoding\s*=\s*[\"']([A-Za-z][A-Za-z0-9._-]*)")


class XmlEvents(Protocol):
    """The interface of a receiver of XML events, in document order."""

    def start(self, name: str, attributes: dict[str, str]) -> None:
        """Begin an element."""

    def text(self, text: str) -> None:
        """Add character data."""

    def end(self, name: str, /) -> None:
        """End an element."""


class MalformedXmlError(Exception):
    """The document was refused. The message is the last part of NuSOAP's fault text."""


def read_xml(body: bytes, events: XmlEvents) -> None:
    """Pass the contents of `body` to `events`.

    Raises:
        MalformedXmlError: if the document is not well-formed, or is refused as hostile.
    """
    if len(body) > MAX_BODY:
        raise MalformedXmlError(f"the request is larger than {MAX_BODY} bytes")
    body, charset = _without_mark(body)
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
        text = _PHP_TEXTS.get(error.code, _NOT_WELL_FORMED)
        raise _malformed(text, error.lineno) from None


def _malformed(text: str, line: int = 1) -> MalformedXmlError:
    return MalformedXmlError(f"XML error parsing SOAP payload on line {line}: {text}")


def _refuse_document_type(*_declaration: object) -> None:
    raise MalformedXmlError("a document type declaration is not accepted")


def _check_declaration(version: str, encoding: str | None, _standalone: int) -> None:
    if not version.startswith("1."):
        raise _malformed("Unknown")
    if encoding is not None and not _is_known(encoding):
        raise _malformed(_UNSUPPORTED_ENCODING)


def _is_known(encoding: str) -> bool:
    """Return True if expat can read the encoding: UTF-8, UTF-16, or a single-byte charset."""
    if encoding.lower() in {"utf-8", "utf-16"}:
        return True
    try:
        return len(bytes(range(256)).decode(encoding, "replace")) == 256  # noqa: PLR2004
    except (LookupError, ValueError):
        return False


def _without_mark(body: bytes) -> tuple[bytes, str | None]:
    """Return the document without its byte order mark, and the charset that the mark implies.

    Raises:
        MalformedXmlError: if it is UTF-16 in a form that PHP's parser does not recognise.
    """
    if body.startswith(_UTF8_MARK):
        rest = body[len(_UTF8_MARK) :]
        if rest.startswith((*_UTF16_MARKS, *_UTF16_TAGS)):
            raise _malformed(_NOT_WELL_FORMED)
        return rest, None
    if body.startswith(_UTF16_MARKS):
        return _from_utf16(body), "utf-8"
    if body.startswith(_UTF16_TAGS) and not body.startswith(_UTF16_DECLARATIONS):
        raise _malformed(_NOT_WELL_FORMED)
    return body, None


def _from_utf16(body: bytes) -> bytes:
    """Convert a document from UTF-16 to UTF-8. Its declaration is not changed.

    Raises:
        MalformedXmlError: if PHP's parser stops at the declaration.
    """
    text = body.decode("utf-16", "replace")
    # PHP's parser looks for the encoding only in the first 90 bytes.
    if text.startswith("<?xml") and "?>" not in text[:_UTF16_BEGINNING]:
        raise _malformed(_DECLARATION_NOT_FINISHED)
    declared = _DECLARED.match(text)
    if declared is not None and declared[1].upper() not in _AS_UTF16:
        # PHP's parser reads the rest in the declared charset, and fails at once.
        raise _malformed("> required" if _is_known(declared[1]) else _UNSUPPORTED_ENCODING)
    return text.encode("utf-8", "replace")
