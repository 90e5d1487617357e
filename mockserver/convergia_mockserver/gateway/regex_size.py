"""The size of a compiled regular expression, estimated from its text.

Compiling writes out each required repetition: `x{2147483648}` has twelve characters and compiles to
19 GB. The size must therefore be known before the expression is compiled.
"""

from __future__ import annotations

import re

# `{2}`, `{2,}`, `{,3}` and `{2,3}`, with blanks as the verbose flag allows.
_REPEAT = re.compile(r"\{\s*(\d*)\s*(?:(,)\s*(\d*)\s*)?\}")
_CLASS = re.compile(r"\[\^?\]?(?:\\.|\[:\^?\w+:\]|[^\]\\])*\]", re.DOTALL)
_NAMED = re.compile(r"\\[pPNgLxuU](?:\{[^}]*\}|<[^>]*>)")
_VERBOSE = re.compile(r"\(\?[a-zA-Z0-9]*x")


def compiled_size(pattern: str) -> int:
    """Return the least number of nodes that a pattern compiles to, with repetitions written out."""
    if _VERBOSE.search(pattern):
        # Blanks and comments may stand between a group and its repetition.
        size = len(pattern)
        for repeat in _REPEAT.finditer(pattern):
            size *= _times(repeat)
        return size
    # The sizes of the open groups, and of the last item in each, to which a repetition applies.
    totals, last = [0], [0]
    at = 0
    while at < len(pattern):
        character = pattern[at]
        if character == "(":
            totals.append(0)
            last.append(0)
        elif character == ")" and len(totals) > 1:
            size = totals.pop() + 1
            last.pop()
            totals[-1] += size
            last[-1] = size
        elif character == "{" and (match := _REPEAT.match(pattern, at)):
            more = last[-1] * (_times(match) - 1)
            totals[-1] += more
            last[-1] += more
            at = match.end()
            continue
        elif character not in "*+?|":
            totals[-1] += 1
            last[-1] = 1
            at = _end_of_atom(pattern, at)
            continue
        at += 1
    return sum(totals)


def _end_of_atom(pattern: str, at: int) -> int:
    if pattern[at] == "[" and (match := _CLASS.match(pattern, at)):
        return match.end()
    if pattern[at] == "\\":
        match = _NAMED.match(pattern, at)
        return at + 2 if match is None else match.end()
    return at + 1


def _times(match: re.Match[str]) -> int:
    low, comma, high = match.groups()
    digits = max((low, high or ""), key=len) if comma else low
    # A number with more digits is too large in any case.
    return max(1, int(digits[:12] or 1), int((low or "1")[:12]))
