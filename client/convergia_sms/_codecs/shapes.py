"""The types of an operation's input and result: scalars, structs and lists."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

__all__ = ["Field", "ValueShape", "returned_shape", "taken_fields"]


@dataclass(frozen=True, slots=True)
class ValueShape:
    """The type of a value.

    Attributes:
        kind: the name of the built-in type, `struct`, or `list` for an encoded array.
        name: the type's name, with its namespace in braces. Empty for an anonymous type.
        allowed: the values of an enumeration.
        fields: the members of a struct. A recursive type is not described again, so look at the
            name.
    """

    kind: str
    name: str = ""
    allowed: tuple[str, ...] = ()
    fields: tuple[Field, ...] = ()


@dataclass(frozen=True, slots=True)
class Field:
    """A part of an operation, or a member of a struct.

    Attributes:
        name: the name in the WSDL.
        shape: the type of one value.
        optional: True if it may be left out.
        nullable: True if it may be None.
        repeated: True if it is a list.
    """

    name: str
    shape: ValueShape
    optional: bool = False
    nullable: bool = False
    repeated: bool = False


@dataclass(slots=True)
class _TypeReader:
    """Reads zeep's types. `builtin` returns the name of a simple type's built-in base."""

    builtin: Callable[[Any], str]
    enumerations: Mapping[str, tuple[str, ...]]
    inside: set[str] = field(default_factory=set)

    def fields(self, type_: Any) -> tuple[Field, ...]:  # noqa: ANN401 # zeep is untyped
        elements = tuple(
            Field(
                str(name),
                self.shape(element.type),
                optional=bool(element.is_optional),
                nullable=bool(getattr(element, "nillable", False)) or bool(element.is_optional),
                repeated=bool(element.accepts_multiple),
            )
            for name, element in getattr(type_, "elements", ())
        )
        attributes = tuple(
            Field(str(name), self.shape(attribute.type), optional=True, nullable=True)
            for name, attribute in getattr(type_, "attributes", ())
            if getattr(attribute, "type", None) is not None
        )
        return elements + attributes

    def shape(self, type_: Any) -> ValueShape:  # noqa: ANN401
        name = str(getattr(type_, "qname", None) or "")
        elements = getattr(type_, "elements", None)
        if getattr(type_, "_array_type", None) is not None or _is_any_list(elements):
            return ValueShape("list", name)
        if not elements and not getattr(type_, "attributes", None):
            local = str(getattr(type_, "name", "") or "")
            return ValueShape(self.builtin(type_), name, self.enumerations.get(local, ()))
        if name in self.inside:
            return ValueShape("struct", name)
        self.inside.add(name)
        try:
            return ValueShape("struct", name, fields=self.fields(type_))
        finally:
            self.inside.discard(name)


def _is_any_list(elements: Any) -> bool:  # noqa: ANN401
    """Return True if zeep sees only `xsd:any`: an array whose items the reply describes."""
    return bool(elements) and len(elements) == 1 and str(elements[0][0]).startswith("_value_")


def taken_fields(
    body: Any,  # noqa: ANN401
    builtin: Callable[[Any], str],
    enumerations: Mapping[str, tuple[str, ...]],
) -> tuple[Field, ...]:
    """Return the input of an operation. `body` is zeep's body of the request."""
    return () if body is None else _TypeReader(builtin, enumerations).fields(body.type)


def returned_shape(
    body: Any,  # noqa: ANN401
    builtin: Callable[[Any], str],
    enumerations: Mapping[str, tuple[str, ...]],
) -> Field | None:
    """Return the result of an operation, or None if it returns nothing.

    As in zeep, a single value is unwrapped from up to two elements around it.
    """
    if body is None:
        return None
    reader = _TypeReader(builtin, enumerations)
    fields = reader.fields(body.type)
    if len(fields) != 1:
        return Field("", ValueShape("struct", "", fields=fields)) if fields else None
    only = fields[0]
    inner = only.shape.fields
    if not only.repeated and only.shape.kind == "struct" and len(inner) == 1:
        return inner[0]
    return only
