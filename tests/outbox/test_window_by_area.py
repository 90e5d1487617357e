"""Tests of a worker's window for numbers in several time zones."""

from __future__ import annotations

import asyncio
import shutil
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from alembic import command
from convergia_sms.outbox import (
    Draft,
    Event,
    Filter,
    Outbox,
    Priority,
    Sender,
    SendingWindow,
    State,
    Waiting,
    Worker,
)
from convergia_sms.outbox._lease import Lease
from convergia_sms.outbox._migrate import config
from convergia_sms.outbox._window import Hours, OpenZones
from convergia_sms.outbox._zones import ELSEWHERE
from sqlalchemy import event

from tests.outbox.scripted import PATIENCE, ScriptedGateway
from tests.outbox.test_claims import leased

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path
    from typing import Any

MEXICO, TIJUANA, CANCUN = "5512345678", "6641234567", "9981234567"
ALL = (MEXICO, TIJUANA, CANCUN)
WINDOW = SendingWindow.parse("9:00-20:00")
# Eight in the morning in Tijuana, ten in Mexico City; and eight in the evening in Mexico City.
MORNING = datetime(2027, 1, 15, 16, tzinfo=UTC)
EVENING = datetime(2027, 1, 16, 2, tzinfo=UTC)


@pytest.fixture
def outbox(store_url: str) -> Iterator[Outbox]:
    with Outbox(store_url) as outbox:
        yield outbox


@pytest.fixture
def sqlite(sqlite_template: Path, tmp_path: Path) -> Iterator[Outbox]:
    shutil.copy(sqlite_template, tmp_path / "outbox.db")
    with Outbox(f"sqlite:///{tmp_path}/outbox.db", migrate=False) as outbox:
        yield outbox


def claimed(lease: Lease, when: datetime, **options: Any) -> list[str]:
    found, _ = lease.turn([], 10, zones=WINDOW.open_zones(when), **options)
    return [one.number.removeprefix("52") for one in found]


def test_a_claim_takes_the_numbers_for_which_the_window_is_open(outbox: Outbox) -> None:
    ids = [
        outbox.enqueue(number, "hola", batch="b", priority=priority)
        for priority in Priority
        for number in ALL
    ]
    assert [outbox.get(id_).zone for id_ in ids[:3]] == [None, "America/Tijuana", "America/Cancun"]
    lease = leased(outbox)
    assert claimed(lease, EVENING) == [TIJUANA] * 3
    assert claimed(lease, MORNING) == [MEXICO, CANCUN] * 3
    assert claimed(lease, MORNING + timedelta(hours=1)) == []


def test_a_single_message_and_a_batch_also_wait_for_the_window(outbox: Outbox) -> None:
    tijuana, _ = outbox.enqueue(TIJUANA, "hola", batch="b"), outbox.enqueue(TIJUANA, "hola")
    lease = Lease(outbox.database, outbox.account, 30, "b")
    lease.take()
    assert claimed(lease, MORNING) == []
    assert claimed(lease, MORNING, only=tijuana) == []
    assert claimed(lease, EVENING) == [TIJUANA]


def test_a_requeued_message_waits_for_the_window(sqlite: Outbox) -> None:
    sqlite.enqueue(TIJUANA, "hola")
    lease = leased(sqlite)
    lease.turn([], 1)
    lease.leave()
    sqlite.reconcile(Event.REQUEUE, Filter(), by="ana", reason="not sent")
    lease = leased(sqlite)
    assert claimed(lease, MORNING) == []
    assert claimed(lease, EVENING) == [TIJUANA]


def test_messages_of_an_older_store_get_their_zone(store_url: str) -> None:
    with Outbox(store_url) as outbox:
        for number in ALL:
            outbox.enqueue(number, "hola")
        with outbox.database.engine.begin() as connection:
            settings = config()
            settings.attributes["connection"] = connection
            command.downgrade(settings, "0003")
    with Outbox(store_url) as outbox:
        assert outbox.due_by_zone() == {None: 1, "America/Tijuana": 1, "America/Cancun": 1}
        assert claimed(leased(outbox), MORNING) == [MEXICO, CANCUN]


async def test_a_worker_sends_to_each_zone_at_its_own_hour(sqlite: Outbox) -> None:
    sqlite.enqueue_many(Draft(number, number) for number in ALL)
    moment, gateway = [MORNING], ScriptedGateway()
    news: asyncio.Queue[Waiting | None] = asyncio.Queue()
    worker = Worker(
        sqlite, gateway, window=WINDOW, now=lambda: moment[0], on_waiting=news.put_nowait
    )
    running = asyncio.create_task(worker.run(Filter()))
    waiting = await asyncio.wait_for(news.get(), PATIENCE)
    assert waiting is not None
    assert sorted(gateway.texts) == [MEXICO, CANCUN]
    assert (waiting.reason, waiting.messages) == ("window", 1)
    assert waiting.seconds == 3600
    assert waiting.zone == "America/Tijuana"
    moment[0] += timedelta(hours=1)
    await asyncio.wait_for(running, PATIENCE)
    assert gateway.texts[2:] == [TIJUANA]
    assert sqlite.counts()[State.ACCEPTED] == 3


async def test_a_worker_with_a_zone_of_its_own_sends_to_all_at_one_hour(sqlite: Outbox) -> None:
    sqlite.enqueue_many(Draft(number, number) for number in ALL)
    gateway = ScriptedGateway()
    window = SendingWindow.parse("9:00-20:00", "America/Mexico_City")
    worker = Worker(sqlite, gateway, window=window, now=lambda: MORNING)
    await asyncio.wait_for(worker.run(Filter()), PATIENCE)
    assert sorted(gateway.texts) == sorted(ALL)


async def test_a_sender_holds_a_message_until_its_window_opens(sqlite: Outbox) -> None:
    ids = [sqlite.enqueue(number, number) for number in ALL]
    gateway = ScriptedGateway()
    async with Sender(sqlite, gateway, window=WINDOW, now=lambda: MORNING) as sender:
        entries = [await sender.send(id_) for id_ in ids]
        held = [sender.held_for(entry) for entry in entries]
    assert sorted(gateway.texts) == [MEXICO, CANCUN]
    assert held == [0, 3600, 0]
    night = datetime(2027, 1, 15, 9, tzinfo=UTC)
    async with Sender(sqlite, gateway, window=WINDOW, now=lambda: night) as sender:
        assert (await sender.send(ids[1])).state is State.QUEUED


def test_a_window_is_asked_once_a_second() -> None:
    asked: list[datetime] = []

    class Counted(SendingWindow):
        def open_zones(self, now: datetime) -> OpenZones:
            asked.append(now)
            return super().open_zones(now)

    moment = [MORNING]
    hours = Hours(Counted(WINDOW.start, WINDOW.end), lambda: moment[0])
    for milliseconds in (100, 400, 499, 1000):
        moment[0] = MORNING + timedelta(milliseconds=milliseconds)
        hours.open_zones()
    assert [when.second for when in asked] == [0, 1]


@pytest.mark.parametrize("batch", [None, "enero"])
def test_when_the_many_have_to_wait_a_claim_reads_the_small_index(
    tmp_path: Path, batch: str | None
) -> None:
    asked: dict[str, tuple[object, ...]] = {}
    with Outbox(f"sqlite:///{tmp_path}/outbox.db") as outbox:
        event.listen(
            outbox.database.engine,
            "before_cursor_execute",
            lambda *about: asked.update({about[2]: about[3]}),
        )
        lease = Lease(outbox.database, outbox.account, 30, batch)
        lease.take()
        lease.turn([], 1, zones=OpenZones(home=False, elsewhere=ELSEWHERE))
        (find,) = {sql for sql in asked if "due_at <=" in sql}
        with outbox.database.reading() as connection:
            rows = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {find}", asked[find]).all()
    plan = [row[3] for row in rows if "convergia_outbox " in row[3]]
    assert len([step for step in plan if "convergia_outbox_zone_queue" in step]) == len(Priority)
    assert not [step for step in plan if "SCAN" in step]
