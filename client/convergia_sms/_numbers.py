"""Mexican numbers, converted from the usual formats to the guide's 12 digits.

Since 3 August 2019 every Mexican number has 10 digits (IFT, Plan Técnico Fundamental de
Numeración). Address books still contain the old prefixes: `01` (long distance), `044` and `045` (to
a mobile), and the `1` after the country code (`+52 1 55…`). The guide requires `52` and the 10
digits.

`phonenumbers` is not used, because it rejects exactly those old forms instead of correcting them.
What it adds is the list of area codes, which becomes outdated: area codes 56 and 221 were rejected
for years by copies of its metadata (intl-tel-input issues 966 and 1269, i18n.phonenumbers.js issue
33). Only the gateway knows which numbers exist, and it has a code for others: 307.
"""

from __future__ import annotations

import re
import unicodedata
from urllib.parse import unquote

__all__ = ["normalize"]

_COUNTRY = "52"
_NATIONAL_DIGITS = 10
# Abolished in 2019. Each stands before the 10 digits.
_NATIONAL_PREFIXES = ("01", "044", "045")
_MOBILE_PREFIX = (
    "1"  # only behind the country code: without it, 1 is the United States' and Canada's
)
_READY = re.compile(r"52[0-9]{10}")
_BARE = re.compile(r"[1-9][0-9]{9}")
# Brackets, dashes and bullets. Spaces and invisible marks of any kind are recognised by their
# Unicode category: numbers copied from a contact card are enclosed in U+202A and U+202C.
_PUNCTUATION = frozenset("()[].,·•-‐‑‒–—―−")  # noqa: RUF001
_SPACE_CATEGORIES = frozenset({"Zs", "Cf"})
_BREAKS = frozenset("\n\r\v\f\x1c\x1d\x1e\x85\u2028\u2029")
_SCIENTIFIC = re.compile(r"[+-]?[0-9]+(?:[.,][0-9]*)?e[+-]?[0-9]+", re.IGNORECASE)
_TWO_NUMBERS = re.compile(
    r"[0-9)\]]\s*(?:[/;|&\n\r\v\f\x1c-\x1e\x85\u2028\u2029]|,\s|\s(?:y|o|u|and|or)\s)\s*[0-9(+]",
    re.IGNORECASE,
)
# `5512 3456-57` lists two numbers of a switchboard, 5512 3456 and 5512 3457. Nobody groups the 10
# digits of one number like that.
_TWO_ENDINGS = re.compile(r"(?:\+?52[\s-]*)?[0-9]{4}[ .-]?[0-9]{4}\s*[-‐‑‒–—―−]\s*[0-9]{2}")  # noqa: RUF001
_EXTENSION = re.compile(r"[0-9)\]]\W*(?:x|ext|extensi[oó]n)\W*[0-9]", re.IGNORECASE)
_NEGATIVE = re.compile(r"[-−][0-9]+(?:[.,]0*)?")  # noqa: RUF001
# The last point or comma, with the text before and after it.
_MARKED = re.compile(r"(?P<whole>.*[0-9].*)(?P<mark>[.,])(?P<rest>[^.,]*[0-9][^.,]*)", re.DOTALL)
# A group of digits has at least so many. A shorter one after a point is a fraction.
_SHORTEST_GROUP = 3
# Two numbers around a comma have at least so many digits each.
_SHORTEST_LOCAL = 7
_TEL = "tel:"
_NO_EXTENSION = "an extension receives no SMS"
_ONE_PLEASE = "it contains two numbers; write one"


def normalize(number: str) -> str:
    """Return the guide's 12 digits for `number`.

    Accepted are: 10 digits; `52`, `+52` or `0052` before them; the old prefixes (`01`, `044`,
    `045`, and `1` after the country code); and spaces, dashes, brackets, dots and commas between
    groups of digits. A `tel:` URI (RFC 3966) stands for its number. 12 digits that begin with 52
    are accepted unchanged, so that the guide's own example (520123456789) and the mock server's
    reserved numbers work.

    A decimal point does not separate groups. `5512345678.0` is 5512345678, because spreadsheets
    write whole numbers like that, but `55123456.00` is rejected. Two numbers in one text (`55 1234
    5656 / 57` or `5512 3456-57`) are rejected, and so are an extension, a negative number, and a
    number that Excel shortened to `5.51235E+09`.

    Digits other than 0 to 9 (full-width, Arabic) are rejected. In Mexico they are a mistake, or an
    attempt to disguise a number.

    Raises:
        ValueError: `number` is not a Mexican number. The error says why, and what is expected.
        TypeError: `number` is not a `str`. An `int` has already lost its leading zeros.
    """
    if not isinstance(number, str):
        raise TypeError(
            f"a number must be a str, such as '5512345678', not {type(number).__name__}"
        )
    if _READY.fullmatch(number):
        return number
    if _BARE.fullmatch(number):
        return _COUNTRY + number
    digits, international = _digits(number)
    if international and not digits.startswith(_COUNTRY):
        raise _refusal(
            number, f"it belongs to another country; the gateway sends to Mexico (+{_COUNTRY})"
        )
    national = _without_country(digits) if international else _national(digits)
    if national is None:
        raise _refusal(number, _length_complaint(digits, international=international))
    if national.startswith("0") and len(digits) != len(_COUNTRY) + _NATIONAL_DIGITS:
        raise _refusal(number, "the 10 digits of a Mexican number must not begin with 0")
    return _COUNTRY + national


def _digits(number: str) -> tuple[str, bool]:
    """Return the digits of `number`, and True if a `+` or `00` marks a country code."""
    kept: list[str] = []
    plus = False
    for character in _whole(number, _written(number)):
        if character in "0123456789":
            kept.append(character)
        elif character == "+" and not kept and not plus:
            plus = True
        elif not _separates(character):
            raise _refusal(number, _character_complaint(character))
    if not kept:
        raise _refusal(number, "it has no digits" if number.strip() else "it is empty")
    digits = "".join(kept)
    if plus:
        return digits, True
    if digits.startswith("00") and len(digits) > _NATIONAL_DIGITS:
        return digits[2:], True
    return digits, False


def _written(number: str) -> str:
    """Return the number without surrounding space and without its `tel:` URI.

    A leading apostrophe marks a cell as text in spreadsheets, and is removed.
    """
    written = number.strip().removeprefix("'")
    if written[: len(_TEL)].lower() != _TEL:
        return written
    subscriber, *parameters = unquote(written[len(_TEL) :]).split(";")
    for parameter in parameters:
        name, _, value = parameter.lower().partition("=")
        if name == "ext":
            raise _refusal(number, _NO_EXTENSION)
        if name == "phone-context" and value.startswith("+"):
            subscriber = value + subscriber
    return subscriber


def _whole(number: str, written: str) -> str:
    """Return `written` without a fraction of zeros.

    Raises:
        ValueError: it has another fraction or an extension, is negative or in scientific notation,
            or contains two numbers.
    """
    if _SCIENTIFIC.fullmatch(written):
        raise _refusal(
            number,
            "Excel shortened it, and its last digits are lost: format the column as text, write"
            " the numbers again, and save the file again",
        )
    if _TWO_NUMBERS.search(written) or _TWO_ENDINGS.fullmatch(written):
        raise _refusal(number, _ONE_PLEASE)
    if _EXTENSION.search(written):
        raise _refusal(number, _NO_EXTENSION)
    if _NEGATIVE.fullmatch(written):
        raise _refusal(number, "it is negative")
    found = _MARKED.fullmatch(written)
    if found is None or not _is_decimal(found["whole"], found["mark"], found["rest"]):
        return written
    if found["rest"].strip("0"):
        if min(map(_count_digits, (found["whole"], found["rest"]))) >= _SHORTEST_LOCAL:
            raise _refusal(number, _ONE_PLEASE)
        name = "point" if found["mark"] == "." else "comma"
        raise _refusal(number, f"it has a decimal {name}; write the digits without it")
    return found["whole"]


def _is_decimal(whole: str, mark: str, rest: str) -> bool:
    """Return True if `mark` is a decimal point, and not a mark between groups of digits."""
    if mark in whole:
        return False
    digits = _count_digits(rest)
    if whole.isdigit() or "." in whole or "," in whole or not rest.strip("0"):
        return True
    if whole.startswith("+") and whole[1:].isdigit():
        # Domain registries write a number as `+52.5512345678` (RFC 5733).
        return digits < _NATIONAL_DIGITS
    return digits < _SHORTEST_GROUP


def _count_digits(text: str) -> int:
    return sum(character.isdigit() for character in text)


def _separates(character: str) -> bool:
    return (
        character in _PUNCTUATION
        or (character.isspace() and character not in _BREAKS)
        or unicodedata.category(character) in _SPACE_CATEGORIES
    )


def _national(digits: str) -> str | None:
    """Return the 10 digits of a number without `+`, or None if it is not valid."""
    if len(digits) == _NATIONAL_DIGITS:
        return digits
    for prefix in _NATIONAL_PREFIXES:
        if digits.startswith(prefix) and len(digits) == len(prefix) + _NATIONAL_DIGITS:
            return digits.removeprefix(prefix)
    return _without_country(digits) if digits.startswith(_COUNTRY) else None


def _without_country(digits: str) -> str | None:
    """Return the 10 digits after the country code, or None if there are not 10."""
    rest = digits.removeprefix(_COUNTRY)
    if len(rest) == _NATIONAL_DIGITS:
        return rest
    for prefix in (_MOBILE_PREFIX, *_NATIONAL_PREFIXES):
        if rest.startswith(prefix) and len(rest) == len(prefix) + _NATIONAL_DIGITS:
            return rest.removeprefix(prefix)
    return None


def _character_complaint(character: str) -> str:
    if character == "+":
        return "a + may only come first, and once"
    name = unicodedata.name(character, "").lower() or f"U+{ord(character):04X}"
    if character.isdigit():
        return f"{character!r} ({name}) is not a digit from 0 to 9"
    return f"{character!r} ({name}) is not allowed in a number"


def _length_complaint(digits: str, *, international: bool) -> str:
    count = len(digits)
    if count < _NATIONAL_DIGITS or (international and count < len(_COUNTRY) + _NATIONAL_DIGITS):
        after = f" after +{_COUNTRY}" if international else ""
        return f"too short: Mexican numbers have {_NATIONAL_DIGITS} digits{after}, area code first"
    if count == len(_MOBILE_PREFIX) + _NATIONAL_DIGITS and digits.startswith(_MOBILE_PREFIX):
        return f"a 1 without +{_COUNTRY} is the United States' and Canada's country code"
    if not digits.startswith(_COUNTRY) and count == len(_COUNTRY) + _NATIONAL_DIGITS:
        return f"a number of 12 digits must begin with {_COUNTRY}, Mexico's country code"
    return f"too long: {count} digits, where Mexico has {_NATIONAL_DIGITS} behind {_COUNTRY}"


def _refusal(number: str, why: str) -> ValueError:
    return ValueError(f"not a Mexican number: {number!r}: {why}")
