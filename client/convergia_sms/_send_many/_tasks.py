"""`send_many` with asyncio tasks."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterable, AsyncIterator
from dataclasses import dataclass, field
from itertools import count
from typing import TYPE_CHECKING

from convergia_sms._models import Message, SendResult

from ._checks import check_concurrency, message_at
from ._pace import Pace
from ._unreported import log_end, log_left

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterable, Iterator

    from convergia_sms._models import Receipt


def send_in_tasks(
    send: Callable[[Message], Awaitable[Receipt]],
    messages: Iterable[Message] | AsyncIterable[Message],
    concurrency: int,
    rate: float | None,
) -> AsyncIterator[SendResult]:
    """Send from up to `concurrency` tasks, and yield each result when it is known.

    As in `send_in_threads`. One task reads all messages. Closing the iterator waits for messages in
    flight. Cancelling the task that iterates cancels them, and the log says whether each was not
    sent or is unknown.
    """
    check_concurrency(concurrency)
    source = aiter(messages) if isinstance(messages, AsyncIterable) else iter(messages)
    return _SendingTasks(send, source, Pace(rate), asyncio.Semaphore(concurrency)).results()


@dataclass(slots=True)
class _SendingTasks:
    send: Callable[[Message], Awaitable[Receipt]]
    messages: Iterator[Message] | AsyncIterator[Message]
    pace: Pace
    room: asyncio.Semaphore
    held: tuple[int, Message] | None = None
    unreported: dict[asyncio.Task[SendResult], int] = field(default_factory=dict)
    # None means that no more messages are read: the iterable has ended or raised.
    done: asyncio.Queue[asyncio.Task[SendResult] | None] = field(default_factory=asyncio.Queue)

    async def results(self) -> AsyncIterator[SendResult]:
        feeder = asyncio.create_task(self._feed())
        feeder.add_done_callback(lambda _: self.done.put_nowait(None))
        try:
            while self.unreported or not feeder.done():
                task = await self.done.get()
                if task is not None:
                    del self.unreported[task]
                    self.room.release()
                    yield task.result()
        except BaseException as leaving:
            await self._leave(feeder, wait=isinstance(leaving, GeneratorExit))
            raise
        await feeder

    async def _feed(self) -> None:
        for index in count():
            await self.room.acquire()
            self.held = await self._take(index)
            if self.held is None:
                return
            delay = self.pace.delay(time.monotonic())
            if delay:
                await asyncio.sleep(delay)
            self.pace.started(time.monotonic())
            task = asyncio.create_task(self._attempt(*self.held))
            self.unreported[task] = index
            self.held = None
            task.add_done_callback(self.done.put_nowait)
            # Let started tasks proceed, even if the iterable never waits.
            await asyncio.sleep(0)

    async def _take(self, index: int) -> tuple[int, Message] | None:
        try:
            if isinstance(self.messages, AsyncIterator):
                return index, await anext(self.messages)
            return index, next(self.messages)
        except (StopIteration, StopAsyncIteration):
            return None

    async def _attempt(self, index: int, message: Message) -> SendResult:
        try:
            return SendResult(index, message, receipt=await self.send(message_at(index, message)))
        except Exception as error:  # noqa: BLE001 - the failure of a message is its result
            return SendResult(index, message, error=error)

    async def _leave(self, feeder: asyncio.Task[None], *, wait: bool) -> None:
        """Stop reading, wait for messages in flight or cancel them, and log how they ended."""
        feeder.cancel()
        (failure,) = await asyncio.gather(feeder, return_exceptions=True)
        log_left(self.held, failure)
        try:
            if wait and self.unreported:
                await asyncio.wait(self.unreported)
        finally:
            for task in self.unreported:
                task.cancel()
            await asyncio.gather(*self.unreported, return_exceptions=True)
            for task, index in self.unreported.items():
                log_end(index, task)
