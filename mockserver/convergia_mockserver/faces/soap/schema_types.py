"""The types of a WSDL's inline schemas, as far as a SOAP message's shape depends on them."""

from __future__ import annotations

from dataclasses import dataclass, replace
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
class Facets:
    """How a simple type restricts the one that it comes from.

    Attributes:
        values: the only ones that it has; empty for any.
        patterns: regular expressions of XML Schema, each of which a text must match.
        limits: by the facet's name (`maxLength`, `minInclusive`, …), as written.
    """

    values: tuple[str, ...] = ()
    patterns: tuple[str, ...] = ()
    limits: tuple[tuple[str, str], ...] = ()


NO_FACETS = Facets()


@dataclass(frozen=True, slots=True)
class Shape:
    """One place of a message: the element, and what may stand in it.

    Attributes:
        name: the element's local name.
        namespace: the element's namespace; empty for an unqualified one.
        type: its type's name; None for a type without one.
        kind: a scalar, a struct of `fields`, or an array of `fields[0]`.
        fields: the elements inside.
        optional: whether it may be left out.
        base: of a scalar, the local name of the built-in type that its type comes from.
        nillable: whether it may be nil.
        repeated: whether it may stand there several times.
        facets: of a scalar, by which its type restricts the built-in one.
        attributes: of a struct.
        alternative: whether it is part of a choice, and not its first.
    """

    name: str
    namespace: str
    type: QName | None
    kind: Kind = "scalar"
    fields: tuple[Shape, ...] = ()
    optional: bool = False
    base: str = "string"
    nillable: bool = False
    repeated: bool = False
    facets: Facets = NO_FACETS
    attributes: tuple[Shape, ...] = ()
    alternative: bool = False

    def leaves(self, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Shape]]:
        """Yield the scalars inside, each with the names that lead to it."""
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
        self._groups: dict[QName, _Element] = {}
        tables = {f"{{{XSD}}}element": self._elements, f"{{{XSD}}}group": self._groups}
        for schema in schemas:
            target = schema.get("targetNamespace", "")
            for child in schema.iterchildren(f"{{{XSD}}}*"):
                table = tables.get(str(child.tag), self._types)
                name = child.get("name")
                if name:
                    table.setdefault(QName(target, name), child)

    def of_element(self, name: QName) -> Shape | None:
        """Return the shape of a global element; None when no schema declares it."""
        declaration = self._elements.get(name)
        return None if declaration is None else self._element(declaration, name.namespace, 0)

    def of_type(self, name: str, declared: QName) -> Shape:
        """Return the shape of an unqualified element `name` of type `declared`."""
        return self._typed(name, "", declared, 0)

    def _element(self, element: _Element, namespace: str, depth: int) -> Shape:
        optional = element.get("minOccurs") == "0"
        repeated = element.get("maxOccurs", "1") not in ("0", "1")
        reference = element.get("ref")
        if reference is not None:
            target = qname(reference, element)
            declaration = self._elements.get(target)
            if declaration is None or depth > _MAX_NESTING:
                shape = Shape(target.name, target.namespace, None)
            else:
                shape = self._element(declaration, target.namespace, depth + 1)
            return replace(shape, optional=optional, repeated=repeated)
        name = element.get("name", "")
        declared = element.get("type")
        if declared is not None:
            shape = self._typed(name, namespace, qname(declared, element), depth)
        else:
            shape = self._anonymous(name, namespace, element, depth)
        nillable = element.get("nillable") in ("true", "1")
        return replace(shape, optional=optional, repeated=repeated, nillable=nillable)

    def _anonymous(self, name: str, namespace: str, element: _Element, depth: int) -> Shape:
        inline = element.find(f"{{{XSD}}}complexType")
        if inline is not None:
            return self._complex(Shape(name, namespace, None), inline, depth)
        restricted = element.find(f"{{{XSD}}}simpleType")
        base, facets = ("anyType", NO_FACETS) if restricted is None else self._simple(restricted)
        return Shape(name, namespace, None, base=base, facets=facets)

    def _typed(self, name: str, namespace: str, declared: QName, depth: int) -> Shape:
        shape = Shape(name, namespace, declared)
        definition = self._types.get(declared)
        if declared == QName(SOAP_ENCODING, "Array"):
            return replace(shape, kind="array", fields=(Shape("item", "", QName(XSD, "string")),))
        if definition is None:
            base = declared.name if declared.namespace in (XSD, SOAP_ENCODING) else "string"
            return replace(shape, base=base)
        if definition.tag == f"{{{XSD}}}complexType":
            return self._complex(shape, definition, depth)
        base, facets = self._simple(definition)
        return replace(shape, base=base, facets=facets)

    def _complex(self, shape: Shape, definition: _Element, depth: int) -> Shape:
        simple = definition.find(f"{{{XSD}}}simpleContent/{{{XSD}}}extension")
        if simple is not None:
            base, facets = self._named_simple(qname(simple.get("base", ""), simple))
            return replace(shape, base=base, facets=facets)
        kind, fields = self._content(definition, depth)
        attributes = () if kind == "array" else tuple(self._attributes(definition, depth))
        return replace(shape, kind=kind, fields=fields, attributes=attributes)

    def _attributes(self, definition: _Element, depth: int) -> Iterator[Shape]:
        for attribute in definition.iter(f"{{{XSD}}}attribute"):
            name = attribute.get("name")
            if name:
                declared = qname(attribute.get("type", ""), attribute)
                shape = self._typed(name, "", declared, depth + 1)
                yield replace(shape, optional=attribute.get("use") != "required")

    def _simple(self, definition: _Element, depth: int = 0) -> tuple[str, Facets]:
        """Return the built-in type that a simple type comes from, and its restrictions."""
        for derived in definition.iterchildren():
            base = derived.get("base") or derived.get("itemType")
            base = base or derived.get("memberTypes", "").partition(" ")[0]
            inner = derived.find(f"{{{XSD}}}simpleType")
            if depth > _MAX_NESTING or not (base or inner is not None):
                continue
            if base:
                name, below = self._named_simple(qname(base, derived), depth + 1)
            elif inner is not None:
                name, below = self._simple(inner, depth + 1)
            return name, _facets(derived, below)
        return "string", NO_FACETS

    def _named_simple(self, name: QName, depth: int = 0) -> tuple[str, Facets]:
        definition = self._types.get(name)
        if definition is None or definition.tag != f"{{{XSD}}}simpleType":
            return (name.name if name.namespace in (XSD, SOAP_ENCODING) else "string"), NO_FACETS
        return self._simple(definition, depth)

    def _content(self, definition: _Element, depth: int) -> tuple[Kind, tuple[Shape, ...]]:
        if depth > _MAX_NESTING:
            return "struct", ()
        restriction = definition.find(f"{{{XSD}}}complexContent/{{{XSD}}}restriction")
        if restriction is not None and qname(restriction.get("base", ""), restriction) == QName(
            SOAP_ENCODING, "Array"
        ):
            return "array", (self._item(restriction, depth),)
        fields = (*self._inherited(definition, depth), *self._own(definition, depth))
        if len(fields) == 1 and fields[0].repeated:
            return "array", fields
        return "struct", fields

    def _own(self, definition: _Element, depth: int) -> Iterator[Shape]:
        """Yield the elements that a type or a group lists itself."""
        owners = (f"{{{XSD}}}complexType", f"{{{XSD}}}group")
        for element in definition.iter(f"{{{XSD}}}element", f"{{{XSD}}}group"):
            if (
                element is definition
                or next(element.iterancestors(*owners), None) is not definition
            ):
                continue
            if element.tag == f"{{{XSD}}}group":
                group = self._groups.get(qname(element.get("ref", ""), element))
                if group is not None and depth <= _MAX_NESTING:
                    yield from self._own(group, depth + 1)
                continue
            shape = self._element(element, _form(element), depth + 1)
            choice = next(element.iterancestors(f"{{{XSD}}}choice"), None)
            if choice is not None and next(choice.iterancestors(*owners), None) is definition:
                # The first alternative stands for the choice; the others may be left out.
                later = next(choice.iter(f"{{{XSD}}}element")) is not element
                several = choice.get("maxOccurs", "1") not in ("0", "1")
                shape = replace(
                    shape,
                    optional=shape.optional or later or choice.get("minOccurs") == "0",
                    repeated=shape.repeated or several,
                    alternative=later,
                )
            yield shape

    def _inherited(self, definition: _Element, depth: int) -> tuple[Shape, ...]:
        extension = definition.find(f"{{{XSD}}}complexContent/{{{XSD}}}extension")
        if extension is None:
            return ()
        base = self._types.get(qname(extension.get("base", ""), extension))
        if base is None:
            return ()
        return self._content(base, depth + 1)[1]

    def _item(self, restriction: _Element, depth: int) -> Shape:
        """Return an encoded array's item, from `wsdl:arrayType="xsd:string[]"`."""
        declared = QName(XSD, "string")
        for attribute in restriction.iter(f"{{{XSD}}}attribute"):
            named = attribute.get(f"{{{WSDL}}}arrayType")
            if named is not None:
                declared = qname(named.partition("[")[0], attribute)
        return replace(self._typed("item", "", declared, depth + 1), optional=True)


def _facets(derived: _Element, below: Facets) -> Facets:
    values, patterns, limits = [], list(below.patterns), dict(below.limits)
    for facet in derived.iterchildren(f"{{{XSD}}}*"):
        name, value = str(facet.tag).rpartition("}")[2], facet.get("value")
        if value is None:
            continue
        if name == "enumeration":
            values.append(value)
        elif name == "pattern":
            patterns.append(value)
        else:
            limits[name] = value
    return Facets(tuple(values) or below.values, tuple(patterns), tuple(limits.items()))


def _form(element: _Element) -> str:
    """Return the namespace of a local element: its schema's when qualified, else none."""
    schema = next(element.iterancestors(f"{{{XSD}}}schema"), None)
    if schema is None:
        return ""
    form = element.get("form", schema.get("elementFormDefault", "unqualified"))
    return schema.get("targetNamespace", "") if form == "qualified" else ""
