"""The types of a WSDL's inline schemas, as far as a SOAP message's shape depends on them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from lxml.etree import _Element

XSD = "http://www.w3.org/2001/XMLSchema"
SOAP_ENCODING = "http://schemas.xmlsoap.org/soap/encoding/"
WSDL = "http://schemas.xmlsoap.org/wsdl/"
# Deep enough for any message of a gateway; ends what refers to itself.
_MAX_NESTING = 8

Kind = Literal["scalar", "struct", "array"]


@dataclass(frozen=True, slots=True)
class QName:
    """A name in a namespace (empty: in none)."""

    namespace: str
    name: str


@dataclass(frozen=True, slots=True)
class Shape:
    """What stands at one place of a message.

    Attributes:
        name: the element's local name.
        namespace: the element's namespace; empty for an unqualified one.
        type: its type's name; None for a type without one.
        kind: a scalar, a struct of `fields`, or an array of `fields[0]`.
        fields: what stands inside.
        optional: whether it may be left out.
    """

    name: str
    namespace: str
    type: QName | None
    kind: Kind = "scalar"
    fields: tuple[Shape, ...] = ()
    optional: bool = False

    def leaves(self, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Shape]]:
        """The scalars inside, each with the names that lead to it."""
        if self.kind == "struct":
            for inner in self.fields:
                yield from inner.leaves((*path, inner.name))
        else:
            yield path, self


def qname(value: str, element: _Element) -> QName:
    """Resolve `prefix:name` where `element` stands; an unknown prefix names no namespace."""
    prefix, colon, local = value.strip().rpartition(":")
    namespace = element.nsmap.get(prefix if colon else None)
    return QName(namespace or "", local)


class Schemas:
    """The elements and types that a WSDL's `types` declares."""

    def __init__(self, schemas: Iterable[_Element]) -> None:
        self._elements: dict[QName, _Element] = {}
        self._types: dict[QName, _Element] = {}
        for schema in schemas:
            target = schema.get("targetNamespace", "")
            for child in schema.iterchildren(f"{{{XSD}}}*"):
                table = self._elements if child.tag == f"{{{XSD}}}element" else self._types
                name = child.get("name")
                if name:
                    table.setdefault(QName(target, name), child)

    def of_element(self, name: QName) -> Shape | None:
        """The shape of a global element; None when no schema declares it."""
        declaration = self._elements.get(name)
        return None if declaration is None else self._element(declaration, name.namespace, 0)

    def of_type(self, name: str, declared: QName) -> Shape:
        """The shape of an unqualified element `name` of type `declared`."""
        return self._typed(name, "", declared, optional=False, depth=0)

    def _element(self, element: _Element, namespace: str, depth: int) -> Shape:
        optional = element.get("minOccurs") == "0"
        reference = element.get("ref")
        if reference is not None:
            target = qname(reference, element)
            declaration = self._elements.get(target)
            if declaration is None or depth > _MAX_NESTING:
                return Shape(target.name, target.namespace, None, optional=optional)
            return self._element(declaration, target.namespace, depth + 1)
        name = element.get("name", "")
        declared = element.get("type")
        if declared is not None:
            return self._typed(
                name, namespace, qname(declared, element), optional=optional, depth=depth
            )
        inline = element.find(f"{{{XSD}}}complexType")
        kind, fields = ("scalar", ()) if inline is None else self._content(inline, depth)
        return Shape(name, namespace, None, kind, fields, optional)

    def _typed(
        self, name: str, namespace: str, declared: QName, *, optional: bool, depth: int
    ) -> Shape:
        kind: Kind = "scalar"
        fields: tuple[Shape, ...] = ()
        definition = self._types.get(declared)
        if definition is not None and definition.tag == f"{{{XSD}}}complexType":
            kind, fields = self._content(definition, depth)
        elif declared == QName(SOAP_ENCODING, "Array"):
            kind, fields = "array", (Shape("item", "", QName(XSD, "string")),)
        return Shape(name, namespace, declared, kind, fields, optional)

    def _content(self, definition: _Element, depth: int) -> tuple[Kind, tuple[Shape, ...]]:
        if depth > _MAX_NESTING or definition.find(f"{{{XSD}}}simpleContent") is not None:
            return "scalar", ()
        restriction = definition.find(f"{{{XSD}}}complexContent/{{{XSD}}}restriction")
        if restriction is not None and qname(restriction.get("base", ""), restriction) == QName(
            SOAP_ENCODING, "Array"
        ):
            return "array", (self._item(restriction, depth),)
        fields = self._inherited(definition, depth) + tuple(
            self._element(element, _form(element), depth + 1)
            for element in definition.iter(f"{{{XSD}}}element")
            if next(element.iterancestors(f"{{{XSD}}}complexType")) is definition
        )
        if len(fields) == 1 and _repeats(definition):
            return "array", fields
        return "struct", fields

    def _inherited(self, definition: _Element, depth: int) -> tuple[Shape, ...]:
        extension = definition.find(f"{{{XSD}}}complexContent/{{{XSD}}}extension")
        if extension is None:
            return ()
        base = self._types.get(qname(extension.get("base", ""), extension))
        return () if base is None else self._content(base, depth + 1)[1]

    def _item(self, restriction: _Element, depth: int) -> Shape:
        """An encoded array's item, from `wsdl:arrayType="xsd:string[]"`."""
        for attribute in restriction.iter(f"{{{XSD}}}attribute"):
            declared = attribute.get(f"{{{WSDL}}}arrayType")
            if declared is not None:
                return self._typed(
                    "item",
                    "",
                    qname(declared.partition("[")[0], attribute),
                    optional=True,
                    depth=depth + 1,
                )
        return Shape("item", "", QName(XSD, "string"), optional=True)


def _form(element: _Element) -> str:
    """The namespace of a local element: its schema's when qualified, else none."""
    schema = next(element.iterancestors(f"{{{XSD}}}schema"), None)
    if schema is None:
        return ""
    form = element.get("form", schema.get("elementFormDefault", "unqualified"))
    return schema.get("targetNamespace", "") if form == "qualified" else ""


def _repeats(definition: _Element) -> bool:
    element = next(definition.iter(f"{{{XSD}}}element"), None)
    return element is not None and element.get("maxOccurs", "1") not in ("0", "1")
