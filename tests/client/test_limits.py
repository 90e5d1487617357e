"""Tests that no gateway delays a client beyond its timeout, or fills its memory."""

from __future__ import annotations

import contextlib
import gzip
import socket
from typing import TYPE_CHECKING, Any

import pytest
from convergia_sms import ConnectionFailedError, OutcomeUnknownError, Timeout

if TYPE_CHECKING:
    import threading
    from collections.abc import Callable, Iterator

# Each byte comes in good time; all of them never would.
DRIP = 0.02
ONE_CHUNK = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\n100\r\n"
SHORT = Timeout(connect=5, read=5, total=0.4)


def dripping(head: bytes, over: threading.Event) -> Callable[[Any, Any], None]:
    def drip(connection: Any, _request: Any) -> None:
        connection.sendall(head)
        while not over.wait(DRIP):
            connection.sendall(b"x")

    return drip


@pytest.mark.parametrize(
    "head",
    [
        b"",
        b"HTTP/1.1 200 OK\r\n",
        b"HTTP/1.1 200 OK\r\nX: ",
        b"HTTP/1.1 200 OK\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nffff\r\n",
    ],
    ids=["status line", "header name", "header value", "body", "counted body", "chunk"],
)
def test_a_reply_that_drips_ends_with_the_total_time(
    caller: Callable[..., Any], raw_gateway: Any, head: bytes
) -> None:
    raw_gateway.script = [dripping(head, raw_gateway.over)]

    error = caller(timeout=SHORT).send()

    assert isinstance(error, OutcomeUnknownError)
    assert len(raw_gateway.requests) == 1


def endless(head: bytes, piece: bytes) -> Callable[[Any, Any], None]:
    def pour(connection: Any, _request: Any) -> None:
        connection.sendall(head)
        for _ in range(100_000_000 // len(piece)):
            connection.sendall(piece)

    return pour


@pytest.mark.parametrize(
    ("head", "piece"),
    [
        (b"HTTP/1.1 200 OK\r\nContent-Length: 100000000\r\n\r\n", b"x" * 50_000),
        (b"HTTP/1.1 200 OK\r\n\r\n", b"x" * 50_000),
        (
            b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n",
            b"c350\r\n" + b"x" * 50_000 + b"\r\n",
        ),
        (b"HTTP/1.1 200 OK\r\nX: ", b"x" * 50_000),
        (b"HTTP/1.1 200 OK\r\n", b"X: y\r\n" * 8_000),
        (b"", b"HTTP/1.1 100 Continue\r\n\r\n" * 2_000),
        (ONE_CHUNK + b"0\r\nX: ", b"x" * 50_000),
        (ONE_CHUNK + b"0\r\n", b"X: y\r\n" * 8_000),
        (ONE_CHUNK + b"3;x=", b"x" * 50_000),
    ],
    ids=[
        "counted",
        "until closed",
        "chunked",
        "one header",
        "headers",
        "interim replies",
        "one trailer",
        "trailers",
        "a chunk's extension",
    ],
)
def test_a_reply_of_100_megabytes_is_given_up_after_one(
    caller: Callable[..., Any], raw_gateway: Any, head: bytes, piece: bytes
) -> None:
    raw_gateway.script = [endless(head, piece)]

    error = caller().send()

    assert isinstance(error, OutcomeUnknownError)
    assert "of more than" in str(error)
    assert len(error.raw) < 2_000_000


def test_a_compressed_reply_is_not_unpacked(
    caller: Callable[..., Any], raw_gateway: Any, wire: Any
) -> None:
    bomb = gzip.compress(b"0" * 10_000_000)
    raw_gateway.script = [wire.reply(bomb, "200 OK", "Content-Encoding: gzip")]

    error = caller().send()

    assert isinstance(error, OutcomeUnknownError)
    assert error.raw == bomb


def test_waiting_for_a_connection_ends_at_its_timeout(
    caller: Callable[..., Any], raw_gateway: Any
) -> None:
    # An address of the range kept for documentation (RFC 5737): nobody answers there.
    error = caller(
        base_url="http://192.0.2.1:8181", timeout=Timeout(connect=0.2, read=5, total=5)
    ).send()

    assert type(error) is ConnectionFailedError


@pytest.fixture
def two_addresses(raw_gateway: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """A base URL whose host's first address is dead, as a lost IPv6 route is: nothing answers."""
    port = raw_gateway.listener.getsockname()[1]
    resolve = socket.getaddrinfo

    def resolve_both(host: Any, *args: Any, **options: Any) -> Any:
        if host != "two.example":
            return resolve(host, *args, **options)
        known = (socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP, "")
        return [(*known, ("127.0.0.2", port)), (*known, ("127.0.0.1", port))]

    monkeypatch.setattr(socket, "getaddrinfo", resolve_both)
    with contextlib.ExitStack() as stack:
        dead = stack.enter_context(socket.create_server(("127.0.0.2", port), backlog=0))
        for _ in range(4):  # its queue is full, so the kernel drops the next connections
            waiting = stack.enter_context(socket.socket())
            waiting.setblocking(False)
            with contextlib.suppress(BlockingIOError):
                waiting.connect(dead.getsockname())
        yield f"http://two.example:{port}"


def test_a_dead_address_leaves_the_hosts_others_their_time(
    caller: Callable[..., Any], raw_gateway: Any, wire: Any, transport: str, two_addresses: str
) -> None:
    raw_gateway.script = [wire.says(transport, "100|1")]

    receipt = caller(base_url=two_addresses, timeout=Timeout(connect=1, read=5, total=5)).send()

    assert receipt.message_id == "1"
    assert len(raw_gateway.requests) == 1


def test_a_calls_own_timeout_overrides_the_clients(
    raw_gateway: Any, caller: Callable[..., Any]
) -> None:
    raw_gateway.script = [lambda connection, _request: connection.recv(1)]

    (error,) = caller().call(("send", "5512345678", "Hola"), timeout=0.2)

    assert isinstance(error, OutcomeUnknownError)


def test_every_limit_is_finite_by_default() -> None:
    assert Timeout() == Timeout(connect=5.0, read=30.0, total=60.0)


@pytest.mark.parametrize("limit", ["connect", "read", "total"])
@pytest.mark.parametrize("value", [0, -1, float("inf"), float("nan")])
def test_limits_must_be_finite_and_positive(limit: str, value: float) -> None:
    with pytest.raises(ValueError, match=f"timeout: {limit}"):
        Timeout(**{limit: value})
