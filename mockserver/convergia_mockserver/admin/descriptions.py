"""The descriptions of a struct's fields, taken from its docstring."""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterable
from typing import Any

import msgspec

_FIELDS = re.compile(r"^Attributes:\n", re.MULTILINE)
_SECTION = re.compile(r"^(Args|Attributes|Raises|Returns):\n(?:[ \t]+.*\n?|\n)*", re.MULTILINE)
_FIELD = re.compile(r"^    (\w+(?:, \w+)*): (.*(?:\n     +.*)*)", re.MULTILINE)


def field_texts(doc: str) -> dict[str, str]:
    """Return the text of each field in `Attributes:` as one line, with `null` for `None`."""
    before, *sections = _FIELDS.split(inspect.cleandoc(doc))
    del before
    return {
        name: re.sub(r"\bNone\b", "null", " ".join(text.split()))
        for section in sections
        for names, text in _FIELD.findall(section.partition("\n\n")[0])
        for name in names.split(", ")
    }


def fields_of(kind: type) -> dict[str, str]:
    """Return the texts of a struct's fields, with the inherited ones."""
    found: dict[str, str] = {}
    for each in reversed(kind.__mro__):
        if each.__module__.startswith("convergia"):
            found |= field_texts(each.__doc__ or "")
    return found


def described_types(kinds: Iterable[object]) -> dict[str, type]:
    """Return the classes that have a component in the JSON schemas of these types, by name."""
    found: dict[str, type] = {}
    waiting: list[object] = list(msgspec.inspect.multi_type_info(kinds))
    while waiting:
        kind = waiting.pop()
        if isinstance(kind, msgspec.inspect.Type | msgspec.inspect.Field):
            cls = getattr(kind, "cls", None)
            if isinstance(cls, type):
                if cls.__name__ in found:
                    continue
                found[cls.__name__] = cls
            waiting += [getattr(kind, name) for name in kind.__struct_fields__]
        elif isinstance(kind, tuple):
            waiting += kind
    return found


def describe_fields(schema: dict[str, Any], kind: type) -> None:
    """Move the texts of a schema's fields from its description to the fields.

    Args:
        schema: the schema of the class.
        kind: the class, whose bases describe inherited fields.
    """
    texts = fields_of(kind)
    doc = inspect.cleandoc(schema.get("description", "")) + "\n"
    schema["description"] = _SECTION.sub("", doc).strip()
    properties = schema.get("properties", {})
    for name, text in texts.items():
        if name in properties:
            properties[name] = {**properties[name], "description": text}
