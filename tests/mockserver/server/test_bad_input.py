"""Tests that hostile input is refused, and that the server survives it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from convergia_mockserver.server.request_heads import MAX_HEAD_BYTES

from tests.mockserver.server import wire

if TYPE_CHECKING:
    from collections.abc import Iterator

    from convergia_mockserver import MockGateway
    from convergia_mockserver.gateway import FaceName

LIMIT = 1024 * 1024
HEAD = b"Host: x\r\nConnection: close\r\n"


@pytest.fixture
def gateway(convergia_mockserver: MockGateway) -> Iterator[MockGateway]:
    """Yield a gateway, and check after the test that it still answers."""
    yield convergia_mockserver
    assert wire.send("soap", convergia_mockserver.base_url).body.count(b"100|") == 1


def post(body: bytes, *headers: bytes) -> bytes:
    lines = b"".join(header + b"\r\n" for header in headers)
    return b"POST /webservice.php HTTP/1.1\r\n" + HEAD + lines + b"\r\n" + body


def test_a_body_over_the_limit_is_413(gateway: MockGateway) -> None:
    body = b"x" * (LIMIT + 1)
    reply = wire.exchange(gateway.base_url, post(body, b"Content-Length: %d" % len(body)))
    assert wire.parse(reply).status == 413


def test_a_chunked_body_over_the_limit_is_413(gateway: MockGateway) -> None:
    chunk = b"10000\r\n" + b"x" * 0x10000 + b"\r\n"
    data = post(chunk * 20 + b"0\r\n\r\n", b"Transfer-Encoding: chunked")
    assert wire.parse(wire.exchange(gateway.base_url, data)).status == 413


def test_a_body_at_the_limit_is_read(gateway: MockGateway) -> None:
    body = b"<a>" + b"x" * (LIMIT - 3)
    reply = wire.exchange(gateway.base_url, post(body, b"Content-Length: %d" % len(body)))
    assert wire.parse(reply).status in (200, 500)  # NuSOAP's fault


def test_a_body_without_end_is_cut_off(gateway: MockGateway) -> None:
    chunk = b"100000\r\n" + b"x" * 0x100000 + b"\r\n"
    with wire.connect(gateway.base_url) as connection:
        connection.sendall(post(b"", b"Transfer-Encoding: chunked"))
        with pytest.raises((ConnectionResetError, BrokenPipeError)):
            connection.sendall(chunk * 200)


@pytest.mark.parametrize(
    "line",
    [b"x: y\r\n", b"x" * 1000, b"x: " + b"y" * 1000],
    ids=["many", "a name without end", "a value without end"],
)
@pytest.mark.parametrize("path", [b"/webservice.php", b"/__admin/scripts"])
def test_trailers_without_end_are_cut_off(gateway: MockGateway, path: bytes, line: bytes) -> None:
    head = b"POST " + path + b" HTTP/1.1\r\n" + HEAD + b"Transfer-Encoding: chunked\r\n\r\n"
    with wire.connect(gateway.base_url) as connection:
        connection.sendall(head + b"0\r\n")
        with pytest.raises((ConnectionResetError, BrokenPipeError)):
            connection.sendall(line * (32 * 1024 * 1024 // len(line)))


def test_a_trailer_is_not_a_header(gateway: MockGateway) -> None:
    trailers = b"0\r\nHost: evil.example\r\nX-Late: yes\r\n\r\n"
    head = b"GET /?username=demo HTTP/1.1\r\n" + HEAD + b"Transfer-Encoding: chunked\r\n\r\n"
    path = gateway.base_url.partition("/s/")[2].encode()
    head = head.replace(b"GET /", b"GET /s/" + path + b"/", 1)
    assert wire.parse(wire.exchange(gateway.base_url, head + trailers)).status == 200
    (request,) = gateway.requests
    headers = repr(request.request).lower()
    assert "host" in headers
    assert "x-late" not in headers
    assert "evil" not in headers


@pytest.mark.parametrize(
    "data",
    [
        b"GET / HTTP/1.1\r\n" + HEAD + b"X: " + b"x" * MAX_HEAD_BYTES + b"\r\n\r\n",
        b"GET / HTTP/1.1\r\n" + b"".join(b"X-%d: %d\r\n" % (n, n) for n in range(9000)) + b"\r\n",
        b"GET /?" + b"x" * 10 * MAX_HEAD_BYTES,
        b"GET / HTTP/1.1\r\nX: " + b"x" * 10 * MAX_HEAD_BYTES,
    ],
    ids=["one header", "many headers", "a URL without end", "a header without end"],
)
def test_a_head_over_the_limit_is_431(gateway: MockGateway, data: bytes) -> None:
    with wire.connect(gateway.base_url) as connection:
        connection.sendall(data)
        assert connection.recv(100).startswith(b"HTTP/1.1 431 ")


@pytest.mark.parametrize(
    "data",
    [
        post(b"ZZ\r\nhello\r\n0\r\n\r\n", b"Transfer-Encoding: chunked"),
        post(b"-5\r\nhello\r\n0\r\n\r\n", b"Transfer-Encoding: chunked"),
        post(b"FFFFFFFFFFFFFFFFF\r\nhello", b"Transfer-Encoding: chunked"),
        post(b"hello", b"Content-Length: -1"),
        post(b"hello", b"Content-Length: 5", b"Content-Length: 6"),
        post(b"0\r\n\r\n", b"Content-Length: 5", b"Transfer-Encoding: chunked"),
        b"GET / HTTP/9.9\r\n\r\n",
        b"GET /\x00 HTTP/1.1\r\n" + HEAD + b"\r\n",
        b"GET / HTTP/1.1\r\nHost : x\r\n\r\n",
        b"GET / HTTP/1.1\r\n" + HEAD + b"X: a\x00b\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
    ],
)
def test_data_that_is_not_http_is_answered_with_400(gateway: MockGateway, data: bytes) -> None:
    with wire.connect(gateway.base_url) as connection:
        connection.sendall(data)
        assert connection.recv(100).startswith(b"HTTP/1.1 400 ")


@pytest.mark.parametrize(
    "path",
    [
        "/s/../",
        "/s/..%2F..%2Fetc%2Fpasswd/",
        "/s/%2e%2e/",
        "/s//",
        "/s/a%00b/",
        "/s/.hidden/",
        "/s/" + "a" * 65 + "/",
        "/s/a%0d%0aSet-Cookie:%20x/",
        "/s/%F0%9F%98%80/",
    ],
)
def test_an_invalid_space_name_is_404(gateway: MockGateway, path: str) -> None:
    reply = wire.parse(
        wire.exchange(root(gateway), f"GET {path} HTTP/1.1\r\n".encode() + HEAD + b"\r\n")
    )
    assert reply.status == 404
    assert "set-cookie" not in reply.headers


def root(gateway: MockGateway) -> str:
    return gateway.base_url.partition("/s/")[0]


@pytest.mark.parametrize("face", ["http", "soap"])
@pytest.mark.parametrize(
    "name", ["a\r\nX-Injected: 1", "a%0d%0aX-Injected: 1", "a\x00", "ñ" * 1000, "../../x"]
)
def test_nothing_in_an_argument_becomes_a_header(
    gateway: MockGateway, face: FaceName, name: str
) -> None:
    value = "".join(each for each in name if each.isprintable()) if face == "soap" else name
    reply = wire.send(face, gateway.base_url, username=f"demo@{value}", extra=value)
    assert "x-injected" not in reply.headers
    assert reply.status == 200


def test_a_host_header_becomes_no_header(gateway: MockGateway) -> None:
    data = b'GET /webservice.php?wsdl HTTP/1.1\r\nHost: a"><x y="\r\nConnection: close\r\n\r\n'
    reply = wire.parse(wire.exchange(gateway.base_url, data))
    assert b"<x y=" not in reply.body


def test_pipelined_requests_are_answered_in_their_order(gateway: MockGateway) -> None:
    numbers = ["520000000109", "520000000110", "520000000200"]
    gateway.script(code=254, delay=0.05, number="520000000109")
    requests = [wire.request("http", gateway.base_url, number=number) for number in numbers]
    kept = [each.replace(b"Connection: close\r\n", b"") for each in requests[:-1]]
    data = wire.exchange(gateway.base_url, b"".join([*kept, requests[-1]]))
    codes = [part.partition(b"\r\n\r\n")[2] for part in data.split(b"HTTP/1.1 ")[1:]]
    assert codes == [b"254", b"110", b"200"]


def test_the_limit_of_a_head_is_for_one_request(gateway: MockGateway) -> None:
    one = wire.request("http", gateway.base_url)
    kept = one.replace(b"Connection: close\r\n", b"")
    data = wire.exchange(gateway.base_url, kept * 2000 + one)
    assert data.count(b"HTTP/1.1 200 ") == 2001


def test_a_request_in_single_bytes_is_answered(gateway: MockGateway) -> None:
    with wire.connect(gateway.base_url) as connection:
        for byte in wire.request("soap", gateway.base_url):
            connection.send(bytes([byte]))
        assert connection.recv(100).startswith(b"HTTP/1.1 200 ")


def test_expect_100_continue_is_answered(gateway: MockGateway) -> None:
    head, _, body = wire.request("soap", gateway.base_url).partition(b"\r\n\r\n")
    with wire.connect(gateway.base_url) as connection:
        connection.sendall(head + b"\r\nExpect: 100-continue\r\n\r\n")
        assert connection.recv(100) == b"HTTP/1.1 100 Continue\r\n\r\n"
        connection.sendall(body)
        assert connection.recv(100).startswith(b"HTTP/1.1 200 ")


def test_http_1_0_is_answered_and_closed(gateway: MockGateway) -> None:
    path = gateway.url_for("http").removeprefix(root(gateway))
    data = wire.exchange(gateway.base_url, f"GET {path} HTTP/1.0\r\n\r\n".encode())
    assert data.endswith(b"\r\n\r\n101")


def test_head_has_no_body(gateway: MockGateway) -> None:
    path = gateway.url_for("http").removeprefix(root(gateway))
    data = wire.exchange(gateway.base_url, f"HEAD {path} HTTP/1.1\r\n".encode() + HEAD + b"\r\n")
    assert data.endswith(b"\r\n\r\n")
    assert wire.parse(data).headers["content-length"] != "0"


def test_the_server_stops_reading_from_a_client_that_does_not_read(gateway: MockGateway) -> None:
    one = wire.request("soap", gateway.base_url).replace(b"Connection: close\r\n", b"")
    with wire.connect(gateway.base_url) as connection:
        connection.settimeout(1)
        # The server's buffers fill, then ours: sending blocks, instead of the server growing.
        with pytest.raises(TimeoutError):
            connection.sendall(one * 100_000)
    assert gateway.space.inbox.accepted < 100_000


def test_an_unknown_path_is_404(gateway: MockGateway) -> None:
    data = b"GET /wp-admin.php HTTP/1.1\r\n" + HEAD + b"\r\n"
    assert wire.parse(wire.exchange(gateway.base_url, data)).status == 404
