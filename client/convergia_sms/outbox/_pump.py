"""The loop of what asks again and again: take what is due, deal with it, record what came of it."""

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
    """What a pump does. What is taken is hidden from others for a while, and due again after it."""

    def take(self) -> tuple[Sequence[Item], float]:
        """In the store: what is due, and the seconds to wait when there is more (0: no matter)."""
        ...

    async def handle(self, item: Item) -> Result:
        """In the loop: deal with one; whatever goes wrong is a result."""
        ...

    def record(self, results: Sequence[Result]) -> None:
        """In the store: what came of them."""
        ...

    async def recorded(self, results: Sequence[Result]) -> None:
        """In the loop: they are committed."""
        ...

    def remaining(self) -> bool:
        """In the store: whether anything is left to wait for."""
        ...


class Pump(Generic[Item, Result]):
    """Runs a job until it is stopped.

    Args:
        job: what to do.
        concurrency: how many items are dealt with at once.
    """

    def __init__(self, job: Job[Item, Result], concurrency: int) -> None:
        if concurrency < 1:
            raise ValueError(f"a concurrency of {concurrency} does nothing")
        self._job = job
        self._gate = asyncio.Semaphore(concurrency)
        self._stop = asyncio.Event()
        self._store = StoreThread()

    def stop(self) -> None:
        """Take nothing more; `run` returns when what was taken is recorded."""
        self._stop.set()

    async def run(self, *, until_done: bool) -> None:
        """Until `stop`, or until nothing remains."""
        pause, results = RECONNECT[0], list[Result]()
        try:
            while not self._stop.is_set() or results:
                try:
                    wait, more = await self._round(results)
                    if until_done and not more and not await self._store.call(self._job.remaining):
                        return
                    pause = RECONNECT[0]
                except AWAY as error:
                    log_event(logging.WARNING, "store.away", f"the store is away: {words(error)}")
                    wait, pause = pause, min(RECONNECT[1], pause * 2)
                    if results:
                        await asyncio.sleep(wait)
                        continue
                await self._sleep(wait)
        finally:
            self._store.close()

    async def _round(self, results: list[Result]) -> tuple[float, bool]:
        """One round; `results` are those that a round before could not record."""
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
