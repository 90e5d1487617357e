"""The brokers for the tests of Celery. Each ends with its test."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from kombu.connection import Connection
from redis import Redis

from tests.outbox import engines
from tests.processes import Child

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import BinaryIO

# Debian's wrapper in PATH insists on root, and on a user of its own; this runs as anybody.
_RABBITMQ = Path("/usr/lib/rabbitmq/bin/rabbitmq-server")


@dataclass(frozen=True)
class Broker:
    """A broker that runs.

    Attributes:
        url: as Celery takes it.
        waiting: how many tasks wait in it, or are unacknowledged as far as it tells.
        may_lose_tasks: a worker that dies takes along what it has just been given.
    """

    url: str
    waiting: Callable[[], int]
    may_lose_tasks: bool


def free_ports(count: int) -> list[int]:
    probes = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [int(probe.getsockname()[1]) for probe in probes]
    for probe in probes:
        probe.close()
    return ports


def answers(port: int, question: bytes, answer: bytes) -> bool:
    try:
        with socket.create_connection(("127.0.0.1", port), 1) as connection:
            connection.settimeout(1)
            connection.sendall(question)
            return connection.recv(16).startswith(answer)
    except OSError:
        return False


@contextmanager
def redis(folder: Path) -> Iterator[Broker]:
    program = shutil.which("redis-server")
    if program is None:
        pytest.skip("redis-server is not installed (Debian: redis-server)")
    (port,) = free_ports(1)
    options = ("--port", str(port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no")
    url = f"redis://127.0.0.1:{port}/0"

    def waiting() -> int:
        with Redis.from_url(url) as client:
            return int(client.llen("celery")) + int(client.hlen("unacked"))

    server: Child[bytes] = Child([program, *options], cwd=folder, stdout=subprocess.DEVNULL)
    with server as process:
        try:
            engines.wait_until(lambda: answers(port, b"PING\r\n", b"+PONG"), process)
            yield Broker(url, waiting, may_lose_tasks=True)
        finally:
            process.kill()


@contextmanager
def rabbitmq(folder: Path) -> Iterator[Broker]:
    """A node that shares nothing with another on this machine: ports, cookie, epmd, folders."""
    epmd = shutil.which("epmd")
    if epmd is None or not _RABBITMQ.exists():
        pytest.skip("RabbitMQ is not installed (Debian: rabbitmq-server)")
    port, distribution, names = free_ports(3)
    (folder / "plugins").write_text("[].", encoding="ascii")
    environment = {
        **os.environ,
        "HOME": str(folder),  # the cookie's place
        "ERL_EPMD_ADDRESS": "127.0.0.1",
        "ERL_EPMD_PORT": str(names),
        "RABBITMQ_CONF_ENV_FILE": os.devnull,
        "RABBITMQ_CONFIG_FILE": str(folder / "none"),
        "RABBITMQ_DIST_PORT": str(distribution),
        "RABBITMQ_ENABLED_PLUGINS_FILE": str(folder / "plugins"),
        "RABBITMQ_LOG_BASE": str(folder / "log"),
        "RABBITMQ_MNESIA_BASE": str(folder / "mnesia"),
        "RABBITMQ_NODENAME": "outbox@localhost",
        "RABBITMQ_NODE_IP_ADDRESS": "127.0.0.1",
        "RABBITMQ_NODE_PORT": str(port),
        "RABBITMQ_PID_FILE": str(folder / "pid"),
        "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS": "+sbwt none",
    }
    url = f"amqp://guest:guest@127.0.0.1:{port}//"

    def waiting() -> int:
        with Connection(url) as connection:  # type: ignore[no-untyped-call]
            queue = connection.default_channel.queue_declare("celery", passive=True)
            return int(queue.message_count)

    with (
        (folder / "output").open("wb") as output,
        # Were it not there, the node would start one that outlives it.
        _group([epmd, "-port", str(names), "-address", "127.0.0.1"], environment, output) as mapper,
    ):
        engines.wait_until(lambda: _listens(names), mapper)
        with _group([str(_RABBITMQ)], environment, output) as node:
            engines.wait_until(lambda: answers(port, b"AMQP\0\0\x09\x01", b"\x01"), node)
            yield Broker(url, waiting, may_lose_tasks=False)


@contextmanager
def _group(
    command: list[str], environment: dict[str, str], output: BinaryIO
) -> Iterator[subprocess.Popen[bytes]]:
    """A process that leads a group of its own; the group is killed when the block ends."""
    process = subprocess.Popen(
        command, env=environment, stdout=output, stderr=output, start_new_session=True
    )
    try:
        yield process
    finally:
        engines.kill(process)


def _listens(port: int) -> bool:
    try:
        with socket.create_connection(("127.0.0.1", port), 1):
            return True
    except OSError:
        return False
