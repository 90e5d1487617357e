"""The figures of the outbox, end to end, for `docs/benchmarks-outbox.md`.

    python -m benchmarks.outbox [--messages 10000] [--repeat 3]

Sending covers enqueueing, the send over SOAP to a mock server in its own process, its acceptance
and the commit. It is compared with a naive loop over stock zeep that records nothing. The other
figures are rows enqueued per second, and the memory to stream a million rows compared with ten
thousand.
"""

from __future__ import annotations

import argparse
import asyncio
import gc
import multiprocessing
import os
import platform
import resource
import signal
import sqlite3
import sys
import tempfile
import time
import uuid
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from convergia_mockserver import MockServer
from convergia_sms import AsyncClient
from convergia_sms.outbox import Draft, Outbox, State, Worker

from benchmarks.postgresql import postgres_server

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from multiprocessing.connection import Connection
    from multiprocessing.context import ForkServerProcess

_CONTEXT = multiprocessing.get_context("forkserver")
_TEXT = "Su pedido {} va en camino. Gracias por su compra."
CONCURRENCY = 128


def _drafts(count: int) -> Iterator[Draft]:
    run = uuid.uuid4().hex[:8]
    for index in range(count):
        key = f"{run}-{index}"
        yield Draft(f"55{10_000_000 + index:08d}", _TEXT.format(index), key, key, run)


def serve(pipe: Connection) -> None:
    """Run the mock server."""
    with MockServer() as server:
        pipe.send(server.base_url)
        signal.sigwait({signal.SIGTERM})


def work(store_url: str, gateway_url: str, ready: Connection) -> None:
    """Run a worker."""
    asyncio.run(_work(store_url, gateway_url, ready))


async def _work(store_url: str, gateway_url: str, ready: Connection) -> None:
    with Outbox(store_url, migrate=False) as outbox:
        # As without the `otel` extra.
        async with AsyncClient("demo", "demo", base_url=gateway_url, telemetry=False) as client:
            worker = Worker(outbox, client, concurrency=CONCURRENCY)
            asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, worker.stop)
            gc.freeze()  # as `convergia worker` does
            ready.send(True)
            began = time.process_time()
            await worker.run()
            ready.send(time.process_time() - began)


@contextmanager
def _process(
    target: Callable[..., None], *arguments: object
) -> Iterator[tuple[ForkServerProcess, Connection]]:
    ours, theirs = _CONTEXT.Pipe()
    process = _CONTEXT.Process(target=target, args=(*arguments, theirs))
    process.start()
    try:
        yield process, ours
    finally:
        process.terminate()
        process.join()
        ours.close()
        theirs.close()


@dataclass(frozen=True)
class Figure:
    """The speed and the CPU time. A busy machine only distorts the speed.

    Attributes:
        rate: messages per second.
        cpu: CPU microseconds of the sending processes per message.
    """

    rate: float
    cpu: float


def naive(gateway_url: str, count: int) -> Figure:
    """Send in a naive loop, as most people write first."""
    from convergia_wsdl import load_profile
    from zeep import Client

    client = Client(load_profile().wsdl)  # type: ignore[no-untyped-call]
    binding = next(iter(client.wsdl.bindings))
    gc.freeze()
    url = f"{gateway_url}/webservice.php"
    service = client.create_service(binding, url)  # type: ignore[no-untyped-call]
    began, cpu = time.perf_counter(), time.process_time()
    for draft in _drafts(count):
        service.enviar_mensaje(
            username="demo",
            password="demo",
            number=f"52{draft.number}",
            message=draft.text,
            extra=draft.extra,
        )
    seconds, cpu = time.perf_counter() - began, time.process_time() - cpu
    return Figure(count / seconds, cpu / count * 1e6)


def end_to_end(store_url: str, gateway_url: str, workers: int, count: int) -> Figure:
    """Measure waiting workers from the first message enqueued to the last one committed."""
    with Outbox(store_url) as outbox, ExitStack() as stack:
        processes = [
            stack.enter_context(_process(work, store_url, gateway_url)) for _ in range(workers)
        ]
        for _, pipe in processes:
            pipe.recv()
        began = time.perf_counter()
        outbox.enqueue_many(_drafts(count))
        while (accepted := outbox.counts()[State.ACCEPTED]) < count:
            # Counting is work too, so count less often while many messages are left.
            time.sleep(max(0.02, (count - accepted) / 20_000))
        seconds = time.perf_counter() - began
        cpu = 0.0
        for process, pipe in processes:
            process.terminate()
            cpu += float(pipe.recv())
        return Figure(count / seconds, cpu / count * 1e6)


def enqueue(store_url: str, count: int) -> float:
    """Return the rows per second, enqueued from a generator with a key each."""
    with Outbox(store_url) as outbox:
        began = time.perf_counter()
        outbox.enqueue_many(_drafts(count))
        return count / (time.perf_counter() - began)


def stream(store_url: str, count: int, pipe: Connection) -> None:
    """Enqueue `count` rows, read them again, and report the largest memory of this process."""
    with Outbox(store_url) as outbox:
        outbox.enqueue_many(_drafts(count))
        read = sum(1 for _ in outbox.messages())
    if read != count:
        raise RuntimeError(f"{read} of {count} rows came back")
    pipe.send(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)


def _memory(store_url: str, count: int) -> float:
    with _process(stream, store_url, count) as (_, pipe):
        return float(pipe.recv())


def _best(repeat: int, measure: Callable[[], Figure]) -> Figure:
    return max((measure() for _ in range(repeat)), key=lambda figure: figure.rate)


def _row(name: str, figure: Figure, base: Figure) -> str:
    return f"| {name} | {figure.rate:,.0f} | {figure.rate / base.rate:.1f} | {figure.cpu:,.0f} |"


def main() -> int:
    """Run the command."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--messages", type=int, default=10_000)
    parser.add_argument("--repeat", type=int, default=3)
    parser.add_argument("--rows", type=int, default=100_000)
    parser.add_argument("--stream", type=int, default=1_000_000)
    options = parser.parse_args()
    # Preload modules for the forks, but not this one, which runs under another name.
    _CONTEXT.set_forkserver_preload(["convergia_sms.outbox", "convergia_mockserver", "zeep"])
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="outbox-")))
        server = stack.enter_context(postgres_server())
        _, pipe = stack.enter_context(_process(serve))
        gateway_url = pipe.recv()

        def store(kind: str) -> str:
            name = f"b{uuid.uuid4().hex}"
            return f"sqlite:///{folder / name}.db" if kind == "SQLite" else server.create(name)

        print(
            f"Python {platform.python_version()}, SQLite {sqlite3.sqlite_version},"
            f" {os.cpu_count()} cores shared by workers, mock server and database;"
            f" {options.messages} messages, {CONCURRENCY} in flight a worker,"
            f" best of {options.repeat}\n"
        )
        print("| sending, end to end | messages/s | times naive | CPU µs/message |")
        print("| --- | ---: | ---: | ---: |")
        few = max(200, options.messages // 10)
        base = _best(options.repeat, lambda: naive(gateway_url, few))
        print(_row("a loop over stock zeep, recording nothing", base, base), flush=True)
        for kind in ("SQLite", "PostgreSQL"):
            for workers in (1, 2):
                figure = _best(
                    options.repeat,
                    lambda kind=kind, workers=workers: end_to_end(  # type: ignore[misc]
                        store(kind), gateway_url, workers, options.messages
                    ),
                )
                name = f"outbox on {kind}, {workers} worker{'s' * (workers > 1)}"
                print(_row(name, figure, base), flush=True)
        print("\n| enqueueing, in bulk, with keys | rows/s |")
        print("| --- | ---: |")
        for kind in ("SQLite", "PostgreSQL"):
            print(f"| {kind} | {enqueue(store(kind), options.rows):,.0f} |", flush=True)
        print("\n| enqueueing and reading back, streaming | peak memory, MB |")
        print("| --- | ---: |")
        for count in (10_000, options.stream):
            print(f"| {count:,} rows | {_memory(store('SQLite'), count):,.0f} |", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
