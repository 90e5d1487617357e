"""Many messages through one client: how many at once, how many a second."""

from __future__ import annotations

import asyncio
import time
from concurrent.futures import FIRST_COMPLETED, ThreadPoolExecutor, wait
from typing import TYPE_CHECKING

from convergia_sms._models import Message, SendResult

if TYPE_CHECKING:
    from collections.abc import (
        AsyncIterable,
        AsyncIterator,
        Awaitable,
        Callable,
        Iterable,
        Iterator,
    )
    from concurrent.futures import Future

    from convergia_sms._models import Receipt


class Pace:
    """At most `rate` starts a second, evenly spaced; no burst makes up for time gone by.

    Args:
        rate: starts a second; None for no limit.

    Raises:
        ValueError: the rate is not above 0.
    """

    def __init__(self, rate: float | None) -> None:
        if rate is not None and not rate > 0:
            raise ValueError(f"rate: messages a second, above 0, not {rate!r}")
        self._gap = 0.0 if rate is None else 1.0 / rate
        self._next = 0.0

    def delay(self, now: float) -> float:
        """Seconds until the next start is due."""
        return max(0.0, self._next - now)

    def started(self, now: float) -> None:
        """Count a start."""
        self._next = max(now, self._next) + self._gap


def send_in_threads(
    send: Callable[[Message], Receipt],
    messages: Iterable[Message],
    concurrency: int,
    rate: float | None,
) -> Iterator[SendResult]:
    """Send from `concurrency` threads; yield each result when it is there.

    Messages are taken one at a time, when there is room: memory does not grow with their number.
    Closing the iterator takes no further message and waits for those in flight.
    """
    _check(concurrency)
    return _in_threads(send, messages, concurrency, Pace(rate))


def _in_threads(
    send: Callable[[Message], Receipt], messages: Iterable[Message], concurrency: int, pace: Pace
) -> Iterator[SendResult]:
    numbered = enumerate(messages)
    coming = next(numbered, None)
    pending: set[Future[SendResult]] = set()

    def attempt(index: int, message: Message) -> SendResult:
        try:
            return SendResult(index, message, receipt=send(message))
        except Exception as error:  # noqa: BLE001 - one message's failure is its result
            return SendResult(index, message, error=error)

    with ThreadPoolExecutor(concurrency, thread_name_prefix="convergia-send") as pool:
        while pending or coming is not None:
            delay = pace.delay(time.monotonic())
            if coming is not None and len(pending) < concurrency and not delay:
                pace.started(time.monotonic())
                pending.add(pool.submit(attempt, *coming))
                coming = next(numbered, None)
                continue
            room = coming is not None and len(pending) < concurrency
            done, pending = wait(pending, delay if room else None, FIRST_COMPLETED)
            if room and not done and not pending:
                time.sleep(delay)
            for future in done:
                yield future.result()


def send_in_tasks(
    send: Callable[[Message], Awaitable[Receipt]],
    messages: Iterable[Message] | AsyncIterable[Message],
    concurrency: int,
    rate: float | None,
) -> AsyncIterator[SendResult]:
    """Send from up to `concurrency` tasks; yield each result when it is there.

    As `send_in_threads`; closing the iterator cancels what is in flight, whose outcome then is
    what a cancelled `send` leaves: not sent, or unknown and logged so.
    """
    _check(concurrency)
    return _in_tasks(send, messages, concurrency, Pace(rate))


async def _in_tasks(
    send: Callable[[Message], Awaitable[Receipt]],
    messages: Iterable[Message] | AsyncIterable[Message],
    concurrency: int,
    pace: Pace,
) -> AsyncIterator[SendResult]:
    source = _numbered(messages)
    coming = await anext(source, None)
    pending: set[asyncio.Task[SendResult]] = set()

    async def attempt(index: int, message: Message) -> SendResult:
        try:
            return SendResult(index, message, receipt=await send(message))
        except Exception as error:  # noqa: BLE001 - one message's failure is its result
            return SendResult(index, message, error=error)

    try:
        while pending or coming is not None:
            delay = pace.delay(time.monotonic())
            if coming is not None and len(pending) < concurrency and not delay:
                pace.started(time.monotonic())
                pending.add(asyncio.create_task(attempt(*coming)))
                coming = await anext(source, None)
                continue
            room = coming is not None and len(pending) < concurrency
            if room and not pending:
                await asyncio.sleep(delay)
                continue
            done, pending = await asyncio.wait(
                pending, timeout=delay if room else None, return_when=asyncio.FIRST_COMPLETED
            )
            for task in done:
                yield task.result()
    finally:
        for task in pending:
            task.cancel()
        await asyncio.gather(*pending, return_exceptions=True)


async def _numbered(
    messages: Iterable[Message] | AsyncIterable[Message],
) -> AsyncIterator[tuple[int, Message]]:
    index = 0
    if hasattr(messages, "__aiter__"):
        async for message in messages:
            yield index, message
            index += 1
    else:
        for pair in enumerate(messages):
            yield pair


def _check(concurrency: int) -> None:
    if concurrency < 1:
        raise ValueError(f"concurrency: 1 or more, not {concurrency!r}")
