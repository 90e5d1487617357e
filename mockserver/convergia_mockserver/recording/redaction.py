"""What a recorded reply must not repeat: the password and, on request, numbers and texts."""

from __future__ import annotations

import re
import threading
from typing import TYPE_CHECKING

from convergia_mockserver.gateway.masking import spellings_of

from .entries import MASK

if TYPE_CHECKING:
    from convergia_mockserver.gateway.calls import Call

# Digits of a number without its country's.
_NATIONAL = 10
# A word as short as a code would take the code with it.
_SHORTEST = 6
# What may stand between a number's digits: blanks, dots, dashes, brackets, as they are or encoded.
_BETWEEN = rb"(?:[ .()+-]|\xc2?\xa0|%20|%2[89DE]|&nbsp;){0,3}"


class Redaction:
    """Remembers what a session's calls held, and takes it out of every reply. Thread-safe.

    The reply to a status query may tell the number and the text of the message asked for.

    Args:
        password: the account's.
        numbers: whether numbers are taken out.
        texts: whether texts and extras are.
    """

    def __init__(self, password: str, *, numbers: bool, texts: bool) -> None:
        # As patterns: a session masks many replies.
        self._secrets = {password: spellings_of(password)} if password else {}
        self._numbers = numbers
        self._texts = texts
        self._lock = threading.Lock()
        self._patterns: dict[str, re.Pattern[bytes]] = {}

    def learn(self, call: Call) -> None:
        """Take what a call holds out of all that follows."""
        number = call.arguments.get("number", "")
        with self._lock:
            if self._numbers and len(number) >= _SHORTEST:
                self._hide(number)
                if number.isascii() and number.isdigit():
                    self._patterns.setdefault(number, _grouped(number))
            if self._texts:
                for name in ("message", "extra"):
                    value = call.arguments.get(name, "")
                    if len(value) >= _SHORTEST:
                        self._hide(value)

    def _hide(self, value: str) -> None:
        if value not in self._secrets:
            self._secrets[value] = spellings_of(value)

    def apply(self, raw: bytes) -> bytes:
        """`raw` without any of it."""
        with self._lock:
            patterns = (*self._secrets.values(), *self._patterns.values())
        for pattern in patterns:
            raw = pattern.sub(MASK.encode(), raw)
        return raw


def _grouped(number: str) -> re.Pattern[bytes]:
    country, national = number[:-_NATIONAL], number[-_NATIONAL:]
    digits = _BETWEEN.join(digit.encode() for digit in national)
    pattern = rb"(?:(?:\+|%%2B)?%s%s)?%s" % (country.encode(), _BETWEEN, digits)
    return re.compile(pattern, re.IGNORECASE)
