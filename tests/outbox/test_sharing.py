"""Tests of an outbox with several users: long writes, newer tables, an unavailable store."""

from __future__ import annotations

import asyncio
import pickle
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest
from convergia_sms import DeliveryStatus
from convergia_sms._models import Receipt
from convergia_sms.outbox import (
    Draft,
    Event,
    NewerSchemaError,
    Outbox,
    Outcome,
    Poller,
    State,
    Worker,
)
from convergia_sms.outbox._lease import Lease
from convergia_sms.outbox._schema import VERSION_TABLE
from sqlalchemy import event, text
from sqlalchemy.exc import OperationalError, ProgrammingError
from sqlalchemy.pool import Pool

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.outbox.conftest import Clock

NUMBER = "5512345678"
PATIENCE = 60


class Waiting:
    """A gateway that answers when the test allows it."""

    def __init__(self) -> None:
        self.asked, self.answer = asyncio.Event(), asyncio.Event()

    async def send(self, number: str, message: str, extra: str | None = None) -> Receipt:  # noqa: ARG002
        self.asked.set()
        await self.answer.wait()
        return Receipt("7", 100, number, "soap", 1)

    async def status(self, message_id: str) -> DeliveryStatus:  # noqa: ARG002
        self.asked.set()
        await self.answer.wait()
        return DeliveryStatus.DELIVERED


@contextmanager
def away(outbox: Outbox, times: int) -> Iterator[None]:
    """Let the next `times` transactions fail at their beginning."""
    left = [None] * times

    def fail(_connection: object) -> None:
        if left:
            left.pop()
            raise OperationalError("BEGIN", None, OSError("the disk is full"))

    event.listen(outbox.database.engine, "begin", fail, insert=True)
    yield
    event.remove(outbox.database.engine, "begin", fail)
    assert not left


def leased(outbox: Outbox, seconds: float) -> Lease:
    lease = Lease(outbox.database, outbox.account, seconds)
    lease.take()
    return lease


def test_a_long_enqueueing_on_sqlite_does_not_make_a_worker_count_as_dead(
    tmp_path: Path, clock: Clock
) -> None:
    def slowly() -> Iterator[Draft]:
        for _ in range(11_000):
            clock.advance(0.01)
            yield Draft(NUMBER, "hola")

    with Outbox(f"sqlite:///{tmp_path}/outbox.db", clock=clock) as outbox:
        first = outbox.enqueue(NUMBER, "hola")
        lease = leased(outbox, 60)
        ((claimed,), _) = lease.turn([], 1)
        with outbox.database.writing() as connection:
            outbox.enqueue_many(slowly(), connection=connection)

        assert outbox.recover() == 0
        lease.turn([Outcome(claimed, Event.ACCEPT, message_id="7")])
        assert outbox.get(first).state is State.ACCEPTED


def test_a_worker_that_was_dead_before_a_long_enqueueing_is_dead_after_it(
    tmp_path: Path, clock: Clock
) -> None:
    with Outbox(f"sqlite:///{tmp_path}/outbox.db", clock=clock) as outbox:
        outbox.enqueue(NUMBER, "hola")
        leased(outbox, 60).turn([], 1)
        clock.advance(60)
        with outbox.database.writing() as connection:
            outbox.enqueue_many([Draft(NUMBER, "hola")], connection=connection)
        assert outbox.recover() == 1


def test_opening_and_looking_waits_for_no_writer(store_url: str) -> None:
    with Outbox(store_url) as writer, writer.database.writing() as connection:
        writer.enqueue(NUMBER, "hola", connection=connection)
        with Outbox(store_url) as reader:
            assert reader.counts()[State.QUEUED] == 0


def test_tables_of_a_later_version_are_refused(store_url: str) -> None:
    with Outbox(store_url) as outbox:
        with outbox.database.writing() as connection:
            connection.exec_driver_sql(f"UPDATE {VERSION_TABLE} SET version_num = '9999'")
        with pytest.raises(NewerSchemaError, match="9999") as caught:
            outbox.migrate()
        assert pickle.loads(pickle.dumps(caught.value)).found == "9999"


def test_an_outbox_that_cannot_be_opened_leaves_no_connection_behind(store_url: str) -> None:
    with Outbox(store_url) as outbox, outbox.database.writing() as connection:
        connection.exec_driver_sql(f"UPDATE {VERSION_TABLE} SET version_num = '9999'")
    opened: list[object] = []
    closed: list[object] = []
    listeners = [
        ("connect", lambda connection, _: opened.append(connection)),
        ("close", lambda connection, _: closed.append(connection)),
    ]
    for name, listener in listeners:
        event.listen(Pool, name, listener)
    try:
        with pytest.raises(NewerSchemaError):
            Outbox(store_url)
    finally:
        for name, listener in listeners:
            event.remove(Pool, name, listener)

    assert len(opened) > 0
    assert opened == closed


@pytest.mark.parametrize("follows", [False, True])
async def test_a_store_without_its_tables_is_not_waited_for(
    store_url: str, *, follows: bool
) -> None:
    with Outbox(store_url) as outbox:
        job = Poller(outbox, Waiting()) if follows else Worker(outbox, Waiting())
        with outbox.database.writing() as connection:
            connection.execute(text("ALTER TABLE convergia_outbox RENAME TO elsewhere"))
        async with asyncio.timeout(PATIENCE):
            with pytest.raises(ProgrammingError, match="convergia_outbox"):
                await job.run()


@pytest.mark.parametrize("follows", [False, True])
async def test_stopping_waits_for_an_unavailable_store_to_record_outcomes(
    store_url: str, caplog: pytest.LogCaptureFixture, *, follows: bool
) -> None:
    gateway = Waiting()
    with Outbox(store_url) as outbox:
        id_ = outbox.enqueue(NUMBER, "hola")
        if follows:
            lease = leased(outbox, 60)
            ((claimed,), _) = lease.turn([], 1)
            lease.turn([Outcome(claimed, Event.ACCEPT, message_id="7", poll_after=0)])
        job = Poller(outbox, gateway) if follows else Worker(outbox, gateway)
        running = asyncio.create_task(job.run())
        async with asyncio.timeout(PATIENCE):
            await gateway.asked.wait()
            with away(outbox, 2):
                job.stop()
                gateway.answer.set()
                await running
        assert outbox.get(id_).state is (State.DELIVERED if follows else State.ACCEPTED)
    assert "the store is unavailable: the disk is full" in caplog.text
