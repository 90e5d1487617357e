"""The search of the inbox, by words, part of a number or part of an id."""

from __future__ import annotations

import re
import unicodedata
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from convergia_mockserver.gateway import Message

_MARKS = str.maketrans("", "", "+-(). \t")
# Fewer digits would match nearly every number.
_FEWEST_DIGITS = 3


def search(words: str) -> Callable[[Message], bool]:
    """Return a function that tests if a message matches a search.

    Each word must be the beginning of a word in the text or in `extra`. Case and accents are
    ignored. Three or more digits may also be part of the number or of the id. A search that is just
    a number may have the usual separators: `55 1234 5678`.
    """
    parts = [words] if _digits(words) else words.split()
    tests = [_test(part) for part in parts]

    def matches(message: Message) -> bool:
        said = f"{_fold(message.text)}\n{_fold(message.extra)}"
        return all(test(message, said) for test in tests)

    return matches


def _test(part: str) -> Callable[[Message, str], bool]:
    folded = [re.escape(word) for word in _fold(part).split()]
    # Words that begin with a sign ("$100") match anywhere.
    begins = [re.compile(rf"(?<!\w){word}" if word[:1].isalnum() else word) for word in folded]
    digits = _digits(part)

    def matches(message: Message, said: str) -> bool:
        if digits and (digits in message.number or digits in message.id):
            return True
        return all(begin.search(said) for begin in begins)

    return matches


def _digits(part: str) -> str:
    digits = part.translate(_MARKS)
    plain = digits.isascii() and digits.isdecimal() and len(digits) >= _FEWEST_DIGITS
    return digits if plain else ""


def _fold(text: str) -> str:
    split = unicodedata.normalize("NFKD", text.casefold())
    return "".join(each for each in split if not unicodedata.combining(each))
