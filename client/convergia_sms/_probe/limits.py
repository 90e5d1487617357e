"""Limits that can be found for free, if their codes take precedence over wrong credentials."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Callable

# Forms of numbers that a gateway may accept, besides the guide's 12 digits.
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
    """The limit of a text's length. `unit` is None if it could not be determined."""

    max_length: int
    unit: Literal["characters", "septets"] | None


def text_limit(too_long: Callable[[str], bool]) -> TextLimit | None:
    """Return the limit of a text's length, by bisection with about 20 requests.

    Args:
        too_long: returns True if the gateway rejects a text for its length.

    Returns:
        The limit. None if no length, or every length, is rejected.
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
    # The euro sign takes two septets in GSM-7, but is one character.
    return TextLimit(fits, "septets" if too_long("€" * fits) else "characters")


def number_pattern(refused: Callable[[str], bool], assumed: str) -> str | None:
    """Return a pattern of the numbers that the gateway accepts, or None if it accepts none.

    Args:
        refused: returns True if the gateway rejects a number.
        assumed: the assumed pattern, which is kept if it gives the same results.
    """
    taken = {number: not refused(number) for number in _NUMBERS}
    if all(bool(re.fullmatch(assumed, number)) == took for number, took in taken.items()):
        return assumed
    patterns = [_NUMBERS[number] for number, took in taken.items() if took]
    return "|".join(patterns) or None
