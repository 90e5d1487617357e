"""Tests of many messages at once, against the mock server over sockets."""

from __future__ import annotations

import asyncio
import threading
from typing import TYPE_CHECKING, Any

import pytest
from convergia_sms import AsyncClient, Client, Message, Retries
from convergia_sms._send_many import Pace

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterator

    from convergia_mockserver import MockGateway

from tests.client.many import ACCOUNT, accepting, numbered, told


@pytest.fixture(params=["sync", "async"])
def send_many(
    request: pytest.FixtureRequest, convergia_mockserver: MockGateway
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
    send_many: Callable[..., list[Any]], convergia_mockserver: MockGateway
) -> None:
    messages = numbered(100)

    results = send_many(messages, concurrency=16)

    assert sorted(result.index for result in results) == list(range(100))
    assert all(result.message is messages[result.index] for result in results)
    taken = {message.id: message.text for message in convergia_mockserver.messages}
    assert {r.receipt.message_id: r.message.text for r in results} == taken


def test_a_failed_message_does_not_stop_the_others(
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


def test_no_message_is_taken_before_there_is_room_for_it(convergia_mockserver: MockGateway) -> None:
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
            assert taken <= known + 4
        results.close()  # type: ignore[attr-defined]


async def test_a_slow_caller_lets_no_results_pile_up(convergia_mockserver: MockGateway) -> None:
    taken = 0

    async def endless() -> AsyncIterator[Message]:
        nonlocal taken
        while True:
            taken += 1
            yield Message("5512345678", "hola")

    async with AsyncClient(**ACCOUNT, base_url=convergia_mockserver.base_url) as client:
        results = client.send_many(endless(), concurrency=4)
        for known in range(1, 10):
            await anext(results)
            # Slow: until as much has been sent as there is room for.
            await convergia_mockserver.wait_async(known + 4)
            assert taken == known + 4
        await results.aclose()  # type: ignore[attr-defined]


@pytest.mark.parametrize("limits", [{"concurrency": 0}, {"rate": 0}, {"rate": float("nan")}])
def test_a_limit_of_nothing_is_refused(
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


async def test_an_async_source_of_messages_is_taken_too(convergia_mockserver: MockGateway) -> None:
    async def source() -> AsyncIterator[Message]:
        for message in numbered(5):
            yield message

    async with AsyncClient(**ACCOUNT, base_url=convergia_mockserver.base_url) as client:
        results = [result async for result in client.send_many(source())]

    assert len(results) == 5
    assert all(result.receipt for result in results)


# What follows needs a gateway that answers when a test tells it to: the raw one.


class SourceError(Exception):
    """An error raised by a caller's own iterable."""


def failing(count: int) -> Iterator[Message]:
    yield from numbered(count)
    raise SourceError("the database is gone")


async def failing_async(count: int) -> AsyncIterator[Message]:
    for message in numbered(count):
        yield message
    raise SourceError("the database is gone")


def collect(base_url: str, results: list[Any], messages: Any, rate: float | None) -> None:
    """Put the sync client's results into `results` as they come."""
    with Client(**ACCOUNT, base_url=base_url) as client:
        results.extend(client.send_many(messages, rate=rate))


def collect_async(base_url: str, results: list[Any], messages: Any, rate: float | None) -> None:
    """Do the same as `collect`, with the async client."""

    async def send() -> None:
        async with AsyncClient(**ACCOUNT, base_url=base_url) as client:
            async for result in client.send_many(messages, rate=rate):
                results.append(result)  # noqa: PERF401 - those before an error must be seen

    asyncio.run(send())


@pytest.mark.parametrize("rate", [None, 50.0])
@pytest.mark.parametrize(
    ("collecting", "source"),
    [(collect, failing), (collect_async, failing), (collect_async, failing_async)],
)
def test_results_of_started_sends_come_before_an_error_of_the_messages(
    collecting: Any, source: Any, rate: float | None, convergia_mockserver: MockGateway
) -> None:
    results: list[Any] = []

    with pytest.raises(SourceError, match="the database is gone") as caught:
        collecting(convergia_mockserver.base_url, results, source(5), rate)

    assert sorted(result.index for result in results) == [0, 1, 2, 3, 4]
    assert all(result.receipt for result in results)
    assert (caught.value.__cause__, caught.value.__context__) == (None, None)


@pytest.mark.parametrize("stranger", [None, ("5512345678", "hola"), "hola"])
def test_an_item_that_is_not_a_message_is_an_error_with_its_position(
    send_many: Callable[..., list[Any]], stranger: object
) -> None:
    messages = [*numbered(2), stranger, *numbered(1)]

    results = {result.index: result for result in send_many(messages)}

    assert [results[index].receipt is not None for index in (0, 1, 3)] == [True] * 3
    assert isinstance(results[2].error, TypeError)
    kind = type(stranger).__name__
    assert str(results[2].error) == f"messages[2] must be a Message, not {kind}"


@pytest.fixture
def raw_options(raw_gateway: Any) -> dict[str, Any]:
    return ACCOUNT | {"base_url": raw_gateway.base_url, "transport": "http"}


def test_a_rate_does_not_delay_available_results(
    raw_gateway: Any, wire: Any, raw_options: dict[str, Any], caplog: pytest.LogCaptureFixture
) -> None:
    # The first is answered once the second was taken: it waits for its turn then.
    asked_for = threading.Event()
    raw_gateway.script = [accepting(wire, asked_for)]

    def two() -> Iterator[Message]:
        yield Message("5512345678", "uno")
        asked_for.set()
        yield Message("5512345678", "dos")

    with Client(**raw_options) as client:
        results = client.send_many(two(), rate=0.05)
        assert next(results).message.text == "uno"
        results.close()  # type: ignore[attr-defined]

    assert len(raw_gateway.requests) == 1
    assert told(caplog) == {1: ("not-sent", "")}


async def test_a_result_is_delivered_while_an_async_source_waits(
    convergia_mockserver: MockGateway,
) -> None:
    more = asyncio.Event()

    async def source() -> AsyncIterator[Message]:
        yield Message("5512345678", "uno")
        await more.wait()
        yield Message("5512345678", "dos")

    async with AsyncClient(**ACCOUNT, base_url=convergia_mockserver.base_url) as client:
        texts = []
        async for result in client.send_many(source()):
            texts.append(result.message.text)
            more.set()

    assert texts == ["uno", "dos"]


def test_available_results_are_delivered_before_more_messages_are_read(
    convergia_mockserver: MockGateway,
) -> None:
    taken = 0

    def endless() -> Iterator[Message]:
        nonlocal taken
        while True:
            taken += 1
            yield Message("5512345678", "hola")
            convergia_mockserver.wait(taken)

    with Client(**ACCOUNT, base_url=convergia_mockserver.base_url) as client:
        results = client.send_many(endless(), concurrency=1_000)
        next(results)
        assert taken < 1_000
        results.close()  # type: ignore[attr-defined]
