"""What PHP's libxml2 (2.9) says of an XML declaration: its last error in it.

A port of `xmlParseXMLDecl` and what it calls (parser.c), as far as their errors go.
"""

from __future__ import annotations

import re

_STRING_NOT_STARTED = 33
_STRING_NOT_CLOSED = 34
_NOT_FINISHED = 57
_SPACE_REQUIRED = 65
_EQUAL_REQUIRED = 75
_STANDALONE_VALUE = 78
_ENCODING_NAME = 79
_VERSION_MISSING = 96
_UNKNOWN_VERSION = 108

_BLANKS = re.compile("[ \t\r\n]*")
_VERSION = re.compile(r"[0-9]\.[0-9]*")
_ENCODING = re.compile("[A-Za-z][A-Za-z0-9._-]*")
_STANDALONE = re.compile("no|yes")
_BEGINNING = "<?xml"


class XmlDeclaration:
    """Reads the declaration that `text` begins with.

    Attributes:
        error: the last error's code; None when it is well-formed.
        encoding: the one it names; None when it names none.
        end: where reading stopped.
    """

    def __init__(self, text: str) -> None:
        self._text = text
        self.error: int | None = None
        self.encoding: str | None = None
        self.end = len(_BEGINNING)
        self._blanks()
        version = self._value("version", _VERSION)
        if version is None:
            self.error = _VERSION_MISSING
        elif not version.startswith("1."):
            self.error = _UNKNOWN_VERSION
        if self._ended_or_parted():
            return
        self.encoding = self._value("encoding", _ENCODING, wrong=_ENCODING_NAME)
        if self.encoding is not None and self._ended_or_parted():
            return
        self._value("standalone", _STANDALONE, wrong=_STANDALONE_VALUE)
        self._blanks()
        if not self._skip("?>"):
            self.error = _NOT_FINISHED

    @staticmethod
    def begins(text: str) -> bool:
        """Whether `text` begins with one."""
        return text.startswith(_BEGINNING) and text[len(_BEGINNING) :][:1] in set(" \t\r\n")

    def _ended_or_parted(self) -> bool:
        """Whether the declaration ends here; else a blank is due."""
        if self._skip("?>"):
            return True
        if not self._blanks():
            self.error = _SPACE_REQUIRED
        return False

    def _value(self, name: str, form: re.Pattern[str], wrong: int | None = None) -> str | None:
        """What `name` is set to; None when it is not, or not well."""
        self._blanks()
        if not self._skip(name):
            return None
        self._blanks()
        if not self._skip("="):
            self.error = _EQUAL_REQUIRED
            return None
        self._blanks()
        quote = self._text[self.end : self.end + 1]
        if quote not in {'"', "'"}:
            self.error = _STRING_NOT_STARTED
            return None
        self.end += 1
        value = form.match(self._text, self.end)
        if value is not None:
            self.end = value.end()
        elif wrong is not None:
            self.error = wrong
        if not self._skip(quote):
            self.error = _STRING_NOT_CLOSED
            return None if form is _ENCODING or value is None else value[0]
        return None if value is None else value[0]

    def _skip(self, word: str) -> bool:
        found = self._text.startswith(word, self.end)
        if found:
            self.end += len(word)
        return found

    def _blanks(self) -> bool:
        blanks = _BLANKS.match(self._text, self.end)
        found = blanks is not None and blanks.end() > self.end
        if blanks is not None:
            self.end = blanks.end()
        return found
