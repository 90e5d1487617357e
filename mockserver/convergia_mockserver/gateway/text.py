"""The encoding, length and SMS parts of a text.

The table is our own (3GPP TS 23.038 §6.2.1), because the packages on PyPI are codecs or modem
drivers. The client has its own on purpose. A shared one would hide the same mistake on both sides.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

_BASIC = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZ"
    "ÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
_EXTENDED = frozenset("^{}\\[~]|€\f")

# Units in a message of one part, and in each part of a longer one, which also holds a header.
_SINGLE = {"GSM-7": 160, "UCS-2": 70}
_PART = {"GSM-7": 153, "UCS-2": 67}


@dataclass(frozen=True, slots=True)
class Measure:
    """The encoding and the size of a text.

    Attributes:
        encoding: GSM-7 if every character is in its tables, else UCS-2.
        units: septets for GSM-7, where an extended character takes two, or UTF-16 code units for
            UCS-2.
        segments: the number of SMS parts.
    """

    encoding: Literal["GSM-7", "UCS-2"]
    units: int
    segments: int


def measure(text: str) -> Measure:
    """Measure a text. An empty text takes one part."""
    if _BASIC.issuperset(text):
        widths: list[int] | None = None
        encoding: Literal["GSM-7", "UCS-2"] = "GSM-7"
        units = len(text)
    elif all(character in _BASIC or character in _EXTENDED for character in text):
        encoding = "GSM-7"
        widths = [2 if character in _EXTENDED else 1 for character in text]
        units = sum(widths)
    else:
        encoding = "UCS-2"
        widths = [2 if character > "\uffff" else 1 for character in text]
        units = sum(widths)
    if units <= _SINGLE[encoding]:
        return Measure(encoding, units, 1)
    return Measure(encoding, units, _parts(widths, units, _PART[encoding]))


def _parts(widths: list[int] | None, units: int, room: int) -> int:
    """Count the parts. A character of two units is never split between parts."""
    if widths is None:
        return -(-units // room)
    parts, used = 1, 0
    for width in widths:
        if used + width > room:
            parts, used = parts + 1, 0
        used += width
    return parts


def length(text: str, unit: Literal["characters", "septets", "segments"]) -> int:
    """Return the length of a text in the profile's unit. UCS-2 is converted to septets."""
    if unit == "characters":
        return len(text)
    weight = measure(text)
    if unit == "segments":
        return weight.segments
    return weight.units if weight.encoding == "GSM-7" else -(-weight.units * 16 // 7)
