"""The processes of `outbox_crash`: workers and enqueuers that may be killed at any moment."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from functools import partial
from typing import TYPE_CHECKING

from convergia_sms import AsyncClient
from convergia_sms.outbox import CircuitBreaker, Draft, Outbox, Worker
from convergia_sms.outbox._sender import AWAY

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = [
    "CONCURRENCY",
    "SIGNALS",
    "STREAMS",
    "draft",
    "enqueue",
    "enqueue_or_die",
    "exit_on_sigterm",
    "run_worker",
    "work",
    "work_by_command",
]

# The signals that stop a `convergia worker`, and the state of its standard error.
SIGNALS = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)
STREAMS = ("null", "closed", "full", "dead")
CONCURRENCY = 16
# Longer than a run, so that the harness decides which worker is dead.
_LEASE = 600.0


def exit_on_sigterm() -> None:
    """Turn SIGTERM into an exception, so that this process first ends its children and server."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))


def work(store_url: str, gateway_url: str, lease: float = _LEASE) -> None:
    """Run a worker that continues after failures of the gateway."""
    breaker = CircuitBreaker(failures=10_000)
    make = partial(Worker, concurrency=CONCURRENCY, lease=lease, breaker=breaker)
    asyncio.run(run_worker(store_url, gateway_url, make))


async def run_worker(
    store_url: str, gateway_url: str, make: Callable[[Outbox, AsyncClient], Worker]
) -> None:
    """Run the worker from `make` until SIGTERM."""
    with Outbox(store_url, migrate=False) as outbox:
        async with AsyncClient("demo", "demo", base_url=gateway_url) as client:
            worker = make(outbox, client)
            asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, worker.stop)
            await _persistently(worker)


def work_by_command(store_url: str, gateway_url: str, stream: str) -> None:
    """Run `convergia worker` as users start it, with an unread standard error."""
    from convergia_sms.cli import main

    os.environ |= {
        "CONVERGIA_BASE_URL": gateway_url,
        "CONVERGIA_USERNAME": "demo",
        "CONVERGIA_PASSWORD": "demo",
    }
    null = os.open(os.devnull, os.O_RDWR)
    os.dup2(null, 1)
    if stream == "closed":
        os.close(2)
    elif stream == "dead":
        reader, writer = os.pipe()
        os.dup2(writer, 2)
        os.close(reader)
    else:
        os.dup2(os.open("/dev/full", os.O_WRONLY) if stream == "full" else null, 2)
    main(["worker", "--no-poll", "--concurrency", str(CONCURRENCY), "--outbox", store_url])


async def _persistently(worker: Worker) -> None:
    """Run the worker, and retry if the database is down at the start."""
    while True:
        try:
            return await worker.run()
        except AWAY:
            await asyncio.sleep(0.1)


def enqueue(store_url: str, first: int, last: int) -> None:
    """Enqueue all keys of a range, of which the outbox may already have some."""
    with Outbox(store_url, migrate=False) as outbox:
        for index in range(first, last, 20):
            outbox.enqueue_many(map(draft, range(index, min(last, index + 20))))


def enqueue_or_die(store_url: str, first: int, last: int) -> None:
    """Run the enqueuer, and exit if the database dies."""
    try:
        enqueue(store_url, first, last)
    except AWAY:
        sys.exit("the enqueuer died with the database")


def draft(index: int) -> Draft:
    """Return the message with an index."""
    key = f"m{index}"
    return Draft(f"55{10_000_000 + index:08d}", f"Su pedido {index} va en camino", key, key)
