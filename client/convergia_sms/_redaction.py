"""Redaction: masking of secrets in bytes that others may read."""

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
# The first and last characters of an escape may be escaped too, such as HTML in JSON.
_AMPERSAND = rb"(?:&|%(?:25){0,3}26|\\{1,4}u0026)(?:amp;){0,3}"
_SEMICOLON = rb"(?:;|%(?:25){0,3}3b)?"
_HASH = rb"(?:#|%(?:25){0,3}23)"
_PERCENT = rb"%(?:25){0,3}"
_BACKSLASHED = {'"': '"', "'": "'", "/": "/", "\b": "b", "\f": "f", "\n": "n", "\r": "r", "\t": "t"}
# The number of digits without the country code.
_NATIONAL = 10
# A shorter rest of a secret would match everywhere.
_SHORTEST = 4
_BASE64 = rb"[A-Za-z0-9+/_-]"
# Characters between a number's digits: blanks, dots, dashes and brackets, plain or encoded.
_BETWEEN = rb"(?:[ .()+-]|\xc2?\xa0|%20|%2[89DE]|&nbsp;){0,3}"


class Redactor:
    """Masks secrets, however a gateway escapes the values that it echoes.

    It finds percent-encoding, entities of HTML and XML, backslash escapes of JSON and Python, and
    each of them within another. It also finds secrets decoded in the wrong charset, with accents
    dropped or replaced, and as a part of Base64.

    Args:
        secrets: texts to mask.
        numbers: telephone numbers of 12 digits. They are also masked without the country code, and
            with blanks and marks between the digits.
    """

    def __init__(self, *secrets: str, numbers: Iterable[str] = ()) -> None:
        self._secrets = [each for each in sorted(secrets, key=len, reverse=True) if each]
        self._grouped = [_grouped(number) for number in numbers]

    def including(self, *secrets: str) -> Redactor:
        """Return a redactor that also masks more secrets."""
        more = Redactor(*self._secrets, *secrets)
        more._grouped = self._grouped
        return more

    def mask(self, raw: bytes) -> bytes:
        """Return `raw` with the secrets masked."""
        if not self._secrets and not self._grouped:
            return raw
        pattern = self._escaped if _ESCAPES.search(raw) else self._plain
        return self._without_remains(pattern.sub(MASK, raw))

    def _without_remains(self, raw: bytes) -> bytes:
        # Search for these substrings first: almost no reply contains one, and a pattern is slower.
        if self._remains:
            lowered = raw.lower()
            if any(probe in lowered for probe in self._remains):
                raw = self._remaining.sub(MASK, raw)
        if any(core in raw for core in self._cores):
            raw = self._encoded.sub(MASK, raw)
        return raw

    @cached_property
    def _remains(self) -> dict[bytes, bytes]:
        """Patterns for secrets with damaged accents, by a substring of each."""
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
        # A form encodes a blank as a plus sign.
        re.escape(secret.encode(charset, errors="replace")).replace(rb"\ ", b"[ +]")
        for charset in _CHARSETS
    }


def _run(character: str, run: Iterable[str]) -> bytes:
    """Return a pattern for a repeated character."""
    length = sum(1 for _ in run)
    if character == "\\":
        # As one pattern: with several, there are too many ways to share out a hostile reply's
        # backslashes.
        return _A_BACKSLASH + b"{%d,%d}" % (length, 4 * length)
    return _character(character) * length


def _character(character: str) -> bytes:
    """Return a pattern for a character, plain or escaped in any way."""
    ways = [_BACKSLASH.join(b"u" + unit.hex().encode() for unit in _units(character))]
    ways += [_BACKSLASH.join(b"x%02x" % byte for byte in each) for each in _encodings(character)]
    if character in _BACKSLASHED:
        ways.append(_written(_BACKSLASHED[character]))
    escaped = _BACKSLASH + b"(?:%s)" % b"|".join(ways)
    blank = b"|" + _written("+") if character == " " else b""
    return b"(?:%s|%s%s)" % (_written(character), escaped, blank)


def _written(character: str) -> bytes:
    """Return a pattern for a character that is plain, percent-encoded or an entity.

    Each common prefix is tried once.
    """
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
    """Return a pattern for a character of a damaged secret. Letters and digits are plain."""
    if character.isalnum() or character >= "\x80":
        return re.escape(character.encode())
    return _character(character)


def _longest_word(text: str) -> bytes:
    """Return the longest run of letters and digits in lower case, or the first character.

    Letters and digits are never escaped: if the run is missing, so is the text.
    """
    runs = re.findall("[0-9a-z]+", text.lower())
    return max(runs, key=len, default=text[:1]).encode()


@cache
def _names() -> dict[str, frozenset[bytes]]:
    """Return the names of HTML's entities, by character."""
    names: dict[str, set[bytes]] = {}
    for name, character in html5.items():
        names.setdefault(character, set()).add(name.rstrip(";").encode())
    return {character: frozenset(known) for character, known in names.items()}


def _encodings(character: str) -> set[bytes]:
    """Return a character in the usual charsets, and decoded in the wrong one."""
    if character < "\x80":
        return {character.encode()}
    utf8 = character.encode("utf-8", "surrogatepass")
    found = {character.encode(charset, "replace") for charset in _CHARSETS} | {utf8}
    found |= {utf8.decode(charset, "replace").encode() for charset in _WRONG_CHARSETS}
    return found | {unicodedata.normalize("NFD", character).encode("utf-8", "surrogatepass")}


def _misread(secret: str) -> set[bytes]:
    """Return the whole secret decoded in the wrong charset. Empty if it is ASCII."""
    if secret.isascii():
        return set()
    utf8 = secret.encode("utf-8", "surrogatepass")
    decomposed = unicodedata.normalize("NFD", secret).encode("utf-8", "surrogatepass")
    return {decomposed} | {utf8.decode(each, "replace").encode() for each in _WRONG_CHARSETS}


def _damaged(secret: str) -> list[str]:
    """Return the forms of a secret whose accents were dropped or replaced."""
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
    """Return the Base64 of a secret, without the characters that depend on its neighbours."""
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
    """Return the UTF-16 code units of a character, as JSON escapes them."""
    raw = character.encode("utf-16-be", "surrogatepass")
    return (raw[place : place + 2] for place in range(0, len(raw), 2))
