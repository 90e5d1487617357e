"""Tests of requests that are hard for Python: no answer is an unscripted 5xx."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import urllib3
from convergia_mockserver import MockServer

if TYPE_CHECKING:
    from collections.abc import Iterator

ENVELOPE = """<?xml version="1.0" encoding="ISO-8859-1"?>
<SOAP-ENV:Envelope xmlns:SOAP-ENV="http://schemas.xmlsoap.org/soap/envelope/"
 xmlns:xsd="http://www.w3.org/2001/XMLSchema"
 xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"
 xmlns:ns2="http://xml.apache.org/xml-soap"><SOAP-ENV:Body>
<enviar_mensaje><username>demo</username><password>demo</password>
<number>525512345678</number>{}</enviar_mensaje></SOAP-ENV:Body></SOAP-ENV:Envelope>"""
LONG = "1" + "0" * 5000


def map_of(kind: str, key: str) -> str:
    return (
        f'<message xsi:type="ns2:Map"><item><key xsi:type="xsd:{kind}">{key}</key>'
        '<value xsi:type="xsd:string">v</value></item></message>'
    )


PIECES = {
    "long int": f'<message xsi:type="xsd:int">{LONG}</message>',
    "long negative int": f'<message xsi:type="xsd:int">-{LONG}</message>',
    "long integer": f'<message xsi:type="xsd:integer">{LONG}</message>',
    "long double": f'<message xsi:type="xsd:double">{LONG}</message>',
    "long exponent": f'<message xsi:type="xsd:double">1e{LONG}</message>',
    "long boolean": f'<message xsi:type="xsd:boolean">{LONG}</message>',
    "long reference": f"<message>&#{LONG};</message>",
    "long hexadecimal reference": f"<message>&#x{LONG};</message>",
    "reference in CDATA": f"<message><![CDATA[&#{LONG};]]></message>",
    "reference twice": f"<message>&amp;#{LONG};</message>",
    **{
        f"map of {kind} {key[:9]}": map_of(kind, key)
        for kind in ("double", "float", "int", "string", "boolean")
        for key in ("nan", "NAN", "inf", "INF", "-INF", "1e999", "-1e999", "1e300", LONG)
    },
    "array of a long size": f'<message xsi:type="SOAP-ENC:Array" arrayType="xsd:int[{LONG}]"/>',
}


@pytest.fixture(scope="module")
def server() -> Iterator[MockServer]:
    with MockServer() as running:
        yield running


@pytest.mark.parametrize("piece", PIECES.values(), ids=PIECES)
def test_every_document_is_read_or_refused_with_a_reason(server: MockServer, piece: str) -> None:
    space = server.world.fresh("accident")
    url = server.url_for("soap", space.name)
    with urllib3.PoolManager() as pool:
        reply = pool.request("POST", url, body=ENVELOPE.format(piece))
        assert b"the mock server failed" not in reply.data
        admin = server.url_for("admin", space.name)
        assert pool.request("GET", f"{admin}requests").status == 200
        assert pool.request("GET", f"{admin}messages").status == 200
    assert space.errors == []
    server.world.delete(space.name)


@pytest.mark.parametrize("value", [LONG, "-" + LONG, "1e" + LONG, f"&#{LONG};", "\ud800", "%00"])
@pytest.mark.parametrize("name", ["number", "message", "extra", "messageid", "username"])
def test_every_query_is_read_or_refused_with_a_reason(
    server: MockServer, name: str, value: str
) -> None:
    space = server.world.fresh("accident")
    fields = {"username": "demo", "password": "demo", "number": "525512345678", "message": "a"}
    raw: dict[str, str | bytes] = {**fields, name: value.encode("utf-8", "surrogatepass")}
    with urllib3.PoolManager() as pool:
        reply = pool.request("GET", server.url_for("http", space.name), fields=raw)
        assert reply.status == 200
        assert pool.request("GET", f"{server.url_for('admin', space.name)}requests").status == 200
    assert space.errors == []
    server.world.delete(space.name)
