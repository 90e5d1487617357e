"""Error texts for invalid input that list the valid fields and values of the type."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from msgspec import inspect

if TYPE_CHECKING:
    from collections.abc import Iterable

# The end of msgspec's messages: " - at `$.answers[0].fault`", or "- at `key` in `$.numbers`".
_AT_ANYWHERE = re.compile(r" - at (?:`key` in )?`\$(?P<path>[^`]*)`")
_AT = re.compile(_AT_ANYWHERE.pattern + r"\Z")
_STEP = re.compile(r"\.(?P<field>\w+)|\[[^\]]*\]")
# The beginnings of msgspec's messages about fields and about values. The messages of our own types
# already say what is valid.
_ABOUT_FIELDS = ("Object contains unknown field", "Object missing required field", "Expected `")
_ABOUT_VALUES = ("Invalid enum value", "Expected `")


def describe_at(where: str, error: Exception, kind: object) -> str:
    """Return the text of `describe` after the whole path of the invalid value.

    Args:
        where: the path of the value.
        error: the error that msgspec raised for the value.
        kind: the type of the value.
    """
    text = describe(error, kind)
    at = _AT_ANYWHERE.search(text)
    if at is not None:
        where, text = where + at["path"], text[: at.start()] + text[at.end() :]
    where = where.removeprefix(".")
    return f"{where}: {text}" if where else text


def describe(error: Exception, kind: object) -> str:
    """Return the text of an error, with the valid fields or values at that place.

    Args:
        error: the error that msgspec raised for an invalid value.

    """
    text = str(error)
    if not text.startswith((*_ABOUT_FIELDS, *_ABOUT_VALUES)):
        return text
    at = _AT.search(text)
    found = _types_at(inspect.type_info(kind), at["path"] if at else "")
    hints = []
    if text.startswith(_ABOUT_FIELDS) and (fields := _fields(found)):
        hints.append(f"Valid fields: {', '.join(fields)}.")
    if text.startswith(_ABOUT_VALUES) and (values := _values(found)):
        hints.append(f"Valid values: {', '.join(values)}.")
    return " ".join([f"{text}.", *hints]) if hints else text


def _types_at(kind: inspect.Type, path: str) -> list[inspect.Type]:
    """Return the types that are possible at a path. A union gives its members."""
    found = _alternatives(kind)
    for step in _STEP.finditer(path):
        below = [_below(each, step["field"]) for each in found]
        found = [one for each in below if each is not None for one in _alternatives(each)]
    return found


def _alternatives(kind: inspect.Type) -> list[inspect.Type]:
    if isinstance(kind, inspect.Metadata):
        return _alternatives(kind.type)
    if isinstance(kind, inspect.UnionType):
        return [one for each in kind.types for one in _alternatives(each)]
    return [kind]


def _below(kind: inspect.Type, field: str | None) -> inspect.Type | None:
    if field is not None:
        fields = kind.fields if isinstance(kind, inspect.StructType) else ()
        return next((each.type for each in fields if each.encode_name == field), None)
    if isinstance(kind, inspect.DictType):
        return kind.value_type
    return getattr(kind, "item_type", None)


def _fields(kinds: Iterable[inspect.Type]) -> list[str]:
    return [
        each.encode_name
        for kind in kinds
        if isinstance(kind, inspect.StructType)
        for each in kind.fields
    ]


def _values(kinds: Iterable[inspect.Type]) -> list[str]:
    found: list[object] = []
    for kind in kinds:
        if isinstance(kind, inspect.EnumType):
            found += [each.value for each in kind.cls]
        elif isinstance(kind, inspect.LiteralType):
            found += kind.values
    return [str(each) for each in found]
