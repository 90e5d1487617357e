"""The loop of pollers and webhook senders: take due items, handle them, record the results."""

from __future__ import annotations

import asyncio
import logging
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING, Generic, Protocol, TypeVar

from ._log import log_event
from ._sender import AWAY, RECONNECT, StoreThread, words

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["Job", "Pump"]

Item = TypeVar("Item")
Result = TypeVar("Result")
_IDLE = 1.0


class Job(Protocol[Item, Result]):
    """The work of a pump. A taken item is hidden from other pumps for a while, then due again."""

    def take(self, most: int) -> tuple[Sequence[Item], float]:
        """Return up to `most` due items, and the seconds until there are more (0 if unknown).

        Runs in the store's thread.
        """
        ...

    async def handle(self, item: Item) -> Result:
        """Handle one item in the event loop. Return any failure as a result."""
        ...

    def record(self, results: Sequence[Result]) -> None:
        """Record the results. Runs in the store's thread."""
        ...

    async def recorded(self, results: Sequence[Result]) -> None:
        """Act on committed results in the event loop."""
        ...

    def remaining(self) -> bool:
        """Return True if there are items left, due now or later. Runs in the store's thread."""
        ...


class Pump(Generic[Item, Result]):
    """Runs a job until it is stopped. It takes more items while earlier ones are handled.

    Args:
        job: the job.
        concurrency: the most items handled at once.
        capacity: the most items taken and not yet handled.
    """

    def __init__(self, job: Job[Item, Result], concurrency: int, capacity: int) -> None:
        if concurrency < 1:
            raise ValueError(f"the concurrency must be at least 1, not {concurrency}")
        if capacity < 1:
            raise ValueError(f"the batch must be at least 1, not {capacity}")
        self._job = job
        self._gate = asyncio.Semaphore(concurrency)
        self._capacity = capacity
        self._stopped = False
        self._store = StoreThread()
        self._busy: set[asyncio.Task[Result]] = set()
        self._handled: list[asyncio.Task[Result]] = []
        # The next round begins early when only so many items are still being handled.
        self._few = 0
        self._wake = asyncio.Event()

    def stop(self) -> None:
        """Take no more items. `run` returns when the results of the taken ones are recorded."""
        self._stopped = True
        self._wake.set()

    async def run(self, *, until_done: bool) -> None:
        """Run until `stop`, or with `until_done` until nothing remains."""
        pause, results = RECONNECT[0], list[Result]()
        try:
            while not self._stopped or results or self._busy or self._handled:
                try:
                    wait = await self._round(results)
                    idle = not self._busy and not self._handled
                    if until_done and idle and not await self._store.call(self._job.remaining):
                        return
                    pause = RECONNECT[0]
                except AWAY as error:
                    log_event(
                        logging.WARNING, "store.away", f"the store is unavailable: {words(error)}"
                    )
                    wait, pause = pause, min(RECONNECT[1], pause * 2)
                    if results:
                        await asyncio.sleep(wait)
                        continue
                await self._sleep(wait)
        finally:
            busy = list(self._busy)
            for task in busy:
                task.cancel()
            await asyncio.gather(*busy, return_exceptions=True)
            self._store.close()

    async def _round(self, results: list[Result]) -> float:
        """Record results, take more items, and return the seconds until the next round.

        `results` are those that an earlier round could not record.
        """
        self._wake.clear()
        handled, self._handled = self._handled, []
        results += await asyncio.gather(*handled)
        if results:
            done = tuple(results)
            await self._store.call(partial(self._job.record, done))
            results.clear()
            await self._job.recorded(done)
        taken: Sequence[Item] = ()
        wait, room = 0.0, self._capacity - len(self._busy)
        if room and not self._stopped:
            taken, wait = await self._store.call(partial(self._job.take, room))
        for item in taken:
            task = asyncio.create_task(self._handle(item))
            task.add_done_callback(self._finish)
            self._busy.add(task)
        self._few = len(self._busy) // 2
        return wait or _IDLE

    async def _handle(self, item: Item) -> Result:
        async with self._gate:
            return await self._job.handle(item)

    def _finish(self, task: asyncio.Task[Result]) -> None:
        self._busy.discard(task)
        self._handled.append(task)
        if len(self._busy) <= self._few:
            self._wake.set()

    async def _sleep(self, seconds: float) -> None:
        """Wait until `stop`, until few items are still being handled, or for so many seconds."""
        if self._stopped and not self._busy:
            return
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._wake.wait()
