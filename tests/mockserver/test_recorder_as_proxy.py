"""Tests of the recorder as an HTTP proxy, also with clients that disconnect."""

from __future__ import annotations

import logging
import socket
import struct
import urllib.request
from typing import TYPE_CHECKING

import pytest
from convergia_mockserver import MockServer
from convergia_mockserver.recording import load_recording
from convergia_mockserver.recording.proxy import RecordingProxy, RecordingSession
from convergia_wsdl import load_guide, load_profile

from tests.ipv6 import needs_ipv6

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def recorder(tmp_path: Path) -> Iterator[tuple[MockServer, RecordingProxy]]:
    with MockServer() as mock:
        session = RecordingSession(mock.base_url, tmp_path / "session.jsonl", "demo")
        with RecordingProxy(session, load_guide(), load_profile()) as proxy:
            yield mock, proxy


def _ask(proxy: RecordingProxy, target: str) -> bytes:
    host, _, port = proxy.base_url.removeprefix("http://").partition(":")
    with socket.create_connection((host, int(port)), 10) as peer:
        peer.sendall(f"GET {target} HTTP/1.1\r\nHost: any\r\nConnection: close\r\n\r\n".encode())
        return b"".join(iter(lambda: peer.recv(65536), b""))


def test_a_message_sent_through_the_recorder_as_a_proxy_is_recorded(
    recorder: tuple[MockServer, RecordingProxy],
) -> None:
    mock, proxy = recorder
    query = "username=demo&password=demo&number=525512345678&message=Hola&extra="
    path = load_guide().send.path
    assert b"100" in _ask(proxy, f"{mock.base_url}{path}?{query}")
    assert len(mock.space().messages) == 1
    (entry,) = load_recording(proxy.session.output)
    assert entry.asked == "http send"
    assert entry.arguments["message"] == "Hola"
    assert entry.arguments["password"] == "***"


def test_a_url_with_raw_bytes_is_passed_on_as_the_gateway_would_read_it(
    recorder: tuple[MockServer, RecordingProxy],
) -> None:
    mock, proxy = recorder
    query = "username=demo&password=demo&number=525512345678&message=mañana&extra="
    target = f"{load_guide().send.path}?{query}"
    assert b"100" in _ask(proxy, target)
    assert b"100" in _ask(proxy, target.replace("ñ", "%C3%B1"))
    raw, quoted = [message.text for message in mock.space().messages]
    assert raw == quoted
    assert [each.arguments["message"] for each in load_recording(proxy.session.output)] == [raw] * 2


@needs_ipv6
def test_the_recorder_listens_at_an_ipv6_address(tmp_path: Path) -> None:
    with MockServer() as mock:
        session = RecordingSession(mock.base_url, tmp_path / "session.jsonl", "demo")
        with (
            RecordingProxy(session, load_guide(), load_profile(), host="::1") as proxy,
            urllib.request.urlopen(f"{proxy.base_url}/webservice.php?wsdl", timeout=10) as reply,
        ):
            assert f"{proxy.base_url}/webservice.php".encode() in reply.read()


@pytest.mark.parametrize("target", ["http://other.invalid/sendsms.php", "http://[", "nonsense"])
def test_a_request_for_another_server_goes_nowhere(
    recorder: tuple[MockServer, RecordingProxy], target: str
) -> None:
    _, proxy = recorder
    assert _ask(proxy, target).startswith(b"HTTP/1.1 403 ")
    assert load_recording(proxy.session.output) == ()


def test_a_client_that_hangs_up_costs_no_traceback(
    recorder: tuple[MockServer, RecordingProxy],
    capfd: pytest.CaptureFixture[str],
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.WARNING)
    _, proxy = recorder
    host, _, port = proxy.base_url.removeprefix("http://").partition(":")
    peer = socket.create_connection((host, int(port)), 10)
    peer.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    peer.sendall(b"POST /webservice.php HTTP/1.1\r\nContent-Length: 50\r\n\r\nhalf")
    peer.close()
    assert b"HTTP/1.1 200" in _ask(proxy, "/webservice.php?wsdl")
    assert "Traceback" not in capfd.readouterr().err
