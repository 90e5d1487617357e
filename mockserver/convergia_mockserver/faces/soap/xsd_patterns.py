"""The `pattern` facet of XML Schema: matching a text, and making up a text that matches."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final

from lxml import etree

_XSD: Final = "http://www.w3.org/2001/XMLSchema"
_CLASSES: Final = {"d": "5", "w": "a", "s": " ", "i": "a", "c": "a", "D": "x", "S": "x", "W": "-"}
# By the name of a Unicode category, or its first letter.
_CATEGORIES: Final = {"Lu": "A", "N": "5", "P": "-", "S": "+", "Z": " "}
_QUANTIFIER = re.compile(r"\{([0-9]{1,3})(?:,[0-9]*)?\}|[*+?]")
_MAX_PATTERN = 1000
# Candidates for a negated class.
_LETTERS: Final = "a5-_ bA1/"
# The subtraction of one class from another, which Python reads differently.
_SUBTRACTION: Final = "-["


def matching(pattern: str) -> str | None:
    """Return a short plain text that matches `pattern`. None if the pattern is too complex."""
    if len(pattern) > _MAX_PATTERN:
        return None
    try:
        text = _Reader(pattern).alternatives()
    except (IndexError, StopIteration, ValueError, RecursionError, re.error):
        return None
    return text if matches(pattern, text) else None


def matches(pattern: str, text: str) -> bool:
    """Return True if `pattern` matches the whole text, or if it is invalid."""
    if _SUBTRACTION not in pattern:
        try:
            return re.fullmatch(pattern, text) is not None
        except re.error:
            pass  # \i, \c and \p{…}, which Python does not support
    schema = _schema(pattern)
    if schema is None:
        return True
    element = etree.Element("text")
    try:
        element.text = text
    except ValueError:
        return False  # for example a control character from Base64
    try:
        return schema.validate(element)
    except etree.XMLSchemaValidateError:
        return True  # libxml2 could not evaluate the pattern


@lru_cache(maxsize=100)
def _schema(pattern: str) -> etree.XMLSchema | None:
    """Return a schema with one element that must match the pattern, for libxml2."""
    schema = etree.Element(f"{{{_XSD}}}schema", nsmap={"s": _XSD})
    element = etree.SubElement(schema, f"{{{_XSD}}}element", name="text")
    simple = etree.SubElement(element, f"{{{_XSD}}}simpleType")
    restriction = etree.SubElement(simple, f"{{{_XSD}}}restriction", base="s:string")
    etree.SubElement(restriction, f"{{{_XSD}}}pattern", value=pattern)
    try:
        return etree.XMLSchema(schema)
    except etree.XMLSchemaParseError:
        return None


class _Reader:
    """A reader that builds a text from a pattern, using the first of any alternatives."""

    def __init__(self, pattern: str) -> None:
        self._pattern = pattern
        self._at = 0

    def alternatives(self) -> str:
        first = self._branch()
        while self._peek() == "|":
            self._at += 1
            self._branch()
        return first

    def _branch(self) -> str:
        pieces = []
        while self._peek() not in ("", "|", ")"):
            atom = self._atom()
            found = _QUANTIFIER.match(self._pattern, self._at)
            times = 1
            if found is not None:
                self._at = found.end()
                times = int(found[1]) if found[1] else int(found[0] == "+")
            pieces.append(atom * times)
        return "".join(pieces)

    def _atom(self) -> str:
        sign = self._next()
        if sign == "(":
            if self._pattern.startswith("?:", self._at):
                self._at += 2
            inner = self.alternatives()
            self._at += 1  # the closing bracket
            return inner
        if sign == "[":
            return self._class()
        if sign == "\\":
            escaped = self._next()
            if escaped == "p":
                end = self._pattern.index("}", self._at)
                category, self._at = self._pattern[self._at + 1 : end], end + 1
                return _CATEGORIES.get(category) or _CATEGORIES.get(category[:1], "a")
            return _CLASSES.get(escaped, escaped)
        return "a" if sign == "." else sign

    def _class(self) -> str:
        end = self._pattern.index("]", self._at + 1)
        inside, self._at = self._pattern[self._at : end], end + 1
        taken, _, without = inside.partition(_SUBTRACTION)
        if without:
            self._at += 1  # the bracket of the class around
        if without or inside.startswith("^"):
            return next(
                each
                for each in _LETTERS
                if re.fullmatch(f"[{taken}]", each)
                and not (without and re.fullmatch(f"[{without}]", each))
            )
        if inside.startswith("\\"):
            return _CLASSES.get(inside[1], inside[1])
        return inside[0]

    def _peek(self) -> str:
        return self._pattern[self._at : self._at + 1]

    def _next(self) -> str:
        self._at += 1
        return self._pattern[self._at - 1]
