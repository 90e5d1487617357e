"""Four workers and PostgreSQL, with a slow network between them and a temporary partition.

    python -m benchmarks.outbox_network --messages 6000 --rate 100 --delay 0.02

Each worker is a process that reaches the database through its own proxy, which delays every byte by
`--delay` seconds each way. After a third of the messages, one worker is cut off from the database
for longer than its lease, and then connected again. It can always reach the gateway.

The command prints the rate at which the gateway received messages and its limit, for the whole run
and for the time of the partition. It prints the largest number of messages in any one second, which
must be little more than the rate and its burst, and the messages that were lost or sent twice. If
there are any, or if the whole rate is not within 2 % of its limit, the last line is FAILED and the
exit code is 1.
"""

from __future__ import annotations

import argparse
import asyncio
import multiprocessing
import sys
import threading
import time
from bisect import bisect_left
from collections import Counter
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING, cast

from convergia_mockserver import MockServer
from convergia_sms.outbox import Outbox, State, Worker

from benchmarks.crash_workers import draft, exit_on_sigterm, run_worker
from benchmarks.postgresql import postgres_server

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

WORKERS = 4
LEASE = 10.0
_TOLERANCE = 0.02
_PATIENCE = 120.0
_CONTEXT = multiprocessing.get_context("forkserver")


@dataclass(frozen=True)
class NetworkReport:
    """The messages that the gateway received, compared with the outbox.

    Attributes:
        rate: the limit in messages per second.
        measured: messages per second, from the first to the last.
        parted: messages per second while a worker was cut off.
        most: messages in the busiest second, which may begin at any time.
        unknown: messages whose outcome the outbox does not know.
        lost: messages that neither arrived nor are unknown.
        twice: messages that the gateway received more than once.
    """

    messages: int
    rate: float
    measured: float
    parted: float
    most: int
    unknown: int
    lost: int
    twice: int

    @property
    def is_kept(self) -> bool:
        """True if no message was lost or sent twice, and the rate was kept."""
        off = abs(self.measured / self.rate - 1)
        return not self.lost and not self.twice and off <= _TOLERANCE

    def __str__(self) -> str:
        return (
            f"messages: {self.messages}, by {WORKERS} workers\n"
            f"rate: {self.measured:.1f} of {self.rate:g} a second"
            f" ({self.measured / self.rate - 1:+.1%}),"
            f" {self.parted:.1f} while a worker was cut off\n"
            f"most in any second: {self.most}\n"
            f"unknown: {self.unknown}\nlost: {self.lost}\nsent twice: {self.twice}\n"
            f"{'all promises kept' if self.is_kept else 'FAILED'}"
        )


class SlowLink:
    """A TCP proxy that delays every byte, and can be cut.

    Args:
        port: the port of the database.
        delay: the delay in seconds, each way.
    """

    def __init__(self, port: int, delay: float) -> None:
        self._target, self._delay = port, delay
        self._cut = False
        self._writers: set[asyncio.StreamWriter] = set()
        self._serving: set[asyncio.Task[None]] = set()
        self.port = 0

    async def start(self) -> None:
        """Start to listen."""
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.port = int(self._server.sockets[0].getsockname()[1])

    async def stop(self) -> None:
        """Break every connection, and stop to listen."""
        self.cut(True)
        self._server.close()
        await asyncio.gather(*self._serving, return_exceptions=True)

    def cut(self, cut: bool) -> None:
        """Break every connection and refuse new ones, or accept them again."""
        self._cut = cut
        for writer in list(self._writers) if cut else ():
            writer.transport.abort()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self._cut:
            writer.transport.abort()
            return
        serving = cast("asyncio.Task[None]", asyncio.current_task())
        self._serving.add(serving)
        serving.add_done_callback(self._serving.discard)
        far_reader, far_writer = await asyncio.open_connection("127.0.0.1", self._target)
        self._writers |= {writer, far_writer}
        await asyncio.gather(self._pump(reader, far_writer), self._pump(far_reader, writer))
        self._writers -= {writer, far_writer}

    async def _pump(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        loop = asyncio.get_running_loop()
        try:
            while data := await reader.read(65_536):
                loop.call_later(self._delay, writer.write, data)
        except OSError:
            pass
        loop.call_later(self._delay, writer.close)


@contextmanager
def _links(port: int, delay: float) -> Iterator[tuple[asyncio.AbstractEventLoop, list[SlowLink]]]:
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, name="links")
    thread.start()
    links = [SlowLink(port, delay) for _ in range(WORKERS)]
    try:
        for link in links:
            asyncio.run_coroutine_threadsafe(link.start(), loop).result(_PATIENCE)
        yield loop, links
    finally:
        for link in links:
            asyncio.run_coroutine_threadsafe(link.stop(), loop).result(_PATIENCE)
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()


def work_at(store_url: str, gateway_url: str, rate: float) -> None:
    """Run a worker with a rate limit."""
    make = partial(Worker, rate=rate, lease=LEASE)
    asyncio.run(run_worker(store_url, gateway_url, make))


def run(messages: int, rate: float, delay: float) -> NetworkReport:
    """Send the messages, and audit those that arrived.

    Args:
        messages: the number of messages.
        rate: the limit of all workers together, in messages per second.
        delay: the delay between a worker and the database in seconds, each way.

    Raises:
        TimeoutError: if the workers do not finish.
        MissingProgramError: if PostgreSQL is not installed.
    """
    _CONTEXT.set_forkserver_preload(["benchmarks.crash_workers"])
    with ExitStack() as stack:
        server = stack.enter_context(postgres_server())
        url = server.create("network")
        outbox = stack.enter_context(Outbox(url))
        outbox.enqueue_many(map(draft, range(messages)))
        gateway = stack.enter_context(MockServer())
        loop, links = stack.enter_context(_links(server.port, delay))
        for link in links:
            way = url.replace(f":{server.port}/", f":{link.port}/")
            process = _CONTEXT.Process(target=work_at, args=(way, gateway.base_url, rate))
            process.start()
            stack.callback(process.join)
            stack.callback(process.kill)
        _wait_until(lambda: len(gateway.space().messages) >= messages // 3, messages / rate)
        cut = datetime.now(UTC)
        loop.call_soon_threadsafe(links[0].cut, True)
        healed = time.monotonic() + 2 * LEASE
        _wait_until(lambda: time.monotonic() >= healed, 2 * LEASE)
        loop.call_soon_threadsafe(links[0].cut, False)
        parted = (cut, datetime.now(UTC))

        def is_done() -> bool:
            outbox.recover()
            counts = outbox.counts()
            return not counts[State.QUEUED] and not counts[State.SENDING]

        _wait_until(is_done, messages / rate)
        return _audit(outbox, gateway, messages, rate, parted)


def _wait_until(condition: Callable[[], bool], seconds: float) -> None:
    deadline = time.monotonic() + seconds + _PATIENCE
    while not condition():
        if time.monotonic() > deadline:
            raise TimeoutError("the workers did not finish")
        time.sleep(0.05)


def _audit(
    outbox: Outbox,
    gateway: MockServer,
    messages: int,
    rate: float,
    parted: tuple[datetime, datetime],
) -> NetworkReport:
    received = gateway.space().messages
    times = Counter(message.extra for message in received)
    arrivals = sorted(message.created for message in received)
    in_a_second = (
        bisect_left(arrivals, arrival + timedelta(seconds=1)) - index
        for index, arrival in enumerate(arrivals)
    )
    meanwhile = bisect_left(arrivals, parted[1]) - bisect_left(arrivals, parted[0])
    entries = {entry.key: entry for entry in outbox.messages()}
    lost = sum(
        1
        for key in (draft(index).key for index in range(messages))
        if key not in entries
        or (entries[key].state is not State.UNKNOWN and key not in times)
        or entries[key].state not in {State.ACCEPTED, State.UNKNOWN}
    )
    return NetworkReport(
        messages=messages,
        rate=rate,
        measured=(len(arrivals) - 1) / (arrivals[-1] - arrivals[0]).total_seconds(),
        parted=meanwhile / (parted[1] - parted[0]).total_seconds(),
        most=max(in_a_second),
        unknown=outbox.counts()[State.UNKNOWN],
        lost=lost,
        twice=sum(count > 1 for count in times.values()),
    )


def main() -> int:
    """Run the benchmark, and return its exit code."""
    exit_on_sigterm()
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--messages", type=int, default=6000)
    parser.add_argument("--rate", type=float, default=100.0)
    parser.add_argument("--delay", type=float, default=0.02, help="seconds, each way")
    options = parser.parse_args()
    report = run(options.messages, options.rate, options.delay)
    print(f"delay: {options.delay * 1000:g} ms each way\n{report}")
    return 0 if report.is_kept else 1


if __name__ == "__main__":
    sys.exit(main())
