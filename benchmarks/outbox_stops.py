"""A test that stops workers for longer than their lease, and lets an operator settle messages.

    python -m benchmarks.outbox_stops --store postgresql --stops 40 --seed 1

Two workers send to a mock server. Repeatedly one of them is stopped by SIGSTOP at a random moment,
like a paused VM, until its lease has run out and the messages that it was sending are `unknown`. An
operator waits until the gateway has processed all received requests, and looks up each of these
messages there. Those that it finds are marked as sent. The others are requeued, and the other
worker sends them. Then the first worker continues. A worker that was stopped inside a transaction
blocks all others, so it continues and is stopped at another moment, and so is one that sends
nothing. If a message was sent twice or lost, the command prints a line that starts with FAILED, and
the exit code is 1.

The operator must wait, because a request that the gateway has not yet read cannot be found there.
On a busy machine a gateway may be seconds behind.
"""

from __future__ import annotations

import argparse
import multiprocessing
import os
import random
import signal
import sys
import tempfile
import time
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from convergia_mockserver import MockServer
from convergia_sms import Client, Timeout
from convergia_sms.outbox import Event, Filter, Outbox, State
from convergia_sms.outbox._schema import messages, workers
from sqlalchemy import create_engine, false, select, update
from sqlalchemy.exc import DBAPIError

from benchmarks.crash_workers import draft, exit_on_sigterm, work
from benchmarks.postgresql import postgres_server

if TYPE_CHECKING:
    from collections.abc import Callable
    from multiprocessing.context import ForkServerProcess

    from sqlalchemy import Select

MESSAGES_PER_STOP = 400
LEASE = 2.0
_REPLY_DELAY = 0.005
_PATIENCE = 120.0
# The account and the timeout with which the operator checks that the gateway has caught up.
_OPERATOR = "operator"
_CATCHING_UP = Timeout(connect=_PATIENCE, read=_PATIENCE, total=_PATIENCE)
_CONTEXT = multiprocessing.get_context("forkserver")


@dataclass
class StopReport:
    """The report of a run."""

    stops: int = 0
    messages: int = 0
    unknown: int = 0
    requeued: int = 0
    lost: int = 0
    twice: int = 0

    def __str__(self) -> str:
        failed = self.lost or self.twice
        return (
            f"stops: {self.stops}, messages: {self.messages}\n"
            f"unknown: {self.unknown}, of which requeued by the operator: {self.requeued}\n"
            f"lost: {self.lost}\nsent twice: {self.twice}\n"
            f"{'FAILED' if failed else 'all promises kept'}"
        )


class Stops:
    """A run of the test on an empty store."""

    def __init__(self, store_url: str, stops: int, seed: int) -> None:
        self._url = store_url
        self._outbox = Outbox(store_url)
        self._probe = create_engine(
            self._outbox.database.engine.url,
            connect_args={"timeout": 0.05} if store_url.startswith("sqlite") else {},
        )
        self._random = random.Random(seed)
        self._report = StopReport(stops)

    def run(self) -> StopReport:
        """Run the test, and return its report."""
        with MockServer() as gateway, self._outbox, ExitStack() as stack:
            self._gateway = gateway
            gateway.space().script(delay=_REPLY_DELAY, operation="send")
            both = [self._start(stack) for _ in range(2)]
            for _ in range(self._report.stops):
                self._one_stop(self._random.choice(both))
            self._wait_for(self._is_done)
            for process in both:
                process.terminate()
                process.join(_PATIENCE)
            self._audit()
        return self._report

    def _start(self, stack: ExitStack) -> ForkServerProcess:
        process = _CONTEXT.Process(target=work, args=(self._url, self._gateway.base_url, LEASE))
        process.start()
        stack.callback(process.kill)
        return process

    def _enqueue(self) -> None:
        first = self._report.messages
        self._report.messages += MESSAGES_PER_STOP
        self._outbox.enqueue_many(map(draft, range(first, self._report.messages)))

    def _one_stop(self, victim: ForkServerProcess) -> None:
        pid = victim.pid
        assert pid is not None, "it was started"
        mine = workers.c.place.endswith(f":{pid}", autoescape=True)
        leases = select(workers.c.id).where(mine)
        sending = select(messages.c.id).where(
            messages.c.state == State.SENDING.value, messages.c.worker.in_(leases)
        )
        self._enqueue()
        while True:
            self._wait_for(lambda: self._any(sending) or self._is_done())
            time.sleep(self._random.uniform(0.0, 0.02))
            os.kill(pid, signal.SIGSTOP)
            self._wait_for(lambda: _is_stopped(pid))
            if not self._is_locked(leases) and self._any(sending):
                break
            os.kill(pid, signal.SIGCONT)
            if self._is_done():
                self._enqueue()
        try:
            self._wait_for(lambda: self._outbox.recover() > 0 or not self._any(leases))
            self._operate()
            # The other worker sends the requeued messages while this one is still stopped.
            self._wait_for(lambda: not self._outbox.counts()[State.QUEUED])
        finally:
            os.kill(pid, signal.SIGCONT)

    def _is_locked(self, leases: Select[str]) -> bool:
        """Return True if another transaction holds a lock that ours would wait for."""
        try:
            with self._probe.begin() as connection:
                if self._probe.dialect.name == "sqlite":
                    connection.execute(update(workers).where(false()).values(id="nobody"))
                else:
                    connection.execute(leases.with_for_update(nowait=True))
        except DBAPIError:
            return True
        return False

    def _any(self, statement: object) -> bool:
        with self._outbox.database.reading() as connection:
            return connection.execute(statement).first() is not None  # type: ignore[call-overload]

    def _operate(self) -> None:
        """Look up unknown messages at the gateway, and settle them."""
        unknown = list(self._outbox.unknown())
        if not unknown:
            return
        self._catch_up()
        there = {message.extra for message in self._gateway.space().messages}
        self._report.unknown += len(unknown)
        for entry in unknown:
            sent = entry.key in there
            self._report.requeued += not sent
            self._outbox.reconcile(
                Event.CONFIRM if sent else Event.REQUEUE,
                Filter(ids=[entry.id]),
                by="operator",
                reason="looked up at the gateway",
            )

    def _catch_up(self) -> None:
        """Wait until the gateway has processed every request that it has received so far.

        It accepts connections, and reads their requests, in the order in which they arrive. When it
        has answered a message that was sent later, it has stored the earlier ones.
        """
        for _ in range(2):  # a connection is accepted in one round, and read in the next
            url = self._gateway.base_url
            with Client("demo", "demo", base_url=url, timeout=_CATCHING_UP) as client:
                client.send("5512345678", "Prueba", _OPERATOR)

    def _is_done(self) -> bool:
        self._operate()
        counts = self._outbox.counts()
        return not counts[State.QUEUED] and not counts[State.SENDING]

    def _wait_for(self, condition: Callable[[], bool]) -> None:
        deadline = time.monotonic() + _PATIENCE
        while not condition():
            if time.monotonic() > deadline:
                raise TimeoutError("the messages were not finished in time")
            time.sleep(0.02)

    def _audit(self) -> None:
        received: dict[str, int] = {}
        for message in self._gateway.space().messages:
            if message.extra == _OPERATOR:
                continue
            received[message.extra] = received.get(message.extra, 0) + 1
        self._report.twice = sum(count > 1 for count in received.values())
        self._report.lost = self._report.messages - len(received)


def _is_stopped(pid: int) -> bool:
    """Return True if all threads are stopped, which is some time after `kill`.

    Before that, a thread might still begin a transaction after the check for one.
    """
    threads = [one.read_text("ascii") for one in Path(f"/proc/{pid}/task").glob("*/stat")]
    return all(one.rpartition(")")[2].split()[0] == "T" for one in threads)


def stop(store: str, stops: int, seed: int) -> StopReport:
    """Run the test on an empty `sqlite` or `postgresql` store."""
    _CONTEXT.set_forkserver_preload(["benchmarks.crash_workers"])
    with ExitStack() as stack:
        if store == "sqlite":
            folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="outbox-stops-"))
            return Stops(f"sqlite:///{Path(folder) / 'outbox.db'}", stops, seed).run()
        server = stack.enter_context(postgres_server())
        return Stops(server.create("stops"), stops, seed).run()


def main() -> int:
    """Run the command."""
    exit_on_sigterm()
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--store", choices=["sqlite", "postgresql"], default="sqlite")
    parser.add_argument("--stops", type=int, default=40)
    parser.add_argument("--seed", type=int, default=random.randrange(10_000))
    options = parser.parse_args()
    print(f"store: {options.store}, seed: {options.seed}")
    report = stop(options.store, options.stops, options.seed)
    print(report)
    return 1 if report.lost or report.twice else 0


if __name__ == "__main__":
    sys.exit(main())
