"""PHP's values as NuSOAP passes them to a script: casts, truth and arrays.

A `str` represents a PHP string in the charset of the script. A `PhpArray` represents an array.
Source: the PHP manual's pages "Numeric strings", "Integers", "Floating point numbers" and
"Arrays", checked against PHP 8.2.
"""

from __future__ import annotations

import base64
import math
import re
from typing import TypeAlias

PhpScalar: TypeAlias = "str | int | float | bool | None"
PhpValue: TypeAlias = "PhpScalar | PhpArray"

_WHITESPACE = " \t\n\r\v\f"
_TRIMMED = " \n\r\t\v\0"
_INTEGER = re.compile(r"[ \t\n\r\v\f]*([+-]?[0-9]+)")
_NUMBER = re.compile(r"[ \t\n\r\v\f]*([+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?)")
_INT_MAX = 2**63 - 1
_LONGEST_INT = 1000
_INT_MIN = -(2**63)
# php.ini's `precision`: the significant digits of a float in a string.
_PRECISION = 14
_SMALLEST_PLAIN_POWER = -4
_BASE64 = re.compile("[^A-Za-z0-9+/]")


class Cell:
    """A PHP variable, to which references (`&`) can refer."""

    __slots__ = ("value",)

    def __init__(self, value: PhpValue = None) -> None:
        self.value: PhpValue = value


class PhpArray(dict[str | int, Cell]):
    """An ordered array whose elements may be references."""

    _next: int | None = None

    def append(self, cell: Cell) -> None:
        """Append a variable, as `$array[] = …`."""
        if self._next is None:
            self._next = max((key for key in self if isinstance(key, int)), default=-1) + 1
        self[self._next] = cell
        self._next += 1

    def is_set(self, key: str | int) -> bool:
        """Return True if the key exists and its value is not null, as `isset($array[key])`."""
        cell = self.get(key)
        return cell is not None and cell.value is not None


class FatalError(Exception):
    """PHP ends with a fatal error: the client gets HTTP 500 without a body."""


def is_blank(text: str) -> bool:
    """Return True if `trim($text)` is empty."""
    return not text.strip(_TRIMMED)


def to_int(text: str) -> int:
    """Return `(int) $text`: the number at the beginning of `text`, clamped to 64 bits, or 0."""
    number = _NUMBER.match(text)
    if number is None:
        return 0
    integer = _INTEGER.match(text)
    if integer is not None and integer.end() == number.end():
        digits = integer[1]
        if len(digits) > _LONGEST_INT:  # Python does not convert thousands of digits
            return _INT_MIN if digits.startswith("-") else _INT_MAX
        return max(_INT_MIN, min(_INT_MAX, int(digits)))
    value = float(number[1])
    return 0 if math.isinf(value) else max(_INT_MIN, min(_INT_MAX, int(value)))


def to_float(text: str) -> float:
    """Return `(double) $text`."""
    number = _NUMBER.match(text)
    return 0.0 if number is None else float(number[1])


def to_bool(text: str) -> bool:
    """Return `(boolean) $text`."""
    return text not in ("", "0")


def from_base64(text: str) -> str:
    """Return `base64_decode($text)` as ISO-8859-1. Other characters than Base64's are ignored."""
    digits = _BASE64.sub("", text)
    if len(digits) % 4 == 1:
        digits = digits[:-1]
    return base64.b64decode(digits + "=" * (-len(digits) % 4)).decode("latin-1")


def equals_one(text: str) -> bool:
    """Return `$text == 1`: True for a numeric string equal to one, with or without blanks."""
    number = _NUMBER.match(text)
    return (
        number is not None
        and not text[number.end() :].strip(_WHITESPACE)
        and float(number[1]) == 1.0
    )


def array_key(value: PhpValue) -> str | int:
    """Return the key that `$array[$value]` uses.

    Raises:
        FatalError: if the value is an array.
    """
    if isinstance(value, PhpArray):
        raise FatalError("Illegal offset type")
    if value is None:
        return ""
    if isinstance(value, float):
        # PHP's (int) is 0 for infinity and NaN, and the low 64 bits of a number that is too large.
        whole = int(value) if math.isfinite(value) else 0
        return (whole - _INT_MIN) % 2**64 + _INT_MIN
    if isinstance(value, bool):
        return int(value)
    if isinstance(value, str) and re.fullmatch("0|-?[1-9][0-9]{0,18}", value):
        number = int(value)
        return number if _INT_MIN <= number <= _INT_MAX else value
    return value


def to_argument(value: PhpValue) -> str:
    """Return a value as text, as seen by a script that only expects strings and numbers."""
    if isinstance(value, str):
        return value
    if isinstance(value, bool) or value is None or isinstance(value, PhpArray):
        return ""
    return str(value) if isinstance(value, int) else float_text(value)


def float_text(value: float) -> str:
    """Return `(string) $value`, with PHP's default precision of 14 digits."""
    if math.isinf(value):
        return "INF" if value > 0 else "-INF"
    if math.isnan(value):
        return "NAN"
    mantissa, exponent = f"{value:.{_PRECISION - 1}E}".split("E")
    power = int(exponent)
    if value and not _SMALLEST_PLAIN_POWER <= power < _PRECISION:
        digits = mantissa.rstrip("0").rstrip(".")
        return f"{digits if '.' in digits else digits + '.0'}E{power:+d}"
    return f"{value:.{_PRECISION}G}"
