"""What both transports take for a whole reply, and what they keep a connection for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from convergia_sms import OutcomeUnknownError

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.client.conftest import RawGateway


def framed(reply: bytes, head: bytes) -> bytes:
    """The body of `reply` under another head."""
    return head + reply.partition(b"\r\n\r\n")[2]


# Given the length of the body: a head that a server may well write, and whether the connection
# can be used again.
WHOLE: dict[str, tuple[str, bool]] = {
    "counted": ("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n", True),
    "no reason": ("HTTP/1.1 200\r\nContent-Length: {}\r\n\r\n", True),
    "line feeds alone": ("HTTP/1.1 200 OK\nContent-Length: {}\n\n", True),
    "a blank line first": ("\r\nHTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n", True),
    "HTTP/1.0": ("HTTP/1.0 200 OK\r\nContent-Length: {}\r\n\r\n", False),
    "to be closed": ("HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: {}\r\n\r\n", False),
    "a folded header": ("HTTP/1.1 200 OK\r\nX: a\r\n b\r\nContent-Length: {}\r\n\r\n", True),
    "100 first": (
        "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n",
        True,
    ),
    "103 first": (
        "HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n",
        True,
    ),
    "a header in ISO-8859-1": ("HTTP/1.1 200 OK\r\nX: a\xf1o\r\nContent-Length: {}\r\n\r\n", True),
}


@pytest.mark.parametrize("name", WHOLE)
def test_a_whole_reply_is_understood_and_its_connection_kept_where_it_may_be(
    caller: Callable[..., Any], raw_gateway: RawGateway, wire: Any, transport: str, name: str
) -> None:
    head, reusable = WHOLE[name]
    said = wire.says(transport, "100|1").partition(b"\r\n\r\n")[2]
    raw_gateway.script = [head.format(len(said)).encode("latin-1") + said]

    results = caller().call(*[("send", "5512345678", text) for text in ("uno", "dos")])

    assert [each.message_id for each in results] == ["1", "1"]
    assert raw_gateway.connections == (1 if reusable else 2)


@pytest.mark.parametrize(
    ("head", "reusable"),
    [
        (b"Transfer-Encoding: chunked", True),
        (b"transfer-encoding: Chunked", True),
        # Chunks rule (RFC 9112, 6.3); who wrote both may have meant the other.
        (b"Content-Length: 3\r\nTransfer-Encoding: chunked", False),
    ],
)
def test_chunks_are_put_together(
    caller: Callable[..., Any],
    raw_gateway: RawGateway,
    wire: Any,
    transport: str,
    head: bytes,
    reusable: bool,
) -> None:
    said = wire.says(transport, "100|1").partition(b"\r\n\r\n")[2]
    pieces = [said[:1], said[1:4], said[4:]]
    chunks = b"".join(b"%x \r\n%s\r\n" % (len(piece), piece) for piece in pieces)
    raw_gateway.script = [b"HTTP/1.1 200 OK\r\n" + head + b"\r\n\r\n" + chunks + b"0\r\n\r\n"]

    results = caller().call(*[("send", "5512345678", text) for text in ("uno", "dos")])

    assert [each.message_id for each in results] == ["1", "1"]
    assert raw_gateway.connections == (1 if reusable else 2)


@pytest.mark.parametrize(
    "head", [b"", b"Transfer-Encoding: identity\r\n", b"Connection: close\r\n"]
)
def test_a_reply_without_a_length_ends_with_its_connection(
    caller: Callable[..., Any], raw_gateway: RawGateway, wire: Any, transport: str, head: bytes
) -> None:
    def answer_and_close(connection: Any, _request: Any) -> None:
        connection.sendall(
            framed(wire.says(transport, "100|1"), b"HTTP/1.1 200 OK\r\n" + head + b"\r\n")
        )
        connection.close()

    raw_gateway.script = [answer_and_close]

    assert caller().send().message_id == "1"


@pytest.mark.parametrize(
    ("reply", "reason"),
    [
        (
            b"HTTP/1.1 101 No\r\nUpgrade: websocket\r\nConnection: upgrade\r\n\r\n",
            "not an HTTP reply",
        ),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n1", "not an HTTP"),
        (b"HTTP/1.1 200 OK\r\nno colon\r\nContent-Length: 1\r\n\r\n1", "not an HTTP reply"),
        (b"220 mail.example ESMTP\r\n", "not an HTTP reply"),
        (b"HTTP/1.1 200 OK\r\nX: " + b"x" * 200_000, "head of more than 65,536 bytes"),
    ],
    ids=["upgrade", "two lengths", "no header", "another protocol", "an endless header"],
)
def test_what_is_no_reply_is_not_guessed_at(
    caller: Callable[..., Any], raw_gateway: RawGateway, reply: bytes, reason: str
) -> None:
    raw_gateway.script = [reply]

    error = caller().send()

    assert isinstance(error, OutcomeUnknownError)
    assert reason in str(error)


def test_a_reply_in_single_bytes_is_the_same_reply(
    caller: Callable[..., Any], raw_gateway: RawGateway, wire: Any, transport: str
) -> None:
    def drip(connection: Any, _request: Any) -> None:
        for byte in wire.says(transport, "100|1"):
            connection.sendall(bytes([byte]))

    raw_gateway.script = [drip]

    assert caller().send().message_id == "1"
