"""Tests that a probe of a hostile or broken gateway ends in findings, and not in a traceback."""

from __future__ import annotations

import json
import socket
import threading
from typing import TYPE_CHECKING, Any

import pytest
from click.testing import CliRunner
from convergia_sms.cli import main
from convergia_wsdl import load_profile

from tests.client.conftest import ENVELOPE, RawGateway, Received, http_reply, reset

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

WSDL = load_profile().wsdl_bytes()
NEEDED = {"username": 101, "password": 102, "message": 103, "number": 104}
NUMBER = "525512345678"


@pytest.fixture
def gateway() -> Iterator[RawGateway]:
    one = RawGateway(socket.create_server(("127.0.0.1", 0), backlog=64))
    thread = threading.Thread(target=one.serve, daemon=True)
    thread.start()
    yield one
    one.stop()
    thread.join(timeout=10)


def probe(
    gateway: RawGateway | str, *options: object, typed: str = "", account: bool = True
) -> tuple[int, dict[str, Any], str]:
    """Run the command in this process. Return its exit code, its JSON and its other output."""
    base_url = gateway if isinstance(gateway, str) else gateway.base_url
    words = ["probe", "--json", "--base-url", base_url, "--timeout", "0.4", *map(str, options)]
    environment = {"CONVERGIA_USERNAME": "demo", "CONVERGIA_PASSWORD": "s3creta"}
    ran = CliRunner(env=environment if account else {}).invoke(main, words, input=typed)
    if ran.exception is not None and not isinstance(ran.exception, SystemExit):
        raise ran.exception
    assert "Traceback" not in ran.stderr
    assert "s3creta" not in ran.output
    return ran.exit_code, json.loads(ran.stdout), ran.stderr


def degrees(report: dict[str, Any]) -> dict[str, str]:
    return {f"{one['transport']} {one['operation']}": one["degree"] for one in report["understood"]}


def notes(report: dict[str, Any]) -> dict[str, str]:
    return {f"{one['transport']} {one['operation']}": one["note"] for one in report["understood"]}


def code_of(request: Received) -> int:
    """The code of an ordinary gateway for a request by GET."""
    line = request.line
    if "estatus_mensaje" in line:
        if "messageid=77" in line:
            return 3
        return 6 if "username=demo" in line else 5
    if f"number={NUMBER}" in line and "username=demo" in line:
        return 100
    absent = [code for name, code in NEEDED.items() if f"{name}=" not in line]
    return (absent or [201])[0]


def soap_code_of(body: str) -> int:
    if "estatus_mensaje" not in body:
        return 201
    if "demo" not in body:
        return 5
    return 3 if ">77<" in body else 6


def ordinary(request: Received, spelt: Callable[[int], str] = str) -> bytes:
    """The reply of a gateway whose scripts work over HTTP, and whose web service is as assumed."""
    if not request.line.startswith("GET"):
        return http_reply(ENVELOPE.format(soap_code_of(request.body.decode())))
    if "?wsdl" in request.line:
        return http_reply(WSDL)
    return http_reply(spelt(code_of(request)))


def script(answer: Callable[[Received], bytes]) -> list[Any]:
    return [lambda connection, request: connection.sendall(answer(request))]


def endless(connection: socket.socket, _request: Received) -> None:
    connection.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
    while True:
        connection.sendall(b"100|" * 16_384)


def drip(connection: socket.socket, _request: Received) -> None:
    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n1")
    connection.close()


DEEP = "<a>" * 50_000
HOSTILE: dict[str, Any] = {
    "empty pages": http_reply(""),
    "a page under maintenance": http_reply("<html><h1>Mantenimiento</h1></html>"),
    "every status 500": http_reply("error", "500 Internal Server Error"),
    "every status 401": http_reply("", "401 Unauthorized", "WWW-Authenticate: Basic realm=x"),
    "a redirect to itself": http_reply("", "302 Found", "Location: /"),
    "a redirect that repeats the password": http_reply("", "301 Moved", "Location: ?p=s3creta"),
    "no status code": b"HTTP/1.1 hello\r\n\r\n",
    "not HTTP": b"220 smtp.example ESMTP\r\n",
    "a reply cut off": drip,
    "a reset": reset,
    "a reply without an end": endless,
    "an invalid chunk": b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
    "gzip that is none": http_reply(b"100", "200 OK", "Content-Encoding: gzip"),
    "bytes of no charset": http_reply(bytes(range(256))),
    "NULs": http_reply(b"\0" * 5_000),
    "a million spaces": http_reply(" " * 1_000_000),
    "JSON of great depth": http_reply('{"a":' * 50_000),
    "XML of great depth": http_reply(DEEP),
    "entities that grow": http_reply(
        '<!DOCTYPE a [<!ENTITY b "100"><!ENTITY c "&b;&b;&b;">]><a>&c;&c;</a>'
    ),
    "a number without an end": http_reply("1" * 60_000),
    "JSON numbers without an end": http_reply('{"codigo": ' + "9" * 60_000 + "}"),
    "the same code always": http_reply("100|77"),
    "a code that nobody lists": http_reply("999"),
    "headers of control characters": b"HTTP/1.1 200 OK\r\nX: \x01\x7f\r\n\r\n201",
    "a fault for a page": http_reply(
        ENVELOPE.replace("<ns1:", "<SOAP-ENV:Fault><x/></SOAP-ENV:Fault><ns1:").format("")
    ),
}


@pytest.mark.exhaustive("probe")
@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_gateway_is_a_finding(gateway: RawGateway, name: str, tmp_path: Path) -> None:
    gateway.script = [HOSTILE[name]]

    code, report, _ = probe(gateway, "--output", tmp_path / "out")

    assert code in {1, 4}
    if code == 4:
        assert report["outcome"] == "unreachable"
    else:
        assert "not" in degrees(report).values()
        assert report["next_step"]
        load_profile(tmp_path / "out/profile.toml")


@pytest.mark.exhaustive("probe")
@pytest.mark.parametrize("name", [name for name in HOSTILE if name != "a reply without an end"])
def test_a_hostile_web_service_leaves_the_rest_understood(gateway: RawGateway, name: str) -> None:
    bad = HOSTILE[name]

    def answer(connection: socket.socket, request: Received) -> None:
        if "webservice.php" not in request.line:
            connection.sendall(ordinary(request, lambda code: f"{code}"))
        elif isinstance(bad, bytes):
            connection.sendall(bad)
        else:
            bad(connection, request)

    gateway.script = [answer]

    code, report, _ = probe(gateway)

    assert code == 1
    told = degrees(report)
    assert (told["http send"], told["http status"]) == ("by auto", "understood")
    assert told["soap send"] == told["soap status"] == "not"
    assert report["unreadable"]


@pytest.mark.parametrize(
    "wsdl",
    [
        WSDL[: len(WSDL) // 2],
        WSDL.replace(b"enviar_mensaje", b"nada"),
        WSDL.replace(b"xsd:string", b"xsd:base64Binary"),
        WSDL.replace(b"xsd:string", b"tns:NoSuchType"),
        WSDL.replace(b"<binding", b"<nothing").replace(b"</binding", b"</nothing"),
        WSDL.replace(b"http://schemas.xmlsoap.org/wsdl/soap/", b"urn:x"),
        b"<definitions xmlns='http://schemas.xmlsoap.org/wsdl/'/>",
        b"<?xml version='1.0'?><!DOCTYPE d [<!ENTITY x SYSTEM 'file:///etc/passwd'>]><d>&x;</d>",
        b"<html>Please log in</html>",
    ],
    ids=["cut", "renamed", "binary", "untyped", "unbound", "other soap", "empty", "entity", "page"],
)
def test_a_broken_wsdl_is_a_finding(gateway: RawGateway, wsdl: bytes, tmp_path: Path) -> None:
    gateway.script = script(
        lambda request: http_reply(wsdl) if "?wsdl" in request.line else ordinary(request)
    )

    code, report, _ = probe(gateway, "--output", tmp_path)

    assert code in {0, 1}
    assert degrees(report)["http status"] == "understood"
    assert "root:" not in (tmp_path / "profile.toml").read_text()
    load_profile(tmp_path / "profile.toml")


def test_a_gateway_that_goes_silent_half_way_is_a_finding(gateway: RawGateway) -> None:
    def answer(connection: socket.socket, request: Received) -> None:
        if len(gateway.requests) > 6:
            connection.close()
        else:
            connection.sendall(ordinary(request))

    gateway.script = [answer]

    code, report, _ = probe(gateway)

    assert code == 1
    assert any("in a row had no complete reply" in one for one in report["unreadable"])


def test_a_gateway_without_a_web_service_is_used_over_http(gateway: RawGateway) -> None:
    def answer(request: Received) -> bytes:
        if "webservice.php" in request.line:
            return http_reply("", "404 Not Found")
        return ordinary(request)

    gateway.script = script(answer)

    code, report, _ = probe(gateway)

    assert code == 1
    assert notes(report)["soap send"] == "no WSDL: HTTP 404"
    assert report["next_step"].endswith("CONVERGIA_TRANSPORT=http")


def test_a_gateway_that_fits_the_profile_is_fully_understood(gateway: RawGateway) -> None:
    gateway.script = script(ordinary)

    code, report, _ = probe(gateway)

    assert code == 0
    assert degrees(report) == {
        "http send": "by auto",
        "http status": "understood",
        "soap send": "by auto",
        "soap status": "understood",
    }
    assert notes(report)["http send"] == "no accepted reply was seen"
    assert "--send-to" in report["next_step"]


@pytest.mark.parametrize("typed", [NUMBER, "55 1234 5678", "+52 (55) 1234-5678", "044 5512345678"])
def test_the_number_is_typed_again_as_any_number_is(gateway: RawGateway, typed: str) -> None:
    def spelt(code: int) -> str:
        return "100|77" if code == 100 else str(code)

    gateway.script = script(lambda request: ordinary(request, spelt))

    code, report, _ = probe(gateway, "--send-to", "5512345678", "--wait", 0, typed=f"{typed}\n")

    assert code == 0
    assert report["message"] == {"id": "77", "states": [3]}
    assert degrees(report)["http send"] == "understood"
    assert degrees(report)["soap send"] == "understood"
    assert notes(report)["soap send"].startswith("hypothesis: ")
    dialect = next(one for one in report["findings"] if one["key"] == "reply.soap.send")
    assert dialect["note"] == "hypothesis: as over HTTP"


def test_a_message_that_the_gateway_does_not_know_yet_is_asked_for_again(
    gateway: RawGateway,
) -> None:
    def answer(request: Received) -> bytes:
        fresh = sum("=77" in one.line for one in gateway.requests) < 3
        if "messageid=77" in request.line and fresh:
            return http_reply("6")
        return ordinary(request, lambda code: "100|77" if code == 100 else str(code))

    gateway.script = script(answer)

    code, report, _ = probe(gateway, "--send-to", "5512345678", "--wait", 0, typed=f"{NUMBER}\n")

    assert code == 0
    assert report["message"]["states"][-1:] == [3]
    assert "http: the real message's status: 6" in report["remarks"]


@pytest.mark.parametrize("typed", ["", "\n", "si\n", "5512345679\n"])
def test_a_number_that_is_not_typed_again_sends_nothing(gateway: RawGateway, typed: str) -> None:
    gateway.script = script(ordinary)

    code, report, _ = probe(gateway, "--send-to", "5512345678", typed=typed)

    assert (code, report["outcome"]) == (2, "usage")
    assert gateway.requests == []


@pytest.mark.parametrize("missing", ["CONVERGIA_USERNAME", "CONVERGIA_PASSWORD"])
def test_without_a_terminal_a_missing_setting_is_an_error_and_no_question(
    gateway: RawGateway, monkeypatch: pytest.MonkeyPatch, missing: str
) -> None:
    for name in ("CONVERGIA_USERNAME", "CONVERGIA_PASSWORD"):
        if name == missing:
            monkeypatch.delenv(name, raising=False)
        else:
            monkeypatch.setenv(name, "demo")

    code, report, told = probe(gateway, account=False)

    assert (code, report["outcome"]) == (2, "usage")
    assert missing in told
    assert gateway.requests == []


def test_a_folder_that_cannot_be_written_is_reported_before_any_request(
    gateway: RawGateway, tmp_path: Path
) -> None:
    (tmp_path / "file").write_text("")
    gateway.script = script(ordinary)

    code, report, _ = probe(gateway, "--output", tmp_path / "file" / "out")

    assert (code, report["outcome"]) == (2, "usage")
    assert gateway.requests == []


def test_an_address_where_nothing_listens_is_exit_code_4() -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]

    code, report, told = probe(f"http://127.0.0.1:{port}")

    assert (code, report["outcome"]) == (4, "unreachable")
    assert f"127.0.0.1:{port}" in told
