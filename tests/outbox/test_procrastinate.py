"""Tests of the outbox behind Procrastinate, with a real PostgreSQL and a killed worker."""

from __future__ import annotations

import asyncio
import signal
import uuid
from contextlib import ExitStack
from typing import TYPE_CHECKING

import procrastinate
import pytest
from convergia_mockserver import MockServer
from convergia_sms.outbox import Filter, Outbox, State
from convergia_sms.outbox.procrastinate import ProcrastinateOutbox
from sqlalchemy.orm import Session

from tests.outbox import engines

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from benchmarks.postgresql import PostgresServer

COUNT = 40
WORKER = """
from procrastinate_app import app
app.run_worker(concurrency=4, update_heartbeat_interval=0.2, fetch_job_polling_interval=0.2)
"""


@pytest.fixture
async def sms(postgresql: PostgresServer) -> AsyncIterator[ProcrastinateOutbox]:
    url = postgresql.create(f"p{uuid.uuid4().hex}")
    app = procrastinate.App(connector=procrastinate.PsycopgConnector(conninfo=url))
    async with app.open_async():
        await app.schema_manager.apply_schema_async()
        with Outbox(url, account="demo") as outbox:
            yield ProcrastinateOutbox(app, outbox)


def jobs(sms: ProcrastinateOutbox) -> int:
    """Return the number of jobs that wait or run."""
    count = "SELECT count(*) FROM procrastinate_jobs WHERE status IN ('todo', 'doing')"
    with sms.outbox.database.reading() as connection:
        return int(connection.exec_driver_sql(count).scalar_one())


@pytest.mark.exhaustive("brokers")
async def test_a_worker_that_dies_loses_nothing_and_nothing_is_sent_twice(
    tmp_path: Path, sms: ProcrastinateOutbox
) -> None:
    store = sms.outbox
    url = store.database.engine.url.render_as_string(hide_password=False)
    url = url.replace("postgresql+psycopg", "postgresql")
    with MockServer() as gateway, ExitStack() as stack:
        gateway.space().script(delay=120, number=engines.HANGING, times=1)
        gateway.space().script(delay=0.02, operation="send", times=0)
        for index in range(COUNT):
            hanging = index == COUNT // 2
            number = engines.HANGING if hanging else f"55{10_000_000 + index}"
            id_ = sms.enqueue(number, f"Su pedido {index}", f"m{index}", key=f"m{index}")
            sms.defer(id_)  # a job too many
        workers = [
            stack.enter_context(
                engines.worker(tmp_path / f"{name}.log", gateway, "-c", WORKER, OUTBOX_URL=url)
            )
            for name in ("one", "two")
        ]
        engines.wait_until(lambda: engines.sending(store) is not None)
        pid = engines.sending(store)
        (victim,) = [each for each in workers if each.pid == pid]
        engines.kill(victim)
        in_flight = engines.bury(store, {victim.pid})
        assert 1 <= len(in_flight) <= 4

        async with asyncio.timeout(engines.PATIENCE):
            retried = 0
            while jobs(sms) or not engines.finished(store):
                retried += await sms.sweep(stalled_after=3)
        assert retried >= len(in_flight)
        (survivor,) = [each for each in workers if each is not victim]
        survivor.send_signal(signal.SIGTERM)
        assert await asyncio.to_thread(survivor.wait, engines.PATIENCE) == 0
        engines.audit(store, gateway, in_flight)


async def test_a_message_and_its_job_exist_if_the_transaction_commits(
    sms: ProcrastinateOutbox,
) -> None:
    with Session(sms.outbox.database.engine) as session:
        sms.enqueue("5512345678", "Su pedido va en camino", connection=session)
        session.rollback()
        assert (sms.outbox.counts()[State.QUEUED], jobs(sms)) == (0, 0)
        sms.enqueue("5512345678", "Su pedido va en camino", key="a", connection=session)
        assert jobs(sms) == 0
        session.commit()
    assert (sms.outbox.counts(Filter(keys=["a"]))[State.QUEUED], jobs(sms)) == (1, 1)


async def test_a_message_without_a_job_gets_one_by_sweeping(sms: ProcrastinateOutbox) -> None:
    sms.outbox.enqueue("5512345678", "Su pedido va en camino")
    assert (await sms.sweep(), jobs(sms)) == (0, 0)  # it is too young to be missed
    assert (await sms.sweep(older_than=0), jobs(sms)) == (1, 1)


def test_an_outbox_in_sqlite_is_refused(tmp_path: Path) -> None:
    app = procrastinate.App(connector=procrastinate.SyncPsycopgConnector())
    with (
        Outbox(f"sqlite:///{tmp_path}/outbox.db") as outbox,
        pytest.raises(ValueError, match="SQL"),
    ):
        ProcrastinateOutbox(app, outbox)
