"""Tests of servers that miscount, mislabel and hang up: replies are read in full or not at all."""

from __future__ import annotations

import gzip
import zlib
from functools import cache
from typing import TYPE_CHECKING, Any

import pytest
from convergia_sms import OutcomeUnknownError, Receipt
from convergia_wsdl import load_profile

if TYPE_CHECKING:
    import socket
    from collections.abc import Callable
    from pathlib import Path

    from tests.client.conftest import RawGateway

MARK = b"\xef\xbb\xbf"


def body_of(wire: Any, transport: str, said: str = "100|100000001") -> bytes:
    whole: bytes = wire.says(transport, said)
    return whole.partition(b"\r\n\r\n")[2]


def head(length: int, *more: str) -> bytes:
    lines = ("HTTP/1.1 200 OK", f"Content-Length: {length}", *more, "", "")
    return "\r\n".join(lines).encode()


@pytest.mark.parametrize("before", [MARK, b"\n", b"\r\n\r\n", MARK + b"\n", MARK * 3])
@pytest.mark.parametrize("pieces", ["one piece", "two pieces"])
def test_a_body_longer_than_its_content_length_is_read_whole(
    caller: Callable[..., Any],
    raw_gateway: RawGateway,
    wire: Any,
    transport: str,
    before: bytes,
    pieces: str,
) -> None:
    script = body_of(wire, transport)
    written = before + script

    def answer(connection: socket.socket, _request: Any) -> None:
        if pieces == "one piece":
            connection.sendall(head(len(script)) + written)
        else:
            connection.sendall(head(len(script)) + written[: len(script)])
            connection.sendall(written[len(script) :])
        connection.close()

    raw_gateway.script = [answer]

    receipt = caller().send()

    assert isinstance(receipt, Receipt)
    assert receipt.message_id == "100000001"


def test_a_body_counted_in_characters_is_read_whole(
    caller: Callable[..., Any], raw_gateway: RawGateway, wire: Any, transport: str
) -> None:
    text = "\u00a0\u00a0" + body_of(wire, transport).decode()
    raw_gateway.script = [head(len(text)) + text.encode()]

    assert caller().send().message_id == "100000001"


def test_a_second_reply_after_the_first_is_ignored(
    caller: Callable[..., Any], raw_gateway: RawGateway, wire: Any, transport: str
) -> None:
    raw_gateway.script = [wire.says(transport, "100|1") + wire.says(transport, "100|2")]

    results = caller().call(*[("send", "5512345678", "Hola")] * 2)

    assert [each.message_id for each in results] == ["1", "1"]
    assert raw_gateway.connections == 2


@pytest.mark.parametrize("same", ["Content-Length: {0}", "content-length: 0{0}"])
def test_a_length_given_twice_is_a_length(
    caller: Callable[..., Any], raw_gateway: RawGateway, wire: Any, transport: str, same: str
) -> None:
    body = body_of(wire, transport)
    raw_gateway.script = [head(len(body), same.format(len(body))) + body]

    assert caller().send().message_id == "100000001"


def test_a_length_given_twice_in_one_header_is_a_length(
    caller: Callable[..., Any], raw_gateway: RawGateway, wire: Any, transport: str
) -> None:
    body = body_of(wire, transport)
    twice = f"HTTP/1.1 200 OK\r\nContent-Length: {len(body)}, {len(body)}\r\n\r\n"
    raw_gateway.script = [twice.encode() + body]

    assert caller().send().message_id == "100000001"


@pytest.mark.parametrize(
    ("header", "words"),
    [
        ("Content-Length: 999", "Content-Length is given twice"),
        ("Content-Length: much", "Content-Length is 'much', which is not a number"),
    ],
)
def test_a_header_that_is_refused_is_named(
    caller: Callable[..., Any],
    raw_gateway: RawGateway,
    wire: Any,
    transport: str,
    header: str,
    words: str,
) -> None:
    body = body_of(wire, transport)
    raw_gateway.script = [head(len(body), header) + body]

    error = caller().send()

    assert isinstance(error, OutcomeUnknownError)
    assert words in str(error)


@pytest.mark.parametrize("coding", ["UTF-8", "iso-8859-1", "none", "8bit", "identity", "", "br"])
def test_a_content_encoding_of_identity_is_ignored(
    caller: Callable[..., Any], raw_gateway: RawGateway, wire: Any, transport: str, coding: str
) -> None:
    body = body_of(wire, transport)
    raw_gateway.script = [head(len(body), f"Content-Encoding: {coding}") + body]

    assert caller().send().message_id == "100000001"


@pytest.mark.parametrize(
    ("coding", "compress"),
    [
        ("gzip", gzip.compress),
        ("x-gzip", gzip.compress),
        ("deflate", zlib.compress),
        ("deflate", lambda body: zlib.compress(body)[2:-4]),
        ("gzip", bytes),
    ],
    ids=["gzip", "x-gzip", "zlib", "raw deflate", "gzip that is none"],
)
def test_an_unrequested_compressed_reply_is_understood(
    caller: Callable[..., Any],
    raw_gateway: RawGateway,
    wire: Any,
    transport: str,
    coding: str,
    compress: Callable[[bytes], bytes],
) -> None:
    body = compress(body_of(wire, transport))
    raw_gateway.script = [head(len(body), f"Content-Encoding: {coding}") + body]

    assert caller().send().message_id == "100000001"


@cache
def bomb() -> bytes:
    return gzip.compress(b"100|1" + b" " * 200_000_000, 1)


@pytest.mark.parametrize("damage", ["bomb", "cut off"])
def test_a_compressed_reply_that_is_a_bomb_or_was_cut_off_is_unknown(
    caller: Callable[..., Any], raw_gateway: RawGateway, wire: Any, transport: str, damage: str
) -> None:
    body = bomb() if damage == "bomb" else gzip.compress(body_of(wire, transport))[:-9]
    raw_gateway.script = [head(len(body), "Content-Encoding: gzip") + body]

    assert isinstance(caller().send(), OutcomeUnknownError)


def test_a_gateway_that_disconnects_without_notice_loses_no_message(
    caller: Callable[..., Any], raw_gateway: RawGateway, wire: Any, transport: str
) -> None:
    def answer_and_close(connection: socket.socket, _request: Any) -> None:
        connection.sendall(wire.says(transport, "100|1"))
        connection.close()

    raw_gateway.script = [answer_and_close]

    results = caller().call(*[("send", "5512345678", "Hola")] * 6)

    assert [type(each) for each in results] == [Receipt] * 6
    assert len(raw_gateway.requests) == 6


def test_a_profile_keeps_every_connection_for_one_request(
    caller: Callable[..., Any],
    raw_gateway: RawGateway,
    wire: Any,
    transport: str,
    tmp_path: Path,
) -> None:
    (tmp_path / "profile.toml").write_text("connection.reuse = false")
    raw_gateway.script = [wire.says(transport, "100|1")]

    results = caller(profile=tmp_path / "profile.toml").call(*[("send", "5512345678", "Hola")] * 3)

    assert [each.message_id for each in results] == ["1"] * 3
    assert raw_gateway.connections == 3
    assert load_profile().connection.reuse
