"""Tests of the relay to a gateway, here a second mock server and broken ones."""

from __future__ import annotations

import socket
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode, urlsplit

import pytest
from convergia_mockserver import Account, MockServer, RelayError
from convergia_sms import Client, DeliveryStatus, OutcomeUnknownError

from tests.mockserver.server import wire

if TYPE_CHECKING:
    from collections.abc import Iterator

    from convergia_mockserver import FaceName

NUMBER = "525512345678"
OTHER = "528112345678"
FACES: tuple[FaceName, ...] = ("http", "soap")


@pytest.fixture(scope="module")
def real() -> Iterator[MockServer]:
    with MockServer(accounts=[Account(name="real", password="secreto")]) as server:
        yield server


@pytest.fixture(scope="module")
def relaying(real: MockServer) -> Iterator[MockServer]:
    with MockServer(relay=real.base_url + "/", relay_to=["55 1234 5678"]) as server:
        yield server


@pytest.fixture(autouse=True)
def _fresh(real: MockServer, relaying: MockServer) -> None:
    for server in (real, relaying):
        server.space().reset()


@contextmanager
def gateway_that_says(reply: bytes) -> Iterator[tuple[str, list[bytes]]]:
    """Take connections, read a request from each, answer with these bytes, and close."""
    asked: list[bytes] = []
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]

        def serve() -> None:
            while True:
                try:
                    peer, _ = listener.accept()
                except OSError:
                    return
                with peer:
                    asked.append(peer.recv(65536))
                    peer.sendall(reply)

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{port}", asked
        # Closing alone does not wake an accept that waits.
        listener.shutdown(socket.SHUT_RDWR)
        thread.join(10)


@pytest.mark.parametrize("face", FACES)
def test_a_send_to_a_listed_number_and_its_status_query_are_relayed(
    real: MockServer, relaying: MockServer, face: FaceName
) -> None:
    with Client("real", "secreto", base_url=relaying.base_url, transport=face) as sms:
        receipt = sms.send(NUMBER, "¿Mañana? & más", extra="p-1")
        assert sms.status(receipt.message_id or "") == DeliveryStatus.PENDING
    (message,) = real.space().messages
    assert (message.id, message.text, message.extra) == (
        receipt.message_id, "¿Mañana? & más", "p-1",
    )  # fmt: skip
    assert relaying.space().messages == []
    entries, _ = relaying.space().journal.find()
    assert [(entry.operation, entry.relayed, entry.code) for entry in entries] == [
        ("send", "answered", None), ("status", "answered", None),
    ]  # fmt: skip
    assert "secreto" not in repr(entries)
    assert entries[0].reply.body == real.space().journal.find()[0][0].reply.body


@pytest.mark.parametrize("face", FACES)
def test_requests_for_other_numbers_are_answered_by_the_mock(
    real: MockServer, relaying: MockServer, face: FaceName
) -> None:
    relaying.space().script(code=110, number=OTHER)
    assert b"110" in wire.send(face, relaying.base_url, number=OTHER).body
    assert b"100" in wire.send(face, relaying.base_url, number=OTHER).body
    assert wire.send(face, relaying.base_url, messageid="100000001").status == 200
    assert real.space().journal.find()[1] == 0
    assert len(relaying.space().messages) == 1
    assert [entry.relayed for entry in relaying.space().journal.find()[0]] == [None] * 3


def test_requests_in_any_space_are_relayed(real: MockServer, relaying: MockServer) -> None:
    with Client("real", "secreto", base_url=f"{relaying.base_url}/s/team") as sms:
        sms.send(NUMBER, "hola")
    assert len(real.space().messages) == 1
    assert [each.relayed for each in relaying.space("team").journal.find()[0]] == ["answered"]


@pytest.mark.parametrize(
    "reply",
    [b"", b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n100|", b"nonsense\r\n\r\n"],
    ids=["nothing", "half", "nonsense"],
)
def test_a_lost_reply_breaks_the_connection_and_is_recorded_in_the_journal(reply: bytes) -> None:
    with gateway_that_says(reply) as (url, asked):
        with MockServer(relay=url, relay_to=[NUMBER]) as server:
            with pytest.raises(ConnectionResetError):
                wire.send("http", server.base_url, number=NUMBER)
            with (
                Client("a", "b", base_url=server.base_url) as sms,
                pytest.raises(OutcomeUnknownError),
            ):
                sms.send(NUMBER, "hola")
            entries, _ = server.space().journal.find()
            assert [(each.relayed, each.reply.status) for each in entries] == [("unknown", 0)] * 2
        assert len(asked) == 2


def test_a_send_to_an_unreachable_gateway_is_not_sent() -> None:
    with socket.socket() as bound:
        # Bound and not listening: nobody else gets the port, and it refuses.
        bound.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{bound.getsockname()[1]}"
        with MockServer(relay=url, relay_to=[NUMBER]) as server:
            with pytest.raises(ConnectionResetError):
                wire.send("soap", server.base_url, number=NUMBER)
            assert server.space().journal.find()[0][0].relayed == "not-sent"


def test_a_slow_gateway_delays_no_other_request(relaying: MockServer) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        url = f"http://127.0.0.1:{listener.getsockname()[1]}"
        with (
            MockServer(relay=url, relay_to=[NUMBER]) as server,
            wire.connect(server.base_url) as waiting,
        ):
            waiting.sendall(wire.request("http", server.base_url, number=NUMBER))
            listener.settimeout(10)
            peer, _ = listener.accept()
            with peer:
                peer.settimeout(10)
                assert peer.recv(65536)
                assert b"100" in wire.send("http", server.base_url, number=OTHER).body
                peer.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi")
            received = b"".join(iter(lambda: waiting.recv(65536), b""))
            assert wire.parse(received).body == b"hi"


def test_a_relayed_request_has_no_headers_of_the_clients_connection() -> None:
    answer = b"HTTP/1.1 302 Found\r\nLocation: http://elsewhere/\r\nContent-Length: 0\r\n\r\n"
    with gateway_that_says(answer) as (url, asked):
        with MockServer(relay=url + "/base", relay_to=[NUMBER]) as server:
            path = urlsplit(server.url_for("http", "one")).path
            query = urlencode({"username": "u", "password": "p", "number": NUMBER})
            head = (
                f"GET {path}?{query}&message=Ma\xf1ana HTTP/1.1\r\nHost: mock\r\nX-Own: 1\r\n"
                "Accept-Encoding: gzip\r\nConnection: close\r\n\r\n"
            )
            received = wire.parse(wire.exchange(server.base_url, head.encode("latin-1")))
        # A redirect goes back: to follow it would be a second request.
        assert (received.status, received.headers["location"]) == (302, "http://elsewhere/")
        (sent,) = asked
        assert sent.startswith(f"GET /base/?{query}&message=Ma%F1ana HTTP/1.1\r\n".encode())
        assert b"X-Own: 1" in sent.replace(b"x-own", b"X-Own")
        assert b"gzip" not in sent
        assert b"Host: mock" not in sent


@pytest.mark.parametrize(
    ("options", "why"),
    [
        ({"relay": "http://u:p@host", "relay_to": [NUMBER]}, "must be 'http://host:port'"),
        ({"relay": "ftp://host", "relay_to": [NUMBER]}, "must be 'http://host:port'"),
        ({"relay": "http://host"}, "must have at least one number"),
        (
            {"relay": "http://host", "relay_to": ["123"]},
            "'123' is not a number: it must have 12 digits",
        ),
        ({"relay_to": [NUMBER]}, "without a gateway"),
    ],
)
def test_an_invalid_relay_is_refused(options: dict[str, Any], why: str) -> None:
    with pytest.raises(RelayError, match=why):
        MockServer(**options)


def test_the_live_gateway_cannot_be_used_where_it_is_forbidden(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from convergia_wsdl import load_guide

    url = load_guide().base_url
    monkeypatch.setenv("CONVERGIA_FORBID_LIVE", "1")
    with pytest.raises(RelayError, match="CONVERGIA_FORBID_LIVE is set"):
        MockServer(relay=url, relay_to=[NUMBER])
    monkeypatch.setenv("CONVERGIA_FORBID_LIVE", "0")
    with MockServer(relay=url, relay_to=[NUMBER]) as server:
        monkeypatch.setenv("CONVERGIA_FORBID_LIVE", "1")
        with pytest.raises(ConnectionResetError):
            wire.send("http", server.base_url, number=NUMBER)
        assert server.space().journal.find()[0][0].relayed == "not-sent"


def test_a_relayed_entry_survives_a_restart(real: MockServer, tmp_path: Any) -> None:
    file = tmp_path / "state.db"
    with MockServer(relay=real.base_url, relay_to=[NUMBER], db=file) as server:
        wire.send("http", server.base_url, number=NUMBER)
    with MockServer(db=file) as server:
        assert server.space().journal.find()[0][0].relayed == "answered"
