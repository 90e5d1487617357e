"""Tests of the outbox behind a real PgBouncer in transaction mode."""

from __future__ import annotations

import asyncio
import uuid
from typing import TYPE_CHECKING

import pytest
from convergia_sms._models import DeliveryStatus
from convergia_sms.outbox import Draft, Filter, Outbox, Poller, State, Worker

from benchmarks.postgresql import MissingProgramError, pgbouncer
from tests.outbox.scripted import PATIENCE, ScriptedGateway, ScriptedStatus

if TYPE_CHECKING:
    from collections.abc import Iterator

    from benchmarks.postgresql import PostgresServer


@pytest.fixture
def pooled_url(postgresql: PostgresServer) -> Iterator[str]:
    url = postgresql.create(f"t{uuid.uuid4().hex}")
    try:
        with pgbouncer(postgresql) as port:
            yield url.replace(str(postgresql.port), str(port))
    except MissingProgramError as error:
        pytest.skip(str(error))


async def test_workers_behind_a_pooler_send_and_record_everything(
    pooled_url: str, numbers: Iterator[str]
) -> None:
    with Outbox(pooled_url) as one, Outbox(pooled_url, migrate=False) as other:
        one.enqueue_many(Draft(next(numbers), f"m{n}", key=f"k{n}") for n in range(2000))
        gateways = [ScriptedGateway(), ScriptedGateway()]
        workers = [
            Worker(outbox, gateway, concurrency=8)
            for outbox, gateway in zip([one, other], gateways, strict=True)
        ]
        running = [worker.run(until=Filter()) for worker in workers]
        await asyncio.wait_for(asyncio.gather(*running), PATIENCE * 2)
        assert one.counts()[State.ACCEPTED] == 2000
        texts = [text for gateway in gateways for text in gateway.texts]
        assert len(texts) == len(set(texts)) == 2000


async def test_polling_behind_a_pooler_works(pooled_url: str) -> None:
    with Outbox(pooled_url) as outbox:
        for number in range(50):
            outbox.enqueue("5512345678", f"m{number}")
        worker = Worker(outbox, ScriptedGateway(), poll_after=0)
        await asyncio.wait_for(worker.run(until=Filter()), PATIENCE)
        answers: dict[str, list[DeliveryStatus | Exception]] = {
            str(number): [DeliveryStatus.DELIVERED] for number in range(1, 51)
        }
        poller = Poller(outbox, ScriptedStatus(answers), batch=7)
        await asyncio.wait_for(poller.run(until_done=True), PATIENCE)
        assert outbox.counts()[State.DELIVERED] == 50


def test_only_behind_a_pooler_are_no_statements_prepared(
    postgresql: PostgresServer, pooled_url: str
) -> None:
    direct = postgresql.create(f"t{uuid.uuid4().hex}")
    prepared = {}
    for url in (direct, pooled_url):
        with Outbox(url) as outbox, outbox.database.engine.connect() as connection:
            driver = connection.connection.driver_connection
            assert driver is not None
            prepared[url] = driver.prepare_threshold is not None
    assert prepared == {direct: True, pooled_url: False}
