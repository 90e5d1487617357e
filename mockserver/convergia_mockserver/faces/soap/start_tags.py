"""What PHP's libxml2 (2.9) says of a start tag that is not well-formed: its last error in it.

A port of `xmlParseStartTag`, `xmlParseAttribute`, `xmlParseAttValueComplex` and what they call
(parser.c), as far as their errors go.
"""

from __future__ import annotations

import re

_INTERNAL = 1
_INVALID_CHARACTER = 9
_SEMICOLON_MISSING = 23
_UNDECLARED_ENTITY = 26
_LT_IN_ATTRIBUTE = 38
_ATTRIBUTE_NOT_STARTED = 39
_ATTRIBUTE_NOT_FINISHED = 40
_ATTRIBUTE_WITHOUT_VALUE = 41
_ATTRIBUTE_REDEFINED = 42
_SPACE_REQUIRED = 65
_NAME_REQUIRED = 68
_GT_REQUIRED = 73

# XML 1.0, fifth edition: NameStartChar, and NameChar beyond it.
_FIRST = (
    ":A-Z_a-z\u00c0-\u00d6\u00d8-\u00f6\u00f8-\u02ff\u0370-\u037d\u037f-\u1fff\u200c\u200d"
    "\u2070-\u218f\u2c00-\u2fef\u3001-\ud7ff\uf900-\ufdcf\ufdf0-\ufffd\U00010000-\U000effff"
)
NAME = re.compile(f"[{_FIRST}][{_FIRST}.0-9\u00b7\u0300-\u036f\u203f\u2040-]*")
_BLANKS = re.compile("[ \t\r\n]*")
_TAG_END = re.compile("/?>")
_CHARACTER_REFERENCE = re.compile("&#(?:x([0-9A-Fa-f]*)|([0-9]*))(;?)")
_PREDEFINED = ("lt", "gt", "amp", "quot", "apos")
_CHARACTERS = (
    (0x9, 0xA),
    (0xD, 0xD),
    (0x20, 0xD7FF),
    (0xE000, 0xFFFD),
    (0x10000, 0x10FFFF),
)


class StartTag:
    """Reads the start tag at `start`.

    Attributes:
        name: the element's; None when there is none.
        empty: whether the element ends with it.
        error: the last error's code; None for a tag that is well-formed.
        error_at: where that was found.
        end: where reading stopped.
    """

    def __init__(self, text: str, start: int) -> None:
        self._text = text
        self.error: int | None = None
        self.error_at = start
        self.empty = False
        self.end = start + 1
        self.name = self._name()
        if self.name is None:
            self._fail(_NAME_REQUIRED)
            return
        self._blanks()
        self._attributes()
        closing = _TAG_END.match(text, self.end)
        if closing is None:
            self._fail(_GT_REQUIRED)
        else:
            self.empty = len(closing[0]) > 1
            self.end = closing.end()

    def _fail(self, code: int) -> None:
        self.error, self.error_at = code, self.end

    def _attributes(self) -> None:
        seen: set[str] = set()
        while not self._at_end():
            before = self.end
            name = self._attribute()
            if name is not None and name in seen:
                self._fail(_ATTRIBUTE_REDEFINED)
            elif name is not None:
                seen.add(name)
            if _TAG_END.match(self._text, self.end):
                return
            if not self._blanks():
                self._fail(_SPACE_REQUIRED)
            if name is None and self.end == before:
                self._fail(_INTERNAL)
                return

    def _at_end(self) -> bool:
        here = self._text[self.end : self.end + 1]
        ended = not here or (here < " " and here not in "\t\r\n")
        return ended or _TAG_END.match(self._text, self.end) is not None

    def _attribute(self) -> str | None:
        """An attribute's name; None when it has no value, or is none."""
        name = self._name()
        if name is None:
            self._fail(_NAME_REQUIRED)
            return None
        self._blanks()
        if self._text[self.end : self.end + 1] != "=":
            self._fail(_ATTRIBUTE_WITHOUT_VALUE)
            return None
        self.end += 1
        self._blanks()
        return name if self._value() else None

    def _value(self) -> bool:
        quote = self._text[self.end : self.end + 1]
        if quote not in ('"', "'"):
            self._fail(_ATTRIBUTE_NOT_STARTED)
            return False
        self.end += 1
        while (here := self._text[self.end : self.end + 1]) != quote:
            if here == "&":
                self._reference()
            elif here != "<" and here and is_character(ord(here)):
                self.end += 1
            else:
                self._fail(
                    _LT_IN_ATTRIBUTE if here == "<"
                    else _INVALID_CHARACTER if here.strip("\0")
                    else _ATTRIBUTE_NOT_FINISHED
                )  # fmt: skip
                return True
        self.end += 1
        return True

    def _reference(self) -> None:
        number = _CHARACTER_REFERENCE.match(self._text, self.end)
        if number is not None:
            self.end = number.end()
            digits = (number[1], 16) if number[1] is not None else (number[2], 10)
            if not number[3] or not is_character(int(digits[0] or "0", digits[1])):
                self._fail(_INVALID_CHARACTER)
            return
        self.end += 1
        name = self._name()
        if name is None:
            self._fail(_NAME_REQUIRED)
        elif self._text[self.end : self.end + 1] != ";":
            self._fail(_SEMICOLON_MISSING)
        else:
            self.end += 1
            if name not in _PREDEFINED:
                self._fail(_UNDECLARED_ENTITY)

    def _name(self) -> str | None:
        name = NAME.match(self._text, self.end)
        if name is None:
            return None
        self.end = name.end()
        return name[0]

    def _blanks(self) -> bool:
        blanks = _BLANKS.match(self._text, self.end)
        found = blanks is not None and blanks.end() > self.end
        if blanks is not None:
            self.end = blanks.end()
        return found


def is_character(number: int) -> bool:
    """Whether XML allows it: its production `Char`."""
    return any(first <= number <= last for first, last in _CHARACTERS)
