"""Limits that can be had for nothing: when a wrong length or number outranks a wrong password."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Callable

# What a gateway may take for a number, beside the guide's 12 digits.
_NUMBERS = {
    "525512345678": "52[0-9]{10}",
    "5512345678": "[0-9]{10}",
    "5215512345678": "521[0-9]{10}",
    "+525512345678": r"\+52[0-9]{10}",
    "15512345678": "1[0-9]{10}",
}
_LONGEST = 40_000


@dataclass(frozen=True, slots=True)
class TextLimit:
    """The limit on a text's length; `unit` is None if it could not be determined."""

    max_length: int
    unit: Literal["characters", "septets"] | None


def text_limit(too_long: Callable[[str], bool]) -> TextLimit | None:
    """Return the longest text that fits, by bisection, with some 17 questions.

    Args:
        too_long: whether the gateway refuses a text for its length.

    Returns:
        None when no length, or every length, is refused.
    """
    fits, refused = 1, _LONGEST
    if too_long("a" * fits) or not too_long("a" * refused):
        return None
    while refused - fits > 1:
        middle = (fits + refused) // 2
        if too_long("a" * middle):
            refused = middle
        else:
            fits = middle
    if too_long("ñ" * fits):
        return TextLimit(fits, None)
    # In GSM-7 the euro takes two septets; in characters it is one.
    return TextLimit(fits, "septets" if too_long("€" * fits) else "characters")


def number_pattern(refused: Callable[[str], bool], assumed: str) -> str | None:
    """Return a pattern of the numbers that the gateway takes; None when it takes none of ours.

    Args:
        refused: whether the gateway says that it is not a number.
        assumed: kept when it says the same of every number that is asked about.
    """
    taken = {number: not refused(number) for number in _NUMBERS}
    if all(bool(re.fullmatch(assumed, number)) == took for number, took in taken.items()):
        return assumed
    patterns = [_NUMBERS[number] for number, took in taken.items() if took]
    return "|".join(patterns) or None
