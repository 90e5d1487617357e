"""Tests that a worker reports what it waits for."""

from __future__ import annotations

import asyncio
import threading
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from convergia_sms import _errors as errors
from convergia_sms.outbox import (
    CircuitBreaker,
    Draft,
    Filter,
    Outbox,
    RetryPolicy,
    SendingWindow,
    Waiting,
    Worker,
    _sender,
)
from convergia_sms.outbox._lease import Lease
from convergia_sms.outbox._rate import Rate
from sqlalchemy import event
from sqlalchemy.exc import OperationalError

from tests.outbox.scripted import NUMBER, PATIENCE, ScriptedGateway
from tests.outbox.test_claims import leased

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

    from tests.outbox.conftest import Clock


@pytest.fixture
def outbox(store_url: str) -> Iterator[Outbox]:
    with Outbox(store_url) as outbox:
        yield outbox


@pytest.fixture(autouse=True)
def patience(monkeypatch: pytest.MonkeyPatch) -> None:
    """A busy machine's store is slow; that is no news here."""
    monkeypatch.setattr(_sender, "SILENCE", PATIENCE)


async def first_news(outbox: Outbox, gateway: ScriptedGateway, **options: Any) -> Waiting | None:
    """Return the first news of a worker."""
    news: asyncio.Queue[Waiting | None] = asyncio.Queue()
    worker = Worker(outbox, gateway, on_waiting=news.put_nowait, **options)
    running = asyncio.create_task(worker.run())
    try:
        return await asyncio.wait_for(news.get(), PATIENCE)
    finally:
        worker.stop()
        await asyncio.wait_for(running, PATIENCE)


async def test_messages_that_are_due_later_are_counted_with_the_first_ones_time(
    outbox: Outbox,
) -> None:
    for hours in (2, 1):
        outbox.enqueue(NUMBER, "hola", due=outbox.now() + timedelta(hours=hours))
    waiting = await first_news(outbox, ScriptedGateway())
    assert waiting is not None
    assert (waiting.reason, waiting.messages) == ("due", 2)
    assert waiting.seconds is not None
    assert 3500 < waiting.seconds <= 3600
    assert str(waiting).startswith("2 messages wait until ")


async def test_another_batchs_messages_are_not_what_a_batchs_worker_waits_for(
    outbox: Outbox,
) -> None:
    outbox.enqueue(NUMBER, "hola", batch="a", due=outbox.now() + timedelta(hours=1))
    outbox.enqueue(NUMBER, "hola", batch="b", due=outbox.now() + timedelta(hours=1))
    waiting = await first_news(outbox, ScriptedGateway(), batch="a")
    assert waiting is not None
    assert waiting.messages == 1


async def test_a_pending_retry_is_reported(outbox: Outbox) -> None:
    outbox.enqueue(NUMBER, "hola")
    gateway = ScriptedGateway(errors.ConnectionFailedError("away"))
    retry = RetryPolicy(first=600, jitter=0)
    waiting = await first_news(outbox, gateway, retry=retry)
    assert waiting is not None
    assert waiting.reason == "due"


async def test_an_open_breaker_is_reported(outbox: Outbox) -> None:
    outbox.enqueue(NUMBER, "hola")
    gateway = ScriptedGateway(errors.ConnectionFailedError("away"))
    waiting = await first_news(outbox, gateway, breaker=CircuitBreaker(failures=1, pause=600))
    assert waiting is not None
    assert waiting.reason == "breaker"
    assert "nothing gets through to the gateway; the next attempt waits until" in str(waiting)


async def test_a_closed_window_is_reported(outbox: Outbox) -> None:
    outbox.enqueue(NUMBER, "hola")
    waiting = await first_news(
        outbox,
        ScriptedGateway(),
        window=SendingWindow.parse("9:00-21:00"),
        now=lambda: datetime(2026, 11, 26, 4, 0, tzinfo=UTC),
    )
    assert waiting is not None
    assert (waiting.reason, waiting.seconds) == ("window", 11 * 3600)


async def test_a_rate_used_up_by_another_process_is_reported(outbox: Outbox) -> None:
    for _ in range(2):
        outbox.enqueue(NUMBER, "hola")
    assert len(leased(outbox).turn([], 2, rate=Rate("send:default", 0.001))[0]) == 1
    waiting = await first_news(outbox, ScriptedGateway(), rate=0.001)
    assert waiting is not None
    assert waiting.reason == "rate"


async def test_the_short_waits_of_a_rate_are_not_news(outbox: Outbox) -> None:
    outbox.enqueue_many(Draft(NUMBER, f"hola {index}") for index in range(10))
    news: list[Waiting | None] = []
    gateway = ScriptedGateway()
    worker = Worker(outbox, gateway, rate=200, burst=1, on_waiting=news.append)
    await asyncio.wait_for(worker.run(Filter()), PATIENCE)
    assert len(gateway.texts) == 10
    assert "rate" not in {waiting.reason for waiting in news if waiting}


async def test_a_store_that_is_down_is_reported_with_the_drivers_error(
    outbox: Outbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    turn, failures = Lease.turn, iter([True])

    def away_once(self: Lease, *arguments: Any, **options: Any) -> Any:
        if next(failures, False):
            raise OperationalError("SELECT secret", {}, Exception("database is full\nDETAIL: x"))
        return turn(self, *arguments, **options)

    monkeypatch.setattr(Lease, "turn", away_once)
    waiting = await first_news(outbox, ScriptedGateway())
    assert str(waiting) == "the store is unavailable: database is full"


async def test_a_worker_waits_for_a_store_that_is_down_at_the_start(
    outbox: Outbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    take, failures = Lease.take, iter([True])

    def away_once(self: Lease) -> None:
        if next(failures, False):
            raise OperationalError("SELECT secret", {}, Exception("connection refused"))
        take(self)

    monkeypatch.setattr(Lease, "take", away_once)
    outbox.enqueue(NUMBER, "hola")
    gateway, news = ScriptedGateway(), list[Waiting | None]()
    worker = Worker(outbox, gateway, on_waiting=news.append)
    await asyncio.wait_for(worker.run(Filter()), PATIENCE)
    assert str(news[0]) == "the store is unavailable: connection refused"
    assert gateway.texts == ["hola"]


async def test_a_store_that_does_not_answer_is_reported(
    outbox: Outbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_sender, "SILENCE", 0.01)
    answers = threading.Event()
    event.listen(outbox.database.engine, "begin", lambda _connection: answers.wait(PATIENCE))
    news: asyncio.Queue[Waiting | None] = asyncio.Queue()
    worker = Worker(outbox, ScriptedGateway(), on_waiting=news.put_nowait)
    running = asyncio.create_task(worker.run())
    assert str(await asyncio.wait_for(news.get(), PATIENCE)) == (
        "the store is unavailable: it has not answered for 0.01 s"
    )
    worker.stop()
    answers.set()
    await asyncio.wait_for(running, PATIENCE)


async def test_others_learn_from_the_store_what_a_worker_waits_for(outbox: Outbox) -> None:
    assert outbox.workers() == []
    closed = SendingWindow.parse("9:00-10:00")
    night = datetime(2026, 11, 27, 9, tzinfo=UTC)  # 3:00 in Mexico City
    outbox.enqueue(NUMBER, "hola")
    worker = Worker(outbox, ScriptedGateway(), window=closed, now=lambda: night)
    running = asyncio.create_task(worker.run())
    async with asyncio.timeout(PATIENCE):
        while (waits := [each.waiting for each in outbox.workers()]) in ([], [None]):  # noqa: ASYNC110
            await asyncio.sleep(0.01)
    assert waits[0] is not None
    assert (waits[0].reason, waits[0].messages) == ("window", 1)
    assert waits[0].seconds == pytest.approx(6 * 3600, abs=PATIENCE)
    worker.stop()
    await asyncio.wait_for(running, PATIENCE)
    assert outbox.workers() == []


async def test_the_end_of_a_wait_is_reported_too(outbox: Outbox) -> None:
    news: asyncio.Queue[Waiting | None] = asyncio.Queue()
    gateway = ScriptedGateway()
    gateway.open.clear()
    outbox.enqueue(NUMBER, "hola", due=outbox.now() + timedelta(hours=1))
    worker = Worker(outbox, gateway, on_waiting=news.put_nowait)
    running = asyncio.create_task(worker.run())
    assert await asyncio.wait_for(news.get(), PATIENCE) is not None
    outbox.enqueue(NUMBER, "hola")
    assert await asyncio.wait_for(news.get(), PATIENCE) is None
    gateway.open.set()
    worker.stop()
    await asyncio.wait_for(running, PATIENCE)


def test_an_implausible_arrival_in_the_future_is_not_believed(
    outbox_at: Outbox, clock: Clock
) -> None:
    for _ in range(2):
        outbox_at.enqueue(NUMBER, "hola")
    lease, rate = leased(outbox_at, 600), Rate("send:default", 1, burst=1)
    assert len(lease.turn([], 2, rate=rate)[0]) == 1
    assert lease.turn([], 2, rate=rate)[0] == []
    # Half a minute is somebody else's slower rate, a day is a clock that was set back.
    clock.advance(-86_400)
    outbox_at.enqueue(NUMBER, "hola", due=datetime(2020, 1, 1, tzinfo=UTC))
    assert len(lease.turn([], 1, rate=rate)[0]) == 1


@pytest.fixture
def outbox_at(store_url: str, clock: Clock) -> Iterator[Outbox]:
    with Outbox(store_url, clock=clock) as outbox:
        yield outbox
