"""What an operation takes and returns, as shapes: scalars, structs and lists of zeep's values."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

__all__ = ["Field", "ValueShape", "returned_shape", "taken_fields"]


@dataclass(frozen=True, slots=True)
class ValueShape:
    """A value's type.

    Attributes:
        kind: the name of XML Schema's built-in type; `struct`; or `list` for an encoded array.
        name: the type's own name, with its namespace in braces; empty without one.
        allowed: an enumeration's values.
        fields: a struct's. A type that holds itself is not described again: look at the name.
    """

    kind: str
    name: str = ""
    allowed: tuple[str, ...] = ()
    fields: tuple[Field, ...] = ()


@dataclass(frozen=True, slots=True)
class Field:
    """A part of an operation, or a member of a struct.

    Attributes:
        name: as the WSDL has it.
        shape: the type of one value.
        optional: whether it may be left out.
        nullable: whether it may be None.
        repeated: whether it is a list.
    """

    name: str
    shape: ValueShape
    optional: bool = False
    nullable: bool = False
    repeated: bool = False


@dataclass(slots=True)
class _TypeReader:
    """Reads zeep's types; `builtin` names the built-in type that a simple one comes from."""

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
    """Whether zeep sees no more than `xsd:any`: an array whose items only the wire describes."""
    return bool(elements) and len(elements) == 1 and str(elements[0][0]).startswith("_value_")


def taken_fields(
    body: Any,  # noqa: ANN401
    builtin: Callable[[Any], str],
    enumerations: Mapping[str, tuple[str, ...]],
) -> tuple[Field, ...]:
    """Return what an operation takes; `body` is the request's, as zeep has it."""
    return () if body is None else _TypeReader(builtin, enumerations).fields(body.type)


def returned_shape(
    body: Any,  # noqa: ANN401
    builtin: Callable[[Any], str],
    enumerations: Mapping[str, tuple[str, ...]],
) -> Field | None:
    """Return what a call returns; None for nothing.

    As zeep does, a single value is taken out of the element around it, and out of one more.
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
