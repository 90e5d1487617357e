"""Takes secrets out of bytes that others will see."""

from __future__ import annotations

import base64
import re
import unicodedata
from functools import cache, cached_property
from html.entities import html5
from itertools import groupby
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

MASK = b"***"
_CHARSETS = ("utf-8", "iso-8859-1")
_WRONG_CHARSETS = ("iso-8859-1", "cp1252")
_ESCAPES = re.compile(rb"[%&\\]")
# What an escape begins and ends with may be escaped itself, as HTML within JSON is.
_AMPERSAND = rb"(?:&|%(?:25){0,3}26|\\{1,4}u0026)(?:amp;){0,3}"
_SEMICOLON = rb"(?:;|%(?:25){0,3}3b)?"
_HASH = rb"(?:#|%(?:25){0,3}23)"
_PERCENT = rb"%(?:25){0,3}"
_BACKSLASHED = {'"': '"', "'": "'", "/": "/", "\b": "b", "\f": "f", "\n": "n", "\r": "r", "\t": "t"}
# Digits of a number without its country's.
_NATIONAL = 10
# What is left of a secret that is shorter would be found everywhere.
_SHORTEST = 4
_BASE64 = rb"[A-Za-z0-9+/_-]"
# What may stand between a number's digits: blanks, dots, dashes, brackets, as they are or encoded.
_BETWEEN = rb"(?:[ .()+-]|\xc2?\xa0|%20|%2[89DE]|&nbsp;){0,3}"


class Redactor:
    """Masks secrets, however a gateway escapes what it echoes, and escapes that again.

    Percent signs, HTML's and XML's entities, JSON's and Python's backslashes, each of them also
    within another; read in the wrong charset; with accents dropped or replaced; in Base64, whatever
    stands beside it there.

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
        return self._without_remains(pattern.sub(MASK, raw))

    def _without_remains(self, raw: bytes) -> bytes:
        # Looked for before a pattern is: nearly no reply has any of it.
        if self._remains:
            lowered = raw.lower()
            if any(probe in lowered for probe in self._remains):
                raw = self._remaining.sub(MASK, raw)
        if any(core in raw for core in self._cores):
            raw = self._encoded.sub(MASK, raw)
        return raw

    @cached_property
    def _remains(self) -> dict[bytes, bytes]:
        """Patterns of what is left of secrets whose accents were damaged, by a part of each."""
        texts = {text for each in self._secrets for text in _damaged(each)}
        found = {_longest_word(text): b"" for text in texts}
        for text in sorted(texts, key=len, reverse=True):
            found[_longest_word(text)] += b"|" + b"".join(map(_remaining_character, text))
        whole = {spelt for each in self._secrets for spelt in _misread(each)}
        return found | {spelt.lower(): b"|" + re.escape(spelt) for spelt in whole}

    @cached_property
    def _remaining(self) -> re.Pattern[bytes]:
        ways = b"".join(self._remains.values()).removeprefix(b"|")
        return re.compile(ways, re.IGNORECASE)

    @cached_property
    def _cores(self) -> tuple[bytes, ...]:
        return tuple(core for each in self._secrets for core in _base64_cores(each))

    @cached_property
    def _encoded(self) -> re.Pattern[bytes]:
        longest_first = sorted(self._cores, key=len, reverse=True)
        return re.compile(
            b"|".join(_BASE64 + b"*" + re.escape(core) + _BASE64 + b"*=*" for core in longest_first)
        )

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
    ways = [_BACKSLASH.join(b"u" + unit.hex().encode() for unit in _units(character))]
    ways += [_BACKSLASH.join(b"x%02x" % byte for byte in each) for each in _encodings(character)]
    if character in _BACKSLASHED:
        ways.append(_written(_BACKSLASHED[character]))
    escaped = _BACKSLASH + b"(?:%s)" % b"|".join(ways)
    blank = b"|" + _written("+") if character == " " else b""
    return b"(?:%s|%s%s)" % (_written(character), escaped, blank)


def _written(character: str) -> bytes:
    """As it is, with percent signs, or as an entity. What each begins with is tried once."""
    number = ord(character)
    encoded = sorted(_encodings(character), key=len, reverse=True)
    percent = b"|".join(_PERCENT.join(b"%02x" % byte for byte in each) for each in encoded)
    names: list[bytes] = sorted(_names().get(character, ()), key=len, reverse=True)
    named = b"|".join(names)
    references = _HASH + b"(?:0{0,5}%d|x0{0,5}%x)" % (number, number) + (named and b"|" + named)
    ways = [_PERCENT + b"(?:%s)" % percent, _AMPERSAND + b"(?:%s)" % references + _SEMICOLON]
    if character == "&":
        ways.append(_AMPERSAND)
    return b"(?:%s)" % b"|".join([*ways, *map(re.escape, encoded)])


def _remaining_character(character: str) -> bytes:
    """Return a pattern for a character of what is left: letters and digits are as they are."""
    if character.isalnum() or character >= "\x80":
        return re.escape(character.encode())
    return _character(character)


def _longest_word(text: str) -> bytes:
    """Return the longest run of letters and digits, in lower case, or the text's first character.

    Nothing escapes these: where the run is not, the text is not.
    """
    runs = re.findall("[0-9a-z]+", text.lower())
    return max(runs, key=len, default=text[:1]).encode()


@cache
def _names() -> dict[str, frozenset[bytes]]:
    """Return the names of HTML's references, by character."""
    names: dict[str, set[bytes]] = {}
    for name, character in html5.items():
        names.setdefault(character, set()).add(name.rstrip(";").encode())
    return {character: frozenset(known) for character, known in names.items()}


def _encodings(character: str) -> set[bytes]:
    """Return a character in the charsets that are used, and read in the wrong one of them."""
    if character < "\x80":
        return {character.encode()}
    utf8 = character.encode("utf-8", "surrogatepass")
    found = {character.encode(charset, "replace") for charset in _CHARSETS} | {utf8}
    found |= {utf8.decode(charset, "replace").encode() for charset in _WRONG_CHARSETS}
    return found | {unicodedata.normalize("NFD", character).encode("utf-8", "surrogatepass")}


def _misread(secret: str) -> set[bytes]:
    """Return a secret as a whole, read in the wrong charset; nothing if it is ASCII."""
    if secret.isascii():
        return set()
    utf8 = secret.encode("utf-8", "surrogatepass")
    decomposed = unicodedata.normalize("NFD", secret).encode("utf-8", "surrogatepass")
    return {decomposed} | {utf8.decode(each, "replace").encode() for each in _WRONG_CHARSETS}


def _damaged(secret: str) -> list[str]:
    """Return what is left of a secret where its accents were dropped or replaced."""
    kept = sum(each < "\x80" for each in secret)
    if kept == len(secret) or kept < _SHORTEST:
        return []
    letters = unicodedata.normalize("NFKD", secret).encode("ascii", "ignore").decode()
    found = [secret.encode("ascii", "ignore").decode(), letters]
    found += [
        "".join(each if each < "\x80" else mark * times for each in secret)
        for mark in ("?", "\ufffd")
        for times in (2, 1)
    ]
    return list(dict.fromkeys(found))


def _base64_cores(secret: str) -> set[bytes]:
    """Return what a secret becomes in Base64, whatever stands before and behind it."""
    cores: set[bytes] = set()
    for charset in _CHARSETS:
        raw = secret.encode(charset, "ignore")
        for before in range(3):
            text = base64.b64encode(b"\0" * before + raw).rstrip(b"=")
            core = text[(before * 8 + 5) // 6 : (before + len(raw)) * 8 // 6]
            if len(core) >= _SHORTEST:
                cores |= {core, core.translate(bytes.maketrans(b"+/", b"-_"))}
    return cores


_A_BACKSLASH = _written("\\")
_BACKSLASH = _A_BACKSLASH + b"{1,4}"


def _units(character: str) -> Iterable[bytes]:
    """UTF-16's, as JSON writes a character."""
    raw = character.encode("utf-16-be", "surrogatepass")
    return (raw[place : place + 2] for place in range(0, len(raw), 2))
