"""Tests of which failures are retried, by their kind and by the caller's settings."""

from __future__ import annotations

import asyncio
import logging
import socket
from typing import TYPE_CHECKING, Any

import pytest
from convergia_sms import (
    AsyncClient,
    Client,
    ConnectionFailedError,
    DeliveryStatus,
    GatewayUnavailableError,
    OutcomeUnknownError,
    QueryFailedError,
    Receipt,
    RejectedError,
    Retries,
)
from convergia_sms._retries import RetryBudget, pause
from hypothesis import given
from hypothesis import strategies as st

if TYPE_CHECKING:
    from collections.abc import Callable


def closed_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as gone:
        port: int = gone.getsockname()[1]
        return port


def test_a_failed_connection_is_tried_again_as_often_as_asked(
    caller: Callable[..., Any], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "convergia_sms")
    url = f"http://127.0.0.1:{closed_port()}"

    error = caller(base_url=url, retries=Retries(connect=2)).send()

    assert type(error) is ConnectionFailedError
    assert sum("trying again" in record.message for record in caplog.records) == 2


def test_a_gateway_that_comes_back_gets_the_message_once(
    raw_gateway: Any, wire: Any, transport: Any
) -> None:
    raw_gateway.script = [wire.says(transport, "100|1")]
    port = int(raw_gateway.base_url.rpartition(":")[2])
    seen: list[str] = []
    real = socket.socket.connect

    def refuse_once(self: socket.socket, address: Any) -> None:
        if address[1] == port and not seen:
            seen.append("refused")
            raise ConnectionRefusedError(111, "Connection refused")
        real(self, address)

    with (
        pytest.MonkeyPatch.context() as patch,
        Client("demo", "demo", base_url=raw_gateway.base_url, transport=transport) as client,
    ):
        patch.setattr(socket.socket, "connect", refuse_once)
        receipt = client.send("5512345678", "Hola")

    assert receipt.message_id == "1"
    assert seen == ["refused"]
    assert len(raw_gateway.requests) == 1


def test_a_rejection_is_final_unless_the_caller_asked(
    caller: Callable[..., Any], raw_gateway: Any, wire: Any, transport: str
) -> None:
    raw_gateway.script = [wire.says(transport, "109")]

    error = caller(retries=Retries()).send()

    assert isinstance(error, GatewayUnavailableError)
    assert len(raw_gateway.requests) == 1


def test_a_retryable_rejection_is_tried_again_when_the_caller_asked(
    caller: Callable[..., Any], raw_gateway: Any, wire: Any, transport: str
) -> None:
    raw_gateway.script = [wire.says(transport, said) for said in ("109", "200", "100|1")]

    assert isinstance(caller(retries=Retries(retryable_codes=2)).send(), Receipt)
    assert len(raw_gateway.requests) == 3


def test_a_permanent_rejection_is_not_retried(
    caller: Callable[..., Any], raw_gateway: Any, wire: Any, transport: str
) -> None:
    raw_gateway.script = [wire.says(transport, "201")]

    assert isinstance(caller(retries=Retries(retryable_codes=5)).send(), RejectedError)
    assert len(raw_gateway.requests) == 1


def test_an_unknown_outcome_is_sent_again_only_by_those_who_accept_duplicates(
    caller: Callable[..., Any], raw_gateway: Any, wire: Any, transport: str
) -> None:
    raw_gateway.script = [wire.reset, wire.says(transport, "100|1")]
    everything_else = Retries(connect=9, status=9, retryable_codes=9)

    assert isinstance(caller(retries=everything_else).send(), OutcomeUnknownError)
    assert len(raw_gateway.requests) == 1

    raw_gateway.requests.clear()
    assert isinstance(caller(retries=Retries(risking_duplicates=1)).send(), Receipt)
    assert len(raw_gateway.requests) == 2


@pytest.mark.parametrize("failure", ["reset", "500", "nonsense"])
def test_a_status_query_is_tried_again(
    caller: Callable[..., Any], raw_gateway: Any, wire: Any, transport: str, failure: str
) -> None:
    bad = {
        "reset": wire.reset,
        "500": wire.reply(b"", "500 Internal Server Error"),
        "nonsense": wire.reply(b"nonsense"),
    }[failure]
    raw_gateway.script = [bad, bad, wire.says(transport, "3")]

    assert caller(retries=Retries()).call(("status", "1")) == [DeliveryStatus.DELIVERED]
    assert len(raw_gateway.requests) == 3


def test_a_status_query_that_never_succeeds_ends(
    caller: Callable[..., Any], raw_gateway: Any, wire: Any
) -> None:
    raw_gateway.script = [wire.reply(b"nonsense")]

    (error,) = caller(retries=Retries(status=2)).call(("status", "1"))

    assert isinstance(error, QueryFailedError)
    assert len(raw_gateway.requests) == 3


def test_retries_stay_within_the_calls_time(
    caller: Callable[..., Any], raw_gateway: Any, wire: Any
) -> None:
    raw_gateway.script = [wire.reply(b"nonsense")]

    (error,) = caller(retries=Retries(status=1000)).call(("status", "1"), timeout=0.3)

    assert isinstance(error, QueryFailedError)
    assert len(raw_gateway.requests) < 100


def test_calls_share_a_budget_and_stop_trying_again_together(
    raw_gateway: Any, wire: Any, transport: Any
) -> None:
    raw_gateway.script = [wire.reply(b"nonsense")]

    async def ask() -> None:
        async with AsyncClient(
            "demo",
            "demo",
            base_url=raw_gateway.base_url,
            transport=transport,
            retries=Retries(status=3),
        ) as client:
            calls = [client.status(str(number)) for number in range(100)]
            await asyncio.gather(*calls, return_exceptions=True)

    asyncio.run(ask())

    # 100 calls, and what 500 tokens pay for at 14 a retry; not 100 x 3 retries.
    assert len(raw_gateway.requests) == 100 + 500 // 14


def test_a_budget_is_refilled_by_success() -> None:
    budget = RetryBudget(capacity=28, cost=14)

    assert [budget.take() for _ in range(3)] == [True, True, False]
    for _ in range(14):
        budget.give()
    assert [budget.take(), budget.take()] == [True, False]


@given(st.integers(1, 10_000), st.floats(0, 1))
def test_a_pause_is_anywhere_below_a_limit_that_doubles_up_to_five_seconds(
    attempt: int, chance: float
) -> None:
    seconds = pause(attempt, lambda low, high: low + chance * (high - low))

    assert 0 <= seconds <= min(5.0, 0.1 * 2 ** min(attempt - 1, 20))


@pytest.mark.parametrize("name", ["connect", "status", "retryable_codes", "risking_duplicates"])
@pytest.mark.parametrize("value", [-1, 1.5, "1"])
def test_a_number_of_retries_is_a_whole_number(name: str, value: Any) -> None:
    with pytest.raises(ValueError, match=f"retries: {name}"):
        Retries(**{name: value})
