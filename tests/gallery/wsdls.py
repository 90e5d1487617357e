"""WSDLs as other people write them, with names, types, shapes and styles of their own."""

from __future__ import annotations

from dataclasses import dataclass, field
from html import escape
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Mapping

_ENCODING = "http://schemas.xmlsoap.org/soap/encoding/"
_HTTP = "http://schemas.xmlsoap.org/soap/http"
_ADDRESS = "http://smswebservices.convergia.net.mx:8181/webservice.php"


@dataclass(frozen=True, slots=True)
class Shape:
    """The shape of an operation.

    Attributes:
        name: the operation's.
        parts: its arguments, from the name that the gallery knows them by to the WSDL's.
        results: its out parts: name to type.
        types: XML Schema types by part name; `xsd:string` for the others.
        optional: parts that may be left out (document style only).
    """

    name: str
    parts: Mapping[str, str]
    results: Mapping[str, str] = field(default_factory=lambda: {"return": "xsd:string"})
    types: Mapping[str, str] = field(default_factory=dict)
    optional: tuple[str, ...] = ()

    def arguments(self) -> dict[str, str]:
        """The WSDL's arguments: name to type."""
        return {part: self.types.get(part, "xsd:string") for part in self.parts.values()}


@dataclass(frozen=True, slots=True)
class Wsdl:
    """A WSDL of two operations.

    Attributes:
        schema: complex types, as XML Schema within the target namespace (`tns:`).
        other: names of further operations; each takes nothing and returns a text.
    """

    send: Shape
    status: Shape
    name: str
    namespace: str
    style: Literal["rpc", "document"] = "rpc"
    schema: str = ""
    other: tuple[str, ...] = ()

    def text(self) -> str:
        """The document."""
        shapes = [self.send, self.status, *(Shape(name, {}) for name in self.other)]
        write = self._rpc if self.style == "rpc" else self._document
        elements, messages = write(shapes)
        operations = "".join(
            f'<operation name="{shape.name}"><input message="tns:{shape.name}Request"/>'
            f'<output message="tns:{shape.name}Response"/></operation>'
            for shape in shapes
        )
        body = '<soap:body use="literal"/>'
        if self.style == "rpc":
            body = (
                f'<soap:body use="encoded" namespace="{escape(self.namespace)}"'
                f' encodingStyle="{_ENCODING}"/>'
            )
        bound = "".join(
            f'<operation name="{shape.name}">'
            f'<soap:operation soapAction="{escape(self.namespace)}#{shape.name}"/>'
            f"<input>{body}</input><output>{body}</output></operation>"
            for shape in shapes
        )
        qualified = ' elementFormDefault="qualified"' if self.style == "document" else ""
        imported = f'<xsd:import namespace="{_ENCODING}"/>' if self.style == "rpc" else ""
        return (
            '<?xml version="1.0" encoding="UTF-8"?>'
            f'<definitions name="{self.name}" targetNamespace="{escape(self.namespace)}"'
            f' xmlns="http://schemas.xmlsoap.org/wsdl/" xmlns:tns="{escape(self.namespace)}"'
            ' xmlns:soap="http://schemas.xmlsoap.org/wsdl/soap/"'
            ' xmlns:wsdl="http://schemas.xmlsoap.org/wsdl/"'
            f' xmlns:xsd="http://www.w3.org/2001/XMLSchema" xmlns:SOAP-ENC="{_ENCODING}">'
            f'<types><xsd:schema targetNamespace="{escape(self.namespace)}"{qualified}>'
            f"{imported}{self.schema}{elements}</xsd:schema></types>"
            f"{messages}"
            f'<portType name="{self.name}PortType">{operations}</portType>'
            f'<binding name="{self.name}Binding" type="tns:{self.name}PortType">'
            f'<soap:binding style="{self.style}" transport="{_HTTP}"/>{bound}</binding>'
            f'<service name="{self.name}">'
            f'<port name="{self.name}Port" binding="tns:{self.name}Binding">'
            f'<soap:address location="{_ADDRESS}"/></port></service></definitions>'
        )

    def _rpc(self, shapes: list[Shape]) -> tuple[str, str]:
        def message(name: str, parts: Mapping[str, str]) -> str:
            inner = "".join(f'<part name="{part}" type="{kind}"/>' for part, kind in parts.items())
            return f'<message name="{name}">{inner}</message>'

        return "", "".join(
            message(f"{shape.name}Request", shape.arguments())
            + message(f"{shape.name}Response", shape.results)
            for shape in shapes
        )

    def _document(self, shapes: list[Shape]) -> tuple[str, str]:
        def element(name: str, members: Mapping[str, str], optional: tuple[str, ...] = ()) -> str:
            inner = "".join(
                f'<xsd:element name="{member}" type="{kind}"'
                + (' minOccurs="0"/>' if member in optional else "/>")
                for member, kind in members.items()
            )
            return (
                f'<xsd:element name="{name}"><xsd:complexType><xsd:sequence>{inner}'
                "</xsd:sequence></xsd:complexType></xsd:element>"
            )

        elements = "".join(
            element(shape.name, shape.arguments(), shape.optional)
            + element(f"{shape.name}Response", shape.results)
            for shape in shapes
        )
        messages = "".join(
            f'<message name="{shape.name}Request">'
            f'<part name="parameters" element="tns:{shape.name}"/></message>'
            f'<message name="{shape.name}Response">'
            f'<part name="parameters" element="tns:{shape.name}Response"/></message>'
            for shape in shapes
        )
        return elements, messages


def struct(name: str, **members: str) -> str:
    """A complex type with members."""
    inner = "".join(f'<xsd:element name="{one}" type="{kind}"/>' for one, kind in members.items())
    return f'<xsd:complexType name="{name}"><xsd:sequence>{inner}</xsd:sequence></xsd:complexType>'


def array(name: str, of: str) -> str:
    """A SOAP-encoded array."""
    return (
        f'<xsd:complexType name="{name}"><xsd:complexContent>'
        '<xsd:restriction base="SOAP-ENC:Array"><xsd:attribute ref="SOAP-ENC:arrayType"'
        f' wsdl:arrayType="{of}[]"/></xsd:restriction></xsd:complexContent></xsd:complexType>'
    )


def enumeration(name: str, *values: str) -> str:
    """A text of which only some values are allowed."""
    inner = "".join(f'<xsd:enumeration value="{value}"/>' for value in values)
    return (
        f'<xsd:simpleType name="{name}"><xsd:restriction base="xsd:string">{inner}'
        "</xsd:restriction></xsd:simpleType>"
    )
