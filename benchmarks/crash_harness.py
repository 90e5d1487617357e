"""The harness of `outbox_crash`: processes that are killed, their store, and an audit."""

from __future__ import annotations

import multiprocessing
import os
import random
import signal
import tempfile
import time
from collections import Counter
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from convergia_mockserver import MockServer
from convergia_sms.outbox import Outbox, State
from convergia_sms.outbox._schema import messages, workers
from convergia_sms.outbox._sender import AWAY
from sqlalchemy import select, update

from benchmarks import crash_workers
from benchmarks.crash_workers import (
    CONCURRENCY,
    SIGNALS,
    STREAMS,
    enqueue,
    enqueue_or_die,
    work,
    work_by_command,
)
from benchmarks.postgresql import pgbouncer, postgres_server

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from multiprocessing.context import ForkServerProcess

    from benchmarks.postgresql import PostgresServer

T = TypeVar("T")

# The number of messages for each of the two workers and the enqueuer between two kills.
PER_KILL = 60
_PATIENCE = 60.0
# The gateway's time to answer, which is long enough for a kill to find messages in flight.
_REPLY_DELAY = 0.01

_CONTEXT = multiprocessing.get_context("forkserver")


@dataclass
class Report:
    """The report of a run, with a sentence for every broken promise."""

    messages: int = 0
    kills: Counter[str] = field(default_factory=Counter)
    accepted: int = 0
    unknown: int = 0
    unknown_that_arrived: int = 0
    lost: int = 0
    twice: int = 0
    broken: list[str] = field(default_factory=list)
    seconds: float = 0.0

    def __str__(self) -> str:
        kills = ", ".join(f"{what} {count}" for what, count in sorted(self.kills.items()))
        verdict = f"FAILED: {'; '.join(self.broken)}" if self.broken else "all promises kept"
        return (
            f"kills: {sum(self.kills.values())} ({kills})\n"
            f"messages: {self.messages}, accepted {self.accepted}, unknown {self.unknown}"
            f" (of which the gateway has {self.unknown_that_arrived})\n"
            f"lost: {self.lost}\nsent twice: {self.twice}\n"
            f"unknown are exactly those in flight at a kill: {'no' if self.broken else 'yes'}\n"
            f"seconds: {self.seconds:.0f}\n{verdict}"
        )


class Crash:
    """A run of the crash test.

    Args:
        store_url: the URL of an empty store.
        database: the database server, if it shall be killed.
        kills: the number of kills.
        seed: the seed of the random numbers.
    """

    def __init__(
        self, store_url: str, database: PostgresServer | None, kills: int, seed: int
    ) -> None:
        self._url = store_url
        self._database = database
        self._kills = kills
        self._random = random.Random(seed)
        self._total = (kills + 2) * PER_KILL
        self._enqueued = 0
        self._in_flight: set[int] = set()
        self._report = Report(messages=self._total)
        self._outbox = Outbox(store_url)

    def run(self) -> Report:
        """Run the test, and return its report."""
        began = time.monotonic()
        with MockServer() as gateway, self._outbox:
            gateway.space().script(delay=_REPLY_DELAY, operation="send")
            with self._processes(gateway.base_url) as processes:
                for number in range(self._kills):
                    self._one_kill(processes, number)
                self._drain(processes)
            self._audit(gateway)
        self._report.seconds = time.monotonic() - began
        return self._report

    @contextmanager
    def _processes(self, gateway_url: str) -> Iterator[dict[str, ForkServerProcess]]:
        self._gateway_url = gateway_url
        self._targets: dict[str, tuple[Callable[..., None], tuple[object, ...]]] = {
            "worker 1": (work, (self._url, gateway_url)),
            "worker 2": (work, (self._url, gateway_url)),
        }
        processes = {name: self._start(name) for name in self._targets}
        try:
            yield processes
        finally:
            for process in processes.values():
                process.kill()
                process.join()
                process.close()

    def _start(self, name: str) -> ForkServerProcess:
        target, arguments = self._targets[name]
        process = _CONTEXT.Process(target=target, args=arguments, name=name)
        process.start()
        return process

    def _one_kill(self, processes: dict[str, ForkServerProcess], number: int) -> None:
        self._targets["enqueuer"] = (
            enqueue_or_die,
            (self._url, max(0, self._enqueued - PER_KILL), (number + 1) * PER_KILL),
        )
        self._enqueued = (number + 1) * PER_KILL
        self._replace(processes, "enqueuer")
        victims = ["worker 1", "worker 2", "enqueuer", "command", "database"]
        weights = [3, 3, 2, 2, 0 if self._database is None else 2]
        (victim,) = self._random.choices(victims, weights)
        # Mostly kill it while it sends, sometimes while it starts.
        if victim.startswith("worker") and self._random.random() < 0.8:
            self._wait_for_sending(processes[victim])
        time.sleep(self._random.uniform(0.0, 0.05))
        self._report.kills[victim.split()[0]] += 1
        if victim == "database":
            self._kill_database()
        elif victim == "command":
            self._stop_command()
        else:
            self._replace(processes, victim)
        if victim != "enqueuer":
            # Otherwise a part of this range would be missing, since the next one begins only one
            # back.
            self._join_enqueuer(processes)

    def _stop_command(self) -> None:
        """Start one more worker and stop it by a signal. It must record what it was sending."""
        number, stream = self._random.choice(SIGNALS), self._random.choice(STREAMS)
        arguments = (self._url, self._gateway_url, stream)
        process = _CONTEXT.Process(target=work_by_command, args=arguments)
        process.start()
        try:
            at_work = self._wait_for_sending(process)
        except BaseException:
            process.kill()
            raise
        assert process.pid is not None, "it was started"
        os.kill(process.pid, number)
        process.join(_PATIENCE)
        # A worker that has not begun may be killed by the signal.
        if process.exitcode is None or (at_work and process.exitcode != 0):
            self._report.broken.append(
                f"{number.name} with its standard error {stream}: ended with {process.exitcode}"
            )
        process.kill()
        process.join()
        self._bury(process.pid)
        process.close()

    def _wait_for_sending(self, process: ForkServerProcess) -> bool:
        mine = workers.c.place.endswith(f":{process.pid}", autoescape=True)
        sending = (
            select(messages.c.id)
            .where(
                messages.c.state == State.SENDING.value,
                messages.c.worker.in_(select(workers.c.id).where(mine)),
            )
            .limit(1)
        )

        def found() -> bool:
            with self._outbox.database.reading() as connection:
                return connection.execute(sending).first() is not None

        deadline = time.monotonic() + 1
        while not (at_work := self._persist(found)) and time.monotonic() < deadline:
            time.sleep(0.001)
        return at_work

    def _join_enqueuer(self, processes: dict[str, ForkServerProcess]) -> None:
        processes["enqueuer"].join(_PATIENCE)
        if processes["enqueuer"].exitcode != 0 or self._report.kills["database"]:
            # It died with the database. Repeat its work, which is harmless if it was done.
            self._persist(lambda: enqueue(self._url, *self._range()))

    def _range(self) -> tuple[int, int]:
        return max(0, self._enqueued - 2 * PER_KILL), self._enqueued

    def _replace(self, processes: dict[str, ForkServerProcess], name: str) -> None:
        dead = processes.pop(name, None)
        if dead is not None:
            dead.kill()
            dead.join()
            if name.startswith("worker"):
                self._bury(dead.pid)
            dead.close()
        processes[name] = self._start(name)

    def _bury(self, pid: int | None) -> None:
        """Let the lease of a dead worker run out, and settle its messages."""
        mine = workers.c.place.endswith(f":{pid}", autoescape=True)

        def bury() -> set[int]:
            with self._outbox.database.writing() as connection:
                # Do this first. On PostgreSQL the last commit of a killed client may still be
                # running, and this waits for it.
                connection.execute(update(workers).where(mine).values(lease_until=0))
                return set(
                    connection.execute(
                        select(messages.c.id).where(
                            messages.c.state == State.SENDING.value,
                            messages.c.worker.in_(select(workers.c.id).where(mine)),
                        )
                    ).scalars()
                )

        # Do this before the start of a worker, which also settles the messages of dead workers.
        before = self._unknown()
        sending = self._persist(bury)
        if len(sending) > CONCURRENCY:
            self._report.broken.append(f"{len(sending)} were sending, more than its concurrency")
        self._persist(self._outbox.recover)
        if self._unknown() - before != sending:
            self._report.broken.append("unknown are others than those that were sending")
        self._in_flight |= sending

    def _unknown(self) -> set[int]:
        return self._persist(lambda: {entry.id for entry in self._outbox.unknown()})

    def _kill_database(self) -> None:
        if self._database is None:
            return
        self._database.kill()
        self._database.start()

    def _persist(self, act: Callable[[], T]) -> T:
        """Repeat `act` if the harness's own connection broke with the database."""
        deadline = time.monotonic() + _PATIENCE
        while True:
            try:
                return act()
            except AWAY:
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.05)

    def _drain(self, processes: dict[str, ForkServerProcess]) -> None:
        """Wait until all messages are finished, and stop the workers."""
        processes.pop("enqueuer").join()
        self._persist(lambda: enqueue(self._url, 0, self._total))
        deadline = time.monotonic() + _PATIENCE + self._kills
        while time.monotonic() < deadline:
            counts = self._persist(self._outbox.counts)
            if not counts[State.QUEUED] and not counts[State.SENDING]:
                break
            time.sleep(0.05)
        else:
            self._report.broken.append(f"not everything came to an end: {counts}")
        for process in processes.values():
            # One that was started last may have nothing left to do before it has begun.
            begun = self._has_begun(process)
            process.terminate()
            process.join(_PATIENCE)
            if process.exitcode != 0 and (begun or process.exitcode != -signal.SIGTERM):
                self._report.broken.append(f"{process.name} ended with {process.exitcode}")

    def _has_begun(self, process: ForkServerProcess) -> bool:
        mine = select(workers.c.id).where(
            workers.c.place.endswith(f":{process.pid}", autoescape=True)
        )

        def found() -> bool:
            with self._outbox.database.reading() as connection:
                return connection.execute(mine).first() is not None

        return self._persist(found)

    def _audit(self, gateway: MockServer) -> None:
        report = self._report
        space = gateway.space()
        received: dict[str, list[str]] = {}
        for message in space.messages:
            received.setdefault(message.extra, []).append(message.id)
        sends = sum(
            count for (_, operation, *_), count in space.counts.items() if operation == "send"
        )
        if sends != sum(map(len, received.values())):
            report.broken.append(f"{sends} requests for {len(received)} messages")
        report.twice = sum(len(ids) > 1 for ids in received.values())
        entries = {
            entry.key: entry for entry in self._persist(lambda: list(self._outbox.messages()))
        }
        for index in range(self._total):
            key = f"m{index}"
            entry = entries.get(key)
            if entry is None or entry.state not in {State.ACCEPTED, State.UNKNOWN}:
                report.lost += 1
            elif entry.state is State.ACCEPTED:
                report.accepted += 1
                if received.get(key) != [entry.message_id]:
                    report.broken.append(f"{key}: accepted as {entry.message_id}, not received so")
            else:
                report.unknown += 1
                report.unknown_that_arrived += key in received
        if len(entries) != self._total:
            report.broken.append(f"{len(entries)} messages for {self._total} keys")
        if {e.id for e in entries.values() if e.state is State.UNKNOWN} != self._in_flight:
            report.broken.append("unknown are others than those that were in flight at a kill")
        if report.lost or report.twice:
            report.broken.append(f"lost {report.lost}, sent twice {report.twice}")


def crash(store: str, kills: int, seed: int) -> Report:
    """Run the test on an empty `sqlite` or `postgresql` store, or one behind `pgbouncer`."""
    # Preload modules for the forks. A process that takes a second to start is killed too rarely.
    _CONTEXT.set_forkserver_preload([crash_workers.__name__])
    with ExitStack() as stack:
        if store == "sqlite":
            folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="outbox-crash-"))
            return Crash(f"sqlite:///{Path(folder) / 'outbox.db'}", None, kills, seed).run()
        server = stack.enter_context(postgres_server())
        url = server.create("crash")
        if store == "pgbouncer":
            port = stack.enter_context(pgbouncer(server, pool=10))
            url = url.replace(f":{server.port}/", f":{port}/")
        return Crash(url, server, kills, seed).run()
