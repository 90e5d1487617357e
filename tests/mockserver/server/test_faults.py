"""Tests of every fault on both faces, by reserved number and by script."""

from __future__ import annotations

import contextlib
import logging
import select
import threading
from typing import TYPE_CHECKING

import pytest
from convergia_mockserver.gateway import FaultKind, JournalQuery, reserved_numbers
from convergia_wsdl import load_guide

from tests.mockserver.server import wire

if TYPE_CHECKING:
    from convergia_mockserver import MockGateway
    from convergia_mockserver.gateway import FaceName

NUMBERS = {
    reserved.fault.kind: number
    for number, reserved in reserved_numbers(load_guide()).items()
    if reserved.fault is not None
}


@pytest.fixture(params=["convergia_mockserver", "convergia_httpserver"])
def gateway(request: pytest.FixtureRequest) -> MockGateway:
    return request.getfixturevalue(request.param)  # type: ignore[no-any-return]


@pytest.fixture(params=["http", "soap"])
def face(request: pytest.FixtureRequest) -> FaceName:
    return request.param  # type: ignore[no-any-return]


def plain_body(gateway: MockGateway, face: FaceName) -> bytes:
    """Return the body of a reply without a fault, and delete its message."""
    body = wire.send(face, gateway.base_url, message="without a fault").body
    gateway.space.inbox.clear()
    return body


def test_every_fault_has_a_reserved_number() -> None:
    assert list(NUMBERS) == list(FaultKind)
    assert next(iter(NUMBERS.values())) == "520000002001"


def test_reset_before_reading_takes_no_message(gateway: MockGateway, face: FaceName) -> None:
    with pytest.raises(ConnectionResetError):
        wire.send(face, gateway.base_url, number=NUMBERS[FaultKind.RESET_BEFORE_READING])
    assert gateway.messages == []


def test_accepted_then_reset_takes_the_message(gateway: MockGateway, face: FaceName) -> None:
    with pytest.raises(ConnectionResetError):
        wire.send(face, gateway.base_url, number=NUMBERS[FaultKind.ACCEPTED_THEN_RESET])
    assert len(gateway.messages) == 1


def test_a_resend_after_a_lost_answer_is_flagged_as_a_duplicate(
    gateway: MockGateway, face: FaceName
) -> None:
    gateway.fault(FaultKind.ACCEPTED_THEN_RESET)
    with pytest.raises(ConnectionResetError):
        wire.send(face, gateway.base_url)
    wire.send(face, gateway.base_url)
    first = gateway.messages[0]
    duplicates, count = gateway.space.journal.find(JournalQuery(duplicate=True))
    assert count == 1
    assert duplicates[0].duplicate_of == first.id
    assert "duplicate" in {finding.kind for finding in duplicates[0].findings}


def test_accepted_then_silence_accepts_the_message_and_never_answers(
    gateway: MockGateway, face: FaceName
) -> None:
    gateway.fault(FaultKind.ACCEPTED_THEN_SILENCE, seconds=0.3)
    with wire.connect(gateway.base_url) as connection:
        connection.sendall(wire.request(face, gateway.base_url))
        assert gateway.wait()
        assert select.select([connection], [], [], 0.05)[0] == []
        with contextlib.suppress(ConnectionResetError):
            assert connection.recv(1) == b""


@pytest.mark.parametrize(("kind", "status"), [("http-500", 500), ("http-503", 503)])
def test_a_server_error_takes_no_message(
    gateway: MockGateway, face: FaceName, kind: FaultKind, status: int
) -> None:
    reply = wire.send(face, gateway.base_url, number=NUMBERS[kind])
    assert reply.status == status
    assert gateway.messages == []


def test_a_truncated_body_is_half_of_what_was_promised(
    gateway: MockGateway, face: FaceName
) -> None:
    whole = plain_body(gateway, face)
    reply = wire.send(face, gateway.base_url, number=NUMBERS[FaultKind.TRUNCATED_BODY])
    assert int(reply.headers["content-length"]) == len(whole)
    assert reply.body == whole[: len(whole) // 2]


def test_a_drip_brings_the_whole_body_in_many_pieces(gateway: MockGateway, face: FaceName) -> None:
    whole = plain_body(gateway, face)
    gateway.fault(FaultKind.SLOW_DRIP, seconds=0.2)
    with wire.connect(gateway.base_url) as connection:
        connection.sendall(wire.request(face, gateway.base_url))
        pieces = []
        while piece := connection.recv(65536):
            pieces.append(piece)
    assert len(pieces) > 3
    assert b"".join(pieces).endswith(whole)


def test_an_empty_body_comes_with_200_and_the_message_is_taken(
    gateway: MockGateway, face: FaceName
) -> None:
    reply = wire.send(face, gateway.base_url, number=NUMBERS[FaultKind.EMPTY_BODY])
    assert (reply.status, reply.body) == (200, b"")
    assert len(gateway.messages) == 1


def test_an_html_page_comes_with_200(gateway: MockGateway, face: FaceName) -> None:
    reply = wire.send(face, gateway.base_url, number=NUMBERS[FaultKind.HTML_PAGE])
    assert reply.status == 200
    assert reply.headers["content-type"].startswith("text/html")
    assert b"<html>" in reply.body
    assert gateway.messages == []


@pytest.mark.parametrize(
    ("kind", "before"),
    [
        (FaultKind.PHP_WARNING, b"<br />\n<b>Warning</b>: "),
        (FaultKind.BLANK_LINES, b"\r\n\r\n"),
        (FaultKind.BYTE_ORDER_MARK, b"\xef\xbb\xbf"),
    ],
)
def test_noise_stands_before_the_whole_reply(
    gateway: MockGateway, face: FaceName, kind: FaultKind, before: bytes
) -> None:
    whole = plain_body(gateway, face)
    reply = wire.send(face, gateway.base_url, number=NUMBERS[kind])
    assert reply.status == 200
    assert reply.body.startswith(before)
    assert reply.body.endswith(whole)


def test_a_lying_charset_says_utf_8_and_is_not(gateway: MockGateway, face: FaceName) -> None:
    reply = wire.send(face, gateway.base_url, number=NUMBERS[FaultKind.LYING_CHARSET])
    assert reply.headers["content-type"].endswith("charset=utf-8")
    with pytest.raises(UnicodeDecodeError):
        reply.body.decode("utf-8")
    assert b"100|" in reply.body


def test_a_soap_fault_comes_with_200(gateway: MockGateway, face: FaceName) -> None:
    reply = wire.send(face, gateway.base_url, number=NUMBERS[FaultKind.SOAP_FAULT_200])
    assert reply.status == 200
    assert b"<SOAP-ENV:Fault>" in reply.body


def test_a_duplicate_id_is_that_of_the_previous_message(
    gateway: MockGateway, face: FaceName
) -> None:
    wire.send(face, gateway.base_url)
    reply = wire.send(face, gateway.base_url, number=NUMBERS[FaultKind.DUPLICATE_ID])
    first, second = gateway.messages
    assert f"100|{first.id}".encode() in reply.body
    assert second.id != first.id
    # The journal names the message that it created, not the one that the client was told.
    assert [entry.message_id for entry in gateway.requests] == [first.id, second.id]


@pytest.mark.parametrize("kind", ["accepted-then-reset", "truncated-body", "slow-drip"])
def test_an_injected_fault_is_not_logged_as_a_server_error(
    convergia_mockserver: MockGateway,
    face: FaceName,
    kind: FaultKind,
    caplog: pytest.LogCaptureFixture,
) -> None:
    convergia_mockserver.fault(kind, seconds=0.01)
    with contextlib.suppress(ConnectionResetError):
        wire.send(face, convergia_mockserver.base_url)
    # The server's loop has done with the fault once it has answered another request.
    wire.send(face, convergia_mockserver.base_url)
    # Of requests uvicorn writes a line where a test before this one has asked for them.
    loud = [record.getMessage() for record in caplog.records if record.levelno >= logging.WARNING]
    assert loud == []


def test_a_fault_strikes_a_status_query_by_script(gateway: MockGateway, face: FaceName) -> None:
    wire.send(face, gateway.base_url)
    message_id = gateway.messages[0].id
    gateway.fault(FaultKind.ACCEPTED_THEN_RESET, operation="status")
    with pytest.raises(ConnectionResetError):
        wire.send(face, gateway.base_url, messageid=message_id)
    assert wire.send(face, gateway.base_url, messageid=message_id).status == 200


@pytest.mark.parametrize("kind", list(FaultKind))
def test_the_journal_names_the_fault(
    convergia_mockserver: MockGateway, face: FaceName, kind: FaultKind
) -> None:
    convergia_mockserver.fault(kind, seconds=0)
    with contextlib.suppress(ConnectionResetError, IndexError):  # tested above
        wire.send(face, convergia_mockserver.base_url)
    entry = convergia_mockserver.requests[-1]
    assert entry.fault == kind
    assert entry.script == 1
    assert convergia_mockserver.space.coverage.faces[face].faults == {kind: 1}


def test_a_delay_holds_back_only_one_reply(
    convergia_mockserver: MockGateway, face: FaceName
) -> None:
    base_url = convergia_mockserver.base_url
    convergia_mockserver.script(code=110, delay=60)
    answered = threading.Event()
    convergia_mockserver.space.subscribe(lambda _: answered.set())
    with wire.connect(base_url) as slow:
        slow.sendall(wire.request(face, base_url))
        assert answered.wait(wire.TIMEOUT)
        assert b"100|" in wire.send(face, base_url).body
        assert select.select([slow], [], [], 0)[0] == []


def test_a_delayed_reply_comes(gateway: MockGateway, face: FaceName) -> None:
    gateway.script(code=110, delay=0.05)
    assert b"110" in wire.send(face, gateway.base_url).body
