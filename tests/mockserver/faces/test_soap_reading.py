"""Tests that requests are read as NuSOAP reads them, and of the findings about them."""

from __future__ import annotations

import gzip
import zlib
from typing import TYPE_CHECKING

import pytest
from convergia_wsdl import load_profile

from tests.mockserver.faces.soap import ENVELOPE, called, enviar, fault_text, post

if TYPE_CHECKING:
    from pathlib import Path

PROPER = (
    "<username>demo</username><password>secreto</password><number>525512345678</number>"
    "<message>Hola</message><extra>r</extra>"
)


def test_a_proper_request_has_no_findings() -> None:
    call = called(post(enviar(PROPER)))
    assert call.findings == ()
    assert call.arguments == {
        "username": "demo",
        "password": "secreto",
        "number": "525512345678",
        "message": "Hola",
        "extra": "r",
    }


def test_arguments_go_by_position_and_the_findings_say_so() -> None:
    call = called(post(enviar("<number>1</number><username>2</username>")))
    assert call.arguments == {"username": "1", "password": "2"}
    assert call.findings == (
        "'number' stands where username belongs: NuSOAP goes by position, not name",
        "'username' stands where password belongs: NuSOAP goes by position, not name",
        "only 2 of 5 arguments came: the rest is empty",
    )


def test_arguments_beyond_the_last_are_ignored() -> None:
    call = called(post(enviar(PROPER + "<otro>x</otro>")))
    assert call.arguments["extra"] == "r"
    assert call.findings == ("6 arguments came for 5: the rest was ignored",)


def test_the_element_chooses_the_operation_before_soapaction_does() -> None:
    body = ENVELOPE.format("<estatus_mensaje><a>demo</a></estatus_mensaje>").encode()
    assert called(post(body)).operation == "status"


def test_a_wrong_soapaction_is_ignored_and_reported_as_a_finding() -> None:
    call = called(post(enviar(PROPER), action='"urn:webservice#estatus_mensaje"'))
    assert call.operation == "send"
    assert call.findings == ("SOAPAction is not enviar_mensaje's: NuSOAP goes by the Body",)


@pytest.mark.parametrize("action", [None, "", '""', "urn:webservice#enviar_mensaje"])
def test_an_empty_or_correct_soapaction_is_not_a_finding(
    action: str | None,
) -> None:
    assert called(post(enviar(PROPER), action=action)).findings == ()


def test_soap_1_2_is_answered_as_soap_1_1_and_the_findings_say_so() -> None:
    other = enviar(PROPER).replace(
        b"http://schemas.xmlsoap.org/soap/envelope/", b"http://www.w3.org/2003/05/soap-envelope"
    )
    assert called(post(other)).findings == (
        "the envelope is not SOAP 1.1's, which NuSOAP does not check: the reply is SOAP 1.1",
    )


def test_soapaction_chooses_where_the_element_names_no_operation() -> None:
    call = called(post(ENVELOPE.format("<no_existe><a>demo</a></no_existe>").encode()))
    assert call.operation == "send"
    assert "there is no operation 'no_existe': SOAPAction chose enviar_mensaje" in call.findings


def test_an_envelope_whose_element_and_soapaction_name_no_operation_is_a_fault() -> None:
    body = ENVELOPE.format("<no_existe/>").encode()
    expected = "Operation 'no_existe' is not defined in the WSDL for this service"
    assert fault_text(post(body, action=None)) == expected


@pytest.mark.parametrize("content_type", [None, "application/xml", "application/soap+xml"])
def test_a_body_that_is_not_text_xml_is_not_read(content_type: str | None) -> None:
    call = called(post(enviar(PROPER), content_type=content_type))
    assert call.arguments == {}
    (finding,) = call.findings
    assert "its body was not read" in finding


def test_repeated_elements_arrive_as_an_array_that_reads_as_empty() -> None:
    call = called(post(enviar("<username>a</username><username>b</username>")))
    assert call.arguments == {"username": ""}
    assert any("is repeated" in finding for finding in call.findings)


@pytest.mark.parametrize(
    ("declared", "text", "value"),
    [
        ("xsd:string", " 01 ", " 01 "),
        ("xsd:int", " 012x", "12"),
        ("xsd:int", "x", "0"),
        ("xsd:integer", "99999999999999999999", "9223372036854775807"),
        ("xsd:long", "012", "012"),
        ("xsd:double", "5.25512345678E11", "525512345678"),
        ("xsd:float", "1e20", "1.0E+20"),
        ("xsd:boolean", "true", ""),
        ("xsd:base64Binary", "SG9sYQ==", "Hola"),
        ("other:unheard", "x", "x"),
    ],
)
def test_a_declared_type_casts_as_php_does(declared: str, text: str, value: str) -> None:
    call = called(post(enviar(f'<username xsi:type="{declared}">{text}</username>')))
    assert call.arguments["username"] == value


def test_a_reference_is_replaced_by_its_target() -> None:
    element = '<enviar_mensaje><u href="#a"/><p href="#no"/></enviar_mensaje><m id="a">demo</m>'
    call = called(post(ENVELOPE.format(element).encode()))
    assert call.arguments == {"username": "demo", "password": ""}


def test_an_attribute_of_the_operation_is_an_argument() -> None:
    call = called(post(ENVELOPE.format('<enviar_mensaje a="b"/>').encode()))
    assert call.arguments == {"username": "b"}


def test_characters_beyond_iso_8859_1_are_lost_and_a_finding_names_them() -> None:
    call = called(post(enviar(PROPER.replace("Hola", "ñandú € 😀"))))
    assert call.arguments["message"] == "ñandú ? ?"
    assert call.findings == ("characters outside of the gateway's charset arrived as '?'",)


def test_a_profile_may_declare_that_no_characters_are_lost(tmp_path: Path) -> None:
    profile = tmp_path / "profile.toml"
    profile.write_text('[text]\nsoap_charset = ""\n')
    request = post(enviar(PROPER.replace("Hola", "ñandú € 😀")))
    assert called(request, load_profile(profile)).arguments["message"] == "ñandú € 😀"


@pytest.mark.parametrize("content_type", ["text/xml; action=x; charset=utf-8", "text/xml;a=b"])
def test_everything_behind_the_first_equals_sign_is_the_charset(content_type: str) -> None:
    body = b'<?xml version="1.0" encoding="utf-8"?>' + enviar(PROPER)
    assert fault_text(post(body, content_type=content_type)) == (
        "error in msg parsing:\nCharset from HTTP Content-Type 'US-ASCII' does not match encoding "
        "from XML declaration 'utf-8'"
    )


@pytest.mark.parametrize(
    ("content_type", "misread"),
    [
        ("text/xml; charset=utf-8", False),
        ("text/xml", False),
        ("text/xml; charset=us-ascii", False),
        ("text/xml; charset=utf-8; action=x", True),
        ("text/xml; charset=windows-1252", True),
    ],
)
def test_a_content_type_that_is_misread_is_a_finding(content_type: str, misread: bool) -> None:
    findings = called(post(enviar(PROPER), content_type=content_type)).findings
    assert any("was read as US-ASCII" in finding for finding in findings) is misread


def test_compressed_bodies_are_read() -> None:
    for encoding, body in (
        ("gzip", gzip.compress(enviar(PROPER))),
        ("deflate", zlib.compress(enviar(PROPER))),
    ):
        assert called(post(body, content_encoding=encoding)).arguments["username"] == "demo"


def test_a_body_that_is_not_compressed_as_it_says_is_a_fault() -> None:
    expected = "Errors occurred when trying to decode the data"
    assert fault_text(post(enviar(PROPER), content_encoding="gzip")) == expected


def test_findings_tell_no_values() -> None:
    bodies = (
        enviar("<password>secreto</password>"),
        enviar("<username/><password>secreto</password><password>secreto</password>"),
        enviar('<username/><password xsi:type="xsd:int">12345</password>'),
        enviar("<username/><password>secreto€</password>"),
    )
    for body in bodies:
        findings = called(post(body)).findings
        assert findings
        assert not any("secreto" in finding or "12345" in finding for finding in findings)
