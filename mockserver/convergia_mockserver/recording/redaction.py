"""What a recorded reply must not repeat: the password and, on request, numbers and texts."""

from __future__ import annotations

import re
import threading
from typing import TYPE_CHECKING

from convergia_mockserver.gateway.masking import spellings_of

from .entries import MASK, hidden_arguments

if TYPE_CHECKING:
    from convergia_mockserver.gateway.calls import Call

# Digits of a number without its country's.
_NATIONAL = 10
_DIGITS = re.compile("[0-9]+")
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
        names = hidden_arguments(call, numbers=self._numbers, texts=self._texts)
        with self._lock:
            for value in (call.arguments.get(name, "") for name in names):
                if len(value) < _SHORTEST:
                    continue
                self._hide(value)
                if self._numbers and len(value) >= _NATIONAL and _DIGITS.fullmatch(value):
                    self._patterns.setdefault(value, _grouped(value))

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
