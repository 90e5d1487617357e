"""Tests of types that a WSDL declares, compared with libxml2."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from convergia_mockserver import MockServer
from convergia_mockserver.faces.soap.facets import allows
from convergia_mockserver.faces.soap.schema_types import QName, Schemas
from convergia_wsdl import load_profile
from lxml import etree

from tests.mockserver.operations.schemas import (
    DECLARED,
    ELEMENTS,
    NAMES,
    SIMPLE,
    XSD,
    call_all,
    wsdl,
)
from tests.mockserver.operations.test_simple_types import CASES

if TYPE_CHECKING:
    from collections.abc import Iterator

    from convergia_mockserver import OperationCall, Value

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
    document = wsdl(ELEMENTS, DECLARED)
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
    # A test before this one may have left a function that answers.
    server.space().operations.clear()
    return call(server, '<All xmlns="urn:todo"/>')


def test_a_made_up_value_is_valid_for_its_type(
    made_up: etree._Element, oracle: etree.XMLSchema
) -> None:
    assert [etree.QName(element).localname[1:] for element in made_up] == NAMES
    oracle.assertValid(made_up)


def test_made_up_values_are_valid_and_are_echoed_unchanged(
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
def test_a_text_is_valid_for_a_declared_type_if_libxml2_agrees(
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
        ("<vBase><x>1</x></vBase>", ["vBase.a is missing: the WSDL requires it"]),
        ('<vBase a="uno"><x>1</x></vBase>', ["vBase.a is not a int"]),
        (
            "<vTextWithTwo moneda='MXN'>1</vTextWithTwo>",
            ["vTextWithTwo.b is missing: the WSDL requires it"],
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
