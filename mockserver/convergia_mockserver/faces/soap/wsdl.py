"""Reading the operations of a WSDL 1.1 document for the SOAP face."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from convergia_wsdl import ContractError
from lxml import etree

from .schema_types import WSDL, XSD, Schemas, Shape, qname

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lxml.etree import _Element

SOAP = "http://schemas.xmlsoap.org/wsdl/soap/"
SOAP12 = "http://schemas.xmlsoap.org/wsdl/soap12/"

Style = Literal["rpc", "document"]
Use = Literal["encoded", "literal"]


@dataclass(frozen=True, slots=True)
class Part:
    """A part of a message: its name, its type or element as written in the WSDL, and its shape."""

    name: str
    declared: str
    shape: Shape


@dataclass(frozen=True, slots=True)
class Body:
    """The input or output of an operation: `soap:body` and its message."""

    message: str
    use: Use
    namespace: str
    encoding_style: str
    parts: tuple[Part, ...]


@dataclass(frozen=True, slots=True)
class WsdlOperation:
    """An operation of a SOAP port."""

    name: str
    binding: str
    soap_action: str
    style: Style
    transport: str
    input: Body
    output: Body
    documentation: str

    @property
    def arguments(self) -> tuple[Shape, ...]:
        """The arguments by position: the parts, or the fields of a single wrapper element."""
        return _contents(self.style, self.input.parts)

    @property
    def results(self) -> tuple[Shape, ...]:
        """The results by position: the parts, or the fields of a single wrapper element."""
        return _contents(self.style, self.output.parts)


@dataclass(frozen=True, slots=True)
class Wsdl:
    """The service that a WSDL describes.

    Attributes:
        service: the name of the service.
        target_namespace: the target namespace of the document.
        operations: the operations of all SOAP ports, each once.
        soap12: True if the service has a SOAP 1.2 port.
    """

    service: str
    target_namespace: str
    operations: tuple[WsdlOperation, ...]
    soap12: bool = False


def read_wsdl(document: bytes, source: str) -> Wsdl:
    """Return the SOAP operations of `document`. `source` is its file, for error messages.

    Raises:
        ContractError: if it is not a WSDL 1.1 document, or has no operation over SOAP.
    """
    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, load_dtd=False, remove_comments=True
    )
    try:
        root = etree.fromstring(document, parser)
    except etree.XMLSyntaxError as error:
        raise ContractError(f"{source}: the file is not XML: {error}") from error
    if root.tag != f"{{{WSDL}}}definitions":
        raise ContractError(
            f"{source}: the file is not a WSDL 1.1 document: its root is {root.tag}"
        )
    schemas = Schemas(root.iterfind(f"{{{WSDL}}}types/{{{XSD}}}schema"))
    operations: dict[str, WsdlOperation] = {}
    for binding in _soap_bindings(root):
        for operation in _operations(root, binding, schemas):
            operations.setdefault(operation.name, operation)
    if not operations:
        raise ContractError(f"{source}: the WSDL has no operation over SOAP")
    service = root.find(f"{{{WSDL}}}service")
    name = root.get("name", "") if service is None else service.get("name", "")
    soap12 = root.find(f"{{{WSDL}}}service/{{{WSDL}}}port/{{{SOAP12}}}address") is not None
    return Wsdl(name, root.get("targetNamespace", ""), tuple(operations.values()), soap12)


def _soap_bindings(root: _Element) -> Iterator[_Element]:
    """Yield the bindings of the SOAP 1.1 ports, then those of the SOAP 1.2 ports."""
    for namespace in (SOAP, SOAP12):
        for port in root.iterfind(f"{{{WSDL}}}service/{{{WSDL}}}port"):
            if port.find(f"{{{namespace}}}address") is None:
                continue
            binding = _named(root, "binding", qname(port.get("binding", ""), port).name)
            if binding is not None:
                yield binding


def _named(parent: _Element, tag: str, name: str) -> _Element | None:
    for element in parent.iterchildren(f"{{{WSDL}}}{tag}"):
        if element.get("name") == name:
            return element
    return None


def _operations(root: _Element, binding: _Element, schemas: Schemas) -> Iterator[WsdlOperation]:
    port_type = _named(root, "portType", qname(binding.get("type", ""), binding).name)
    bound = _soap_child(binding, "binding")
    if port_type is None or bound is None:
        return
    for element in binding.iterchildren(f"{{{WSDL}}}operation"):
        name = element.get("name", "")
        declared = _named(port_type, "operation", name)
        soap = _soap_child(element, "operation")
        if declared is None:
            continue
        documentation = declared.findtext(f"{{{WSDL}}}documentation") or ""
        style = (None if soap is None else soap.get("style")) or bound.get("style")
        yield WsdlOperation(
            name=name,
            binding=binding.get("name", ""),
            soap_action="" if soap is None else soap.get("soapAction", ""),
            style="rpc" if style == "rpc" else "document",
            transport=bound.get("transport", ""),
            input=_body(root, element, declared, "input", schemas),
            output=_body(root, element, declared, "output", schemas),
            documentation=documentation.strip(),
        )


def _body(
    root: _Element, element: _Element, declared: _Element, direction: str, schemas: Schemas
) -> Body:
    bound = element.find(f"{{{WSDL}}}{direction}")
    soap = None if bound is None else _soap_child(bound, "body")
    abstract = declared.find(f"{{{WSDL}}}{direction}")
    message_name = "" if abstract is None else qname(abstract.get("message", ""), abstract).name
    message = _named(root, "message", message_name)
    parts = () if message is None else tuple(_parts(message, schemas))
    bound_body = etree.Element("none") if soap is None else soap
    return Body(
        message=message_name,
        use="encoded" if bound_body.get("use") == "encoded" else "literal",
        namespace=bound_body.get("namespace", ""),
        encoding_style=bound_body.get("encodingStyle", ""),
        parts=parts,
    )


def _parts(message: _Element, schemas: Schemas) -> Iterator[Part]:
    for part in message.iterchildren(f"{{{WSDL}}}part"):
        name = part.get("name", "")
        element = part.get("element")
        if element is not None:
            target = qname(element, part)
            shape = schemas.of_element(target) or Shape(target.name, target.namespace, None)
            yield Part(name, element, shape)
        else:
            declared = part.get("type", "")
            yield Part(name, declared, schemas.of_type(name, qname(declared, part)))


def _contents(style: Style, parts: tuple[Part, ...]) -> tuple[Shape, ...]:
    if style == "document" and len(parts) == 1 and parts[0].shape.kind == "struct":
        return parts[0].shape.fields
    return tuple(part.shape for part in parts)


def _soap_child(parent: _Element, tag: str) -> _Element | None:
    for namespace in (SOAP, SOAP12):
        child = parent.find(f"{{{namespace}}}{tag}")
        if child is not None:
            return child
    return None
