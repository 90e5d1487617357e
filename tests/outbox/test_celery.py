"""Tests of the outbox behind Celery, with real brokers and with workers that are killed."""

from __future__ import annotations

import signal
import uuid
from contextlib import ExitStack
from typing import TYPE_CHECKING

import pytest
from celery import Celery
from convergia_mockserver import MockServer
from convergia_sms.outbox import Outbox, State
from convergia_sms.outbox.celery import CeleryOutbox

from tests.outbox import brokers, engines

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from benchmarks.postgresql import PostgresServer
    from tests.outbox.brokers import Broker

COUNT = 24
WORKER = ("-m", "celery", "-A", "celery_app", "worker", "--concurrency", "2", "-l", "info")
QUIET = ("--without-gossip", "--without-mingle")


RABBITMQ = pytest.param(brokers.rabbitmq, marks=pytest.mark.exhaustive("brokers"), id="rabbitmq")


@pytest.fixture(params=[pytest.param(brokers.redis, id="redis"), RABBITMQ])
def broker(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Broker]:
    with request.param(tmp_path) as broker:
        yield broker


@pytest.fixture
def store(postgresql: PostgresServer) -> Iterator[Outbox]:
    with Outbox(postgresql.create(f"celery{uuid.uuid4().hex}"), account="demo") as outbox:
        yield outbox


@pytest.fixture
def sms(broker: Broker, store: Outbox) -> Iterator[CeleryOutbox]:
    with Celery("shop", broker=broker.url, set_as_current=False) as app:
        yield CeleryOutbox(app, store)


def swept(broker: Broker, sms: CeleryOutbox) -> bool:
    """Return True if the broker has no task left, after tasks for all messages without one."""
    if broker.waiting():
        return False
    sms.sweep(older_than=0)
    return True


@pytest.mark.exhaustive("brokers")
def test_a_worker_that_dies_loses_nothing_and_nothing_is_sent_twice(
    tmp_path: Path, broker: Broker, store: Outbox, sms: CeleryOutbox
) -> None:
    url = store.database.engine.url.render_as_string(hide_password=False)
    with MockServer() as gateway, ExitStack() as stack:
        gateway.space().script(delay=120, number=engines.HANGING, times=1)
        gateway.space().script(delay=0.02, operation="send", times=0)
        workers = {
            name: stack.enter_context(
                engines.worker(
                    tmp_path / f"{name}.log",
                    gateway,
                    *(*WORKER, *QUIET, "-n", f"{name}@localhost"),
                    BROKER_URL=broker.url,
                    OUTBOX_URL=url,
                )
            )
            for name in ("one", "two")
        }
        tasks = []
        for index in range(COUNT):
            hanging = index == COUNT // 2
            number = engines.HANGING if hanging else f"55{10_000_000 + index}"
            id_ = store.enqueue(number, f"Su pedido {index}", f"m{index}", key=f"m{index}")
            # The others as a broker may deliver them: twice.
            tasks += [sms.task.delay(id_).id for _ in range(1 if hanging else 2)]

        engines.wait_until(lambda: engines.sending(store) is not None)
        pid = engines.sending(store)
        (victim,) = [each for each in workers.values() if pid in engines.group_of(each)]
        group = engines.group_of(victim)
        engines.kill(victim)
        in_flight = engines.bury(store, group)
        assert 1 <= len(in_flight) <= 2

        (survivor,) = [each for each in workers.values() if each is not victim]
        logs = [tmp_path / f"{name}.log" for name in workers]

        def done() -> bool:
            told = b"".join(log.read_bytes() for log in logs)
            return all(f"[{task}] succeeded".encode() in told for task in tasks)

        # Each task to its end: what the victim had is delivered again, to the survivor. Redis notes
        # to whom it gave a task only afterwards: what the victim had just been given is gone.
        if broker.may_lose_tasks:
            engines.wait_until(lambda: swept(broker, sms) and engines.finished(store))
        else:
            engines.wait_until(done)
            assert engines.finished(store)
        survivor.send_signal(signal.SIGTERM)
        assert survivor.wait(engines.PATIENCE) == 0
        assert broker.may_lose_tasks or broker.waiting() == 0
        engines.audit(store, gateway, in_flight)


@pytest.mark.parametrize("broker", [brokers.redis], ids=["redis"], indirect=True)
def test_a_message_that_lost_its_task_gets_another_by_sweeping(
    tmp_path: Path, broker: Broker, store: Outbox, sms: CeleryOutbox
) -> None:
    url = store.database.engine.url.render_as_string(hide_password=False)
    crashed = store.enqueue("5512345678", "Su pedido va en camino", "a")
    sms.enqueue("5587654321", "Su pedido va en camino", "b")
    with MockServer() as gateway:
        log = tmp_path / "log"
        with engines.worker(log, gateway, *WORKER, *QUIET, BROKER_URL=broker.url, OUTBOX_URL=url):
            assert sms.sweep() == 0  # it is too young to be missed
            engines.wait_until(lambda: store.counts()[State.ACCEPTED] == 1)
            assert store.get(crashed).state is State.QUEUED
            assert sms.sweep(older_than=0) == 1
            engines.wait_until(lambda: engines.finished(store))
            assert sms.sweep(older_than=0) == 0
        assert [message.extra for message in gateway.space().messages] == ["b", "a"]
