"""Tests of scripts that match by headers, SOAPAction, method, path and XPath."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from convergia_mockserver import Pattern, ScriptError
from convergia_mockserver.gateway.request_parts import RequestParts
from convergia_mockserver.gateway.search_time import PatternTimeError, SearchTime
from convergia_mockserver.gateway.xpaths import XPath, read_document

from tests.mockserver.server import wire

if TYPE_CHECKING:
    from convergia_mockserver import FaceName, MockGateway


def code(gateway: MockGateway, face: FaceName, head: str = "", **arguments: str) -> bool:
    """Send, with more headers; return True if the script answered."""
    raw = wire.request(face, gateway.base_url, **arguments)
    wire.exchange(gateway.base_url, raw.replace(b"\r\n", b"\r\n" + head.encode(), 1))
    return gateway.requests[-1].script is not None


@pytest.fixture(params=["convergia_mockserver", "convergia_httpserver"])
def gateway(request: pytest.FixtureRequest) -> MockGateway:
    return request.getfixturevalue(request.param)  # type: ignore[no-any-return]


@pytest.mark.parametrize(
    ("criteria", "matching", "other"),
    [
        ({"headers": {"X-Tienda": "5"}}, ("http", "x-tienda: 5\r\n"), ("http", "X-Tienda: 6\r\n")),
        ({"headers": {"User-Agent": Pattern(prefix="Axis")}}, ("soap", "User-Agent: Axis/1.4\r\n"),
         ("soap", "")),
        ({"headers": {"X-A": Pattern(regex="1, ?2")}}, ("http", "X-A: 1\r\nX-A: 2\r\n"),
         ("http", "X-A: 1\r\n")),
        ({"soap_action": "urn:webservice#enviar_mensaje"}, ("soap", ""), ("http", "")),
        ({"method": "POST"}, ("soap", ""), ("http", "")),
        ({"path": "/webservice.php"}, ("soap", ""), ("http", "")),
        ({"path": Pattern(regex="^/$")}, ("http", ""), ("soap", "")),
        ({"xpath": "//number[.='525512345678']"}, ("soap", ""), ("http", "")),
        ({"xpath": "/soap:Envelope/soap:Body/*[local-name()='enviar_mensaje']"}, ("soap", ""),
         ("http", "")),
        ({"xpath": "count(//message) = 1", "number": "5512345678"}, ("soap", ""), ("http", "")),
    ],
)  # fmt: skip
def test_only_requests_that_match_are_answered(
    gateway: MockGateway,
    criteria: dict[str, Any],
    matching: tuple[FaceName, str],
    other: tuple[FaceName, str],
) -> None:
    gateway.script(code=110, times=0, **criteria)
    assert [code(gateway, *each) for each in (matching, other)] == [True, False]


def test_the_wsdl_is_matched_by_headers_too(convergia_mockserver: MockGateway) -> None:
    gateway = convergia_mockserver
    gateway.script(operation="wsdl", headers={"X-Old": "1"}, reply="old", times=0)
    path = gateway.url_for("soap").removeprefix("http://").partition("/")[2]
    bodies = []
    for head in ("X-Old: 1\r\n", ""):
        raw = f"GET /{path}?wsdl HTTP/1.1\r\nHost: a\r\n{head}Connection: close\r\n\r\n"
        bodies.append(wire.parse(wire.exchange(gateway.base_url, raw.encode())).body)
    assert bodies[0] == b"old"
    assert b"definitions" in bodies[1]


def test_a_near_miss_gives_the_reasons_and_shows_no_secret(gateway: MockGateway) -> None:
    gateway.script(
        code=110,
        path="/webservice.php",
        soap_action=Pattern(contains="estatus"),
        headers={"Authorization": "Basic other", "X-Password": "other", "X-Shop": "1"},
        xpath="//number[.='1']",
    )
    head = "Authorization: Basic c2VjcmV0bzE=\r\nX-Password: secreto2\r\nX-Shop: 2\r\n"
    assert not code(gateway, "soap", head)
    (_, miss), *_ = gateway.space.journal.unmatched()
    assert miss is not None
    assert miss.matched == ("operation", "path")
    assert miss.reasons == (
        "soap_action: 'urn:webservice#enviar_mensaje' is not contains 'estatus'",
        "headers.Authorization: a different value",
        "headers.X-Password: a different value",
        "headers.X-Shop: '2' is not '1'",
        "xpath: //number[.='1'] is not true for the body",
    )


@pytest.mark.parametrize(
    "xpath",
    [
        "",
        "//a[",
        "$x",
        "//q:a",
        "doc('file:///a')",
        "for $a in 1 to 9 return 1",
        "1" * 501,
    ],
)
def test_an_invalid_xpath_is_refused(convergia_mockserver: MockGateway, xpath: str) -> None:
    with pytest.raises(ScriptError, match="xpath: "):
        convergia_mockserver.script(code=110, xpath=xpath)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"no xml",
        b"<a>",
        b'<!DOCTYPE a [<!ENTITY e "x">]><a>&e;</a>',
        b'<?xml version="1.0" encoding="nowhere"?><a/>',
        b"<a>" * 101 + b"</a>" * 101,
        b"<a>" + b"<b/>" * 500 + b"</a>",
        b"<a>" + b"x" * 65536 + b"</a>",
    ],
    ids=["empty", "text", "half", "dtd", "charset", "deep", "many", "large"],
)
def test_a_body_that_cannot_be_evaluated_matches_no_xpath(body: bytes) -> None:
    assert read_document(body) is None


@pytest.mark.parametrize(
    "xpath",
    [
        "//*[//*[//*[//*]]]",
        "count(//*[count(//*[count(//*)>0])>0])",
        "//*[following::*[preceding::*[following::*]]]",
        "//*/ancestor::*/descendant::*[.//*/ancestor::*/descendant::*]",
        "//a[preceding-sibling::a[following-sibling::a[preceding-sibling::a]]]",
    ],
)
def test_an_xpath_without_end_is_given_up(xpath: str) -> None:
    document = read_document(b"<r>" + b"<a><b>x</b></a>" * 240 + b"</r>")
    assert document is not None
    with pytest.raises(PatternTimeError):
        SearchTime.of_request().run(XPath(xpath).holds, xpath, document)


def test_a_body_is_parsed_once_and_only_on_demand() -> None:
    parts = RequestParts("POST", "/", (), b"<a/>")
    assert parts.document() is parts.document()


@pytest.mark.parametrize(
    ("headers", "action"),
    [
        (((b"soapaction", b'"urn:a#b"'),), "urn:a#b"),
        (((b"content-type", b'application/soap+xml; charset=utf-8; action="urn:a"'),), "urn:a"),
        (((b"content-type", b"text/xml"),), ""),
    ],
)
def test_the_action_is_read_of_either_soap(
    headers: tuple[tuple[bytes, bytes], ...], action: str
) -> None:
    assert RequestParts("POST", "/", headers).soap_action == action
