"""The schema of SOAP 1.1's own types, as far as WSDLs use it.

zeep downloads it from its public address if a WSDL returns a SOAP array, but our transport opens
local files only. It contains the array type of results, and the simple types that Axis gives to
parts. Source: the SOAP 1.1 note, section 5, and the schema at the namespace's address.
"""

from __future__ import annotations

NAMESPACE = "http://schemas.xmlsoap.org/soap/encoding/"

_SIMPLE_TYPES = ("string", "int", "integer", "long", "short", "decimal", "boolean", "double")

SCHEMA = (
    f'<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema" xmlns:tns="{NAMESPACE}" '
    f'targetNamespace="{NAMESPACE}">'
    '<xs:attribute name="arrayType" type="xs:string"/>'
    '<xs:attribute name="offset" type="xs:string"/>'
    '<xs:attribute name="root" type="xs:boolean"/>'
    '<xs:complexType name="Array"><xs:sequence>'
    '<xs:any namespace="##any" minOccurs="0" maxOccurs="unbounded" processContents="lax"/>'
    '</xs:sequence><xs:attribute ref="tns:arrayType"/><xs:attribute ref="tns:offset"/>'
    '<xs:attribute name="id" type="xs:ID"/><xs:attribute name="href" type="xs:anyURI"/>'
    '<xs:anyAttribute namespace="##other" processContents="lax"/></xs:complexType>'
    + "".join(
        f'<xs:simpleType name="{name}"><xs:restriction base="xs:{name}"/></xs:simpleType>'
        for name in _SIMPLE_TYPES
    )
    + "</xs:schema>"
).encode()
