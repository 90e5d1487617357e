"""The simple types of an operation's parts, and the values that fit them."""

from __future__ import annotations

import re
from typing import Literal

__all__ = ["Kind", "fits", "kind_of", "proposal", "wanted"]

Kind = Literal["text", "integer", "decimal", "boolean", "date", "time", "datetime", "other"]

_KINDS: dict[str, Kind] = {
    **dict.fromkeys(
        ("string", "normalizedString", "token", "anyType", "anySimpleType", "anyURI", ""), "text"
    ),
    **dict.fromkeys(("int", "integer", "long", "short", "byte"), "integer"),
    **dict.fromkeys(("unsignedInt", "unsignedLong", "unsignedShort", "unsignedByte"), "integer"),
    **dict.fromkeys(("nonNegativeInteger", "positiveInteger"), "integer"),
    **dict.fromkeys(("decimal", "float", "double"), "decimal"),
    "boolean": "boolean",
    "date": "date",
    "time": "time",
    "dateTime": "datetime",
}
_ZONE = r"(?:Z|[+-]\d\d:\d\d)?"
_PATTERNS: dict[Kind, str] = {
    "integer": r"[+-]?[0-9]{1,40}",
    "decimal": r"[+-]?[0-9]{1,40}(?:\.[0-9]{0,40})?",
    "boolean": "true|false|0|1",
    "date": rf"\d{{4}}-\d\d-\d\d{_ZONE}",
    "time": rf"\d\d:\d\d:\d\d(?:\.\d{{1,9}})?{_ZONE}",
    "datetime": rf"\d{{4}}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{{1,9}})?{_ZONE}",
}
_PROPOSALS: dict[Kind, str] = {"integer": "1", "decimal": "1", "boolean": "true"}


def kind_of(builtin: str) -> Kind:
    """Return the kind of an XSD type, by the name of its built-in base type."""
    return _KINDS.get(builtin, "other")


def fits(value: str, kind: Kind, allowed: tuple[str, ...] = ()) -> bool:
    """Return True if `value` is valid for a part.

    Args:
        value: the text to write.
        kind: the kind of the part.
        allowed: the values of an enumeration. Empty for any value.
    """
    if allowed:
        return value in allowed
    pattern = _PATTERNS.get(kind)
    return pattern is None or re.fullmatch(pattern, value) is not None


def wanted(kind: Kind, allowed: tuple[str, ...] = ()) -> str:
    """Return a description of the values that fit a part, for an error text."""
    if allowed:
        return f"one of {', '.join(allowed)}"
    return {
        "integer": "a whole number",
        "decimal": "a number",
        "datetime": "a date and time",
        "other": "a value of its XSD type",
    }.get(kind, f"a {kind}")


def proposal(kind: Kind, allowed: tuple[str, ...], now: str) -> str:
    """Return a harmless value for a part that has no parameter in the guide.

    Args:
        kind: the kind of the part.
        allowed: the values of an enumeration. Empty for any value.
        now: the current time, such as "2026-11-26T12:30:00".
    """
    if allowed:
        return allowed[0]
    date, _, time = now.partition("T")
    return {"date": date, "time": time, "datetime": now}.get(kind) or _PROPOSALS.get(kind, "")
