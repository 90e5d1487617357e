"""XML Schema's built-in simple types: checking texts, their Python values, and made-up values.

Source: XML Schema Part 2, second edition, section 3. A type that a WSDL declares is checked by the
built-in type that it restricts.
"""

from __future__ import annotations

import base64
import binascii
import re
from dataclasses import dataclass
from datetime import date, datetime, time
from decimal import Decimal
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from convergia_mockserver.gateway.calls import Scalar

_ZONE = r"(?:Z|[+-](?:0[0-9]|1[0-4]):[0-5][0-9])?"
_YEAR = "-?(?:[1-9][0-9]{4,8}|[0-9]{4})"
_MONTH = "(?:0[1-9]|1[0-2])"
_DAY = "(?:0[1-9]|[12][0-9]|3[01])"
# Here February has 29 days in every year, because a pattern cannot express leap years.
_MONTH_DAY = (
    f"(?:02-(?:0[1-9]|[12][0-9])|(?:0[469]|11)-(?:0[1-9]|[12][0-9]|30)|(?:0[13578]|1[02])-{_DAY})"
)
_DATE = f"{_YEAR}-{_MONTH_DAY}"
_TIME = r"(?:(?:[01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](?:\.[0-9]+)?|24:00:00(?:\.0+)?)"
_NUMBER = r"[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)"
_NAME = r"[A-Za-z_:\u00c0-\U0010ffff][\w.:\-\u00b7]*"
_NCNAME = r"[A-Za-z_\u00c0-\U0010ffff][\w.\-\u00b7]*"


@dataclass(frozen=True, slots=True)
class SimpleType:
    """A built-in simple type.

    Attributes:
        pattern: a pattern for the whole text, without the blanks around it.
        example: a valid value that is recognisable as made up.
        parse: converts a matching text to a Python value, or raises ValueError.
        least: the smallest value of an integer type, if any.
        greatest: the largest value of an integer type, if any.
    """

    pattern: re.Pattern[str]
    example: str
    parse: Callable[[str], Scalar] = str
    least: int | None = None
    greatest: int | None = None

    def allows(self, text: str) -> bool:
        """Return True if `text` is valid for the type."""
        bare = text if self.pattern is _ANY else text.strip(" \t\r\n")
        if self.pattern.fullmatch(bare) is None:
            return False
        if self.parse is _base64:
            return _in_groups(bare)
        if self.least is not None and int(bare) < self.least:
            return False
        return self.greatest is None or int(bare) <= self.greatest


def _type(pattern: str, example: str, parse: Callable[[str], Scalar] = str) -> SimpleType:
    return SimpleType(re.compile(pattern), example, parse)


def _integer(example: int, least: int | None, greatest: int | None) -> SimpleType:
    # Longer numbers are costly, and Python does not convert thousands of digits.
    return SimpleType(re.compile("[+-]?[0-9]{1,400}"), str(example), int, least, greatest)


def _boolean(text: str) -> bool:
    return text in {"true", "1"}


def _base64(text: str) -> bytes:
    return base64.b64decode("".join(text.split()), validate=True)


def _in_groups(text: str) -> bool:
    """Return True if Base64 has groups of four characters, with the last one padded."""
    try:
        _base64(text)
    except binascii.Error:
        return False
    return True


def _hex(text: str) -> bytes:
    return binascii.unhexlify(text)


_ANY = re.compile(".*", re.DOTALL)
_TEXT = SimpleType(_ANY, "")
_FLOAT = _type(rf"{_NUMBER}(?:[eE][+-]?[0-9]{{1,9}})?|-?INF|NaN", "12345.5", float)
_DURATION = _type(
    r"-?P(?=.)(?:[0-9]+Y)?(?:[0-9]+M)?(?:[0-9]+D)?"
    r"(?:T(?=.)(?:[0-9]+H)?(?:[0-9]+M)?(?:[0-9]+(?:\.[0-9]+)?S)?)?",
    "P1DT2H3M",
)

SIMPLE_TYPES: Final[Mapping[str, SimpleType]] = {
    **dict.fromkeys(("string", "normalizedString", "token", "anySimpleType", "anyType"), _TEXT),
    "anyURI": _type(r"[^\x00-\x1f]*", "urn:mock"),
    "boolean": _type("true|false|1|0", "true", _boolean),
    "integer": _integer(12345, None, None),
    "long": _integer(12345, -(2**63), 2**63 - 1),
    "int": _integer(12345, -(2**31), 2**31 - 1),
    "short": _integer(12345, -(2**15), 2**15 - 1),
    "byte": _integer(123, -128, 127),
    "nonNegativeInteger": _integer(12345, 0, None),
    "positiveInteger": _integer(12345, 1, None),
    "nonPositiveInteger": _integer(-12345, None, 0),
    "negativeInteger": _integer(-12345, None, -1),
    "unsignedLong": _integer(12345, 0, 2**64 - 1),
    "unsignedInt": _integer(12345, 0, 2**32 - 1),
    "unsignedShort": _integer(12345, 0, 2**16 - 1),
    "unsignedByte": _integer(123, 0, 255),
    "decimal": _type(_NUMBER, "12345.67", Decimal),
    "float": _FLOAT,
    "double": _FLOAT,
    "date": _type(_DATE + _ZONE, "2001-02-03", date.fromisoformat),
    "dateTime": _type(f"{_DATE}T{_TIME}{_ZONE}", "2001-02-03T04:05:06Z", datetime.fromisoformat),
    "time": _type(_TIME + _ZONE, "04:05:06", time.fromisoformat),
    "duration": _DURATION,
    "gYear": _type(_YEAR + _ZONE, "2001"),
    "gYearMonth": _type(f"{_YEAR}-{_MONTH}{_ZONE}", "2001-02"),
    "gMonth": _type(f"--{_MONTH}{_ZONE}", "--02"),
    "gMonthDay": _type(f"--{_MONTH_DAY}{_ZONE}", "--02-03"),
    "gDay": _type(f"---{_DAY}{_ZONE}", "---03"),
    "base64Binary": _type(r"[A-Za-z0-9+/=\s]*", "bW9jaw==", _base64),
    "base64": _type(r"[A-Za-z0-9+/=\s]*", "bW9jaw==", _base64),  # from SOAP's own encoding
    "hexBinary": _type("(?:[0-9A-Fa-f]{2})*", "6D6F636B", _hex),
    "language": _type("[A-Za-z]{1,8}(?:-[A-Za-z0-9]{1,8})*", "es"),
    "QName": _type(f"{_NCNAME}(?::{_NCNAME})?", "mock"),
    "NOTATION": _type(f"{_NCNAME}(?::{_NCNAME})?", "mock"),
    "Name": _type(_NAME, "mock"),
    **dict.fromkeys(("NCName", "ID", "IDREF", "ENTITY"), _type(_NCNAME, "mock")),
    "NMTOKEN": _type(r"[\w.:\-\u00b7]+", "mock"),
    "NMTOKENS": _type(r"[\w.:\-\u00b7]+(?:\s+[\w.:\-\u00b7]+)*", "mock"),
    **dict.fromkeys(("IDREFS", "ENTITIES"), _type(rf"{_NCNAME}(?:\s+{_NCNAME})*", "mock")),
}


def to_python(text: str, base: str) -> Scalar:
    """Return the Python value of a text. The text itself if it is not valid for the type."""
    simple = SIMPLE_TYPES.get(base, _TEXT)
    if simple.parse is str or not simple.allows(text):
        return text
    try:
        return simple.parse(text.strip(" \t\r\n"))
    except ValueError:
        return text  # for example 2001-02-31, or a year that Python does not support


def to_text(value: Scalar, base: str) -> str:
    """Return a Python value as XML Schema writes it for the type."""
    match value:
        case bool():
            return str(value).lower()
        case float():
            return {"inf": "INF", "-inf": "-INF", "nan": "NaN"}.get(repr(value), repr(value))
        case bytes():
            return value.hex().upper() if base == "hexBinary" else base64.b64encode(value).decode()
        case datetime() if base == "date":
            return value.date().isoformat()
        case date() | time():
            return value.isoformat().replace("+00:00", "Z")
        case Decimal():
            return f"{value:f}"
        case _:
            return str(value)
