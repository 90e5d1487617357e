"""Tests of custom answers: whole replies, SOAP Faults, values, and a WSDL that fails."""

from __future__ import annotations

import base64
import re
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import pytest
from convergia_mockserver import (
    Criteria,
    JournalQuery,
    MockServer,
    OwnReply,
    Script,
    ScriptAnswer,
    ScriptError,
    SoapFault,
)

from tests.mockserver.server import wire

if TYPE_CHECKING:
    from pathlib import Path

    from convergia_mockserver import FaceName, MockGateway

FACES: tuple[FaceName, ...] = ("http", "soap")


@pytest.fixture(params=["convergia_mockserver", "convergia_httpserver"])
def gateway(request: pytest.FixtureRequest) -> MockGateway:
    return request.getfixturevalue(request.param)  # type: ignore[no-any-return]


def wsdl(base_url: str) -> wire.Received:
    """Return the reply to a request for the WSDL."""
    path = urlsplit(base_url).path
    head = f"GET {path}/webservice.php?wsdl HTTP/1.1\r\nHost: gateway\r\nConnection: close\r\n\r\n"
    return wire.parse(wire.exchange(base_url, head.encode()))


@pytest.mark.parametrize("face", FACES)
def test_a_custom_reply_is_sent_and_the_message_is_accepted(
    gateway: MockGateway, face: FaceName
) -> None:
    reply = OwnReply.of("<p>mañana</p>", 502, Retry_After="3", Content_Type="text/plain")
    gateway.script(reply=reply)
    received = wire.send(face, gateway.base_url)
    assert (received.status, received.body) == (502, "<p>mañana</p>".encode())
    assert received.headers["retry-after"] == "3"
    assert received.headers["content-type"] == "text/plain"
    assert len(gateway.messages) == 1
    entry = gateway.requests[-1]
    assert (entry.code, entry.reply.status, entry.script) == (100, 502, 1)
    assert entry.message_id == gateway.messages[0].id


@pytest.mark.parametrize("face", FACES)
def test_a_custom_reply_with_a_rejection_accepts_no_message(
    gateway: MockGateway, face: FaceName
) -> None:
    gateway.script(reply="no", code=110)
    assert wire.send(face, gateway.base_url).body == b"no"
    assert gateway.messages == []
    assert gateway.requests[-1].code == 110


def test_the_faces_content_type_stays_and_a_text_says_that_it_is_utf_8(
    convergia_mockserver: MockGateway,
) -> None:
    url = convergia_mockserver.base_url
    plain = [wire.send(face, url).headers["content-type"] for face in FACES]
    convergia_mockserver.script(sequence=[ScriptAnswer(reply=OwnReply.of(b"\xf1"))], times=2)
    assert [wire.send(face, url).headers["content-type"] for face in FACES] == plain
    convergia_mockserver.script(reply="ñ", times=2)
    assert [wire.send(face, url).headers["content-type"] for face in FACES] == [
        "text/html; charset=utf-8",
        "text/xml; charset=utf-8",
    ]


def test_a_body_may_come_from_a_file_which_is_read_once(
    convergia_mockserver: MockGateway, tmp_path: Path
) -> None:
    file = tmp_path / "reply.bin"
    file.write_bytes(b"\x00\xff")
    convergia_mockserver.script(reply=file)
    file.unlink()
    assert wire.send("http", convergia_mockserver.base_url).body == b"\x00\xff"
    with pytest.raises(ScriptError, match=r"reply\.bin is not a file"):
        convergia_mockserver.script(reply=file)
    with pytest.raises(ScriptError, match="is not a file"):
        convergia_mockserver.script(sequence=[ScriptAnswer(reply=OwnReply(file=str(tmp_path)))])


def test_a_custom_reply_may_be_truncated(convergia_mockserver: MockGateway) -> None:
    convergia_mockserver.script(reply="0123456789", fault="truncated-body")
    assert wire.send("http", convergia_mockserver.base_url).body == b"01234"


def test_a_start_file_names_a_file_beside_it(tmp_path: Path) -> None:
    (tmp_path / "body.xml").write_bytes(b"<own/>")
    start = tmp_path / "start.toml"
    start.write_text('[[scripts]]\nanswers = [{reply = {file = "body.xml", status = 500}}]\n')
    with MockServer(start=start) as server:
        assert wire.send("soap", server.base_url)[::2] == (500, b"<own/>")
    start.write_text('[[scripts]]\nanswers = [{reply = {file = "none.xml"}}]\n')
    with pytest.raises(ValueError, match=r"scripts\[0\]: reply: file: .*none.xml is not a file"):
        MockServer(start=start)


@pytest.mark.parametrize(
    ("reply", "why"),
    [
        ({"status": 100}, "status: 100 must be between 200 and 599"),
        ({"status": 204, "text": "x"}, "a reply with status 204 must not have a body"),
        ({"text": "x", "base64": "eA=="}, "only one of text, base64 and file"),
        ({"text": "x", "file": "x"}, "only one of text, base64 and file"),
        ({"base64": "no!"}, "base64: the value is not Base64"),
        ({"text": "\ud800"}, "lone surrogate"),
        ({"text": "x" * 1_048_577}, "at most 1,048,576 bytes"),
        ({"headers": {"A B": "x"}}, "'A B' is not a valid header name"),
        ({"headers": {"": "x"}}, "'' is not a valid header name"),
        ({"headers": {"X": "a\r\nY: b"}}, "is not a valid header value"),
        ({"headers": {"X": "a\0"}}, "is not a valid header value"),
        ({"headers": {"X": "€"}}, "is not a valid header value"),
        ({"headers": {"X": "a", "x": "b"}}, "x is given twice"),
        ({"headers": {"Content-Length": "3"}}, "the server writes Content-Length itself"),
        ({"headers": {"transfer-encoding": "chunked"}}, "the server writes transfer-encoding"),
        ({"headers": {"X": "a" * 20_000}}, "at most 16,384 characters"),
    ],
)
def test_an_invalid_reply_is_refused(reply: dict[str, Any], why: str) -> None:
    with pytest.raises(ValueError, match=why):
        OwnReply(**reply)


def test_the_replies_of_all_scripts_are_bounded_together(
    convergia_mockserver: MockGateway,
) -> None:
    reply = OwnReply.of("x" * 1024 * 1024)
    convergia_mockserver.script(sequence=[ScriptAnswer(reply=reply)] * 16)
    with pytest.raises(ScriptError, match="at most 16,777,216 bytes"):
        convergia_mockserver.script(reply="x")
    assert len(convergia_mockserver.space.scripts.states()) == 1
    convergia_mockserver.space.scripts.clear()


@pytest.mark.parametrize("asked", [{}, {"messageid": "100000001"}], ids=["send", "status"])
def test_a_soap_fault_answers_a_send_and_a_status_over_soap(
    gateway: MockGateway, asked: dict[str, str]
) -> None:
    gateway.script(soap_fault=SoapFault("sin servicio", "SIS01", "intente a las 10"))
    url = gateway.base_url
    assert wire.send("http", url, **asked).status == 200
    before = len(gateway.messages)
    received = wire.send("soap", url, **asked)
    assert received.status == 500
    assert re.findall(rb"<(?:faultcode|faultstring|detail)[^>]*>([^<]*)<", received.body) == [
        b"SOAP-ENV:SIS01", b"sin servicio", b"intente a las 10",
    ]  # fmt: skip
    assert len(gateway.messages) == before
    assert (gateway.requests[-1].code, gateway.requests[-1].message_id) == (None, None)


def test_a_soap_fault_with_code_100_takes_the_message(convergia_mockserver: MockGateway) -> None:
    convergia_mockserver.script(soap_fault="lento", code=100)
    assert wire.send("soap", convergia_mockserver.base_url).status == 500
    assert len(convergia_mockserver.messages) == 1


def test_a_soap_fault_is_refused_for_the_http_face(convergia_mockserver: MockGateway) -> None:
    with pytest.raises(ScriptError, match="soap_fault: the http face has no SOAP Faults"):
        convergia_mockserver.script(soap_fault="x", face="http")


def test_both_faces_spell_a_value(gateway: MockGateway) -> None:
    gateway.script(operation="send", returns="A<1>", times=2)
    assert wire.send("http", gateway.base_url).body == b"A<1>"
    assert b">A&lt;1&gt;</return>" in wire.send("soap", gateway.base_url).body
    assert len(gateway.messages) == 2
    gateway.script(operation="status", returns=77, times=2)
    assert wire.send("http", gateway.base_url, messageid="1").body == b"77"
    assert b">77<" in wire.send("soap", gateway.base_url, messageid="1").body


def test_an_answer_with_two_results_is_refused(convergia_mockserver: MockGateway) -> None:
    answer = ScriptAnswer(soap_fault=SoapFault("x"), reply=OwnReply.of("x"))
    with pytest.raises(ScriptError, match="soap_fault and reply: an answer must have only one"):
        convergia_mockserver.script(sequence=[answer])


def test_the_wsdl_is_answered_by_scripts_that_name_it(gateway: MockGateway) -> None:
    url = gateway.base_url
    whole = wsdl(url).body
    gateway.script(code=110, times=0)
    gateway.script(reply="every call", times=0)
    assert wsdl(url).body == whole
    gateway.space.scripts.clear()
    gateway.script(
        operation="wsdl", sequence=["http-503", "truncated-body", ScriptAnswer(reply=OwnReply())]
    )
    assert wsdl(url).status == 503
    half = wsdl(url).body
    assert whole.startswith(half)
    assert len(half) == len(whole) // 2
    assert wsdl(url)[::2] == (200, b"")
    assert wsdl(url).body == whole
    shown = [(entry.operation, entry.fault) for entry in gateway.requests]
    assert shown[-4:] == [
        (None, "http-503"), (None, "truncated-body"), (None, None), (None, None),
    ]  # fmt: skip
    entries, _ = gateway.space.journal.find(JournalQuery(matched=True))
    assert len(entries) == 3
    assert wire.send("soap", url).status == 200


def test_the_wsdl_may_be_slow(convergia_mockserver: MockGateway) -> None:
    convergia_mockserver.script(operation="wsdl", delay=0.02)
    assert wsdl(convergia_mockserver.base_url).status == 200
    assert convergia_mockserver.requests[-1].delay == 0.02


@pytest.mark.parametrize("answer", [{"code": 110}, {"returns": "x"}, {"soap_fault": "x"}])
def test_the_wsdl_has_no_code_and_returns_nothing(
    convergia_mockserver: MockGateway, answer: dict[str, Any]
) -> None:
    with pytest.raises(
        ScriptError, match="a request for the WSDL may get a reply, a fault or a delay"
    ):
        convergia_mockserver.script(operation="wsdl", **answer)


def test_own_answers_survive_a_restart(tmp_path: Path) -> None:
    file = tmp_path / "state.db"
    with MockServer(db=file) as server:
        server.space().script(operation="wsdl", fault="http-503")
        server.space().script(reply=b"\xff", times=2)
        wsdl(server.base_url)
        wire.send("http", server.base_url)
    with MockServer(db=file) as server:
        assert wire.send("http", server.base_url).body == b"\xff"
        first = server.space().journal.find()[0][0]
        assert (first.operation, first.fault, first.script) == (None, "http-503", 1)


def test_the_admin_api_takes_own_replies_but_reads_no_file(
    convergia_mockserver: MockGateway,
) -> None:
    scripts = convergia_mockserver.space.scripts
    body = base64.b64encode(b"\xff").decode()
    scripts.add(Script((ScriptAnswer(reply=OwnReply(base64=body)),), Criteria(operation="send")))
    assert wire.send("soap", convergia_mockserver.base_url).body == b"\xff"
    with pytest.raises(ScriptError, match="'/etc/passwd' cannot be read here"):
        scripts.add(Script((ScriptAnswer(reply=OwnReply(file="/etc/passwd")),)))
