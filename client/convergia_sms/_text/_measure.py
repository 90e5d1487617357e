"""The number of SMS parts that a text takes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from ._gsm7 import ALPHABET, EXTENSION

if TYPE_CHECKING:
    from collections.abc import Iterator

Encoding = Literal["GSM-7", "UCS-2"]

# An SMS carries 140 octets. Each part of a longer text uses 6 of them for its header (3GPP TS
# 23.040, 9.2.3.24). This leaves so many septets or UTF-16 code units:
_ALONE: dict[Encoding, int] = {"GSM-7": 160, "UCS-2": 70}
_PART: dict[Encoding, int] = {"GSM-7": 153, "UCS-2": 67}
_LAST_OF_ONE_UNIT = 0xFFFF  # characters beyond it are a surrogate pair in UTF-16


@dataclass(frozen=True, slots=True)
class TextMeasure:
    """The encoding and size of a text as SMS.

    Attributes:
        encoding: GSM-7 if all characters are in that alphabet. Otherwise UCS-2, for all of them.
        units: septets in GSM-7, UTF-16 code units in UCS-2.
        segments: the number of SMS parts. 0 for an empty text.
        forces_ucs2: the characters that are not in GSM-7, each once, in order.
    """

    encoding: Encoding
    units: int
    segments: int
    forces_ucs2: tuple[str, ...] = ()


def measure(text: str) -> TextMeasure:
    """Return the encoding and size of `text` as given, without normalising or replacing."""
    distinct = frozenset(text)
    if distinct <= ALPHABET:
        encoding: Encoding = "GSM-7"
        doubles = sum(map(text.count, distinct & EXTENSION))
        forces: tuple[str, ...] = ()
    else:
        encoding = "UCS-2"
        doubles = sum(text.count(each) for each in distinct if ord(each) > _LAST_OF_ONE_UNIT)
        forces = tuple(each for each in dict.fromkeys(text) if each not in ALPHABET)
    units = len(text) + doubles
    if units <= _ALONE[encoding]:
        segments = 1 if text else 0
    elif not doubles:
        segments = -(-units // _PART[encoding])
    else:
        segments = sum(1 for _ in _parts(text, encoding))
    return TextMeasure(encoding, units, segments, forces)


def split(text: str) -> tuple[str, ...]:
    """Return the parts of `text`, `measure(text).segments` of them.

    The two septets of an extension character stay in one part, and so does a surrogate pair. A unit
    that is left over at the end of a part stays empty.
    """
    facts = measure(text)
    if facts.segments <= 1:
        return (text,) if text else ()
    return tuple(_parts(text, facts.encoding))


def _parts(text: str, encoding: Encoding) -> Iterator[str]:
    room = _PART[encoding]
    start = used = 0
    for position, character in enumerate(text):
        if encoding == "GSM-7":
            takes = 2 if character in EXTENSION else 1
        else:
            takes = 2 if ord(character) > _LAST_OF_ONE_UNIT else 1
        if used + takes > room:
            yield text[start:position]
            start, used = position, 0
        used += takes
    yield text[start:]
