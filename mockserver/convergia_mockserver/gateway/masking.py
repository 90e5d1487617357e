"""Masking a secret in bytes, also where it is escaped, encoded or damaged.

The client has its own masker on purpose. A shared one would hide the same mistake on both sides.
"""

from __future__ import annotations

import base64
import json
import re
import unicodedata
from functools import cache
from html import escape
from html.entities import html5
from typing import TYPE_CHECKING
from urllib.parse import quote, quote_plus

if TYPE_CHECKING:
    from collections.abc import Mapping

MASK = "***"

_AMPERSAND = rb"&(?:(?:amp|#0*38|#[xX]0*26);)*"
# Damaged spellings of a shorter secret would match almost any text.
_SHORTEST_DAMAGED = 4
# For a longer secret, the patterns of all characters would take megabytes.
_LONGEST = 1000
_BASE64 = rb"[A-Za-z0-9+/_-]"


def spellings_of(secret: str) -> re.Pattern[bytes]:
    """Return a pattern that finds a secret in bytes in any usual encoding.

    It finds the secret in UTF-8, ISO-8859-1 and Windows-1252, decoded in the wrong one of them,
    with named or numeric references, percent-encoded, in JSON, in Python's `repr`, with its accents
    dropped or replaced, and in Base64 together with the text around it.

    Args:
        secret: the secret, which must not be empty. If it is longer than 1,000 characters, only the
            common spellings of the whole secret are found.
    """
    if len(secret) > _LONGEST:
        return re.compile(b"|".join(map(re.escape, _whole_spellings(secret))))
    # Damage is an alternative for the whole secret, not for each character, because `re` would then
    # try all combinations.
    ways = [b"".join(map(_character_pattern, secret))]
    ways += [b"".join(map(_ascii_pattern, spelt)) for spelt in _damaged(secret)]
    encoded = sorted(set(_base64_cores(secret)), key=len, reverse=True)
    ways += [_BASE64 + b"*" + re.escape(core) + _BASE64 + b"*=*" for core in encoded]
    return re.compile(b"|".join(ways))


def without(raw: bytes, secret: str) -> bytes:
    """Return bytes with every spelling of a secret masked."""
    return spellings_of(secret).sub(MASK.encode(), raw) if secret else raw


def _whole_spellings(secret: str) -> list[bytes]:
    texts = [
        secret,
        escape(secret),
        escape(secret, quote=False),
        quote(secret, ""),
        quote_plus(secret),
    ]
    texts += [json.dumps(secret)[1:-1], json.dumps(secret, ensure_ascii=False)[1:-1]]
    raw = {text.encode(charset, "replace") for text in texts for charset in ("utf-8", "latin-1")}
    return sorted(raw, key=len, reverse=True)


def _damaged(secret: str) -> list[str]:
    """Return the spellings of a secret with its accents dropped or replaced."""
    letters = unicodedata.normalize("NFKD", secret).encode("ascii", "ignore").decode()
    found = [secret.encode("ascii", "ignore").decode(), letters]
    found += [
        "".join(each if each < "\x80" else mark * times for each in secret)
        for mark in ("?", "\ufffd")
        for times in (1, 2)
    ]
    kept = sum(each < "\x80" for each in secret)
    return [each for each in dict.fromkeys(found) if each != secret and kept >= _SHORTEST_DAMAGED]


def _ascii_pattern(character: str) -> bytes:
    """Return a pattern for a character of a damaged secret, where letters are unchanged."""
    if character.isalnum() or character == "?" or character >= "\x80":
        return re.escape(character.encode())
    return _character_pattern(character)


def _character_pattern(character: str) -> bytes:
    """Return a pattern for all encodings of a character."""
    ways: set[bytes] = {re.escape(raw) for raw in _encodings(character)}
    point = ord(character)
    ways.add(_AMPERSAND + b"#0*%d;?" % point)
    ways.add(_AMPERSAND + b"#[xX]0*" + _any_case(b"%x" % point) + b";?")
    ways |= {_AMPERSAND + name.encode() for name in _names().get(character, ())}
    units = character.encode("utf-16-be", "surrogatepass")
    ways.add(
        b"".join(
            rb"\\+u" + _any_case(units[at : at + 2].hex().encode())
            for at in range(0, len(units), 2)
        )
    )
    for raw in _encodings(character):
        ways.add(b"".join(b"%(?:25)*" + _any_case(b"%02x" % byte) for byte in raw))
        ways.add(b"".join(rb"\\+x" + _any_case(b"%02x" % byte) for byte in raw))
    if character in "\"'\\/":
        ways.add(rb"\\+" + re.escape(character.encode()))
    ways |= {
        " ": {rb"\+"}, "\n": {rb"\\+n", rb"\r\n"}, "\r": {rb"\\+r"}, "\t": {rb"\\+t"},
    }.get(character, set())  # fmt: skip
    longest_first: list[bytes] = sorted(ways, key=len, reverse=True)
    return b"(?:" + b"|".join(longest_first) + b")"


@cache
def _names() -> Mapping[str, frozenset[str]]:
    """Return HTML's entity names by character, also those without a semicolon."""
    names: dict[str, set[str]] = {}
    for name, character in html5.items():
        names.setdefault(character, set()).add(name)
    return {character: frozenset(known) for character, known in names.items()}


def _encodings(character: str) -> set[bytes]:
    """Return a character in the usual charsets, and as mojibake between them."""
    utf8 = character.encode("utf-8", "surrogatepass")
    found = {utf8}
    for charset in ("latin-1", "cp1252"):
        found.add(character.encode(charset, "ignore") or utf8)
        # Mojibake: UTF-8 decoded in another charset, once or twice.
        once = utf8.decode(charset, "replace").encode()
        found |= {once, once.decode(charset, "replace").encode()}
    decomposed = unicodedata.normalize("NFD", character).encode("utf-8", "surrogatepass")
    return found | {decomposed}


def _any_case(digits: bytes) -> bytes:
    """Return a pattern for hexadecimal digits in upper and lower case."""
    return b"".join(
        b"[%c%c]" % (digit, digit - 32) if digit >= ord("a") else b"%c" % digit for digit in digits
    )


def _base64_cores(secret: str) -> list[bytes]:
    """Return the parts of a secret's Base64 that do not depend on the text around it."""
    cores = []
    for charset in ("utf-8", "latin-1"):
        raw = secret.encode(charset, "ignore")
        for before in range(3):
            text = base64.b64encode(b"\0" * before + raw).rstrip(b"=")
            first = (before * 8 + 5) // 6
            last = (before + len(raw)) * 8 // 6
            core = text[first:last]
            if len(core) >= _SHORTEST_DAMAGED:
                cores += [core, core.translate(bytes.maketrans(b"+/", b"-_"))]
    return cores
