"""Tests that the mock server replays a recorded session, which contains no secrets."""

from __future__ import annotations

import dataclasses
import logging
import os
import socket
import subprocess
import urllib.request
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import pytest
from convergia_contract.reference import ReferenceGateway, missing
from convergia_contract.suite.by_hand import HttpByHand, SoapByHand, exchange
from convergia_contract.target import Target
from convergia_mockserver import MockServer
from convergia_mockserver.recording import RecordingError, load_recording
from convergia_mockserver.recording.proxy import RecordingProxy, RecordingSession
from convergia_sms import (
    AuthenticationError,
    Client,
    ConvergiaError,
    DeliveryStatus,
    OutcomeUnknownError,
    TrafficNotAllowedError,
)
from convergia_wsdl import load_guide, load_profile

from tests.warm import CONVERGIA

if TYPE_CHECKING:
    from collections.abc import Iterator

    from convergia_sms._models import Transport
    from pytest_httpserver import HTTPServer

SECRET = "s3cr&ta"
NUMBER = "525512345678"
pytestmark = pytest.mark.skipif(missing() is not None, reason=str(missing()))


def target(base_url: str, password: str = "demo") -> Target:
    return Target(base_url, "demo", password, load_profile(), True, False, NUMBER)


def record(gateway: ReferenceGateway, output: Path, *, numbers: bool = False) -> RecordingProxy:
    session = RecordingSession(gateway.base_url, output, SECRET, numbers=numbers, texts=numbers)
    return RecordingProxy(session, load_guide(), load_profile())


@pytest.fixture
def recording(tmp_path: Path) -> Path:
    """A session over both transports, with a status that changes."""
    output = tmp_path / "session.jsonl"
    with (
        ReferenceGateway(accounts={"demo": SECRET}, pending_queries=2) as gateway,
        record(gateway, output) as proxy,
    ):
        for transport in ("http", "soap"):
            with Client("demo", SECRET, base_url=proxy.base_url, transport=transport) as client:
                receipt = client.send("55 1234 5678", f"Hola por {transport}", "ref-1")
                for _ in range(3):
                    client.status(receipt.message_id)
                with pytest.raises(TrafficNotAllowedError):
                    client.send("520000000205", "Hola")
            with (
                Client("demo", "mala", base_url=proxy.base_url, transport=transport) as stranger,
                pytest.raises(AuthenticationError),
            ):
                stranger.send("55 1234 5678", "Hola")
        served = exchange(target(proxy.base_url), "GET", "/webservice.php?wsdl")
        assert f'location="{proxy.base_url}/webservice.php"'.encode() in served.body
    return output


@pytest.mark.parametrize("transport", ["http", "soap"])
def test_the_mock_server_answers_as_the_recorded_gateway_did(
    recording: Path, transport: Transport
) -> None:
    with (
        MockServer(replay=recording) as server,
        Client("demo", "demo", base_url=server.base_url, transport=transport) as client,
    ):
        receipt = client.send("+52 55 1234 5678", f"Hola por {transport}", "ref-1")
        states = [client.status(receipt.message_id) for _ in range(4)]
        assert states == [0, 0, DeliveryStatus.DELIVERED, DeliveryStatus.DELIVERED]
        with pytest.raises(TrafficNotAllowedError):
            client.send("520000000205", "Hola")


def test_each_space_goes_through_the_recording_by_itself(recording: Path) -> None:
    with MockServer(replay=recording) as server:
        for space in ("ana", "beto"):
            base_url = f"{server.base_url}/s/{space}"
            with Client("demo", "demo", base_url=base_url, transport="soap") as client:
                receipt = client.send("55 1234 5678", "Hola por soap", "ref-1")
                assert [client.status(receipt.message_id) for _ in range(3)] == [0, 0, 3]


def test_another_password_is_answered_as_another_password_was(recording: Path) -> None:
    with (
        MockServer(replay=recording) as server,
        Client("demo", "otra", base_url=server.base_url, transport="soap") as client,
        pytest.raises(AuthenticationError),
    ):
        client.send("55 1234 5678", "Hola")


def test_replay_matches_requests_by_meaning_and_not_by_spelling(recording: Path) -> None:
    with MockServer(replay=recording) as server:
        by_hand = HttpByHand(target(server.base_url))
        assert by_hand.send(NUMBER, "Hola por http", extra="ref-1").code == 100
        soap = SoapByHand(target(server.base_url))
        assert soap.send(NUMBER, "Hola por soap", extra="ref-1").code == 100


def test_a_request_that_was_not_recorded_is_refused_with_the_nearest_line(
    recording: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with (
        caplog.at_level(logging.WARNING),
        MockServer(replay=recording) as server,
        Client("demo", "demo", base_url=server.base_url, transport="http") as client,
        pytest.raises(OutcomeUnknownError) as refused,
    ):
        client.send("55 1234 5678", "Otra cosa", "ref-1")
    assert b"line 2 is nearest, with other message" in refused.value.raw
    assert "http send: not in the recording" in caplog.text


def test_the_replayed_wsdl_leads_back_to_the_mock_server(recording: Path) -> None:
    with MockServer(replay=recording) as server:
        served = exchange(target(server.base_url), "GET", "/webservice.php?wsdl").body
        here = f'location="{server.base_url}/webservice.php"'
    assert here.encode() in served
    assert b"enviar_mensaje" in served


def test_a_recording_holds_no_password(recording: Path) -> None:
    written = recording.read_text()
    for spelt in (SECRET, "s3cr%26ta", "s3cr&amp;ta", "mala"):
        assert spelt not in written
    assert all(SECRET.encode() not in entry.body for entry in load_recording(recording))


@pytest.mark.parametrize("echo", ["s3cr&ta", "s3cr&amp;ta", "s3cr%26ta"])
def test_a_password_that_the_gateway_echoes_is_not_written(
    tmp_path: Path, httpserver: HTTPServer, echo: str
) -> None:
    httpserver.expect_request("/").respond_with_data(
        f"no: {echo}", status=302, headers={"Location": f"https://sms.test/?password={echo}"}
    )
    output = tmp_path / "session.jsonl"
    session = RecordingSession(httpserver.url_for("").rstrip("/"), output, SECRET)
    with RecordingProxy(session, load_guide(), load_profile()) as proxy:
        exchange(target(proxy.base_url, SECRET), "GET", "/?username=demo")
    (entry,) = load_recording(output)
    assert entry.body == b"no: ***"
    assert ("Location", "https://sms.test/?password=***") in entry.headers


def test_numbers_and_texts_are_left_out_on_request_and_match_any(tmp_path: Path) -> None:
    output = tmp_path / "session.jsonl"
    with (
        ReferenceGateway(accounts={"demo": SECRET}) as gateway,
        record(gateway, output, numbers=True) as proxy,
    ):
        HttpByHand(target(proxy.base_url, SECRET)).send(NUMBER, "Su clave es 482913")
    assert NUMBER not in output.read_text()
    assert "482913" not in output.read_text()
    with MockServer(replay=output) as server:
        assert HttpByHand(target(server.base_url)).send("525500000000", "Otro").code == 100


def test_numbers_and_texts_that_the_gateway_echoes_are_left_out_too(
    tmp_path: Path, httpserver: HTTPServer
) -> None:
    httpserver.expect_request("/").respond_with_data(
        f"100|7 a {NUMBER} ({NUMBER[2:]}): Su clave es 482913"
    )
    output = tmp_path / "session.jsonl"
    session = RecordingSession(
        httpserver.url_for("").rstrip("/"), output, SECRET, numbers=True, texts=True
    )
    with RecordingProxy(session, load_guide(), load_profile()) as proxy:
        query = f"/?username=demo&number={NUMBER}&message=Su+clave+es+482913&extra=7"
        exchange(target(proxy.base_url, SECRET), "GET", query)
    (entry,) = load_recording(output)
    assert entry.body == b"100|7 a *** (***): ***"


def test_a_gateway_that_fails_is_an_unknown_outcome_through_the_proxy(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with ReferenceGateway(accounts={"demo": SECRET}) as gateway:
        proxy = record(gateway, tmp_path / "session.jsonl")
    with (
        proxy,
        Client("demo", SECRET, base_url=proxy.base_url, transport="http") as client,
        pytest.raises(OutcomeUnknownError),
    ):
        client.send("55 1234 5678", "Hola")
    assert (tmp_path / "session.jsonl").read_text() == ""
    assert "no reply from the gateway: NotConnectedError" in caplog.messages


def test_an_invalid_recording_is_refused_with_its_line(tmp_path: Path) -> None:
    (tmp_path / "odd.jsonl").write_text('{"asked": 1}\n')
    with pytest.raises(RecordingError, match=r"odd\.jsonl:1"):
        MockServer(replay=tmp_path / "odd.jsonl")


SEND = (
    b'<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Body><enviar_mensaje>'
    b"<username>demo</username><password>demo</password><number>525512345678</number>"
    b"<message>Hola</message><extra/></enviar_mensaje></s:Body></s:Envelope>"
)
HEAD = (
    b"POST /webservice.php HTTP/1.1\r\nHost: x\r\nContent-Type: text/xml\r\nConnection: close\r\n"
)


def raw(base_url: str, request: bytes) -> bytes:
    url = urlsplit(base_url)
    with socket.create_connection((url.hostname or "", url.port or 0), timeout=20) as connection:
        connection.sendall(request)
        connection.shutdown(socket.SHUT_WR)
        return b"".join(iter(lambda: connection.recv(65536), b""))


def chunked(body: bytes) -> bytes:
    pieces = [body[start : start + 99] for start in range(0, len(body), 99)]
    return b"".join(b"%x;a=b\r\n%s\r\n" % (len(piece), piece) for piece in pieces)


@pytest.fixture
def mock_behind_proxy(tmp_path: Path) -> Iterator[tuple[MockServer, RecordingProxy]]:
    session = RecordingSession("", tmp_path / "session.jsonl", "demo")
    with MockServer() as server:
        session = dataclasses.replace(session, gateway=server.base_url)
        with RecordingProxy(session, load_guide(), load_profile()) as proxy:
            yield server, proxy


def test_a_chunked_request_is_passed_on_and_recorded(
    mock_behind_proxy: tuple[MockServer, RecordingProxy],
) -> None:
    server, proxy = mock_behind_proxy
    framing = b"Transfer-Encoding: chunked\r\n\r\n"

    reply = raw(proxy.base_url, HEAD + framing + chunked(SEND) + b"0\r\nTrailer: x\r\n\r\n")

    assert b"100|" in reply
    assert [one.text for one in server.space().messages] == ["Hola"]
    assert load_recording(proxy.session.output)[0].arguments["message"] == "Hola"


@pytest.mark.parametrize(
    ("rest", "status"),
    [
        (b"Content-Length: abc\r\n\r\n" + SEND, b"400"),
        (b"Content-Length: -1\r\n\r\n" + SEND, b"400"),
        (b"Content-Length: 99999999999\r\n\r\n", b"413"),
        (b"Content-Length: 999\r\n\r\n" + SEND, b"400"),  # it ends too early
        (b"Transfer-Encoding: chunked\r\n\r\n" + chunked(SEND), b"400"),
        (b"Transfer-Encoding: chunked\r\n\r\nzz\r\n" + SEND, b"400"),
        (b"Transfer-Encoding: gzip, chunked\r\n\r\n" + SEND, b"501"),
    ],
)
def test_a_request_without_a_certain_end_never_reaches_the_gateway(
    mock_behind_proxy: tuple[MockServer, RecordingProxy], rest: bytes, status: bytes
) -> None:
    server, proxy = mock_behind_proxy

    assert raw(proxy.base_url, HEAD + rest).split()[1] == status

    assert server.space().messages == []
    assert load_recording(proxy.session.output) == ()


def test_every_method_is_passed_on(mock_behind_proxy: tuple[MockServer, RecordingProxy]) -> None:
    server, proxy = mock_behind_proxy
    for method in ("HEAD", "PUT"):
        query = f"username=demo&password=demo&number=525512345678&message={method}"
        raw(proxy.base_url, f"{method} /?{query} HTTP/1.1\r\nHost: x\r\n\r\n".encode())

    assert [one.text for one in server.space().messages] == ["HEAD", "PUT"]


def test_operations_outside_the_profile_are_told_apart_by_their_names(
    mock_behind_proxy: tuple[MockServer, RecordingProxy], caplog: pytest.LogCaptureFixture
) -> None:
    _, proxy = mock_behind_proxy
    envelope = '<e:Envelope xmlns:e="http://schemas.xmlsoap.org/soap/envelope/"><e:Body>{}</e:Body></e:Envelope>'
    calls = [envelope.format(f'<q:{name} xmlns:q="urn:x"/>').encode() for name in ("saldo", "alta")]
    for call in calls:
        raw(proxy.base_url, HEAD + b"Content-Length: %d\r\n\r\n" % len(call) + call)

    asked = [one.asked for one in load_recording(proxy.session.output)]
    assert asked == ["POST /webservice.php saldo", "POST /webservice.php alta"]
    assert "--profile" in caplog.text
    with MockServer(replay=proxy.session.output) as server:
        replies = [
            raw(server.base_url, HEAD + b"Content-Length: %d\r\n\r\n" % len(call) + call)
            for call in reversed(calls)
        ]
    assert b"&apos;alta&apos;" in replies[0]
    assert b"&apos;saldo&apos;" in replies[1]


RECORD = ("record", "--output=s.jsonl")


@pytest.mark.parametrize(
    ("command", "url"),
    [
        (RECORD, "127.0.0.1:8181"),
        (RECORD, "ftp://x"),
        (RECORD, "http://"),
        (RECORD, "http://ana:clave@x"),
        (RECORD, "http://x:99999"),
        (RECORD, "http://[x"),
        (("contract",), "http://ana:clave@x"),
        (("coverage",), "http://ana:clave@x"),
    ],
)
def test_a_url_that_is_not_a_base_url_is_refused_and_not_shown(
    command: tuple[str, ...], url: str, tmp_path: Path
) -> None:
    ran = subprocess.run(
        [CONVERGIA, *command, url],
        cwd=tmp_path,
        env={**os.environ, "CONVERGIA_PASSWORD": "demo"},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert ran.returncode == 2
    assert "'http://host:port'" in ran.stderr
    assert "clave" not in ran.stderr
    assert not (tmp_path / "s.jsonl").exists()


def test_a_status_reply_that_tells_number_and_text_is_recorded_without_them(
    httpserver: HTTPServer, tmp_path: Path
) -> None:
    told = "3 5512345678 +52 55 1234-5678 525512345678 (55)%201234%205678 Hola mundo"
    httpserver.expect_request("/").respond_with_data("100|77")
    httpserver.expect_request("/estatus_mensaje.php").respond_with_data(told)
    session = RecordingSession(
        httpserver.url_for("").rstrip("/"), tmp_path / "s.jsonl", "demo", numbers=True, texts=True
    )
    with (
        RecordingProxy(session, load_guide(), load_profile()) as proxy,
        Client("demo", "demo", base_url=proxy.base_url, transport="http") as client,
    ):
        client.send(NUMBER, "Hola mundo")
        with pytest.raises(ConvergiaError):
            client.status("77")

    assert load_recording(session.output)[1].body == b"3 *** *** *** (*** ***"


def test_arguments_of_another_operation_are_redacted_too(tmp_path: Path) -> None:
    wsdl = Path(__file__).parents[1] / "wsdls" / "nusoap.wsdl"
    profile = tmp_path / "profile.toml"
    profile.write_text(f"wsdl = '{wsdl}'\n")
    envelope = (
        '<e:Envelope xmlns:e="http://schemas.xmlsoap.org/soap/envelope/"><e:Body>'
        '<n:eco_pedido xmlns:n="urn:operaciones"><valor><folio>7</folio>'
        f"<cliente>Juana {NUMBER}</cliente></valor></n:eco_pedido></e:Body></e:Envelope>"
    )
    output = tmp_path / "session.jsonl"
    with MockServer(profile=load_profile(profile)) as server:
        server.space().operations.register("eco_pedido", lambda call: call.arguments["valor"])
        session = RecordingSession(server.base_url, output, SECRET, numbers=True)
        with RecordingProxy(session, load_guide(), load_profile(profile)) as proxy:
            request = urllib.request.Request(
                proxy.base_url + "/webservice.php",
                envelope.encode(),
                {"Content-Type": "text/xml", "SOAPAction": "urn:operaciones#eco_pedido"},
            )
            with urllib.request.urlopen(request, timeout=20) as reply:
                assert NUMBER in reply.read().decode()
    (entry,) = load_recording(output)
    assert (entry.asked, entry.arguments) == (
        "soap eco_pedido",
        {"valor.folio": "7", "valor.cliente": "***"},
    )
    assert NUMBER.encode() not in entry.body
