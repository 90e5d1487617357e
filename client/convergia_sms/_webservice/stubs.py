"""Typed Python stubs for a WSDL, as `convergia wsdl stubs` writes them."""

from __future__ import annotations

import json
import keyword
import re
import unicodedata
from pathlib import Path
from typing import TYPE_CHECKING

from convergia_sms._codecs.binding import parts_for
from convergia_sms._codecs.service import Service

if TYPE_CHECKING:
    from collections.abc import Iterable

    from convergia_wsdl import Profile

    from convergia_sms._codecs.shapes import Field, ValueShape

__all__ = ["stubs"]

_HEAD = '''# ruff: noqa
# fmt: off
"""The operations of a WSDL, typed: {wsdl}.

`convergia wsdl stubs` wrote this file; write it anew instead of editing it. Use it so:

    with Client() as sms:
        service = sms.service(Operations)
"""

from __future__ import annotations
'''
_CREDENTIALS = ("username", "password")
# The Python types that zeep uses for values of built-in types.
_TEXTS = (
    "string", "normalizedString", "token", "anyURI", "language", "Name", "NCName", "NMTOKEN", "ID",
    "IDREF", "ENTITY", "hexBinary",
)  # fmt: skip
_INTEGERS = (
    "integer", "int", "long", "short", "byte", "nonNegativeInteger", "positiveInteger",
    "nonPositiveInteger", "negativeInteger", "unsignedInt", "unsignedLong", "unsignedShort",
    "unsignedByte",
)  # fmt: skip
_TYPES = {
    **dict.fromkeys(_TEXTS, "str"),
    **dict.fromkeys(_INTEGERS, "int"),
    "decimal": "Decimal",
    "float": "float",
    "double": "float",
    "boolean": "bool",
    "date": "datetime.date",
    "dateTime": "datetime.datetime",
    "time": "datetime.time",
    "base64Binary": "bytes",
    "list": "list[Any]",
}
# Names that classes of the module must not have.
_TAKEN = frozenset(
    {
        "Any", "AsyncOperations", "Decimal", "Literal", "NotRequired", "Operations", "Protocol",
        "TypedDict", "datetime", "wsdl_names",
    }
)  # fmt: skip
_WIDTH = 100


def stubs(profile: Profile) -> str:
    """Return the module for the profile's WSDL. The same WSDL always gives the same text.

    Raises:
        ContractError: the WSDL cannot be read.
    """
    return _Module(profile).text()


class _Module:
    def __init__(self, profile: Profile) -> None:
        self._service = Service(profile)
        self._wsdl = re.sub(r"[^\w.-]", "_", Path(profile.wsdl).name)
        self._classes: dict[str, str] = {}
        self._definitions: list[str] = []
        self._credentials = {
            signature.name: {
                part.path[0] for part in parts_for(_CREDENTIALS, signature, profile).values()
            }
            for signature in self._service.signatures
        }

    def text(self) -> str:
        sync, of_async = [], []
        for operation in sorted(self._credentials):
            head, body = self._method(operation)
            sync += [*head, f"    def {body}"]
            of_async += [*head, f"    async def {body}"]
        parts = [
            *self._definitions,
            _protocol("Operations", "Client", sync),
            _protocol("AsyncOperations", "AsyncClient", of_async),
        ]
        body = "\n".join(parts) + "\n"
        return f"{_HEAD.format(wsdl=self._wsdl)}\n{_imports(body)}{body}"

    def _method(self, operation: str) -> tuple[list[str], str]:
        """Return the lines above a method's `def`, and the text after it."""
        takes, returned = self._service.shapes(operation)
        filled = self._credentials[operation]
        names = _unique((field.name for field in takes), {"self"})
        arguments = [
            self._argument(names[field.name], field, operation, filled=field.name in filled)
            for field in takes
        ]
        gives = "None" if returned is None else self._annotation(returned, f"{operation}_result")
        method = _identifier(operation)
        irregular = {written: name for name, written in names.items() if written != name}
        head = [""]
        if irregular or method != operation:
            head.append(f"    @wsdl_names({json.dumps(operation)}, {json.dumps(irregular)})")
        listed = ["self", *(["*", *arguments] if arguments else [])]
        line = f"{method}({', '.join(listed)}) -> {gives}: ..."
        if len(line) > _WIDTH - len("    async def "):
            line = "\n".join(
                [f"{method}(", *(f"        {each}," for each in listed), f"    ) -> {gives}: ..."]
            )
        return head, line

    def _argument(self, name: str, field: Field, operation: str, *, filled: bool) -> str:
        annotation = self._annotation(field, f"{operation}_{field.name}")
        return f"{name}: {annotation}{' = ...' if filled or field.optional else ''}"

    def _annotation(self, field: Field, anonymous: str) -> str:
        written = self._type(field.shape, anonymous)
        if field.repeated:
            written = f"list[{written}]"
        nullable = field.nullable and written != "Any"
        return f"{written} | None" if nullable else written

    def _type(self, shape: ValueShape, anonymous: str) -> str:
        if shape.allowed:
            return f"Literal[{', '.join(map(repr, shape.allowed))}]"
        if shape.kind == "struct":
            return self._struct(shape, anonymous)
        return _TYPES.get(shape.kind, "Any")

    def _struct(self, shape: ValueShape, anonymous: str) -> str:
        key = shape.name or f"{{}}{anonymous}"
        if key not in self._classes:
            taken = _TAKEN | set(self._classes.values())
            self._classes[key] = _class_name(key.rpartition("}")[2], taken)
            self._define(self._classes[key], shape)
        return self._classes[key]

    def _define(self, name: str, shape: ValueShape) -> None:
        place = len(self._definitions)
        lines = []
        for field in shape.fields:
            annotation = self._annotation(field, f"{name}_{field.name}")
            if field.optional:
                annotation = f"NotRequired[{annotation}]"
            lines.append(f"        {json.dumps(field.name)}: {json.dumps(annotation)},")
        inside = "\n".join(lines)
        body = f"{{\n{inside}\n    }}" if lines else "{}"
        self._definitions.insert(place, f'\n{name} = TypedDict(\n    "{name}",\n    {body},\n)')


def _imports(body: str) -> str:
    """Return only the imports that a module's body needs."""

    def needed(names: Iterable[str]) -> list[str]:
        return [name for name in names if re.search(rf"\b{name}\b", body)]

    typing = needed(("Any", "Literal", "NotRequired", "Protocol", "TypedDict"))
    lines = ["import datetime"] if needed(["datetime"]) else []
    lines += ["from decimal import Decimal"] if needed(["Decimal"]) else []
    lines.append(f"from typing import {', '.join(typing)}")
    lines += ["", "from convergia_sms import wsdl_names"] if needed(["wsdl_names"]) else []
    return "\n".join([*lines, ""])


def _protocol(name: str, client: str, methods: list[str]) -> str:
    doc = f'    """The methods of `{client}.service({name})`."""'
    return "\n".join(["\n", f"class {name}(Protocol):", doc, *methods])


def _identifier(name: str) -> str:
    """Return a valid Python name."""
    letters = unicodedata.normalize("NFKC", name)
    written = re.sub(r"\W", "_", letters)
    if not written or written[0].isdigit():
        written = f"_{written}"
    if keyword.iskeyword(written) or written.startswith("__"):
        written = f"{written.lstrip('_')}_"
    return written


def _unique(names: Iterable[str], taken: set[str]) -> dict[str, str]:
    """Return each name's identifier. Duplicates get a number."""
    found: dict[str, str] = {}
    used = set(taken)
    for name in names:
        written = _identifier(name)
        number = 2
        while written in used:
            written = f"{_identifier(name)}_{number}"
            number += 1
        used.add(written)
        found[name] = written
    return found


def _class_name(name: str, taken: frozenset[str]) -> str:
    written = _identifier(name)
    written = written[:1].upper() + written[1:]
    first, number = written, 2
    while written in taken:
        written = f"{first}{number}"
        number += 1
    return written
