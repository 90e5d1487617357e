"""Made-up results of operations, which are valid for their type and always the same."""

from __future__ import annotations

import base64
import re
from dataclasses import replace
from datetime import MAXYEAR, MINYEAR
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING

from .facets import allows
from .schema_types import TEXT
from .simple_types import SIMPLE_TYPES
from .xsd_patterns import matching

if TYPE_CHECKING:
    from collections.abc import Iterator

    from convergia_mockserver.gateway.calls import Value

    from .facets import Facets
    from .schema_types import Shape

# Below this depth, optional fields of structs are left out, because a type may contain itself.
_DEEPEST = 4
_LONGEST = 1000
_SOME_BYTES = b"mock"


def example(shape: Shape, depth: int = 0) -> Value:
    """Return a value for `shape`. Texts begin with `mock-`, numbers are 12345."""
    if shape.repeated:
        return [example(replace(shape, repeated=False), depth)] * shape.least
    match shape.kind:
        case "array":
            item = shape.fields[0]
            return [example(replace(item, repeated=False), depth + 1)] * item.least
        case "struct":
            return {field.name: _field(field, depth + 1) for field in shape.fields
                    if not field.alternative and not _left_out(field, depth)
            } | _attributes(shape)  # fmt: skip
        case "scalar":
            text = _text(shape.name, shape.base, shape.facets)
            return {TEXT: text, **_attributes(shape)} if shape.attributes else text


def _field(field: Shape, depth: int) -> Value:
    if depth > _DEEPEST and field.nillable and field.kind != "scalar":
        return None
    return example(field, depth)


def _left_out(field: Shape, depth: int) -> bool:
    return field.optional and field.kind != "scalar" and depth >= _DEEPEST


def _attributes(shape: Shape) -> dict[str, Value]:
    return {each.name: _text(each.name, each.base, each.facets) for each in shape.attributes}


def _text(name: str, base: str, facets: Facets) -> str:
    """Return the first candidate that is valid for the type, or else the first candidate."""
    texts = list(_candidates(name, base, facets))
    return next((text for text in texts if allows(text, base, facets)), texts[0])


def _candidates(name: str, base: str, facets: Facets) -> Iterator[str]:
    yield from facets.values
    for member in facets.members:
        yield _text(name, *member)
    limits = dict(facets.limits)
    if facets.item is not None:
        words = max(_count(limits, "length", 1), _count(limits, "minLength", 1))
        yield " ".join([_text(name, *facets.item)] * words)
    simple = SIMPLE_TYPES.get(base)
    text = (simple.example if simple else "") or f"mock-{name}"
    bounds = [limits[each] for each in ("minInclusive", "maxInclusive") if each in limits]
    if _is_number(text):
        yield _within(text, limits, whole="." not in text)
    elif base in {"hexBinary", "base64Binary"}:
        size = len(_SOME_BYTES)
        some = _long_enough(_SOME_BYTES.decode(), limits, size).encode()
        yield some.hex().upper() if base == "hexBinary" else base64.b64encode(some).decode()
    elif base in {"date", "dateTime", "gYear", "gYearMonth"}:
        yield text
        yield from bounds
        for each, years in (("minExclusive", 1), ("maxExclusive", -1)):
            if each in limits:
                yield _years_later(limits[each], years)
    elif simple is not None and simple.example:
        yield text
        yield from bounds
        yield _long_enough(text, limits, len(text))
    else:
        yield _long_enough(text, limits, len(text))
    for pattern in facets.patterns:
        yield matching(pattern) or text


def _is_number(text: str) -> bool:
    return re.fullmatch(r"-?[0-9]+(?:\.[0-9]+)?", text) is not None


def _within(text: str, limits: dict[str, str], *, whole: bool) -> str:
    """Return the number, changed so that it keeps the limits."""
    number = Decimal(text)
    try:
        if "fractionDigits" in limits:
            number = round(number, int(limits["fractionDigits"]))
        if "totalDigits" in limits and len(number.as_tuple().digits) > int(limits["totalDigits"]):
            number = Decimal(10 ** (int(limits["totalDigits"]) - 1))
        least, most = (
            [
                (Decimal(limits[name]), name.endswith("Exclusive"))
                for name in names
                if name in limits
            ]
            for names in (("minInclusive", "minExclusive"), ("maxInclusive", "maxExclusive"))
        )
        step = Decimal(1)
        if "fractionDigits" in limits:
            step = Decimal(1).scaleb(-int(limits["fractionDigits"]))
        elif not whole and least and most:
            step = (min(most)[0] - max(least)[0]) / 2
        for limit, outside in least:
            number = max(number, limit + step * outside)
        for limit, outside in most:
            number = min(number, limit - step * outside)
    except (InvalidOperation, ValueError):
        return text
    return f"{number:f}"


def _years_later(text: str, years: int) -> str:
    year = int(text[:4]) if text[:4].isdecimal() else MINYEAR
    later = min(max(year + years, MINYEAR), MAXYEAR)
    return f"{later:04}{text[4:].replace('-02-29', '-02-28')}"


def _count(limits: dict[str, str], name: str, default: int) -> int:
    value = limits.get(name, "")
    return min(int(value), _LONGEST) if value.isdecimal() else default


def _long_enough(text: str, limits: dict[str, str], size: int) -> str:
    least, most = _count(limits, "minLength", 0), _count(limits, "maxLength", size)
    if "length" in limits:
        least = most = _count(limits, "length", size)
    return text[: max(most, least)].ljust(least, "x")
