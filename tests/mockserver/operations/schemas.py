"""A WSDL with a single operation, `all`, for any types that a test declares."""

from __future__ import annotations

import urllib.request
from typing import TYPE_CHECKING

from lxml import etree

if TYPE_CHECKING:
    from convergia_mockserver import MockServer

XSD = "http://www.w3.org/2001/XMLSchema"
SOAP = "http://schemas.xmlsoap.org/soap/envelope/"

INT = 's:element name="{}" type="s:int"'
X, Y, Z = (f"<{INT.format(name)}/>" for name in "xyz")
# By name: what restricts, lists or joins other types.
SIMPLE = {
    "Union": '<s:union memberTypes="s:int s:date"/>',
    "UnionInline": '<s:union><s:simpleType><s:restriction base="s:string">'
    '<s:enumeration value="A"/></s:restriction></s:simpleType>'
    '<s:simpleType><s:restriction base="s:int"/></s:simpleType></s:union>',
    "List": '<s:list itemType="s:int"/>',
    "ListOfThree": '<s:restriction><s:simpleType><s:list itemType="s:int"/></s:simpleType>'
    '<s:length value="3"/></s:restriction>',
    "Byte": '<s:restriction base="s:byte"><s:maxInclusive value="9"/></s:restriction>',
    "Fraction": '<s:restriction base="s:decimal"><s:minExclusive value="0"/>'
    '<s:maxExclusive value="1"/></s:restriction>',
    "Double": '<s:restriction base="s:double"><s:maxExclusive value="0.5"/>'
    '<s:minInclusive value="0.25"/></s:restriction>',
    "Money": '<s:restriction base="s:decimal"><s:totalDigits value="4"/>'
    '<s:fractionDigits value="2"/></s:restriction>',
    "Digits": '<s:restriction base="s:int"><s:totalDigits value="3"/></s:restriction>',
    "Since": '<s:restriction base="s:date"><s:minInclusive value="2020-01-01"/></s:restriction>',
    "After": '<s:restriction base="s:date"><s:minExclusive value="2020-01-01"/></s:restriction>',
    "Before": '<s:restriction base="s:dateTime"><s:maxExclusive value="2000-01-01T00:00:00Z"/>'
    "</s:restriction>",
    "Short": '<s:restriction base="s:duration"><s:maxInclusive value="PT1H"/></s:restriction>',
    "Long": '<s:restriction base="s:string"><s:minLength value="40"/></s:restriction>',
    "Brief": '<s:restriction base="s:string"><s:maxLength value="3"/></s:restriction>',
    "Hex": '<s:restriction base="s:hexBinary"><s:length value="2"/></s:restriction>',
    "Base64": '<s:restriction base="s:base64Binary"><s:maxLength value="2"/></s:restriction>',
    "Pattern": '<s:restriction base="s:string"><s:pattern value="[A-Z]{2}\\d{4}(-[a-f]+)?"/>'
    "</s:restriction>",
    "EitherPattern": '<s:restriction base="s:string"><s:pattern value="\\d{10}"/>'
    '<s:pattern value="52\\d{10}"/></s:restriction>',
    "BothPatterns": '<s:restriction base="t:Pattern"><s:pattern value=".{6}"/></s:restriction>',
    "NumberPattern": '<s:restriction base="s:int"><s:pattern value="[1-9][0-9]{2}"/>'
    "</s:restriction>",
    "NamePattern": '<s:restriction base="s:string"><s:pattern value="\\i\\c*"/></s:restriction>',
    "LetterPattern": '<s:restriction base="s:string"><s:pattern value="\\p{Lu}\\p{Ll}+"/>'
    "</s:restriction>",
    "Consonants": '<s:restriction base="s:string"><s:pattern value="[a-z-[aeiou]]+"/>'
    "</s:restriction>",
    "AllButSome": '<s:restriction base="s:string"><s:pattern value="[^a5_]+"/></s:restriction>',
    "Enumeration": '<s:restriction base="s:int"><s:enumeration value="7"/>'
    '<s:enumeration value="8"/></s:restriction>',
    "Narrower": '<s:restriction base="t:Brief"><s:minLength value="2"/></s:restriction>',
}
REQUIRED = 'use="required"'
# By name: what stands inside of a complex type.
COMPLEX = {
    "TextWithAttribute": '<s:simpleContent><s:extension base="s:decimal"><s:attribute '
    f'name="moneda" type="s:string" {REQUIRED}/></s:extension></s:simpleContent>',
    "TextWithTwo": '<s:simpleContent><s:extension base="t:TextWithAttribute"><s:attribute '
    f'name="b" type="s:int" {REQUIRED}/></s:extension></s:simpleContent>',
    "TextRestricted": '<s:simpleContent><s:restriction base="t:TextWithAttribute">'
    '<s:maxInclusive value="3"/></s:restriction></s:simpleContent>',
    "Base": f'<s:sequence>{X}</s:sequence><s:attribute name="a" type="s:int" {REQUIRED}/>',
    "Extended": f'<s:complexContent><s:extension base="t:Base"><s:sequence>{Y}</s:sequence>'
    "</s:extension></s:complexContent>",
    "Restricted": f'<s:complexContent><s:restriction base="t:Base"><s:sequence>{X}</s:sequence>'
    "</s:restriction></s:complexContent>",
    "AttributeInside": '<s:sequence><s:element name="i"><s:complexType><s:sequence>'
    f'{X}</s:sequence><s:attribute name="a" type="s:int" {REQUIRED}/></s:complexType></s:element>'
    f"{Y}</s:sequence>",
    "AttributeGroup": f'<s:sequence>{X}</s:sequence><s:attributeGroup ref="t:Group"/>',
    "AttributeOfValues": f'<s:sequence>{X}</s:sequence><s:attribute name="a" {REQUIRED}>'
    '<s:simpleType><s:restriction base="s:string"><s:enumeration value="A"/></s:restriction>'
    "</s:simpleType></s:attribute>",
    "AttributeFixed": f'<s:sequence>{X}</s:sequence><s:attribute name="a" type="s:string" '
    f'fixed="1.0" {REQUIRED}/><s:attribute name="p" use="prohibited"/>',
    "AttributeElsewhere": f'<s:sequence>{X}</s:sequence><s:attribute ref="t:ga" {REQUIRED}/>',
    "OnlyAttributes": f'<s:attribute name="n" type="s:int" {REQUIRED}/>',
    "ListWithAttribute": f'<s:sequence><{INT.format("x")} maxOccurs="unbounded"/></s:sequence>'
    f'<s:attribute name="n" type="s:int" {REQUIRED}/>',
    "Fixed": '<s:sequence><s:element name="x" type="s:string" fixed="1.0"/></s:sequence>',
    "Empty": "",
    "All": f"<s:all>{X}{Y}</s:all>",
    "Repeated": f'<s:sequence maxOccurs="unbounded">{X}{Y}</s:sequence>',
    "AtLeastTwo": f'<s:sequence><{INT.format("x")} minOccurs="2" maxOccurs="3"/>{Y}</s:sequence>',
    "ListOfTwo": f'<s:sequence><{INT.format("x")} minOccurs="2" maxOccurs="3"/></s:sequence>',
    "ListOfLists": '<s:sequence><s:element name="l" type="t:ListOfTwo" maxOccurs="2"/>'
    f"{Y}</s:sequence>",
    "ExtendedList": f'<s:complexContent><s:extension base="t:ListOfTwo"><s:sequence>{Y}'
    "</s:sequence></s:extension></s:complexContent>",
    "Choice": f"<s:choice><s:sequence>{X}{Y}</s:sequence>{Z}</s:choice>",
    "ChoiceOfChoices": f"<s:choice><s:choice>{X}{Y}</s:choice>{Z}</s:choice>",
    "ChoiceInside": f"<s:choice><s:sequence><{INT.format('a')}/><s:choice>{X}{Y}</s:choice>"
    f"</s:sequence>{Z}</s:choice>",
    "ChoiceOfGroups": f'<s:choice>{Z}<s:group ref="t:Both"/></s:choice>',
    "Groups": f'<s:sequence><s:group ref="t:Both"/>{Z}</s:sequence>',
    "Recursive": f'<s:sequence>{X}<s:element name="n" type="t:Recursive" minOccurs="0"/>'
    "</s:sequence>",
    "RecursiveNil": f'<s:sequence>{X}<s:element name="n" type="t:RecursiveNil" nillable="true"/>'
    "</s:sequence>",
    "Tree": '<s:sequence><s:element name="n" type="t:Tree" minOccurs="0" maxOccurs="unbounded"/>'
    "</s:sequence>",
    "Unqualified": f'<s:sequence><{INT.format("x")} form="unqualified"/>{Y}</s:sequence>',
    "Moment": '<s:sequence><s:element name="d" type="s:dateTime" nillable="true"/></s:sequence>',
}
NAMES = [*SIMPLE, *COMPLEX]
DECLARED = (
    "".join(f'<s:simpleType name="{name}">{type_}</s:simpleType>' for name, type_ in SIMPLE.items())
    + "".join(
        f'<s:complexType name="{name}">{type_}</s:complexType>' for name, type_ in COMPLEX.items()
    )
    + f'<s:attributeGroup name="Group"><s:attribute name="a" type="s:int" {REQUIRED}/>'
    '</s:attributeGroup><s:attribute name="ga" type="s:int"/>'
    f'<s:group name="Both"><s:sequence>{X}{Y}</s:sequence></s:group>'
)
ELEMENTS = "".join(f'<s:element name="v{name}" type="t:{name}" minOccurs="0"/>' for name in NAMES)


def wsdl(elements: str, declared: str = "") -> str:
    """Return the WSDL.

    Args:
        elements: what `all` takes and returns.
        declared: types, groups and attributes of its schema.
    """
    return f"""<definitions xmlns="http://schemas.xmlsoap.org/wsdl/" xmlns:t="urn:todo"
  xmlns:soap="http://schemas.xmlsoap.org/wsdl/soap/" xmlns:s="{XSD}" targetNamespace="urn:todo">
<types><s:schema targetNamespace="urn:todo" elementFormDefault="qualified">
  <s:element name="Send"><s:complexType><s:sequence>
    <s:element name="username" type="s:string"/><s:element name="password" type="s:string"/>
    <s:element name="number" type="s:string"/><s:element name="message" type="s:string"/>
  </s:sequence></s:complexType></s:element>
  <s:element name="Status"><s:complexType><s:sequence>
    <s:element name="username" type="s:string"/><s:element name="password" type="s:string"/>
    <s:element name="messageid" type="s:string"/>
  </s:sequence></s:complexType></s:element>
  <s:element name="Text"><s:complexType><s:sequence>
    <s:element name="out" type="s:string"/></s:sequence></s:complexType></s:element>
  <s:element name="All"><s:complexType><s:sequence>{
        elements
    }</s:sequence></s:complexType></s:element>
  {declared}
</s:schema></types>
<message name="SendRequest"><part name="parameters" element="t:Send"/></message>
<message name="StatusRequest"><part name="parameters" element="t:Status"/></message>
<message name="TextReply"><part name="parameters" element="t:Text"/></message>
<message name="All"><part name="parameters" element="t:All"/></message>
<portType name="P">
  <operation name="send"><input message="t:SendRequest"/><output message="t:TextReply"/></operation>
  <operation name="status">
    <input message="t:StatusRequest"/><output message="t:TextReply"/>
  </operation>
  <operation name="all"><input message="t:All"/><output message="t:All"/></operation>
</portType>
<binding name="B" type="t:P">
  <soap:binding style="document" transport="http://schemas.xmlsoap.org/soap/http"/>
  {
        "".join(
            f'<operation name="{name}"><soap:operation soapAction="urn:{name}"/><input>'
            '<soap:body use="literal"/></input><output><soap:body use="literal"/></output>'
            "</operation>"
            for name in ("send", "status", "all")
        )
    }
</binding>
<service name="S"><port name="P" binding="t:B"><soap:address location="http://sms.example/"/></port></service>
</definitions>"""


def call_all(server: MockServer, content: str) -> etree._Element:
    """Call the operation `all` of `wsdl()`, and return what stands in the reply's Body."""
    envelope = f'<e:Envelope xmlns:e="{SOAP}"><e:Body>{content}</e:Body></e:Envelope>'
    request = urllib.request.Request(
        server.url_for("soap"),
        envelope.encode(),
        {"SOAPAction": '"urn:all"', "Content-Type": "text/xml; charset=utf-8"},
    )
    with urllib.request.urlopen(request, timeout=30) as reply:
        return etree.fromstring(reply.read())[0][0]
