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

    def take(self) -> tuple[Sequence[Item], float]:
        """Return due items, and the seconds until there are more (0 if unknown).

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
    """Runs a job until it is stopped.

    Args:
        job: the job.
        concurrency: the most items handled at once.
    """

    def __init__(self, job: Job[Item, Result], concurrency: int) -> None:
        if concurrency < 1:
            raise ValueError(f"the concurrency must be at least 1, not {concurrency}")
        self._job = job
        self._gate = asyncio.Semaphore(concurrency)
        self._stop = asyncio.Event()
        self._store = StoreThread()

    def stop(self) -> None:
        """Take no more items. `run` returns when the results of the taken ones are recorded."""
        self._stop.set()

    async def run(self, *, until_done: bool) -> None:
        """Run until `stop`, or with `until_done` until nothing remains."""
        pause, results = RECONNECT[0], list[Result]()
        try:
            while not self._stop.is_set() or results:
                try:
                    wait, more = await self._round(results)
                    if until_done and not more and not await self._store.call(self._job.remaining):
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
            self._store.close()

    async def _round(self, results: list[Result]) -> tuple[float, bool]:
        """Run one round, and return the seconds to wait and whether anything was recorded.

        `results` are those that an earlier round could not record. They are recorded first.
        """
        wait = 0.0
        taken: Sequence[Item] = ()
        if not results:
            taken, wait = await self._store.call(self._job.take)
            results += await asyncio.gather(*map(self._handle, taken))
        if results:
            await self._store.call(partial(self._job.record, tuple(results)))
            done = tuple(results)
            results.clear()
            await self._job.recorded(done)
            return wait, True
        return wait or _IDLE, False

    async def _handle(self, item: Item) -> Result:
        async with self._gate:
            return await self._job.handle(item)

    async def _sleep(self, seconds: float) -> None:
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._stop.wait()
