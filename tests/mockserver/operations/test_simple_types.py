"""Tests of XML Schema's simple types, compared with libxml2."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from convergia_mockserver import MockServer
from convergia_mockserver.faces.soap.simple_types import SIMPLE_TYPES
from convergia_wsdl import load_profile
from lxml import etree

from tests.mockserver.operations.schemas import XSD, call_all, wsdl

if TYPE_CHECKING:
    from pathlib import Path

# Not XML Schema's own, or of no use without a DTD.
ELSEWHERE = {"anyType", "base64", "ENTITIES", "ENTITY", "NOTATION"}
NAMES = sorted(SIMPLE_TYPES.keys() - ELSEWHERE - {"anySimpleType"})

TEXTS = """
a|a b|12345|-1|0|-0|+7|00012|1.5|.5|5.|1e3|INF|-INF|+INF|NaN|true|1|TRUE
127|128|-129|255|256|65536|999999999|-9223372036854775808|9223372036854775808|18446744073709551616
2001-02-03|2001-02-30|2001-04-31|2001-13-01|2001-02-03Z|2001-02-03+05:00|2001-02-03+15:00|20010-02-03
2001-02-03T04:05:06|2001-02-03T04:05:06.789-06:00|2001-02-03 04:05:06|2001-02-31T04:05:06Z
24:00:00|24:00:01|04:05:06.5|04:05|25:00:00|P1D|P|PT|P1Y2MT3H|P1.5D|-P1D|PT1.5S
2001|0001|99|-2001|20010|2001-02|2001-13|--02|--13|--02-03|--02-30|---03|---32
bW9jaw==|bW9jaw|bW9 jaw==|6D6F|6D6|6d6f|es|es-MX|es_MX|mock|1abc|a:b|a:b:c|ñ
"""
CASES = [text for line in TEXTS.split("\n") for text in line.split("|") if text]
# libxml2 skips characters that Base64 does not have, and takes a colon in a relative reference
# for the end of a scheme.
LENIENT = {"base64Binary", "anyURI"}


def schema(*elements: str) -> etree.XMLSchema:
    return etree.XMLSchema(
        etree.fromstring(f'<s:schema xmlns:s="{XSD}">{"".join(elements)}</s:schema>')
    )


@pytest.mark.parametrize("name", [name for name in NAMES if name not in LENIENT])
def test_a_text_is_valid_for_a_type_if_libxml2_agrees(name: str) -> None:
    oracle = schema(f'<s:element name="v" type="s:{name}"/>')
    element = etree.Element("v", nsmap={"a": "urn:a"})
    judged = {}
    for element.text in CASES:
        judged[element.text] = oracle.validate(element)
    assert {text: SIMPLE_TYPES[name].allows(text) for text in CASES} == judged


@pytest.mark.parametrize(
    ("text", "right"),
    [("bW9jaw==", True), ("bW9 jaw=\n=", True), ("", True), ("bW9jaw", False), ("a", False),
     ("bW9jaw==bW9j", False), ("bW9-", False)],
)  # fmt: skip
def test_base64_needs_whole_groups_of_four(text: str, right: bool) -> None:
    assert SIMPLE_TYPES["base64Binary"].allows(text) is right


def test_every_simple_type_arrives_and_is_answered_right(tmp_path: Path) -> None:
    # A document has one ID of a name, and references need one.
    names = [name for name in NAMES if name not in {"ID", "IDREF", "IDREFS", "QName"}]
    elements = "".join(f'<s:element name="{name}" type="s:{name}"/>' for name in names)
    (tmp_path / "all.wsdl").write_text(wsdl(elements), encoding="utf-8")
    (tmp_path / "all.toml").write_text('wsdl = "all.wsdl"\n', encoding="utf-8")
    # urn:todo's elements by themselves, without a namespace, for libxml2.
    oracle = schema(
        f'<s:element name="All"><s:complexType><s:sequence>{elements}'
        "</s:sequence></s:complexType></s:element>"
    )
    with MockServer(profile=load_profile(tmp_path / "all.toml")) as server:

        def call(values: dict[str, str]) -> dict[str, str]:
            content = "".join(f"<{name}>{value}</{name}>" for name, value in values.items())
            answer = call_all(server, f'<All xmlns="urn:todo">{content}</All>')
            return {etree.QName(child).localname: child.text or "" for child in answer}

        made_up = call({name: SIMPLE_TYPES[name].example for name in names})
        entries, _ = server.space().journal.find()
        assert [
            finding.text for finding in entries[0].findings if finding.kind == "arguments"
        ] == []
        document = etree.Element("All")
        for name, value in made_up.items():
            etree.SubElement(document, name).text = value
        assert list(made_up) == names
        oracle.assertValid(document)

        # Any text is one of these.
        for name in sorted(set(names) - {"string", "normalizedString", "token", "anyURI"}):
            call({**made_up, name: "\u00bf?"})
            (entry, *_), _ = server.space().journal.find(newest_first=True)
            (told,) = [finding.text for finding in entry.findings if finding.kind == "arguments"]
            assert told.startswith(f"{name} ")
