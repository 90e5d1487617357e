"""Made-up values for what an operation returns: right for the type, and the same each time."""

from __future__ import annotations

import re
from dataclasses import replace
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING

from .simple_types import SIMPLE_TYPES
from .xsd_patterns import matching

if TYPE_CHECKING:
    from convergia_mockserver.gateway.calls import Value

    from .schema_types import Facets, Shape

# An optional struct below that is left out: a type may hold itself.
_DEEPEST = 4


def example(shape: Shape, depth: int = 0) -> Value:
    """Return a value for `shape`. Its texts begin with `mock-`, its numbers are 12345."""
    one: Value
    match shape.kind:
        case "array":
            one = [example(replace(shape.fields[0], repeated=False), depth + 1)]
        case "struct":
            one = {
                field.name: example(field, depth + 1)
                for field in (*shape.fields, *shape.attributes)
                if not field.alternative
                and not (field.optional and field.kind != "scalar" and depth >= _DEEPEST)
            }
        case "scalar":
            one = _scalar(shape)
    return [one] if shape.repeated and shape.kind != "array" else one


def _scalar(shape: Shape) -> str:
    facets = shape.facets
    if facets.values:
        return facets.values[0]
    simple = SIMPLE_TYPES.get(shape.base)
    text = (simple.example if simple else "") or f"mock-{shape.name}"
    limits = dict(facets.limits)
    if _is_number(text):
        text = _within(text, limits)
    elif shape.base in {"date", "dateTime", "time", "gYear", "gYearMonth"}:
        text = max(text, limits.get("minInclusive", text))
        text = min(text, limits.get("maxInclusive", text))
    else:
        text = _long_enough(text, limits)
    return _by_pattern(text, facets)


def _is_number(text: str) -> bool:
    return re.fullmatch(r"-?[0-9]+(?:\.[0-9]+)?", text) is not None


def _within(text: str, limits: dict[str, str]) -> str:
    """Return the number, moved to where the limits let it be."""
    number = Decimal(text)
    try:
        if "fractionDigits" in limits:
            number = round(number, int(limits["fractionDigits"]))
        if "totalDigits" in limits and len(number.as_tuple().digits) > int(limits["totalDigits"]):
            number = Decimal(10 ** (int(limits["totalDigits"]) - 1))
        for name, step in (("minInclusive", 0), ("minExclusive", 1)):
            if name in limits:
                number = max(number, Decimal(limits[name]) + step)
        for name, step in (("maxInclusive", 0), ("maxExclusive", 1)):
            if name in limits:
                number = min(number, Decimal(limits[name]) - step)
    except (InvalidOperation, ValueError):
        return text
    return f"{number:f}"


def _long_enough(text: str, limits: dict[str, str]) -> str:
    def limit(name: str, default: int) -> int:
        value = limits.get(name, "")
        return min(int(value), 1000) if value.isdecimal() else default

    least, most = limit("minLength", 0), limit("maxLength", len(text))
    least = most = limit("length", -1) if "length" in limits else max(most, least)
    return text[:most].ljust(least, "x") if "length" in limits or least > len(text) else text[:most]


def _by_pattern(text: str, facets: Facets) -> str:
    for pattern in facets.patterns:
        try:
            fits = re.fullmatch(pattern, text) is not None
        except re.error:
            continue
        if not fits:
            text = matching(pattern) or text
    return text
