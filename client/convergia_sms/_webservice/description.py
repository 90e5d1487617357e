"""The meaning of a WSDL: its operations, their arguments, results and encoding."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from convergia_wsdl import ContractError
from lxml import etree

from convergia_sms._codecs.markup import bare_document

if TYPE_CHECKING:
    from lxml.etree import _Element

_WSDL = "{http://schemas.xmlsoap.org/wsdl/}"
_SOAPS = ("{http://schemas.xmlsoap.org/wsdl/soap/}", "{http://schemas.xmlsoap.org/wsdl/soap12/}")
_XSD = "{http://www.w3.org/2001/XMLSchema}"
_DERIVATIONS = tuple(f"{_XSD}{name}" for name in ("restriction", "list", "union"))
_MAX_DEPTH = 8


@dataclass(frozen=True, slots=True)
class Value:
    """An argument or a result of an operation.

    Attributes:
        name: the name of the part or element.
        type: `string`, `int`, …. A struct has its members in braces, an enumeration its values in
            parentheses, a union `|` between its members, and a repeated value ends with `[]`. A
            text beside attributes is `_value_1`, as in zeep.
    """

    name: str
    type: str

    def __str__(self) -> str:
        return f"{self.name}: {self.type}"


@dataclass(frozen=True, slots=True)
class OperationDescription:
    """An operation of a WSDL.

    Attributes:
        name: the name of the operation.
        style: `rpc` or `document`.
        use: `encoded` or `literal`.
        action: the SOAPAction.
        namespace: the namespace of the request's outermost element.
        takes: the arguments, in order.
        returns: the results, in order.
    """

    name: str
    style: str
    use: str
    action: str
    namespace: str
    takes: tuple[Value, ...]
    returns: tuple[Value, ...]


@dataclass(frozen=True, slots=True)
class Description:
    """The meaning of a WSDL.

    Attributes:
        namespace: the target namespace.
        address: the address in its port, which is not part of the meaning.
        operations: the operations by name.
    """

    namespace: str
    address: str
    operations: dict[str, OperationDescription]


def describe(wsdl: bytes, source: str) -> Description:
    """Return the meaning of `wsdl`.

    Args:
        wsdl: the document.
        source: the document's name in errors.

    Raises:
        ContractError: the document is not XML, or not a WSDL.
    """
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False)
    try:
        root = etree.fromstring(bare_document(wsdl), parser)
    except etree.XMLSyntaxError as error:
        raise ContractError(f"{source}: is not XML: {error}") from error
    if root.tag != f"{_WSDL}definitions":
        raise ContractError(f"{source}: is not a WSDL 1.1: its root is {root.tag!r}")
    reader = _Reader(root)
    addresses = (
        port.get("location", "") for soap in _SOAPS for port in root.iter(f"{soap}address")
    )
    return Description(
        namespace=root.get("targetNamespace", ""),
        address=next(addresses, ""),
        operations=reader.operations(),
    )


class _Reader:
    """Looks up names in a WSDL."""

    def __init__(self, root: _Element) -> None:
        self._root = root
        self._messages = {one.get("name", ""): one for one in root.findall(f"{_WSDL}message")}
        self._types = {
            one.get("name", ""): one
            for schema in root.iter(f"{_XSD}schema")
            for one in (*schema.iter(f"{_XSD}complexType"), *schema.iter(f"{_XSD}simpleType"))
            if one.get("name")
        }
        self._elements = self._declared("element")
        self._attributes = self._declared("attribute")
        self._groups = self._declared("group") | self._declared("attributeGroup")

    def _declared(self, kind: str) -> dict[str, _Element]:
        """Return the top-level declarations of the schemas, by name."""
        return {
            one.get("name", ""): one
            for schema in self._root.iter(f"{_XSD}schema")
            for one in schema.findall(f"{_XSD}{kind}")
        }

    def operations(self) -> dict[str, OperationDescription]:
        """Return the operations of all SOAP 1.1 ports, or else of the SOAP 1.2 ones.

        If two ports have an operation, the first is used.
        """
        for soap in _SOAPS:
            found: dict[str, OperationDescription] = {}
            for binding in self._offered(soap):
                bound = binding.find(f"{soap}binding")
                style = "document" if bound is None else bound.get("style", "document")
                for operation in binding.findall(f"{_WSDL}operation"):
                    described = self._operation(operation, binding, style, soap)
                    found.setdefault(described.name, described)
            if found:
                return found
        return {}

    def _offered(self, soap: str) -> list[_Element]:
        """Return the bindings of the ports for one version of SOAP, in the ports' order."""
        bindings = {
            one.get("name", ""): one
            for one in self._root.findall(f"{_WSDL}binding")
            if one.find(f"{soap}binding") is not None
        }
        named = [
            _local(port.get("binding", ""))
            for port in self._root.findall(f"{_WSDL}service/{_WSDL}port")
        ]
        return [bindings[name] for name in dict.fromkeys(named) if name in bindings]

    def _operation(
        self, operation: _Element, binding: _Element, style: str, soap: str
    ) -> OperationDescription:
        name = operation.get("name", "")
        how = operation.find(f"{soap}operation")
        body = operation.find(f"{_WSDL}input/{soap}body")
        if how is not None:
            style = how.get("style", style)
        request = self._message(binding, name, "input")
        namespace = "" if body is None else body.get("namespace", "")
        if style == "document":
            namespace = self._namespace_of(request)
        return OperationDescription(
            name=name,
            style=style,
            use="" if body is None else body.get("use", "literal"),
            action="" if how is None else how.get("soapAction", ""),
            namespace=namespace,
            takes=self._values(request),
            returns=self._values(self._message(binding, name, "output")),
        )

    def _message(self, binding: _Element, operation: str, direction: str) -> _Element | None:
        port_type = _local(binding.get("type", ""))
        for known in self._root.findall(f"{_WSDL}portType"):
            if known.get("name") == port_type:
                path = f"{_WSDL}operation[@name='{operation}']/{_WSDL}{direction}"
                offered = known.find(path)
                if offered is not None:
                    return self._messages.get(_local(offered.get("message", "")))
        return None

    def _values(self, message: _Element | None) -> tuple[Value, ...]:
        if message is None:
            return ()
        values: list[Value] = []
        for part in message.findall(f"{_WSDL}part"):
            element = self._elements.get(_local(part.get("element", "")))
            if element is None:
                kind = self._type(_local(part.get("type", "")), 0)
                values.append(Value(part.get("name", ""), kind))
            elif self._complex_type(element) is None:
                values.append(Value(element.get("name", ""), self._type_of(element, 0)))
            else:
                values += self._members(element, 0)
        return tuple(values)

    def _namespace_of(self, message: _Element | None) -> str:
        part = None if message is None else message.find(f"{_WSDL}part")
        name = "" if part is None else _local(part.get("element", ""))
        element = self._elements.get(name)
        schema = None if element is None else element.getparent()
        return "" if schema is None else schema.get("targetNamespace", "")

    def _complex_type(self, element: _Element) -> _Element | None:
        """Return the complex type of an element, or None if its type is simple."""
        named = self._types.get(_local(element.get("type", "")))
        if named is not None:
            return named if named.tag == f"{_XSD}complexType" else None
        return element.find(f"{_XSD}complexType")

    def _members(self, element: _Element, depth: int) -> list[Value]:
        """Return the elements and attributes in an element, from an inline or a named type."""
        complex_type = self._complex_type(element)
        return [] if complex_type is None else self._inside(complex_type, depth)

    def _inside(self, owner: _Element, depth: int) -> list[Value]:
        """Return the elements and attributes of a type, a group or a model, with inherited ones."""
        values: list[Value] = []
        if depth >= _MAX_DEPTH:
            return values
        for child in owner.iterchildren(f"{_XSD}*"):
            kind = str(child.tag).removeprefix(_XSD)
            reference = _local(child.get("ref", ""))
            if kind in ("element", "attribute"):
                known = self._elements if kind == "element" else self._attributes
                declared = known.get(reference, child)
                if child.get("use") != "prohibited":
                    name = declared.get("name", reference)
                    several = _several(child)
                    values.append(Value(name, self._type_of(declared, depth + 1) + several))
            elif kind in ("group", "attributeGroup"):
                group = self._groups.get(reference)
                if group is not None:
                    values += self._inside(group, depth + 1)
            elif kind == "extension" or owner.tag == f"{_XSD}simpleContent":
                values += self._base(_local(child.get("base", "")), depth)
                values += self._inside(child, depth)
            else:
                inner = self._inside(child, depth)
                values += [Value(one.name, one.type + _several(child)) for one in inner]
        return values

    def _base(self, name: str, depth: int) -> list[Value]:
        """Return the members that a type inherits from the named one."""
        base = self._types.get(name)
        if base is not None and base.tag == f"{_XSD}complexType":
            return self._inside(base, depth + 1)
        return [Value("_value_1", self._type(name, depth + 1))]

    def _type_of(self, element: _Element, depth: int) -> str:
        simple = element.find(f"{_XSD}simpleType")
        if element.get("type"):
            return self._type(_local(element.get("type", "")), depth)
        if simple is not None:
            return self._simple(simple, depth)
        return _braces(self._members(element, depth)) if depth < _MAX_DEPTH else "…"

    def _simple(self, simple: _Element, depth: int) -> str:
        """Return the built-in base of a simple type, with its values."""
        derived = next(simple.iterchildren(*_DERIVATIONS), None)
        if derived is None or depth >= _MAX_DEPTH:
            return simple.get("name", "…")
        names = derived.get("base") or derived.get("itemType") or derived.get("memberTypes") or ""
        kinds = [self._type(_local(name), depth + 1) for name in names.split()]
        inline = derived.iterchildren(f"{_XSD}simpleType")
        kinds += [self._simple(inner, depth + 1) for inner in inline]
        kind = " | ".join(kinds) or "…"
        if derived.tag == f"{_XSD}list":
            kind += "[]"
        values = [one.get("value", "") for one in derived.findall(f"{_XSD}enumeration")]
        return f"{kind}({' | '.join(values)})" if values else kind

    def _type(self, name: str, depth: int) -> str:
        named = self._types.get(name)
        if named is None:
            return name
        if named.tag == f"{_XSD}simpleType":
            return self._simple(named, depth)
        for attribute in named.iter(f"{_XSD}attribute"):
            items = attribute.get(f"{_WSDL}arrayType")
            if items is not None and depth < _MAX_DEPTH:
                kind, bracket, _ = _local(items).partition("[")
                return f"{self._type(kind, depth + 1)}{bracket and '[]'}"
        members = self._inside(named, depth)
        return _braces(members) if members else name


def _braces(members: list[Value]) -> str:
    return "{" + ", ".join(map(str, members)) + "}"


def _several(particle: _Element) -> str:
    return "" if particle.get("maxOccurs", "1") in ("0", "1") else "[]"


def _local(name: str) -> str:
    return name.rpartition(":")[2]
