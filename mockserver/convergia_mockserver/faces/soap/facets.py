"""Simple types that a WSDL declares: checking texts, and converting them to Python values.

A declared type restricts a built-in type, is a list of values, or is a union of types.
"""

from __future__ import annotations

import base64
import re
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from decimal import Decimal
from typing import TYPE_CHECKING

from .simple_types import SIMPLE_TYPES, to_python
from .xsd_patterns import matches

if TYPE_CHECKING:
    from lxml.etree import _Element

    from convergia_mockserver.gateway.calls import Value

_BLANKS_COUNT = frozenset(("string", "normalizedString", "anySimpleType", "anyType"))
_LISTS = frozenset(("NMTOKENS", "IDREFS", "ENTITIES"))
_FLOATS = frozenset(("float", "double"))
_WITHOUT_LENGTH = frozenset(("QName", "NOTATION"))
# Only this many items of a list are checked, since a request may hold half a million.
_MOST_ITEMS = 10_000
_DURATION = re.compile(
    r"(-?)P(?:([0-9]+)Y)?(?:([0-9]+)M)?(?:([0-9]+)D)?"
    r"(?:T(?:([0-9]+)H)?(?:([0-9]+)M)?(?:([0-9]+(?:\.[0-9]+)?)S)?)?"
)
_MINUTE, _HOUR, _DAY = 60, 3600, 86400
_UNITS = (12 * 30 * _DAY, 30 * _DAY, _DAY, _HOUR, _MINUTE, 1)
# Date, time and the rest in a text, by its type.
_MOMENTS = {
    "dateTime": re.compile("(.{10})T(.{8})(.*)"),
    "date": re.compile("(.{10})()(.*)"),
    "time": re.compile("()(.{8})(.*)"),
    "gYearMonth": re.compile("(.{7})()(.*)"),
    "gYear": re.compile("(.{4})()(.*)"),
}
_FIRST_DAY, _MIDNIGHT = "2000-01-01", "00:00:00"


@dataclass(frozen=True, slots=True)
class Facets:
    """The restrictions of a simple type on its base type.

    Attributes:
        values: the allowed values. Empty for any.
        patterns: regular expressions of XML Schema, all of which a text must match.
        limits: the other facets by name (`maxLength`, `minInclusive`, …), as written.
        item: for a list, the built-in type and the facets of its items.
        members: for a union, the built-in types and the facets of its members.
    """

    values: tuple[str, ...] = ()
    patterns: tuple[str, ...] = ()
    limits: tuple[tuple[str, str], ...] = ()
    item: tuple[str, Facets] | None = None
    members: tuple[tuple[str, Facets], ...] = ()


NO_FACETS = Facets()


def narrowed(derived: _Element, below: Facets) -> Facets:
    """Return the facets of a type that restricts a type with the facets `below`."""
    values: list[str] = []
    patterns: list[str] = []
    limits = dict(below.limits)
    for facet in derived.iterchildren("{*}*"):
        name, value = str(facet.tag).rpartition("}")[2], facet.get("value")
        if value is None:
            continue
        if name == "enumeration":
            values.append(value)
        elif name == "pattern":
            patterns.append(value)
        else:
            limits[name] = value
    # A text must match any pattern of one restriction, but every one of several restrictions.
    own = ("|".join(f"(?:{each})" for each in patterns),) if len(patterns) > 1 else (*patterns,)
    return replace(
        below,
        values=tuple(values) or below.values,
        patterns=(*below.patterns, *own),
        limits=tuple(limits.items()),
    )


def allows(text: str, base: str, facets: Facets) -> bool:
    """Return True if `text` is valid for the type that restricts `base` by `facets`."""
    if facets.members and not any(allows(text, *member) for member in facets.members):
        return False
    if facets.item is not None:
        words = text.split(maxsplit=_MOST_ITEMS)[:_MOST_ITEMS]
        if not all(allows(word, *facets.item) for word in words):
            return False
    simple = SIMPLE_TYPES.get(base)
    if simple is not None and not simple.allows(text):
        return False
    limits = dict(facets.limits)
    keeps_blanks = base in _BLANKS_COUNT and limits.get("whiteSpace") != "collapse"
    bare = text if keeps_blanks else " ".join(text.split())
    if facets.values and not _is_one_of(bare, base, facets.values):
        return False
    if not all(matches(pattern, bare) for pattern in facets.patterns):
        return False
    return _long_enough(bare, base, facets, limits) and _between(bare, base, limits)


def to_value(text: str, base: str, facets: Facets) -> Value:
    """Return the Python value of a text. The text itself if it is not valid for the type."""
    if facets.item is not None:
        return [to_value(word, *facets.item) for word in text.split()]
    for member in facets.members:
        if allows(text, *member):
            return to_value(text, *member)
    return to_python(text, base)


def rank(text: str, base: str) -> Decimal | None:
    """Return a number that orders the texts of a type. None if they are not compared here.

    A month of a duration counts as 30 days, and a time without a timezone as UTC.
    """
    if base == "duration":
        return _seconds(text)
    if base in _MOMENTS:
        return _moment(text, base)
    try:
        number = Decimal(text.replace("INF", "Infinity"))
    except ArithmeticError:
        return None
    return None if number.is_nan() else number


def _seconds(duration: str) -> Decimal | None:
    found = _DURATION.fullmatch(duration)
    if found is None:
        return None
    sign, *amounts = found.groups()
    try:
        total = sum(
            (Decimal(amount or 0) * unit for amount, unit in zip(amounts, _UNITS, strict=True)),
            Decimal(),
        )
    except ArithmeticError:
        return None  # for example a million digits
    return -total if sign else total


def _moment(text: str, base: str) -> Decimal | None:
    found = _MOMENTS[base].fullmatch(text)
    if found is None:
        return None
    day, clock, rest = found.groups()
    day += _FIRST_DAY[len(day) :]
    try:
        moment = datetime.fromisoformat(f"{day}T{clock or _MIDNIGHT}{rest}")
    except ValueError:
        return None  # a year or a fraction that Python does not support
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return Decimal(moment.timestamp())


def _is_one_of(text: str, base: str, values: tuple[str, ...]) -> bool:
    if text in values:
        return True
    simple = SIMPLE_TYPES.get(base)
    if simple is None or simple.parse not in {int, float, Decimal}:
        return False
    return rank(text, base) in {rank(value, base) for value in values}


def _long_enough(text: str, base: str, facets: Facets, limits: dict[str, str]) -> bool:
    if not limits.keys() & {"length", "minLength", "maxLength"} or base in _WITHOUT_LENGTH:
        return True
    if facets.item is not None or base in _LISTS:
        length = len(text.split())
    elif base == "hexBinary":
        length = len(text) // 2
    elif base == "base64Binary":
        length = len(base64.b64decode(text))
    else:
        length = len(text)
    counts = {name: int(value) for name, value in limits.items() if value.isdecimal()}
    return (
        counts.get("minLength", 0) <= length <= counts.get("maxLength", length)
        and counts.get("length", length) == length
    )


def _between(text: str, base: str, limits: dict[str, str]) -> bool:
    if not _few_digits(text, limits):
        return False
    ranks = {name: rank(limit, base) for name, limit in limits.items() if name[3:] in _BOUNDS}
    place = rank(text, base) if ranks else None
    if place is None:
        return base not in _FLOATS or not ranks  # NaN is within no bounds
    for name, limit in ranks.items():
        if limit is None:
            continue
        if place == limit and name.endswith("Inclusive"):
            continue
        if not (place > limit if name.startswith("min") else place < limit):
            return False
    return True


_BOUNDS = frozenset(("Inclusive", "Exclusive"))


def _few_digits(text: str, limits: dict[str, str]) -> bool:
    if not limits.keys() & {"totalDigits", "fractionDigits"}:
        return True
    whole, _, fraction = text.lstrip("+-").partition(".")
    fraction = fraction.rstrip("0")
    for name, digits in (
        ("totalDigits", len(whole.lstrip("0")) + len(fraction)),
        ("fractionDigits", len(fraction)),
    ):
        limit = limits.get(name, "")
        if limit.isdecimal() and digits > int(limit):
            return False
    return True
