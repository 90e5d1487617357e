"""Types that a WSDL declares itself: made up and judged as libxml2 reads the same schema."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from convergia_mockserver import MockServer
from convergia_mockserver.faces.soap.facets import allows
from convergia_mockserver.faces.soap.schema_types import QName, Schemas
from convergia_wsdl import load_profile
from lxml import etree

from tests.mockserver.operations.test_simple_types import CASES, XSD, call_all, wsdl

if TYPE_CHECKING:
    from collections.abc import Iterator

    from convergia_mockserver import OperationCall, Value

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
# What the restricted types let in and keep out, beside what the built-in ones do.
MORE = """
A|B|+7|9|10|0.5|0.25|0.3|12.34|123.45|1234|123|999|1000|2020-01-01|2019-12-31|2021-05-05|0.10
1999-12-31T00:00:00Z|2000-01-01T00:00:00Z|1999-12-31T23:00:00-06:00|PT1H|PT59M|P1D|abc|abcd|6D6F
bW8=|AB1234|AB1234-f|ab|bcd|abcde|5512345678|525512345678|551|Ab|AB|1 2 3|1 2|1 x 3| 5 |1.000
"""
TEXTS = [text for text in CASES if text.isascii()] + [
    text for line in MORE.strip().split("\n") for text in line.split("|")
] + ["", "a" * 40, "a" * 39]  # fmt: skip


@pytest.fixture(scope="module")
def schema() -> etree._Element:
    return etree.fromstring(
        f'<s:schema xmlns:s="{XSD}" xmlns:t="urn:todo" targetNamespace="urn:todo" '
        f'elementFormDefault="qualified">{DECLARED}<s:element name="All"><s:complexType>'
        f"<s:sequence>{ELEMENTS}</s:sequence></s:complexType></s:element></s:schema>"
    )


@pytest.fixture(scope="module")
def oracle(schema: etree._Element) -> etree.XMLSchema:
    return etree.XMLSchema(schema)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[MockServer]:
    folder = tmp_path_factory.mktemp("declared")
    document = wsdl(ELEMENTS).replace("</s:schema>", f"{DECLARED}</s:schema>")
    (folder / "all.wsdl").write_text(document, encoding="utf-8")
    (folder / "all.toml").write_text('wsdl = "all.wsdl"\n', encoding="utf-8")
    with MockServer(profile=load_profile(folder / "all.toml")) as running:
        yield running


def call(server: MockServer, content: str) -> etree._Element:
    answer = call_all(server, content)
    # A copy that keeps no namespaces of the envelope.
    answer = etree.fromstring(etree.tostring(answer))
    etree.cleanup_namespaces(answer)
    return answer


def findings(server: MockServer) -> list[str]:
    (entry, *_), _ = server.space().journal.find(newest_first=True)
    return [finding.text for finding in entry.findings if finding.kind == "arguments"]


@pytest.fixture(scope="module")
def made_up(server: MockServer) -> etree._Element:
    return call(server, '<All xmlns="urn:todo"/>')


def test_a_made_up_value_is_one_of_its_type(
    made_up: etree._Element, oracle: etree.XMLSchema
) -> None:
    assert [etree.QName(element).localname[1:] for element in made_up] == NAMES
    oracle.assertValid(made_up)


def test_what_was_made_up_arrives_without_a_finding_and_goes_back_as_it_came(
    made_up: etree._Element, server: MockServer
) -> None:
    def echo(call: OperationCall) -> Value:
        return call.arguments

    server.space().operations.register("all", echo)
    back = call(server, etree.tostring(made_up, encoding="unicode"))
    assert findings(server) == []
    for ours, theirs in zip(back, made_up, strict=True):
        assert etree.tostring(ours, method="c14n") == etree.tostring(theirs, method="c14n")


@pytest.mark.parametrize("name", SIMPLE)
def test_a_text_is_a_declared_types_where_libxml2_says_so(
    name: str, schema: etree._Element, oracle: etree.XMLSchema
) -> None:
    (shape,) = [
        field
        for field in Schemas([schema]).of_element(QName("urn:todo", "All")).fields  # type: ignore[union-attr]
        if field.name == f"v{name}"
    ]
    document = etree.fromstring(f'<All xmlns="urn:todo"><v{name}/></All>')
    judged = {}
    for document[0].text in TEXTS:
        judged[document[0].text] = oracle.validate(document)
    assert {text: allows(text, shape.base, shape.facets) for text in TEXTS} == judged


@pytest.mark.parametrize(
    ("content", "told"),
    [
        ("<vChoice><z>1</z></vChoice>", []),
        ("<vChoiceInside><a>1</a><y>2</y></vChoiceInside>", []),
        ("<vBase><x>1</x></vBase>", ["vBase.a is missing: the WSDL wants it"]),
        ('<vBase a="uno"><x>1</x></vBase>', ["vBase.a is not a int"]),
        (
            "<vTextWithTwo moneda='MXN'>1</vTextWithTwo>",
            ["vTextWithTwo.b is missing: the WSDL wants it"],
        ),
        ("<vListOfThree>1 dos 3</vListOfThree>", ["vListOfThree is not a ListOfThree"]),
        ("<vUnion>ayer</vUnion>", ["vUnion is not a Union"]),
    ],
)
def test_a_finding_says_what_is_not_of_the_declared_type(
    content: str, told: list[str], server: MockServer
) -> None:
    call(server, f'<All xmlns="urn:todo">{content}</All>')
    assert findings(server) == told


def test_a_function_sees_lists_unions_and_attributes_as_values(server: MockServer) -> None:
    seen: list[OperationCall] = []

    def echo(call: OperationCall) -> Value:
        seen.append(call)
        return call.arguments

    server.space().operations.register("all", echo)
    call(
        server,
        '<All xmlns="urn:todo"><vUnion>7</vUnion><vList>1 2</vList>'
        '<vTextWithAttribute moneda="MXN">1.5</vTextWithAttribute>'
        '<vExtended a="3"><x>1</x><y>2</y></vExtended></All>',
    )
    assert seen[0].arguments["vUnion"] == 7
    assert seen[0].arguments["vList"] == [1, 2]
    text = seen[0].arguments["vTextWithAttribute"]
    assert {key: str(value) for key, value in text.items()} == {  # type: ignore[union-attr]
        "_value_1": "1.5",
        "moneda": "MXN",
    }
    assert seen[0].arguments["vExtended"] == {"x": 1, "y": 2, "a": 3}
