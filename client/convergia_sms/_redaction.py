"""Takes secrets out of bytes that others will see."""

from __future__ import annotations

import html
import json
import re
from typing import TYPE_CHECKING
from urllib.parse import quote, quote_plus
from xml.sax.saxutils import escape

if TYPE_CHECKING:
    from collections.abc import Iterable

MASK = b"***"
# Digits of a number without its country's.
_NATIONAL = 10
# What may stand between a number's digits: blanks, dots, dashes, brackets, as they are or encoded.
_BETWEEN = rb"(?:[ .()+-]|\xc2?\xa0|%20|%2[89DE]|&nbsp;){0,3}"


class Redactor:
    """Masks secrets in every spelling in which a gateway may echo them.

    Args:
        secrets: any texts.
        numbers: telephone numbers of 12 digits, to be masked without their country too, and with
            blanks and marks between the digits.
    """

    def __init__(self, *secrets: str, numbers: Iterable[str] = ()) -> None:
        spellings = {spelling for secret in secrets if secret for spelling in _spellings(secret)}
        patterns = [re.escape(each) for each in sorted(spellings, key=len, reverse=True)]
        patterns += [_grouped(number) for number in numbers]
        self._pattern = re.compile(b"|".join(patterns), re.IGNORECASE) if patterns else None

    def mask(self, raw: bytes) -> bytes:
        """`raw` with the secrets masked."""
        return raw if self._pattern is None else self._pattern.sub(MASK, raw)


def _grouped(number: str) -> bytes:
    country, national = number[:-_NATIONAL], number[-_NATIONAL:]
    digits = _BETWEEN.join(digit.encode() for digit in national)
    return rb"(?:(?:\+|%%2B)?%s%s)?%s" % (country.encode(), _BETWEEN, digits)


def _spellings(secret: str) -> set[bytes]:
    texts = {
        secret,
        quote(secret, safe=""),
        quote_plus(secret, safe=""),
        quote(secret, safe="", encoding="iso-8859-1", errors="replace"),
        escape(secret),
        html.escape(secret),
        html.escape(secret, quote=True).replace("&#x27;", "&#039;"),
        json.dumps(secret)[1:-1],
    }
    return {
        text.encode(charset, errors="replace")
        for text in texts
        for charset in ("utf-8", "iso-8859-1")
    }
