"""Many messages at once, against the mock server over sockets."""

from __future__ import annotations

import asyncio
import threading
from typing import TYPE_CHECKING, Any

import pytest
from convergia_sms import AsyncClient, Client, Message, Retries
from convergia_sms._send_many import Pace

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterator

ACCOUNT: dict[str, Any] = {"username": "demo", "password": "demo"}


def numbered(count: int) -> list[Message]:
    return [Message("5512345678", f"mensaje {index}", f"ref-{index}") for index in range(count)]


@pytest.fixture(params=["sync", "async"])
def send_many(
    request: pytest.FixtureRequest, convergia_mockserver: Any
) -> Callable[..., list[Any]]:
    options = {**ACCOUNT, "base_url": convergia_mockserver.base_url, "retries": Retries(connect=0)}

    def run(messages: Any, **limits: Any) -> list[Any]:
        if request.param == "sync":
            with Client(**options) as client:
                return list(client.send_many(messages, **limits))

        async def gather() -> list[Any]:
            async with AsyncClient(**options) as client:
                return [result async for result in client.send_many(messages, **limits)]

        return asyncio.run(gather())

    return run


def test_every_message_gets_one_result_of_its_own(
    send_many: Callable[..., list[Any]], convergia_mockserver: Any
) -> None:
    messages = numbered(100)

    results = send_many(messages, concurrency=16)

    assert sorted(result.index for result in results) == list(range(100))
    assert all(result.message is messages[result.index] for result in results)
    taken = {message.id: message.text for message in convergia_mockserver.messages}
    assert {r.receipt.message_id: r.message.text for r in results} == taken


def test_one_messages_failure_is_its_result_and_stops_no_other(
    send_many: Callable[..., list[Any]],
) -> None:
    messages = [
        Message("5512345678", "va"),
        Message("no es un número", "no va"),
        Message("520000000204", "rechazado"),
        Message("5512345678", "va también"),
    ]

    results = {result.index: result for result in send_many(messages, concurrency=2)}

    assert [results[index].receipt is not None for index in range(4)] == [True, False, False, True]
    assert isinstance(results[1].error, ValueError)
    assert results[2].error.code == 204


def test_no_message_is_taken_before_there_is_room_for_it(convergia_mockserver: Any) -> None:
    taken = 0

    def endless() -> Iterator[Message]:
        nonlocal taken
        while True:
            taken += 1
            yield Message("5512345678", "hola")

    with Client(**ACCOUNT, base_url=convergia_mockserver.base_url) as client:
        results = client.send_many(endless(), concurrency=4)
        for known in range(1, 30):
            next(results)
            # Those known, a batch known at once, four in flight, and the next one in hand.
            assert taken <= known + 3 + 4 + 1
        results.close()  # type: ignore[attr-defined]


@pytest.mark.parametrize("limits", [{"concurrency": 0}, {"rate": 0}, {"rate": float("nan")}])
def test_a_limit_that_lets_nothing_through_is_refused(
    send_many: Callable[..., list[Any]], limits: dict[str, Any]
) -> None:
    with pytest.raises(ValueError, match=r"concurrency|rate"):
        send_many(numbered(1), **limits)


def test_starts_are_spaced_evenly_and_no_burst_makes_up_for_a_gap() -> None:
    pace = Pace(10)
    assert pace.delay(100.0) == 0.0
    pace.started(100.0)
    assert pace.delay(100.0) == pytest.approx(0.1)
    pace.started(107.0)
    assert pace.delay(107.0) == pytest.approx(0.1)


async def test_an_async_source_of_messages_is_taken_too(convergia_mockserver: Any) -> None:
    async def source() -> AsyncIterator[Message]:
        for message in numbered(5):
            yield message

    async with AsyncClient(**ACCOUNT, base_url=convergia_mockserver.base_url) as client:
        results = [result async for result in client.send_many(source())]

    assert len(results) == 5
    assert all(result.receipt for result in results)


def test_a_rate_does_not_hold_back_results_that_are_there(convergia_mockserver: Any) -> None:
    asked_for = threading.Event()

    def two() -> Iterator[Message]:
        yield Message("5512345678", "uno")
        asked_for.set()
        yield Message("5512345678", "dos")

    with Client(**ACCOUNT, base_url=convergia_mockserver.base_url) as client:
        results = client.send_many(two(), rate=0.05)
        assert next(results).message.text == "uno"
        assert asked_for.is_set()
        assert len(convergia_mockserver.messages) == 1
        results.close()  # type: ignore[attr-defined]
