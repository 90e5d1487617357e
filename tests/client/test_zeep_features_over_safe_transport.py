"""Tests of zeep's other features over our transports: SOAP 1.2, WS-Security, attachments, more.

The attachments, one-way replies and timeouts of blocks are cases of zeep's own test-suite (MIT
licence, copyright Michael van Tellingen), rewritten here so that real bytes go over a real socket.
"""

from __future__ import annotations

import asyncio
import gzip
import io
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest
import zeep
import zeep.exceptions
import zeep.plugins
import zeep.wsse.username
from convergia_sms import OutcomeUnknownError
from convergia_sms.soap import AsyncSafeTransport, SafeTransport
from lxml import etree

from tests.client.conftest import RawGateway, http_reply

if TYPE_CHECKING:
    from collections.abc import Callable

# zeep has no types.
ZEEP: Any = zeep
SOAP = {
    "1.1": "http://schemas.xmlsoap.org/soap/envelope/",
    "1.2": "http://www.w3.org/2003/05/soap-envelope",
}
BINDINGS = {
    "1.1": "http://schemas.xmlsoap.org/wsdl/soap/",
    "1.2": "http://schemas.xmlsoap.org/wsdl/soap12/",
}
WSDL = """<wsdl:definitions xmlns:wsdl="http://schemas.xmlsoap.org/wsdl/"
  xmlns:xsd="http://www.w3.org/2001/XMLSchema" xmlns:t="urn:t" xmlns:s="{binding}"
  targetNamespace="urn:t"><wsdl:types><xsd:schema targetNamespace="urn:t">
  <xsd:element name="Ask"><xsd:complexType><xsd:sequence>
    <xsd:element name="text" type="xsd:string"/></xsd:sequence></xsd:complexType></xsd:element>
  <xsd:element name="Answer"><xsd:complexType><xsd:sequence>
    <xsd:element name="data" type="xsd:base64Binary"/></xsd:sequence></xsd:complexType>
  </xsd:element>
  <xsd:element name="Tell" type="xsd:string"/></xsd:schema></wsdl:types>
  <wsdl:message name="ask"><wsdl:part name="p" element="t:Ask"/></wsdl:message>
  <wsdl:message name="answer"><wsdl:part name="p" element="t:Answer"/></wsdl:message>
  <wsdl:message name="tell"><wsdl:part name="p" element="t:Tell"/></wsdl:message>
  <wsdl:portType name="Port">
    <wsdl:operation name="Ask"><wsdl:input message="t:ask"/><wsdl:output message="t:answer"/>
    </wsdl:operation><wsdl:operation name="Tell"><wsdl:input message="t:tell"/></wsdl:operation>
  </wsdl:portType>
  <wsdl:binding name="Binding" type="t:Port">
    <s:binding style="document" transport="http://schemas.xmlsoap.org/soap/http"/>
    <wsdl:operation name="Ask"><s:operation soapAction="urn:ask"/>
      <wsdl:input><s:body use="literal"/></wsdl:input>
      <wsdl:output><s:body use="literal"/></wsdl:output></wsdl:operation>
    <wsdl:operation name="Tell"><s:operation soapAction="urn:tell"/>
      <wsdl:input><s:body use="literal"/></wsdl:input></wsdl:operation>
  </wsdl:binding>
  <wsdl:service name="Service"><wsdl:port name="Port" binding="t:Binding">
    <s:address location="{address}"/></wsdl:port></wsdl:service></wsdl:definitions>"""
ANSWER = "<t:Answer xmlns:t='urn:t'><data>{}</data></t:Answer>"
XOP = '<x:Include xmlns:x="http://www.w3.org/2004/08/xop/include" href="cid:one%40here"/>'
RELATED = 'Content-Type: multipart/related; boundary="edge"; type="application/xop+xml"'


def envelope(body: str, version: str = "1.1") -> str:
    return f'<e:Envelope xmlns:e="{SOAP[version]}"><e:Body>{body}</e:Body></e:Envelope>'


def multipart(content: str, attachment: bytes) -> bytes:
    return b"".join(
        (
            b"--edge\r\nContent-Type: application/xop+xml\r\n\r\n",
            content.encode(),
            b"\r\n--edge\r\nContent-ID: <one@here>\r\nContent-Type: image/png\r\n\r\n",
            attachment,
            b"\r\n--edge--\r\n",
        )
    )


@pytest.fixture(params=["sync", "async"])
def call(request: pytest.FixtureRequest, raw_gateway: RawGateway) -> Callable[..., Any]:
    """Call an operation by a client of either kind; made with `options`, settings and version."""

    def once(operation: str = "Ask", version: str = "1.1", **options: Any) -> Any:
        address = f"{raw_gateway.base_url}/service"
        text = WSDL.format(binding=BINDINGS[version], address=address)
        wsdl = io.BytesIO(text.encode())
        if request.param == "sync":
            with SafeTransport() as transport:
                return ZEEP.Client(wsdl, transport=transport, **options).service[operation]("hi")

        async def in_a_loop() -> Any:
            async with AsyncSafeTransport() as transport:
                client = ZEEP.AsyncClient(wsdl, transport=transport, **options)
                return await client.service[operation]("hi")

        return asyncio.run(in_a_loop())

    return once


def test_soap_12_is_spoken(call: Callable[..., Any], raw_gateway: RawGateway) -> None:
    kind = "Content-Type: application/soap+xml; charset=utf-8"
    raw_gateway.script = [http_reply(envelope(ANSWER.format("aGk="), "1.2"), "200 OK", kind)]

    assert call(version="1.2") == b"hi"

    (request,) = raw_gateway.requests
    assert (request.header("Content-Type") or "").startswith("application/soap+xml")
    assert 'action="urn:ask"' in (request.header("Content-Type") or "")
    assert etree.fromstring(request.body).tag == f"{{{SOAP['1.2']}}}Envelope"


@pytest.mark.parametrize("status", ["400 Bad Request", "500 Internal Server Error"])
def test_a_fault_of_soap_12_is_the_services_answer(
    call: Callable[..., Any], raw_gateway: RawGateway, status: str
) -> None:
    fault = (
        "<e:Fault><e:Code><e:Value>e:Sender</e:Value><e:Subcode><e:Value>e:none</e:Value>"
        "</e:Subcode></e:Code><e:Reason><e:Text xml:lang='es'>sin saldo</e:Text></e:Reason>"
        "</e:Fault>"
    )
    raw_gateway.script = [http_reply(envelope(fault, "1.2"), status)]

    with pytest.raises(zeep.exceptions.Fault) as caught:
        call(version="1.2")

    assert (caught.value.message, caught.value.code) == ("sin saldo", "e:Sender")


@pytest.mark.parametrize(
    ("body", "headers"),
    [
        (envelope(ANSWER.format("aGk="), "1.2"), ()),
        ("<Envelope xmlns='urn:of-mine'/>", ()),
        ('<!DOCTYPE a [<!ENTITY b "c">]>' + envelope(ANSWER.format("aGk=")), ()),
        ("", ()),
        (multipart(envelope(ANSWER.format(XOP)), b"png")[:-10], (RELATED,)),
        (multipart("<html/>", b"png"), (RELATED,)),
        (multipart(envelope(ANSWER.format(XOP)), b"png"), ("Content-Type: multipart/related",)),
        (b"--edge\r\nno blank line\r\n--edge--", (RELATED,)),
    ],
    ids=[
        "the other SOAP",
        "no SOAP",
        "an entity",
        "empty",
        "half the attachments",
        "attachments of a page",
        "no boundary",
        "no header's end",
    ],
)
def test_a_reply_that_zeep_cannot_read_leaves_the_outcome_unknown(
    call: Callable[..., Any], raw_gateway: RawGateway, body: bytes | str, headers: tuple[str, ...]
) -> None:
    raw_gateway.script = [http_reply(body, "200 OK", *headers)]

    with pytest.raises(OutcomeUnknownError):
        call()

    assert len(raw_gateway.requests) == 1


def test_the_bytes_of_an_xop_reply_arrive_whole(
    call: Callable[..., Any], raw_gateway: RawGateway
) -> None:
    picture = bytes(range(256)) + b"\r\n\r\n--edg\r\n" + bytes(range(256))
    reply = multipart(envelope(ANSWER.format(XOP)), picture)
    raw_gateway.script = [http_reply(reply, "200 OK", RELATED)]

    assert call() == picture


def test_attachments_beside_a_reply_are_zeeps_message_pack(
    call: Callable[..., Any], raw_gateway: RawGateway
) -> None:
    reply = multipart(envelope(ANSWER.format("aGk=")), b"\x89PNG")
    raw_gateway.script = [http_reply(reply, "200 OK", RELATED)]

    pack = call()

    assert pack.root == b"hi"
    assert pack.get_by_content_id("<one@here>").content == b"\x89PNG"


@pytest.mark.parametrize("status", ["202 Accepted", "201 Created"])
def test_a_one_way_operation_returns_nothing(
    call: Callable[..., Any], raw_gateway: RawGateway, status: str
) -> None:
    raw_gateway.script = [http_reply("", status)]

    assert call("Tell") is None


def test_a_username_token_and_plugins_are_applied(
    call: Callable[..., Any], raw_gateway: RawGateway
) -> None:
    raw_gateway.script = [http_reply(envelope(ANSWER.format("aGk=")))]
    history = ZEEP.plugins.HistoryPlugin()

    token = ZEEP.wsse.username.UsernameToken("me", "p4ss", use_digest=True)
    assert call(plugins=[history], wsse=token) == b"hi"

    sent = etree.fromstring(raw_gateway.requests[0].body)
    assert [each.text for each in sent.iter("{*}Username")] == ["me"]
    assert b"p4ss" not in raw_gateway.requests[0].body
    assert history.last_received["envelope"].tag == f"{{{SOAP['1.1']}}}Envelope"


def test_a_gzipped_reply_is_read(call: Callable[..., Any], raw_gateway: RawGateway) -> None:
    body = gzip.compress(envelope(ANSWER.format("aGk=")).encode())
    raw_gateway.script = [http_reply(body, "200 OK", "Content-Encoding: gzip")]

    assert call() == b"hi"


def test_an_async_transport_works_on_one_event_loop_after_another(raw_gateway: RawGateway) -> None:
    raw_gateway.script = [http_reply(envelope(ANSWER.format("aGk=")))]
    text = WSDL.format(binding=BINDINGS["1.1"], address=raw_gateway.base_url)
    transport = AsyncSafeTransport()
    client = ZEEP.AsyncClient(io.BytesIO(text.encode()), transport=transport)

    async def ask() -> Any:
        try:
            return await client.service.Ask("hi")
        finally:
            await transport.aclose()

    assert [asyncio.run(ask()) for _ in range(2)] == [b"hi", b"hi"]


def test_a_forked_child_uses_a_connection_of_its_own(raw_gateway: RawGateway) -> None:
    raw_gateway.script = [http_reply(envelope(ANSWER.format("aGk=")))]
    # In a process without threads: Python 3.12 warns of a fork in one that has some.
    code = (
        "import os, signal, sys\n"
        "from convergia_sms.soap import SafeTransport\n"
        "signal.alarm(60)\n"
        "transport = SafeTransport()\n"
        "def ask():\n"
        "    return transport.post(sys.argv[1], b'<x/>', {}).status_code == 200\n"
        "assert ask()\n"
        "child = os.fork()\n"
        "if child == 0:\n"
        "    os._exit(0 if ask() else 1)\n"
        "assert os.waitpid(child, 0)[1] == 0\n"
        "assert ask()\n"
    )

    done = subprocess.run(
        [sys.executable, "-c", code, raw_gateway.base_url],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )

    assert done.returncode == 0, done.stderr
    assert [request.connection for request in raw_gateway.requests] == [1, 2, 1]


def test_blocks_of_timeouts_nest_and_end() -> None:
    transport = SafeTransport(timeout=30)
    with transport.settings(timeout=120):
        with transport.settings(timeout=90):
            assert transport._limits().total == 90
        assert transport._limits().total == 120
    assert transport._limits().total == 30


@pytest.mark.parametrize("name", ["a service.wsdl", "a%20service.wsdl"])
def test_a_wsdl_in_a_file_is_loaded_by_path_and_by_url(tmp_path: Any, name: str) -> None:
    path = tmp_path / name
    path.write_bytes(b"<x/>")

    assert SafeTransport().load(str(path)) == SafeTransport().load(path.as_uri()) == b"<x/>"


def test_headers_go_to_no_other_server_than_the_first(raw_gateway: RawGateway) -> None:
    elsewhere = raw_gateway.base_url.replace("127.0.0.1", "localhost")
    raw_gateway.script = [
        http_reply("", "302 Found", "Location: /near"),
        http_reply("", "302 Found", f"Location: {elsewhere}/far"),
        http_reply("<x/>"),
    ]
    address = raw_gateway.base_url.replace("//", "//me:p4ss@")
    with SafeTransport(headers={"X-Key": "k"}) as transport:
        assert transport.load(f"{address}/first") == b"<x/>"

    sent = [(one.header("X-Key"), one.header("Authorization")) for one in raw_gateway.requests]
    assert sent == [("k", "Basic bWU6cDRzcw=="), ("k", "Basic bWU6cDRzcw=="), (None, None)]


def test_custom_headers_replace_the_defaults(raw_gateway: RawGateway) -> None:
    raw_gateway.script = [http_reply("")]
    always = {"user-agent": "mine", "X-Key": "always"}
    with SafeTransport(headers=always) as transport:
        transport.post(raw_gateway.base_url, b"", {"x-key": "now", "Host": "virtual.example"})

    lines = raw_gateway.requests[0].head.decode().lower().split("\r\n")[1:]
    names = [line.partition(":")[0] for line in lines]
    assert len(names) == len(set(names))
    assert {"user-agent: mine", "x-key: now", "host: virtual.example"} <= set(lines)
    assert "content-length: 0" in lines


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("Content-Length", "1"),
        ("transfer-encoding", "chunked"),
        ("X Key", "v"),
        ("X-Key:", "v"),
        ("X-Key", "p4ss\0"),
        ("X-Key", "p4ss\u20ac"),
        ("X-Key", "p4ss\r\nX-Other: v"),
    ],
)
def test_a_header_that_http_does_not_allow_is_refused_before_anything_is_sent(
    raw_gateway: RawGateway, name: str, value: str
) -> None:
    raw_gateway.script = [http_reply("")]
    with SafeTransport() as transport, pytest.raises(ValueError, match="header") as caught:
        transport.post(raw_gateway.base_url, b"<x/>", {name: value})

    assert "p4ss" not in str(caught.value)
    assert raw_gateway.requests == []
