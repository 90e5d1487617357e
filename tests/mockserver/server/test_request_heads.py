"""Tests of request heads: accepted as by Apache with mod_php, and journaled if refused."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import pytest
from convergia_mockserver.server.request_heads import MAX_HEAD_BYTES, is_incomplete, tolerant
from hypothesis import given
from hypothesis import strategies as st

from tests.mockserver.server import wire

if TYPE_CHECKING:
    from convergia_mockserver import MockGateway

QUERY = "username=demo&password=demo&number=525512345678&message="
UPGRADE = "Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAEAAEAAAAI\r\n"


def path_of(gateway: MockGateway) -> str:
    return urlsplit(gateway.base_url).path


def soap(gateway: MockGateway, extra: str) -> tuple[bytes, bytes]:
    """A send by SOAP with more lines in its head; head and body."""
    whole = wire.request("soap", gateway.base_url).replace(b"Connection: close\r\n", b"")
    head, _, body = whole.partition(b"\r\n\r\n")
    return head + b"\r\n" + extra.encode() + b"\r\n", body


def pieces(data: bytes, size: int) -> list[bytes]:
    return [data[at : at + size] for at in range(0, len(data), size)]


@pytest.mark.parametrize("size", [10_000, 7, 1])
def test_an_upgrade_to_http_2_is_ignored_and_the_body_read(
    convergia_mockserver: MockGateway, size: int
) -> None:
    head, body = soap(convergia_mockserver, UPGRADE)
    with wire.connect(convergia_mockserver.base_url) as connection:
        for _ in range(2):  # the connection goes on
            for piece in pieces(head + body, size):
                connection.sendall(piece)
            reply = connection.recv(65536)
            assert reply.startswith(b"HTTP/1.1 200 ")
    assert len(convergia_mockserver.messages) == 2
    (entry, _) = convergia_mockserver.requests
    assert ("upgrade", "h2c") in entry.request.headers


def test_the_admin_api_takes_an_offer_of_http_2(convergia_mockserver: MockGateway) -> None:
    url = urlsplit(convergia_mockserver.url_for("admin"))
    body = b'{"answers": [{"code": 110}]}'
    head = (
        f"POST {url.path}scripts HTTP/1.1\r\nHost: {url.netloc}\r\nContent-Type: application/json"
        f"\r\nContent-Length: {len(body)}\r\n{UPGRADE}\r\n"
    )
    with wire.connect(convergia_mockserver.base_url) as connection:
        connection.sendall(head.encode())
        connection.sendall(body)
        assert connection.recv(65536).startswith(b"HTTP/1.1 201 ")


@pytest.mark.parametrize("size", [10_000, 3])
@pytest.mark.parametrize(
    ("raw", "text"),
    [("Mañana".encode(), "Mañana"), ("Ma\u00f1ana".encode("latin-1"), "Ma\ufffdana"),
     ("¡5 €!".replace(" ", "+").encode(), "¡5 €!")],
)  # fmt: skip
def test_bytes_beyond_ascii_in_the_url_arrive(
    convergia_mockserver: MockGateway, raw: bytes, text: str, size: int
) -> None:
    gateway = convergia_mockserver
    line = f"GET {path_of(gateway)}/?{QUERY}".encode() + raw + b" HTTP/1.1\r\n"
    with wire.connect(gateway.base_url) as connection:
        for piece in pieces(line + b"Host: x\r\nConnection: close\r\n\r\n", size):
            connection.sendall(piece)
        assert b"100|" in connection.recv(65536) + connection.recv(65536)
    assert [message.text for message in gateway.messages] == [text]


def test_a_header_may_be_folded_over_several_lines(convergia_mockserver: MockGateway) -> None:
    head, body = soap(convergia_mockserver, "X-Note: a\r\n \t b\r\nConnection: close\r\n")
    reply = wire.parse(wire.exchange(convergia_mockserver.base_url, head + body))
    assert reply.status == 200
    (entry,) = convergia_mockserver.requests
    assert ("x-note", "a b") in entry.request.headers


@pytest.mark.parametrize(
    ("lines", "status"),
    [
        ("Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400),
        ("Content-Length: x\r\n\r\n", 400),
        ("X-Long: " + "x" * MAX_HEAD_BYTES + "\r\n\r\n", 431),
        ("Content-Length: 3000000\r\n\r\n" + "x" * 3_000_000, 413),
    ],
)
def test_a_request_refused_by_the_server_is_in_the_journal_without_its_password(
    convergia_mockserver: MockGateway, lines: str, status: int
) -> None:
    gateway = convergia_mockserver
    head = (
        f"POST {path_of(gateway)}/?{QUERY.replace('=demo&n', '=clave-9&n')} HTTP/1.1\r\nHost: x\r\n"
    )
    with wire.connect(gateway.base_url) as connection:
        connection.sendall(head.encode() + lines.encode())
        assert connection.recv(65536).startswith(f"HTTP/1.1 {status} ".encode())
    (entry,) = gateway.requests
    assert (entry.operation, entry.reply.status) == (None, status)
    assert "message=" in entry.request.url
    assert "clave-9" not in repr(entry)


ODD = st.text("aA:/ \r\n\t?éñ=%", max_size=60).map(lambda text: text.encode("latin-1"))


@given(ODD)
def test_a_head_that_the_parser_takes_is_left_as_it_is(lines: bytes) -> None:
    data = b"GET /x HTTP/1.1\r\nA: b\r\n\r\n" + lines
    assert tolerant(data) == (data, ())


@given(ODD, st.integers(0, 80))
def test_a_complete_head_never_waits(lines: bytes, cut: int) -> None:
    data = b"GET /" + lines.partition(b"\r\n\r\n")[0] + b"\r\n\r\n"
    assert not is_incomplete(data)
    tolerant(data)
    assert is_incomplete(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"[:cut]) == (0 < cut < 27)


@pytest.mark.parametrize("data", [b"\x16\x03\x01", b"GET / HTTP/1.1\nHost: x\n\n", b"get", b" "])
def test_data_that_is_not_http_is_not_an_incomplete_head(data: bytes) -> None:
    assert not is_incomplete(data)
