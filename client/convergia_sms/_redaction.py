"""Takes secrets out of bytes that others will see."""

from __future__ import annotations

import re
from functools import cached_property
from itertools import groupby
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

MASK = b"***"
_CHARSETS = ("utf-8", "iso-8859-1")
_ESCAPES = re.compile(rb"[%&\\]")
# What an escape begins and ends with may be escaped itself, as HTML within JSON is.
_AMPERSAND = rb"(?:&|%(?:25){0,3}26|\\{1,4}u0026)(?:amp;){0,3}"
_SEMICOLON = rb"(?:;|%(?:25){0,3}3b)"
_HASH = rb"(?:#|%(?:25){0,3}23)"
_PERCENT = rb"%(?:25){0,3}"
_ENTITIES = {'"': b"quot", "&": b"amp", "'": b"apos", "<": b"lt", ">": b"gt"}
_JSON = {'"': '"', "/": "/", "\b": "b", "\f": "f", "\n": "n", "\r": "r", "\t": "t"}
# Digits of a number without its country's.
_NATIONAL = 10
# What may stand between a number's digits: blanks, dots, dashes, brackets, as they are or encoded.
_BETWEEN = rb"(?:[ .()+-]|\xc2?\xa0|%20|%2[89DE]|&nbsp;){0,3}"


class Redactor:
    """Masks secrets, however a gateway escapes what it echoes, and escapes that again.

    Percent signs, HTML's and XML's entities, JSON's backslashes, each of them also within another.

    Args:
        secrets: any texts.
        numbers: telephone numbers of 12 digits, to be masked without their country too, and with
            blanks and marks between the digits.
    """

    def __init__(self, *secrets: str, numbers: Iterable[str] = ()) -> None:
        self._secrets = [each for each in sorted(secrets, key=len, reverse=True) if each]
        self._grouped = [_grouped(number) for number in numbers]

    def including(self, *secrets: str) -> Redactor:
        """Return a redactor that masks further secrets too."""
        more = Redactor(*self._secrets, *secrets)
        more._grouped = self._grouped
        return more

    def mask(self, raw: bytes) -> bytes:
        """`raw` with the secrets masked."""
        if not self._secrets and not self._grouped:
            return raw
        pattern = self._escaped if _ESCAPES.search(raw) else self._plain
        return pattern.sub(MASK, raw)

    @cached_property
    def _plain(self) -> re.Pattern[bytes]:
        spelt = [spelling for each in self._secrets for spelling in _spellings(each)]
        return re.compile(b"|".join(spelt + self._grouped), re.IGNORECASE)

    @cached_property
    def _escaped(self) -> re.Pattern[bytes]:
        spelt = [b"".join(_run(*run) for run in groupby(each)) for each in self._secrets]
        return re.compile(b"|".join(spelt + self._grouped), re.IGNORECASE)


def _grouped(number: str) -> bytes:
    country, national = number[:-_NATIONAL], number[-_NATIONAL:]
    digits = _BETWEEN.join(digit.encode() for digit in national)
    return rb"(?:(?:\+|%%2B)?%s%s)?%s" % (country.encode(), _BETWEEN, digits)


def _spellings(secret: str) -> set[bytes]:
    return {
        # A form's blank is a plus sign.
        re.escape(secret.encode(charset, errors="replace")).replace(rb"\ ", b"[ +]")
        for charset in _CHARSETS
    }


def _run(character: str, run: Iterable[str]) -> bytes:
    """Return a pattern for a character, repeated."""
    length = sum(1 for _ in run)
    if character == "\\":
        # As one, for there are too many ways to share out a hostile reply's among several.
        return _A_BACKSLASH + b"{%d,%d}" % (length, 4 * length)
    return _character(character) * length


def _character(character: str) -> bytes:
    """Return a pattern for a character as it is, and escaped in whichever way."""
    units = (unit.hex().encode() for unit in _units(character))
    ways = [_written(character), b"".join(_BACKSLASH + b"u" + unit for unit in units)]
    if character in _JSON:
        ways.append(_BACKSLASH + _written(_JSON[character]))
    if character == " ":
        ways.append(_written("+"))
    return b"(?:%s)" % b"|".join(ways)


def _written(character: str) -> bytes:
    """As it is, with percent signs, or as an entity."""
    number = ord(character)
    encoded = {character.encode(charset, "replace") for charset in _CHARSETS}
    digits = b"(?:0{0,5}%d|x0{0,5}%x)" % (number, number)
    ways = [b"".join(_PERCENT + b"%02x" % byte for byte in each) for each in encoded]
    ways.append(_AMPERSAND + _HASH + digits + _SEMICOLON)
    if character in _ENTITIES:
        ways.append(_AMPERSAND + _ENTITIES[character] + _SEMICOLON)
    if character == "&":
        ways.append(_AMPERSAND)
    ways += map(re.escape, encoded)
    return b"(?:%s)" % b"|".join(ways)


_A_BACKSLASH = _written("\\")
_BACKSLASH = _A_BACKSLASH + b"{1,4}"


def _units(character: str) -> Iterable[bytes]:
    """UTF-16's, as JSON writes a character."""
    raw = character.encode("utf-16-be", "surrogatepass")
    return (raw[place : place + 2] for place in range(0, len(raw), 2))
