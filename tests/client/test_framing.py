"""Tests of where a reply ends, and of when a connection is kept, for both transports."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Any

import pytest
from convergia_sms import OutcomeUnknownError
from convergia_sms._codecs.wire import Reply
from convergia_sms._exchange import Failure
from convergia_sms._transports.http1 import ReplyReader
from hypothesis import given
from hypothesis import strategies as st

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
def test_a_complete_reply_is_read_and_its_connection_is_reused_if_allowed(
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


def test_a_trailer_does_not_change_what_the_body_is(
    caller: Callable[..., Any], raw_gateway: RawGateway, wire: Any, transport: str
) -> None:
    said = wire.says(transport, "100|1").partition(b"\r\n\r\n")[2]
    raw_gateway.script = [
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n%x\r\n%b\r\n" % (len(said), said)
        + b"0\r\nContent-Encoding: gzip\r\nContent-Type: image/png\r\n\r\n"
    ]

    assert caller().send().message_id == "1"


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
def test_a_malformed_reply_leaves_the_outcome_unknown(
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


HEADS = st.lists(
    st.sampled_from(
        [
            b"HTTP/1.1 200 OK\r\n",
            b"HTTP/1.0 200 OK\n",
            b"HTTP/1.1 100 Continue\r\n\r\n",
            b"HTTP/1.1 204 No Content\r\n",
            b"Content-Length: 3\r\n",
            b"Content-Length: 0\r\n",
            b"Transfer-Encoding: chunked\r\n",
            b"Connection: close\r\n",
            b"X: \xff\r\n",
            b"\r\n",
            b"100",
            b"3\r\n100\r\n0\r\n\r\n",
            b"3;x=y\r\n100\r\n0\r\nTrailer: x\r\n\r\n",
            b"\x00",
        ]
    ),
    max_size=8,
).map(b"".join)


def read(pieces: list[bytes]) -> tuple[Any, bool]:
    reader = ReplyReader()
    for piece in pieces:
        reader.feed(piece)
    reader.end()
    return reader.done, reader.reusable


@given(st.one_of(HEADS, st.binary(max_size=80)), st.data())
def test_a_reply_is_the_same_however_it_is_cut(raw: bytes, data: st.DataObject) -> None:
    cuts = sorted(data.draw(st.sets(st.integers(0, len(raw)), max_size=6)))
    pieces = [raw[start:end] for start, end in pairwise([0, *cuts, len(raw)])]

    whole, _ = read([raw])
    cut, _ = read([piece for piece in pieces if piece])

    assert cut == whole
    assert isinstance(whole, (Reply, Failure))


def test_no_connection_is_kept_on_which_more_came_than_was_asked_for() -> None:
    reader = ReplyReader()
    reader.feed(b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\n100")
    assert reader.reusable

    reader.feed(b"HTTP/1.1 200 OK\r\n")

    assert not reader.reusable
    assert isinstance(reader.done, Reply)
    assert reader.done.body == b"100"
