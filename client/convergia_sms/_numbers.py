"""Mexican numbers: what people write, as the guide's 12 digits.

Since 3 August 2019 a Mexican number is 10 digits everywhere (IFT, Plan Técnico Fundamental de
Numeración); address books still hold the prefixes of before: `01` (long distance), `044` and `045`
(to a mobile), and the `1` behind the country code (`+52 1 55…`). The guide wants `52` and the 10
digits.

Why not `phonenumbers`: it calls exactly those old forms invalid instead of correcting them, so the
rules below would be needed all the same; and what it adds, knowing which area codes exist, is the
part that ages. Area codes 56 and 221 were refused for years by copies of its metadata that nobody
had updated (intl-tel-input issues 966 and 1269, i18n.phonenumbers.js issue 33). Only the gateway
knows which numbers exist today, and it has a code for those that do not: 307.
"""

from __future__ import annotations

import re
import unicodedata
from urllib.parse import unquote

__all__ = ["normalize"]

_COUNTRY = "52"
_NATIONAL_DIGITS = 10
# Gone since 2019, by what they were dialled for; each stands before the 10 digits.
_NATIONAL_PREFIXES = ("01", "044", "045")
_MOBILE_PREFIX = (
    "1"  # only behind the country code: without it, 1 is the United States' and Canada's
)
_READY = re.compile(r"52[0-9]{10}")
_BARE = re.compile(r"[1-9][0-9]{9}")
# Brackets, dashes and bullets. Spaces of every kind and invisible marks (numbers copied from a
# contact card come wrapped in U+202A and U+202C) are recognized by their Unicode category.
_PUNCTUATION = frozenset("()[].,·•-‐‑‒–—―−")  # noqa: RUF001
_SPACE_CATEGORIES = frozenset({"Zs", "Cf"})
_BREAKS = frozenset("\n\r\v\f\x1c\x1d\x1e\x85\u2028\u2029")
_SCIENTIFIC = re.compile(r"[+-]?[0-9]+(?:[.,][0-9]*)?e[+-]?[0-9]+", re.IGNORECASE)
_TWO_NUMBERS = re.compile(
    r"[0-9)\]]\s*(?:[/;|&\n\r\v\f\x1c-\x1e\x85\u2028\u2029]|,\s|\s(?:y|o|u|and|or)\s)\s*[0-9(+]",
    re.IGNORECASE,
)
# `5512 3456-57` lists two numbers of a switchboard, 5512 3456 and 5512 3457: nobody divides the 10
# digits so.
_TWO_ENDINGS = re.compile(r"(?:\+?52[\s-]*)?[0-9]{4}[ .-]?[0-9]{4}\s*[-‐‑‒–—―−]\s*[0-9]{2}")  # noqa: RUF001
_EXTENSION = re.compile(r"[0-9)\]]\W*(?:x|ext|extensi[oó]n)\W*[0-9]", re.IGNORECASE)
_NEGATIVE = re.compile(r"[-−][0-9]+(?:[.,]0*)?")  # noqa: RUF001
# The last point or comma, with what is before and behind it.
_MARKED = re.compile(r"(?P<whole>.*[0-9].*)(?P<mark>[.,])(?P<rest>[^.,]*[0-9][^.,]*)", re.DOTALL)
# A group of a number's digits has at least so many; a shorter one behind a point is a fraction.
_SHORTEST_GROUP = 3
# What stands on both sides of a comma between two numbers has at least so many digits.
_SHORTEST_LOCAL = 7
_TEL = "tel:"
_NO_EXTENSION = "an extension receives no SMS"
_ONE_PLEASE = "two numbers in one place; write one"


def normalize(number: str) -> str:
    """Return the guide's 12 digits for `number`.

    Take 10 digits; `52`, `+52` or `0052` before them; the prefixes of before 2019 (`01`, `044`,
    `045`, and `1` behind the country code); and spaces, dashes, brackets, dots and commas between
    groups of digits. A `tel:` URI (RFC 3966) is the number that it names. 12 digits that begin with
    52 pass as they are, the guide's own example (520123456789) and the mock server's reserved
    numbers included.

    A decimal point separates nothing: `5512345678.0` is 5512345678, because spreadsheets write
    whole numbers so, and `55123456.00` is refused. Two numbers in one text (`55 1234 5656 / 57`)
    or `5512 3456-57`) are refused, and so are an extension, a negative number, and what Excel
    shortened to `5.51235E+09`.

    Digits other than 0 to 9 (full-width, Arabic) are refused. In Mexico they come from a slip or
    from somebody who hides what a number looks like.

    Raises:
        ValueError: `number` is not a Mexican number. The text says why and what is expected.
        TypeError: `number` is not a `str`. (An `int` has lost its leading zeros already.)
    """
    if not isinstance(number, str):
        raise TypeError(f"a number is a str, not {type(number).__name__}: '5512345678'")
    if _READY.fullmatch(number):
        return number
    if _BARE.fullmatch(number):
        return _COUNTRY + number
    digits, international = _digits(number)
    if international and not digits.startswith(_COUNTRY):
        raise _refusal(number, f"another country's; the gateway sends to Mexico (+{_COUNTRY})")
    national = _without_country(digits) if international else _national(digits)
    if national is None:
        raise _refusal(number, _length_complaint(digits, international=international))
    if national.startswith("0") and len(digits) != len(_COUNTRY) + _NATIONAL_DIGITS:
        raise _refusal(number, "no Mexican number's 10 digits begin with 0")
    return _COUNTRY + national


def _digits(number: str) -> tuple[str, bool]:
    """Return the digits of `number`, and True if a `+` or `00` announces a country code."""
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
    """Return the number without the space around it, and out of its `tel:` URI.

    An apostrophe in front makes a cell text in spreadsheets, and is not part of it.
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
        ValueError: it has another fraction, is in scientific notation, negative, two numbers, or
            has an extension.
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
    """Return True if `mark` is a decimal point, not one of the marks between groups of digits."""
    if mark in whole:
        return False
    digits = _count_digits(rest)
    if whole.isdigit() or "." in whole or "," in whole or not rest.strip("0"):
        return True
    if whole.startswith("+") and whole[1:].isdigit():
        # `+52.5512345678` is how domain registries write a number (RFC 5733).
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
    """Return the 10 digits in `digits`, written without `+`; None when they cannot be a number."""
    if len(digits) == _NATIONAL_DIGITS:
        return digits
    for prefix in _NATIONAL_PREFIXES:
        if digits.startswith(prefix) and len(digits) == len(prefix) + _NATIONAL_DIGITS:
            return digits.removeprefix(prefix)
    return _without_country(digits) if digits.startswith(_COUNTRY) else None


def _without_country(digits: str) -> str | None:
    """Return the 10 digits behind the country code; None when no way to write has that many."""
    rest = digits.removeprefix(_COUNTRY)
    if len(rest) == _NATIONAL_DIGITS:
        return rest
    for prefix in (_MOBILE_PREFIX, *_NATIONAL_PREFIXES):
        if rest.startswith(prefix) and len(rest) == len(prefix) + _NATIONAL_DIGITS:
            return rest.removeprefix(prefix)
    return None


def _character_complaint(character: str) -> str:
    if character == "+":
        return "a + belongs in front, once"
    name = unicodedata.name(character, "").lower() or f"U+{ord(character):04X}"
    if character.isdigit():
        return f"{character!r} ({name}) is no digit from 0 to 9"
    return f"{character!r} ({name}) has no place in a number"


def _length_complaint(digits: str, *, international: bool) -> str:
    count = len(digits)
    if count < _NATIONAL_DIGITS or (international and count < len(_COUNTRY) + _NATIONAL_DIGITS):
        behind = f" behind +{_COUNTRY}" if international else ""
        return f"too short: Mexican numbers have {_NATIONAL_DIGITS} digits{behind}, area code first"
    if count == len(_MOBILE_PREFIX) + _NATIONAL_DIGITS and digits.startswith(_MOBILE_PREFIX):
        return f"a 1 without +{_COUNTRY} is the United States' and Canada's country code"
    if not digits.startswith(_COUNTRY) and count == len(_COUNTRY) + _NATIONAL_DIGITS:
        return f"a number of 12 digits must begin with {_COUNTRY}, Mexico's country code"
    return f"too long: {count} digits, where Mexico has {_NATIONAL_DIGITS} behind {_COUNTRY}"


def _refusal(number: str, why: str) -> ValueError:
    return ValueError(f"not a Mexican number: {number!r}: {why}")
