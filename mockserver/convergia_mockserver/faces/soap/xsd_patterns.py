"""A text that matches a `pattern` facet of XML Schema, for made-up values."""

from __future__ import annotations

import re
from typing import Final

_CLASSES: Final = {"d": "5", "w": "a", "s": " ", "i": "a", "c": "a", "D": "x", "S": "x", "W": "-"}
_QUANTIFIER = re.compile(r"\{([0-9]{1,3})(?:,[0-9]*)?\}|[*+?]")
_MAX_PATTERN = 1000


def matching(pattern: str) -> str | None:
    """Return the shortest plain text that `pattern` takes; None for one beyond this reader."""
    if len(pattern) > _MAX_PATTERN:
        return None
    try:
        text = _Reader(pattern).alternatives()
        return text if re.fullmatch(pattern, text) else None
    except (IndexError, ValueError, RecursionError, re.error):
        return None


class _Reader:
    """Reads a pattern from left to right; of alternatives it takes the first."""

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
            return _CLASSES.get(escaped, escaped)
        return "a" if sign == "." else sign

    def _class(self) -> str:
        end = self._pattern.index("]", self._at + 1)
        inside, self._at = self._pattern[self._at : end], end + 1
        if inside.startswith("^"):
            return next(each for each in "a5-_ " if re.fullmatch(f"[{inside}]", each))
        if inside.startswith("\\"):
            return _CLASSES.get(inside[1], inside[1])
        return inside[0]

    def _peek(self) -> str:
        return self._pattern[self._at : self._at + 1]

    def _next(self) -> str:
        self._at += 1
        return self._pattern[self._at - 1]
