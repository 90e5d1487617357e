"""Tests of sending a single message by its id, as a task queue does."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from convergia_sms import _errors as errors
from convergia_sms.outbox import (
    Filter,
    Outbox,
    RetryPolicy,
    Sender,
    State,
)
from convergia_sms.outbox._lease import Lease
from convergia_sms.outbox._recovery import lose_orphans
from convergia_sms.outbox._schema import workers
from sqlalchemy import delete
from sqlalchemy.exc import OperationalError

from tests.outbox.scripted import NUMBER, PATIENCE, ScriptedGateway

if TYPE_CHECKING:
    from collections.abc import Iterator


SOON = RetryPolicy(budget=3, first=0.01, jitter=0)
EVERYTHING = Filter()


@pytest.fixture
def outbox(store_url: str) -> Iterator[Outbox]:
    with Outbox(store_url) as outbox:
        yield outbox


async def test_a_sender_sends_one_message_by_its_id(outbox: Outbox) -> None:
    first, second = outbox.enqueue(NUMBER, "uno"), outbox.enqueue(NUMBER, "dos")
    gateway = ScriptedGateway()
    async with Sender(outbox, gateway) as sender:
        assert (await sender.send(second)).state is State.ACCEPTED
    assert gateway.texts == ["dos"]
    assert outbox.get(first).state is State.QUEUED


async def test_a_redelivered_id_is_sent_once(outbox: Outbox) -> None:
    id_ = outbox.enqueue(NUMBER, "hola")
    gateway = ScriptedGateway()
    async with Sender(outbox, gateway) as one, Sender(outbox, gateway) as two:
        await asyncio.gather(*(sender.send(id_) for sender in (one, two) for _ in range(10)))
        assert (await two.send(id_)).state is State.ACCEPTED
    assert gateway.texts == ["hola"]


async def test_a_sender_returns_the_time_for_the_next_try(outbox: Outbox) -> None:
    id_ = outbox.enqueue(NUMBER, "hola")
    gateway = ScriptedGateway(errors.ConnectionFailedError("refused"))
    async with Sender(outbox, gateway, retry=RetryPolicy(first=60, jitter=0)) as sender:
        entry = await sender.send(id_)
        again = await sender.send(id_)
    assert entry.state is State.QUEUED
    assert entry.due - datetime.now(UTC) > timedelta(seconds=50)
    assert again == entry
    assert len(gateway.texts) == 1


async def test_a_sender_cancelled_half_way_leaves_an_unknown_message(outbox: Outbox) -> None:
    id_ = outbox.enqueue(NUMBER, "hola")
    gateway = ScriptedGateway()
    gateway.open.clear()
    async with Sender(outbox, gateway) as sender:
        sending = asyncio.create_task(sender.send(id_))
        await asyncio.wait_for(gateway.arrived.wait(), PATIENCE)
        sending.cancel()
        with pytest.raises(asyncio.CancelledError):
            await sending
    assert outbox.get(id_).state is State.UNKNOWN


async def test_a_sender_that_lost_its_lease_waits_for_an_unavailable_store(
    outbox: Outbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    take, results = Lease.take, iter([True, False, True])

    def away_once(self: Lease) -> None:
        if not next(results):
            raise OperationalError("SELECT secret", {}, Exception("connection refused"))
        take(self)

    def lose() -> None:
        with outbox.database.writing() as connection:
            connection.execute(delete(workers))
            lose_orphans(connection, outbox.database.now(connection))

    monkeypatch.setattr(Lease, "take", away_once)
    id_ = outbox.enqueue(NUMBER, "hola")
    gateway = ScriptedGateway()
    gateway.before = lose
    async with Sender(outbox, gateway) as sender:
        entry = await sender.send(id_)
    assert entry.state is State.UNKNOWN
    assert (entry.message_id, entry.code) == ("1", 100)
    assert "arrived too late: accept" in (entry.detail or "")


async def test_a_sender_does_not_send_another_accounts_message(outbox: Outbox) -> None:
    other = Outbox(outbox.database.engine, account="other")
    id_ = other.enqueue(NUMBER, "hola")
    gateway = ScriptedGateway()
    async with Sender(outbox, gateway) as sender:
        with pytest.raises(KeyError):
            await sender.send(id_)
    assert gateway.texts == []
