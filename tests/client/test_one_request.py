"""Tests that a call makes at most one request, counted by a socket, in every failure."""

from __future__ import annotations

import socket
from typing import TYPE_CHECKING, Any

import pytest
from convergia_sms import ConnectionFailedError, OutcomeUnknownError, Timeout

from tests.exhaustive import sampled

if TYPE_CHECKING:
    from collections.abc import Callable

# For those who wait in vain; where a reply comes first, it gets its time on a busy machine.
QUICK = Timeout(connect=5, read=0.2, total=5)
PATIENT = Timeout(connect=5, read=1, total=5)


def silence(connection: Any, _request: Any) -> None:
    """Send nothing until the client disconnects."""
    connection.recv(1)


def close(connection: Any, _request: Any) -> None:
    connection.close()


def half(connection: Any, _request: Any) -> None:
    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n100|")
    connection.close()


def half_chunked(connection: Any, _request: Any) -> None:
    connection.sendall(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\n100|\r\n9\r\n1")
    connection.close()


def half_then_silence(connection: Any, _request: Any) -> None:
    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n100|")
    connection.recv(1)


def head_then_reset(connection: Any, _request: Any) -> None:
    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Len")
    connection.close()


FAILURES: dict[str, Any] = {
    "read timeout": silence,
    "closed before the reply": close,
    "reset before the reply": "reset",
    "closed in the head": head_then_reset,
    "closed in the body": half,
    "closed in a chunk": half_chunked,
    "stuck in the body": half_then_silence,
    "garbage": b"\x00\xff not http at all \r\n\r\n",
    "garbage that looks like a head": b"HTTP/1.1 abc\r\n\r\n",
    "garbage in the head": b"HTTP/1.1 200 OK\r\nContent-Length: -5\r\n\r\n100|1",
    "garbage chunk": b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
    "an empty reply": b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n",
    "no content": b"HTTP/1.1 204 No Content\r\n\r\n",
    "500": b"HTTP/1.1 500 Internal Server Error\r\nContent-Length: 5\r\n\r\n100|1",
    "502": b"HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\n\r\n",
    "503, try again": b"HTTP/1.1 503 No\r\nRetry-After: 0\r\nContent-Length: 0\r\n\r\n",
    "404": b"HTTP/1.1 404 Not Found\r\nContent-Length: 3\r\n\r\n100",
    "407": b"HTTP/1.1 407 Proxy\r\nProxy-Authenticate: Basic\r\nContent-Length: 0\r\n\r\n",
    "401": b"HTTP/1.1 401 No\r\nWWW-Authenticate: Basic realm=x\r\nContent-Length: 0\r\n\r\n",
    "408, as servers say on idle connections": (
        b"HTTP/1.1 408 Request Timeout\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"
    ),
    **{
        f"redirect {code}": (
            b"HTTP/1.1 %d Moved\r\nLocation: /?again\r\nContent-Length: 0\r\n\r\n" % code
        )
        for code in (301, 302, 303, 307, 308)
    },
}


@pytest.fixture(params=sampled(FAILURES, "variants", every=4))
def failure(request: pytest.FixtureRequest, wire: Any) -> Any:
    item = FAILURES[request.param]
    return wire.reset if item == "reset" else item


def test_a_failure_on_a_fresh_connection_is_not_sent_again(
    caller: Callable[..., Any], raw_gateway: Any, failure: Any
) -> None:
    raw_gateway.script = [failure]

    error = caller(timeout=QUICK).send()

    assert isinstance(error, OutcomeUnknownError)
    raw_gateway.wait_for(1)  # the client's time may be up before the gateway's thread has read it
    assert len(raw_gateway.requests) == 1


def test_a_failure_on_a_reused_connection_is_not_sent_again(
    caller: Callable[..., Any], raw_gateway: Any, wire: Any, transport: str, failure: Any
) -> None:
    raw_gateway.script = [wire.says(transport, "100|1"), failure]
    sends = [("send", "5512345678", text) for text in ("uno", "dos")]

    waits = failure in (silence, half_then_silence)
    accepted, error = caller(**({"timeout": PATIENT} if waits else {})).call(*sends)

    assert accepted.message_id == "1"
    assert isinstance(error, OutcomeUnknownError)
    assert (len(raw_gateway.requests), raw_gateway.connections) == (2, 1)


def test_an_idle_connection_dropped_by_the_gateway_loses_no_message(
    caller: Callable[..., Any], raw_gateway: Any, wire: Any, transport: str
) -> None:
    def answer_and_hang_up(connection: Any, _request: Any) -> None:
        connection.sendall(wire.says(transport, "100|1"))
        connection.close()

    raw_gateway.script = [answer_and_hang_up]
    sends = [("send", "5512345678", text) for text in ("uno", "dos", "tres")]

    results = caller().call(*sends)

    assert len(raw_gateway.requests) <= 3
    # The drop is usually seen before the next request; a request that meets it is not repeated.
    assert all(
        getattr(each, "message_id", "") == "1" or isinstance(each, OutcomeUnknownError)
        for each in results
    )


def test_a_connection_that_cannot_be_made_is_not_sent(caller: Callable[..., Any]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as gone:
        port = gone.getsockname()[1]

    error = caller(base_url=f"http://127.0.0.1:{port}").send()

    assert type(error) is ConnectionFailedError
    assert str(error).startswith("no connection to 127.0.0.1:")
    assert str(error).endswith(": Connection refused")


def test_a_name_that_does_not_resolve_is_not_sent(caller: Callable[..., Any]) -> None:
    error = caller(base_url="http://no-such-host.invalid:8181").send()

    assert type(error) is ConnectionFailedError


def test_bytes_behind_a_reply_are_no_reply_to_the_next_request(
    caller: Callable[..., Any], raw_gateway: Any, wire: Any, transport: str
) -> None:
    raw_gateway.script = [
        wire.says(transport, "100|1") + wire.says(transport, "100|666"),
        wire.says(transport, "100|2"),
    ]
    sends = [("send", "5512345678", text) for text in ("uno", "dos")]

    results = caller().call(*sends)

    assert [each.message_id for each in results] == ["1", "2"]


def test_the_reply_travels_with_the_error(
    caller: Callable[..., Any], raw_gateway: Any, wire: Any
) -> None:
    raw_gateway.script = [wire.reply(b"<h1>down</h1>", "500 Internal Server Error")]

    error = caller().send()

    assert (error.http_status, error.raw) == (500, b"<h1>down</h1>")


def test_nothing_that_could_be_compressed_is_asked_for(
    caller: Callable[..., Any], raw_gateway: Any, wire: Any, transport: str
) -> None:
    raw_gateway.script = [wire.says(transport, "100|1")]

    caller().send()

    assert raw_gateway.requests[0].header("accept-encoding") == "identity"
