"""What PHP says of a document that is not well-formed: a port of libxml2's push parser.

PHP hands the whole document to libxml2 (2.9) at once. That goes on piece by piece (a tag, a text,
a comment), stops behind the first piece that has an error, and PHP shows the last error in there.
So this goes through the same pieces: `xmlParseTryOrFinish` and what it calls (parser.c), as far as
their errors go. Only documents that are known to have an error are read so.
"""

from __future__ import annotations

import codecs
import re
from dataclasses import dataclass

from .php_error_texts import ERROR_TEXTS
from .start_tags import NAME, StartTag, is_character
from .xml_declarations import XmlDeclaration

NOT_WELL_FORMED = 4
_INTERNAL = 1
_DOCUMENT_END = 5
_INVALID_CHARACTER = 9
_SEMICOLON_MISSING = 23
_UNDECLARED_ENTITY = 26
_COMMENT_NOT_FINISHED = 45
_PI_NOT_STARTED = 46
_PI_NOT_FINISHED = 47
_MISPLACED_CDATA_END = 62
_RESERVED_NAME = 64
_SPACE_REQUIRED = 65
_NAME_REQUIRED = 68
_GT_REQUIRED = 73
_MISMATCHED_TAG = 76
_HYPHEN_IN_COMMENT = 80
_INVALID_ENCODING = 81

# Bytes; what is wrong with a longer document is not worth the time to find the words.
_LONGEST_EXPLAINED = 64 * 1024
_FEWEST_BYTES = 4
# How many bytes libxml2 wants to see before it begins with a piece, and with one behind "<!".
_FEWEST_OF_PIECE = 2
_FEWEST_OF_DECLARATION = 5
_FEWEST_OF_SECTION = len("<![CDATA[")
_FEWEST_OF_EPILOG = len("<!--")
# Bytes in UTF-8: where fewer come from a wrong one on, more are awaited.
_LONGEST_CHARACTER = 4
# How much of a CDATA section without end it looks at.
_LONGEST_BLOCK = 300

_BLANKS = re.compile("[ \t\r\n]*")
_TEXT = re.compile("[^<&]*")
# What it reads by its short cut for ASCII, which two DOS line breaks in a row throw off as well.
_ASCII_TEXT = re.compile("(?:[\t\n -%'-;=-\x7f]|\r\n(?!\r))*")
_BEYOND_ASCII = re.compile(r"[^\x00-\x7f]|\r(?!\n)")
_CHARACTER_REFERENCE = re.compile("&#(?:x([0-9A-Fa-f]*)|([0-9]*))(;?)")
_PREDEFINED = frozenset(("lt", "gt", "amp", "quot", "apos"))
_UTF16 = {b"<\0?\0": "utf-16-le", b"\0<\0?": "utf-16-be"}


def sentence(line: int, code: int) -> str:
    """NuSOAP's words for libxml2's error `code` on `line`."""
    text = ERROR_TEXTS[code] if code < len(ERROR_TEXTS) else "Unknown"
    return f"XML error parsing SOAP payload on line {line}: {text}"


def too_short(body: bytes) -> str | None:
    """NuSOAP's words for a document of fewer bytes than libxml2 begins with; None for others."""
    return sentence(1, _DOCUMENT_END) if len(body) < _FEWEST_BYTES else None


def as_php_says(body: bytes, line: int, charset: str | None = None) -> str:
    """NuSOAP's words for a document that is not well-formed.

    Args:
        body: the document.
        line: where another parser stopped: for documents that are too long to be explained.
        charset: of the document, whatever it declares; None: as it declares.
    """
    if len(body) > _LONGEST_EXPLAINED:
        return sentence(line, NOT_WELL_FORMED)
    reading = _Reading(_decoded(body, charset))
    reading.run()
    if reading.error is None:
        return sentence(line, NOT_WELL_FORMED)
    return sentence(reading.line, reading.error)


@dataclass(frozen=True, slots=True)
class _Document:
    """What libxml2 reads.

    Attributes:
        text: the characters.
        damage: where in it the first bytes are that are not of its charset: libxml2 reads those,
            and all behind them, as ISO-8859-1.
        tail: how many bytes come behind the text that may be a character cut off.
        utf16: whether it came in UTF-16, or its charset was known beforehand.
    """

    text: str
    damage: int
    tail: int = 0
    utf16: bool = False


def _decoded(body: bytes, charset: str | None) -> _Document:
    known, charset = charset, charset or _UTF16.get(body[:4]) or _declared(body)
    if charset.startswith("utf-16") or known is not None:
        text = body.decode(charset, "replace")
        return _Document(text, len(text), utf16=True)
    if charset == "ascii":
        # What converts it stops at the first byte beyond, and the document seems to end there.
        text = body.decode("latin-1")
        cut = next((at for at, letter in enumerate(text) if letter > "\x7f"), len(text))
        return _Document(text[:cut], cut)
    try:
        text = body.decode(charset, "surrogatepass" if charset == "utf-8" else "strict")
    except UnicodeDecodeError as error:
        text = body[: error.start].decode(charset, "surrogatepass")
        rest = body[error.start :]
        if len(rest) < _LONGEST_CHARACTER:
            return _Document(text, len(text), tail=len(rest))
        return _Document(text + rest.decode("latin-1"), len(text))
    return _Document(text, len(text))


def _declared(body: bytes) -> str:
    text = body.decode("latin-1")
    declared = XmlDeclaration(text).encoding if XmlDeclaration.begins(text) else None
    try:
        name = codecs.lookup(declared or "utf-8").name
    except LookupError:
        return "utf-8"
    return {"iso8859-1": "latin-1", "ascii": "ascii"}.get(name, "utf-8")


class _Reading:
    """One document's.

    Attributes:
        error: the last error's code; None as long as there was none.
    """

    def __init__(self, document: _Document) -> None:
        self._document = document
        self._text = document.text
        self._damage = document.damage
        self._at = 0
        self._open: list[str] = []
        self._closed = False
        self.error: int | None = None
        self._error_at = 0

    @property
    def line(self) -> int:
        """Where reading stopped; the first is 1."""
        return self._text.count("\n", 0, self._at) + 1

    def run(self) -> None:
        """Read up to the first piece with an error."""
        if self._text.startswith("<?") and self._fewer_than(_FEWEST_OF_DECLARATION):
            self._fail(_DOCUMENT_END)
        elif XmlDeclaration.begins(self._text):
            self._declaration()
        while self.error is None:
            before = self._at
            if not self._open:
                self._blanks()
            if self._fewer_than(_FEWEST_OF_PIECE) or not self._piece():
                self._fail(_DOCUMENT_END)
                return
            damaged = before <= self._damage < self._at
            if damaged and (self.error is None or self._error_at < self._damage):
                self._fail(_INVALID_CHARACTER)

    def _declaration(self) -> None:
        declaration = XmlDeclaration(self._text)
        self._at = declaration.end
        if declaration.error is not None:
            self._fail(declaration.error)
        elif (declaration.encoding or "").upper() == "UTF-16" and not self._document.utf16:
            self._fail(_INVALID_ENCODING)

    def _piece(self) -> bool:
        """Read a piece; False where libxml2 waits for more of it than there is."""
        match self._text[self._at : self._at + 2]:
            case "<?":
                self._instruction()
            case "<!":
                return self._section()
            case "</" if self._open:
                self._end_tag()
            case _ if not self._open:
                return self._root()
            case ahead if ahead.startswith("<"):
                self._start_tag()
            case ahead if ahead.startswith("&"):
                self._reference()
            case _:
                self._characters()
        return True

    def _root(self) -> bool:
        """Outside of the root element, where only it may begin, and once."""
        if self._closed:
            return False
        if self._text.startswith("<", self._at):
            self._start_tag()
        else:
            self._fail(NOT_WELL_FORMED)
        return True

    def _start_tag(self) -> None:
        tag = StartTag(self._text, self._at)
        self._at = tag.end
        if tag.error is not None:
            self._fail(tag.error, tag.error_at)
        elif tag.name is not None and not tag.empty:
            self._open.append(tag.name)
        self._closed = not self._open

    def _end_tag(self) -> None:
        self._at += len("</")
        name = NAME.match(self._text, self._at)
        if name is not None:
            self._at = name.end()
        self._blanks()
        if self._text.startswith(">", self._at):
            self._at += 1
        else:
            self._fail(_GT_REQUIRED)
        if name is None or name[0] != self._open.pop():
            self._fail(_MISMATCHED_TAG)
        self._closed = not self._open

    def _instruction(self) -> None:
        self._at += len("<?")
        name = NAME.match(self._text, self._at)
        if name is None:
            self._fail(_PI_NOT_STARTED)
            return
        self._at = name.end()
        if name[0].lower() == "xml":
            self._fail(_RESERVED_NAME)
        if self._text.startswith("?>", self._at):
            self._at += 2
            return
        if not self._blanks():
            self._fail(_SPACE_REQUIRED)
        end = self._text.find("?>", self._at)
        stop = self._first_bad(self._at, end if end >= 0 else len(self._text))
        self._at = stop
        if stop == end:
            self._at += len("?>")
        else:
            self._fail(_PI_NOT_FINISHED)

    def _section(self) -> bool:
        """A comment or a CDATA section."""
        if self._text.startswith("<!--", self._at):
            self._comment()
        elif self._open and self._text.startswith("<![CDATA[", self._at):
            return self._cdata()
        elif self._fewer_than(_FEWEST_OF_EPILOG if self._closed else _FEWEST_OF_SECTION):
            return False
        elif self._open:
            self._fail(_INTERNAL)
        else:
            return self._root()
        return True

    def _comment(self) -> None:
        start = self._at + len("<!--")
        end = self._comment_end(start)
        stop = self._first_bad(start, end if end >= 0 else len(self._text))
        self._at = stop
        if (hyphens := self._text.rfind("--", start, stop + 1)) >= 0:
            self._fail(_HYPHEN_IN_COMMENT, hyphens)
        if stop == end:
            self._at += len("-->")
        elif self._text[stop : stop + 1].strip("\0"):
            self._fail(_INVALID_CHARACTER)
        else:
            self._fail(_COMMENT_NOT_FINISHED)

    def _comment_end(self, at: int) -> int:
        """Where the comment's "-->" is; -1 without one.

        Up to the first character beyond ASCII libxml2 looks at two hyphens together and then goes
        on behind both, so that "--->" ends nothing.
        """
        beyond = _BEYOND_ASCII.search(self._text, at)
        limit = len(self._text) if beyond is None else beyond.start()
        while (pair := self._text.find("--", at)) >= 0:
            if pair >= limit:
                return self._text.find("-->", max(at, limit))
            if self._text.startswith(">", pair + 2):
                return pair
            at = pair + 2
        return -1

    def _cdata(self) -> bool:
        start = self._at + len("<![CDATA[")
        end = self._text.find("]]>", start)
        until = end if end >= 0 else self._after(start, _LONGEST_BLOCK)
        self._at = start
        if end < 0 and self._fewer_than(_LONGEST_BLOCK + 2):
            return False
        bad = min(self._first_bad(start, until), self._damage)
        if bad < until:
            if end < 0 and bad == start:
                return False  # its answer "wrong after 0 bytes" is taken for "0 bytes are right"
            self._fail(_INVALID_CHARACTER, until)
            return True
        self._at = until
        if end < 0:
            return False
        self._at += len("]]>")
        return True

    def _reference(self) -> None:
        number = _CHARACTER_REFERENCE.match(self._text, self._at)
        if number is not None:
            self._at = number.end()
            digits = (number[1], 16) if number[1] is not None else (number[2], 10)
            if not number[3] or not is_character(int(digits[0] or "0", digits[1])):
                self._fail(_INVALID_CHARACTER)
            return
        self._at += 1
        name = NAME.match(self._text, self._at)
        if name is None:
            self._fail(_NAME_REQUIRED)
            return
        self._at = name.end()
        if not self._text.startswith(";", self._at):
            self._fail(_SEMICOLON_MISSING)
            return
        self._at += 1
        if name[0] not in _PREDEFINED:
            self._fail(_UNDECLARED_ENTITY)

    def _characters(self) -> None:
        before = self._at
        text = _TEXT.match(self._text, self._at)
        end = len(self._text) if text is None else text.end()
        stop = self._first_bad(self._at, end)
        misplaced = self._text.find("]]>", self._at, stop)
        if misplaced >= 0:
            self._fail(_MISPLACED_CDATA_END, misplaced)
            # Only where nothing beyond ASCII stood before it does libxml2 leave it at that.
            ascii_text = _ASCII_TEXT.match(self._text, self._at)
            if ascii_text is not None and ascii_text.end() >= misplaced:
                self._at = misplaced + 1
                return
            self._fail(_MISPLACED_CDATA_END, self._text.rfind("]]>", misplaced, stop))
        self._at = stop
        if stop < end and (self._text[stop] != "\0" or before < stop <= self._damage):
            # It does not get past a null byte.
            self._at += self._text[stop] != "\0"
            self._fail(_INVALID_CHARACTER, stop)
        elif self._at == before:
            self._fail(_INTERNAL)

    def _first_bad(self, start: int, end: int) -> int:
        """The first character between that XML does not have; `end` when there is none."""
        return next((at for at in range(start, end) if not is_character(ord(self._text[at]))), end)

    def _after(self, start: int, count: int) -> int:
        """Where the last whole character of the next `count` bytes ends."""
        end, left = start, count
        for character in self._text[start : start + count]:
            left -= len(character.encode("utf-8", "surrogatepass"))
            end += left >= 0
        return end

    def _fewer_than(self, count: int) -> bool:
        """Whether fewer bytes are left."""
        ahead = self._text[self._at : self._at + count]
        proper = ahead[: max(0, self._damage - self._at)]
        wide = len(proper.encode("utf-8", "surrogatepass")) + len(ahead) - len(proper)
        return wide + self._document.tail < count

    def _blanks(self) -> bool:
        blanks = _BLANKS.match(self._text, self._at)
        found = blanks is not None and blanks.end() > self._at
        if blanks is not None:
            self._at = blanks.end()
        return found

    def _fail(self, code: int, at: int | None = None) -> None:
        self.error, self._error_at = code, self._at if at is None else at
