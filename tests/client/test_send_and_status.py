"""Tests of send and status over real sockets, on both transports, sync and async."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl

import pytest
from convergia_sms import (
    AuthenticationError,
    DeliveryStatus,
    MessageNotFoundError,
    OutcomeUnknownError,
    RejectedError,
)
from convergia_wsdl import load_guide
from lxml import etree

if TYPE_CHECKING:
    from collections.abc import Callable


def arguments(request: Any) -> dict[str, str]:
    if not request.body:
        query = request.line.split(" ")[1].partition("?")[2]
        return dict(parse_qsl(query, keep_blank_values=True))
    return {child.tag: child.text or "" for child in etree.fromstring(request.body)[0][0]}


def test_an_accepted_message_gives_a_receipt(
    caller: Callable[..., Any], raw_gateway: Any, wire: Any, transport: str
) -> None:
    raw_gateway.script = [wire.says(transport, "100|100000001")]

    receipt = caller().send("Su pedido va en camino")

    assert (receipt.message_id, receipt.code, receipt.number) == ("100000001", 100, "525512345678")
    assert (receipt.transport, receipt.segments) == (transport, 1)


def test_every_argument_arrives_as_it_was_given(
    caller: Callable[..., Any], raw_gateway: Any, wire: Any, transport: str
) -> None:
    raw_gateway.script = [wire.says(transport, "100|1")]

    caller().send("¿Qué tal? <b>50% & más</b>\r\n+1", "pedido #1")

    assert arguments(raw_gateway.requests[0]) == {
        "username": "demo",
        "password": "s3cr&t-Pa$$",
        "number": "525512345678",
        "message": "¿Qué tal? <b>50% & más</b>\r\n+1",
        "extra": "pedido #1",
    }


def test_an_absent_extra_is_left_out_of_the_url_and_empty_in_the_envelope(
    caller: Callable[..., Any], raw_gateway: Any, wire: Any, transport: str
) -> None:
    raw_gateway.script = [wire.says(transport, "100|1")]

    caller().send("Hola")

    assert arguments(raw_gateway.requests[0]).get("extra") == (None if transport == "http" else "")


@pytest.mark.parametrize(("code", "text"), [(c.code, c.text) for c in load_guide().send.codes[1:]])
def test_every_send_code_is_its_own_error(
    caller: Callable[..., Any], raw_gateway: Any, wire: Any, transport: str, code: int, text: str
) -> None:
    raw_gateway.script = [wire.says(transport, str(code))]

    error = caller().send()

    assert isinstance(error, RejectedError)
    assert (error.code, error.description) == (code, text)
    assert len(raw_gateway.requests) == 1


@pytest.mark.parametrize("state", list(DeliveryStatus))
def test_a_status_query_gives_the_state(
    caller: Callable[..., Any], raw_gateway: Any, wire: Any, transport: str, state: DeliveryStatus
) -> None:
    raw_gateway.script = [wire.says(transport, str(state.value))]

    assert caller().call(("status", "100000001"))[0] is state
    assert arguments(raw_gateway.requests[0])["messageid"] == "100000001"


@pytest.mark.parametrize(("code", "error"), [(5, AuthenticationError), (6, MessageNotFoundError)])
def test_a_status_query_that_gets_no_state_is_an_error(
    caller: Callable[..., Any], raw_gateway: Any, wire: Any, transport: str, code: int, error: type
) -> None:
    raw_gateway.script = [wire.says(transport, str(code))]

    assert isinstance(caller().call(("status", "1"))[0], error)


@pytest.mark.parametrize("body", [b"", b"<html>Error</html>", b"hola"])
def test_an_unreadable_reply_leaves_the_outcome_unknown_and_is_kept(
    caller: Callable[..., Any], raw_gateway: Any, wire: Any, body: bytes
) -> None:
    raw_gateway.script = [wire.reply(body)]

    error = caller().send()

    assert isinstance(error, OutcomeUnknownError)
    assert error.raw == body
    assert len(raw_gateway.requests) == 1
