"""The outbox behind Celery: a real Redis, real workers, one of them killed in the middle."""

from __future__ import annotations

import shutil
import signal
import socket
import subprocess
import uuid
from contextlib import ExitStack
from typing import TYPE_CHECKING

import pytest
from celery import Celery
from convergia_mockserver import MockServer
from convergia_sms.outbox import Outbox, State
from convergia_sms.outbox.celery import CeleryOutbox
from redis import Redis

from tests.outbox import engines

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from benchmarks.postgresql import PostgresServer

COUNT = 24
WORKER = ("-m", "celery", "-A", "celery_app", "worker", "--concurrency", "2", "-l", "info")
QUIET = ("--without-gossip", "--without-mingle")


def answers(port: int) -> bool:
    try:
        with socket.create_connection(("127.0.0.1", port), 1) as connection:
            connection.sendall(b"PING\r\n")
            return connection.recv(16).startswith(b"+PONG")
    except OSError:
        return False


def drained(broker: str) -> bool:
    """Every task is done, and acknowledged."""
    with Redis.from_url(broker) as redis:
        return not redis.llen("celery") and not redis.hlen("unacked")


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[str]:
    program = shutil.which("redis-server")
    if program is None:
        pytest.skip("redis-server is not installed (Debian: redis-server)")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    options = ("--port", str(port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no")
    with subprocess.Popen([program, *options], cwd=tmp_path, stdout=subprocess.DEVNULL) as process:
        try:
            engines.wait_until(lambda: answers(port), process)
            yield f"redis://127.0.0.1:{port}/0"
        finally:
            process.kill()


@pytest.fixture
def store(postgresql: PostgresServer) -> Iterator[Outbox]:
    with Outbox(postgresql.create(f"celery{uuid.uuid4().hex}")) as outbox:
        yield outbox


@pytest.fixture
def sms(broker: str, store: Outbox) -> Iterator[CeleryOutbox]:
    with Celery("shop", broker=broker, set_as_current=False) as app:
        yield CeleryOutbox(app, store)


def test_a_worker_that_dies_loses_nothing_and_nothing_is_sent_twice(
    tmp_path: Path, broker: str, store: Outbox, sms: CeleryOutbox
) -> None:
    url = store.database.engine.url.render_as_string(hide_password=False)
    with MockServer() as gateway, ExitStack() as stack:
        gateway.space().script(delay=120, number=engines.HANGING, times=1)
        gateway.space().script(delay=0.02, operation="send")
        workers = {
            name: stack.enter_context(
                engines.worker(
                    tmp_path / f"{name}.log",
                    gateway,
                    *(*WORKER, *QUIET, "-n", f"{name}@localhost"),
                    BROKER_URL=broker,
                    OUTBOX_URL=url,
                )
            )
            for name in ("one", "two")
        }
        for index in range(COUNT):
            hanging = index == COUNT // 2
            number = engines.HANGING if hanging else f"55{10_000_000 + index}"
            id_ = store.enqueue(number, f"Su pedido {index}", f"m{index}", key=f"m{index}")
            task = sms.task.delay(id_).id
            if hanging:
                hanging_task = task
            else:
                sms.defer(id_)  # as a broker may deliver it: twice

        engines.wait_until(lambda: engines.sending(store) is not None)
        pid = engines.sending(store)
        (victim,) = [each for each in workers.values() if pid in engines.group_of(each)]
        group = engines.group_of(victim)
        engines.kill(victim)
        in_flight = engines.bury(store, group)
        assert 1 <= len(in_flight) <= 2

        ((name, survivor),) = [each for each in workers.items() if each[1] is not victim]
        log = tmp_path / f"{name}.log"
        again = f"[{hanging_task}] succeeded".encode()
        engines.wait_until(lambda: again in log.read_bytes())
        engines.wait_until(lambda: engines.finished(store) and drained(broker))
        survivor.send_signal(signal.SIGTERM)
        assert survivor.wait(engines.PATIENCE) == 0
        engines.audit(store, gateway, in_flight)


def test_a_message_that_lost_its_task_gets_another_by_sweeping(
    tmp_path: Path, broker: str, store: Outbox, sms: CeleryOutbox
) -> None:
    url = store.database.engine.url.render_as_string(hide_password=False)
    crashed = store.enqueue("5512345678", "Su pedido va en camino", "a")
    sms.enqueue("5587654321", "Su pedido va en camino", "b")
    with MockServer() as gateway:
        log = tmp_path / "log"
        with engines.worker(log, gateway, *WORKER, *QUIET, BROKER_URL=broker, OUTBOX_URL=url):
            assert sms.sweep() == 0  # it is too young to be missed
            engines.wait_until(lambda: store.counts()[State.ACCEPTED] == 1)
            assert store.get(crashed).state is State.QUEUED
            assert sms.sweep(older_than=0) == 1
            engines.wait_until(lambda: engines.finished(store))
            assert sms.sweep(older_than=0) == 0
        assert [message.extra for message in gateway.space().messages] == ["b", "a"]
