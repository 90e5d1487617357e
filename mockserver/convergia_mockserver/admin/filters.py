"""Converting a query string to criteria."""

from __future__ import annotations

import typing
from typing import TYPE_CHECKING, Annotated, TypeVar

import msgspec

from convergia_mockserver.gateway import Pattern

if TYPE_CHECKING:
    from collections.abc import Mapping

StructT = TypeVar("StructT", bound=msgspec.Struct)

_MAX_TEXT = 2000
# A text parameter is matched as a whole, unless it begins with one of these and a colon.
_WAYS = ("exact", "prefix", "contains", "regex")

Text = Annotated[
    str,
    msgspec.Meta(
        description="The whole value, or a pattern after `prefix:`, `contains:` or `regex:`.",
        max_length=_MAX_TEXT,
    ),
]
# The range that JSON's readers in other languages can hold.
Number = Annotated[int, msgspec.Meta(ge=0, le=2**53 - 1)]
MAX_PAGE = 1000
Limit = Annotated[int, msgspec.Meta(ge=1, le=MAX_PAGE)]


class Page(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A page of the results.

    Attributes:
        offset: the number of results to skip.
        limit: the largest number of results to return, 1 to 1000.
        newest_first: true to return the newest first.
    """

    offset: Number = 0
    limit: Limit = 100
    newest_first: bool = False


def parameter_type(kind: object) -> object:
    """Return the type of a query parameter as a client writes it."""
    if is_table(kind):
        return dict[str, Text]
    return Text | None if _is_text(kind) else kind


def is_table(kind: object) -> bool:
    """Return True if a parameter has keys: `arguments[NAME]=value`."""
    return typing.get_origin(kind) is dict


def converted(given: Mapping[str, str], kind: type[StructT]) -> StructT:
    """Convert a query to its struct.

    Raises:
        ValueError: if a parameter is unknown or malformed, or a pattern is invalid.
    """
    types = {each.name: each.type for each in msgspec.structs.fields(kind)}
    values: dict[str, object] = {}
    for name, value in given.items():
        table, bracket, key = name.partition("[")
        if bracket and key.endswith("]") and is_table(types.get(table)):
            entries = values.setdefault(table, {})
            if isinstance(entries, dict):
                entries[key[:-1]] = _pattern(name, value)
        else:
            values[name] = _pattern(name, value) if _is_text(types.get(name)) else value
    return msgspec.convert(values, kind, strict=False)


def _is_text(kind: object) -> bool:
    return Pattern in typing.get_args(kind)


def _pattern(name: str, value: str) -> str | dict[str, str]:
    if len(value) > _MAX_TEXT:
        raise ValueError(f"{name}: it must have at most {_MAX_TEXT} characters")
    way, colon, rest = value.partition(":")
    return {way: rest} if colon and way in _WAYS else value
