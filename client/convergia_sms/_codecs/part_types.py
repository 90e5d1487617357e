"""The simple types that an operation's parts may have, and what may be written into each."""

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
    """Return the kind of an XSD type, by the name of the built-in type that it is derived from."""
    return _KINDS.get(builtin, "other")


def fits(value: str, kind: Kind, allowed: tuple[str, ...] = ()) -> bool:
    """Return True if `value` may be written into a part.

    Args:
        value: as it would be written.
        kind: the part's.
        allowed: the values of an enumeration; empty for any.
    """
    if allowed:
        return value in allowed
    pattern = _PATTERNS.get(kind)
    return pattern is None or re.fullmatch(pattern, value) is not None


def wanted(kind: Kind, allowed: tuple[str, ...] = ()) -> str:
    """Return what a part takes, as a message names it."""
    if allowed:
        return f"one of {', '.join(allowed)}"
    return {"integer": "digits only", "decimal": "a number", "datetime": "a date and time"}.get(
        kind, f"a {kind}"
    )


def proposal(kind: Kind, allowed: tuple[str, ...], now: str) -> str:
    """Return a harmless value for a part that the guide says nothing about.

    Args:
        kind: the part's.
        allowed: the values of an enumeration; empty for any.
        now: the time, as in "2026-11-26T12:30:00".
    """
    if allowed:
        return allowed[0]
    date, _, time = now.partition("T")
    return {"date": date, "time": time, "datetime": now}.get(kind) or _PROPOSALS.get(kind, "")
