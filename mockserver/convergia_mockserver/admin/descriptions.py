"""What the fields of a struct mean, out of its docstring."""

from __future__ import annotations

import inspect
import re
from typing import Any

_FIELDS = re.compile(r"^Attributes:\n", re.MULTILINE)
_SECTION = re.compile(r"^(Args|Attributes|Raises|Returns):\n(?:[ \t]+.*\n?|\n)*", re.MULTILINE)
_FIELD = re.compile(r"^    (\w+(?:, \w+)*): (.*(?:\n     +.*)*)", re.MULTILINE)


def field_texts(doc: str) -> dict[str, str]:
    """Return the text of each field below `Attributes:`, in one line, as readers of JSON say it."""
    before, *sections = _FIELDS.split(inspect.cleandoc(doc))
    del before
    return {
        name: re.sub(r"\bNone\b", "null", " ".join(text.split()))
        for section in sections
        for names, text in _FIELD.findall(section.partition("\n\n")[0])
        for name in names.split(", ")
    }


def fields_of(kind: type) -> dict[str, str]:
    """Return the texts of a struct's fields, those that it inherits included."""
    found: dict[str, str] = {}
    for each in reversed(kind.__mro__):
        if each.__module__.startswith("convergia"):
            found |= field_texts(each.__doc__ or "")
    return found


def describe_fields(schema: dict[str, Any]) -> None:
    """Move the texts of a schema's fields from its description to the fields."""
    doc = schema.get("description", "")
    texts = field_texts(doc)
    schema["description"] = _SECTION.sub("", inspect.cleandoc(doc) + "\n").strip()
    properties = schema.get("properties", {})
    for name, text in texts.items():
        if name in properties:
            properties[name] = {**properties[name], "description": text}
