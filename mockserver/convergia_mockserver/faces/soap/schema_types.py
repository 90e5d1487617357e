"""The types of a WSDL's inline schemas, as far as they determine the shape of messages."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal

from .facets import NO_FACETS, Facets, narrowed
from .occurrence import ONCE, occurrence

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from lxml.etree import _Element

    from .occurrence import Occurrence

XSD = "http://www.w3.org/2001/XMLSchema"
SOAP_ENCODING = "http://schemas.xmlsoap.org/soap/encoding/"
WSDL = "http://schemas.xmlsoap.org/wsdl/"
# Deep enough for any message of a gateway, and a limit for types that refer to themselves.
_MAX_NESTING = 8

Kind = Literal["scalar", "struct", "array"]
# The key of the text in the mapping of a scalar with attributes, which is zeep's name for it.
TEXT = "_value_1"


@dataclass(frozen=True, slots=True)
class QName:
    """A qualified name. Its namespace is empty if it has none."""

    namespace: str
    name: str


@dataclass(frozen=True, slots=True)
class Shape:
    """An element of a message, with its type.

    Attributes:
        name: the local name of the element.
        namespace: the namespace of the element. Empty if it is unqualified.
        type: the name of its type. None for an anonymous type.
        kind: a scalar, a struct of `fields`, or an array of `fields[0]`.
        fields: the elements inside.
        optional: True if it may be left out.
        base: for a scalar, the local name of the built-in type that its type derives from.
        nillable: True if it may be nil.
        repeated: True if it may occur several times.
        facets: for a scalar, the restrictions of its type on the built-in type.
        attributes: the attributes of a struct or a scalar.
        alternative: True if it is in a choice, but not in its first alternative.
        least: the least number of times if it is repeated.
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
    least: int = 1

    def leaves(self, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Shape]]:
        """Yield the scalars inside, each with the path of names that leads to it."""
        if self.kind == "struct":
            for inner in self.fields:
                yield from inner.leaves((*path, inner.name))
        else:
            yield path, self


def qname(value: str, element: _Element) -> QName:
    """Resolve `prefix:name` at an element. An unknown prefix gives an empty namespace."""
    prefix, colon, local = value.strip().rpartition(":")
    namespace = element.nsmap.get(prefix if colon else None)
    return QName(namespace or "", local)


class Schemas:
    """The elements and types that a WSDL's `types` declares."""

    def __init__(self, schemas: Iterable[_Element]) -> None:
        self._elements: dict[QName, _Element] = {}
        self._types: dict[QName, _Element] = {}
        self._groups: dict[QName, _Element] = {}
        self._attributes: dict[QName, _Element] = {}
        self._attribute_groups: dict[QName, _Element] = {}
        tables = {
            _xsd("element"): self._elements,
            _xsd("group"): self._groups,
            _xsd("attribute"): self._attributes,
            _xsd("attributeGroup"): self._attribute_groups,
        }
        for schema in schemas:
            target = schema.get("targetNamespace", "")
            for child in schema.iterchildren(_xsd("*")):
                table = tables.get(str(child.tag), self._types)
                name = child.get("name")
                if name:
                    table.setdefault(QName(target, name), child)

    def of_element(self, name: QName) -> Shape | None:
        """Return the shape of a global element. None if no schema declares it."""
        declaration = self._elements.get(name)
        return None if declaration is None else self._element(declaration, name.namespace, 0)

    def of_type(self, name: str, declared: QName) -> Shape:
        """Return the shape of an unqualified element `name` of type `declared`."""
        return self._typed(name, "", declared, 0)

    def _element(self, element: _Element, namespace: str, depth: int) -> Shape:
        occurs = occurrence(element)
        reference = element.get("ref")
        if reference is not None:
            target = qname(reference, element)
            declaration = self._elements.get(target)
            if declaration is None or depth > _MAX_NESTING:
                shape = Shape(target.name, target.namespace, None)
            else:
                shape = self._element(declaration, target.namespace, depth + 1)
            return _as_often(occurs, shape)
        name = element.get("name", "")
        declared = element.get("type")
        if declared is not None:
            shape = self._typed(name, namespace, qname(declared, element), depth)
        else:
            shape = self._anonymous(name, namespace, element, depth)
        nillable = element.get("nillable") in ("true", "1")
        return _as_often(occurs, replace(_fixed(shape, element), nillable=nillable))

    def _anonymous(self, name: str, namespace: str, declaration: _Element, depth: int) -> Shape:
        inline = declaration.find(_xsd("complexType"))
        if inline is not None:
            return self._complex(Shape(name, namespace, None), inline, depth)
        restricted = declaration.find(_xsd("simpleType"))
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
        if definition.tag == _xsd("complexType"):
            return self._complex(shape, definition, depth)
        base, facets = self._simple(definition)
        return replace(shape, base=base, facets=facets)

    def _complex(self, shape: Shape, definition: _Element, depth: int) -> Shape:
        if depth > _MAX_NESTING:
            return replace(shape, kind="struct")
        derived = definition.find(_xsd("simpleContent") + "/*[@base]")
        if derived is not None:
            base, facets = self._text_of(derived, depth)
            shape = replace(shape, base=base, facets=narrowed(derived, facets))
        else:
            kind, fields = self._content(definition, depth)
            if kind == "array" and not fields[0].repeated:  # an encoded array
                return replace(shape, kind=kind, fields=fields)
            shape = replace(shape, kind=kind, fields=fields)
        attributes = tuple(self._attributes_of(definition, depth).values())
        if attributes and shape.kind == "array":
            # A list cannot hold attributes.
            shape = replace(shape, kind="struct")
        return replace(shape, attributes=attributes)

    def _text_of(self, derived: _Element, depth: int) -> tuple[str, Facets]:
        """Return the type of the text that `simpleContent` extends or restricts."""
        base = qname(derived.get("base", ""), derived)
        definition = self._types.get(base)
        if definition is not None and definition.tag == _xsd("complexType"):
            below = self._complex(Shape("", "", base), definition, depth + 1)
            return below.base, below.facets
        return self._named_simple(base)

    def _attributes_of(self, definition: _Element, depth: int) -> dict[tuple[str, str], Shape]:
        """Return the attributes of a type or an attribute group, inherited ones first."""
        found: dict[tuple[str, str], Shape] = {}
        if depth > _MAX_NESTING:
            return found
        owner = definition
        derived = definition.find(_xsd("complexContent") + "/*[@base]")
        if derived is None:
            derived = definition.find(_xsd("simpleContent") + "/*[@base]")
        if derived is not None:
            owner = derived
            base = self._types.get(qname(derived.get("base", ""), derived))
            if base is not None:
                found |= self._attributes_of(base, depth + 1)
        for child in owner.iterchildren(_xsd("attribute"), _xsd("attributeGroup")):
            if child.tag == _xsd("attributeGroup"):
                group = self._attribute_groups.get(qname(child.get("ref", ""), child))
                if group is not None:
                    found |= self._attributes_of(group, depth + 1)
                continue
            attribute = self._attribute(child, depth)
            key = attribute.namespace, attribute.name
            if child.get("use") == "prohibited":
                found.pop(key, None)
            else:
                found[key] = replace(attribute, optional=child.get("use") != "required")
        return found

    def _attribute(self, declaration: _Element, depth: int) -> Shape:
        reference = declaration.get("ref")
        if reference is not None:
            target = qname(reference, declaration)
            declared = self._attributes.get(target)
            if declared is None:
                return Shape(target.name, target.namespace, None)
            shape = replace(self._attribute(declared, depth), namespace=target.namespace)
        else:
            name = declaration.get("name", "")
            namespace = _form(declaration, "attributeFormDefault")
            type_name = declaration.get("type")
            if type_name is None:
                shape = self._anonymous(name, namespace, declaration, depth + 1)
            else:
                shape = self._typed(name, namespace, qname(type_name, declaration), depth + 1)
        return _fixed(shape, declaration)

    def _simple(self, definition: _Element, depth: int = 0) -> tuple[str, Facets]:
        """Return the built-in type that a simple type derives from, and its restrictions."""
        for derived in definition.iterchildren(_xsd("restriction"), _xsd("list"), _xsd("union")):
            if depth > _MAX_NESTING:
                break
            names = derived.get("base") or derived.get("itemType") or derived.get("memberTypes")
            parents = [
                self._named_simple(qname(name, derived), depth + 1)
                for name in (names or "").split()
            ]
            inline = derived.iterchildren(_xsd("simpleType"))
            parents += [self._simple(inner, depth + 1) for inner in inline]
            if not parents:
                break
            if derived.tag == _xsd("list"):
                return "anySimpleType", Facets(item=parents[0])
            if derived.tag == _xsd("union"):
                return "anySimpleType", Facets(members=tuple(parents))
            base, below = parents[0]
            return base, narrowed(derived, below)
        return "string", NO_FACETS

    def _named_simple(self, name: QName, depth: int = 0) -> tuple[str, Facets]:
        definition = self._types.get(name)
        if definition is None or definition.tag != _xsd("simpleType"):
            return (name.name if name.namespace in (XSD, SOAP_ENCODING) else "string"), NO_FACETS
        return self._simple(definition, depth)

    def _content(self, definition: _Element, depth: int) -> tuple[Kind, tuple[Shape, ...]]:
        if depth > _MAX_NESTING:
            return "struct", ()
        owner, inherited = definition, tuple[Shape, ...]()
        derived = definition.find(_xsd("complexContent") + "/*[@base]")
        if derived is not None:
            owner = derived
            base = qname(derived.get("base", ""), derived)
            if derived.tag == _xsd("restriction") and base == QName(SOAP_ENCODING, "Array"):
                return "array", (self._item(derived, depth),)
            below = self._types.get(base) if derived.tag == _xsd("extension") else None
            if below is not None:
                inherited = self._content(below, depth + 1)[1]
        fields = (*inherited, *self._particles(owner, ONCE, depth))
        if len(fields) == 1 and fields[0].repeated:
            return "array", fields
        return "struct", fields

    def _particles(self, owner: _Element, around: Occurrence, depth: int) -> Iterator[Shape]:
        """Yield the elements of a type, a group or a model, with their occurrence constraints."""
        if depth > _MAX_NESTING:
            return
        first = True
        for particle in owner.iterchildren(*_PARTICLES):
            occurs = around.within(occurrence(particle))
            if owner.tag == _xsd("choice"):
                occurs = replace(occurs, optional=True, alternative=around.alternative or not first)
            first = False
            if particle.tag == _xsd("element"):
                yield _as_often(occurs, self._element(particle, _form(particle), depth + 1))
            elif particle.tag == _xsd("group"):
                group = self._groups.get(qname(particle.get("ref", ""), particle))
                if group is not None:
                    yield from self._particles(group, occurs, depth + 1)
            else:
                yield from self._particles(particle, occurs, depth)

    def _item(self, restriction: _Element, depth: int) -> Shape:
        """Return the item of an encoded array, from `wsdl:arrayType="xsd:string[]"`."""
        declared = QName(XSD, "string")
        for attribute in restriction.iter(_xsd("attribute")):
            named = attribute.get(f"{{{WSDL}}}arrayType")
            if named is not None:
                declared = qname(named.partition("[")[0], attribute)
        return replace(self._typed("item", "", declared, depth + 1), optional=True)


def _as_often(occurs: Occurrence, shape: Shape) -> Shape:
    return replace(
        shape,
        optional=occurs.optional,
        repeated=occurs.repeated,
        alternative=occurs.alternative,
        least=occurs.least,
    )


def _fixed(shape: Shape, declaration: _Element) -> Shape:
    """Return the shape with the value that the declaration fixes, if any."""
    fixed = declaration.get("fixed")
    if fixed is None or shape.kind != "scalar":
        return shape
    return replace(shape, facets=replace(shape.facets, values=(fixed,)))


def _form(declaration: _Element, default: str = "elementFormDefault") -> str:
    """Return the namespace of a local declaration: its schema's if it is qualified, else empty."""
    schema = next(declaration.iterancestors(_xsd("schema")), None)
    if schema is None:
        return ""
    form = declaration.get("form", schema.get(default, "unqualified"))
    return schema.get("targetNamespace", "") if form == "qualified" else ""


def _xsd(name: str) -> str:
    return f"{{{XSD}}}{name}"


_PARTICLES = tuple(_xsd(name) for name in ("element", "group", "sequence", "choice", "all"))
