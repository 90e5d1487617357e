"""Redaction of the password in recorded replies, and on request of numbers and texts."""

from __future__ import annotations

import re
import threading
from typing import TYPE_CHECKING

from convergia_mockserver.gateway.masking import spellings_of

from .entries import MASK, hidden_arguments

if TYPE_CHECKING:
    from convergia_mockserver.gateway.calls import Call

# The digits of a number without the country code.
_NATIONAL = 10
_DIGITS = re.compile("[0-9]+")
# Redacting a shorter text might also redact a code.
_SHORTEST = 6
# Separators between the digits of a number, plain or encoded.
_BETWEEN = rb"(?:[ .()+-]|\xc2?\xa0|%20|%2[89DE]|&nbsp;){0,3}"


class Redaction:
    """Redacts the values of a session's calls in all replies. Thread-safe.

    The reply to a status query may contain the number and the text of its message.

    Args:
        password: the account's password.
        numbers: True to redact numbers.
        texts: True to redact texts and extras.
    """

    def __init__(self, password: str, *, numbers: bool, texts: bool) -> None:
        # Patterns are compiled once, because a session has many replies.
        self._secrets = {password: spellings_of(password)} if password else {}
        self._numbers = numbers
        self._texts = texts
        self._lock = threading.Lock()
        self._patterns: dict[str, re.Pattern[bytes]] = {}

    def learn(self, call: Call) -> None:
        """Redact the values of a call in all replies from now on."""
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
        """Return the bytes with all these values redacted."""
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
