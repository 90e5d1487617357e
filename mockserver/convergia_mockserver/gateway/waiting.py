"""Waiting for messages, in a thread or on an event loop."""

from __future__ import annotations

import asyncio
import threading
import time
from typing import TYPE_CHECKING

from .events import EventReader
from .messages import MessageQuery

if TYPE_CHECKING:
    from .messages import Message
    from .space import Space


class WaitTimeoutError(TimeoutError):
    """Not enough messages matched in time.

    Attributes:
        found: the messages that matched, or the first of them.
    """

    def __init__(self, wanted: int, timeout: float, found: list[Message], total: int) -> None:
        super().__init__(f"{total} of {wanted} messages matched within {timeout:g} s")
        self.found = found


class ServerClosingError(RuntimeError):
    """The server stopped while a request waited."""


def wait_in_thread(
    space: Space, query: MessageQuery | None = None, *, count: int = 1, timeout: float = 5.0
) -> list[Message]:
    """Block until `count` messages match. Do not call it in the thread of the server's loop.

    Args:
        space: the space to look in.
        query: the messages to wait for. By default any.
        count: the number of messages.
        timeout: in real seconds, which pass while the space's clock is frozen.

    Raises:
        WaitTimeoutError: if the messages did not come in time.
        PatternTimeError: if a regular expression takes too long.
    """
    deadline = time.monotonic() + timeout
    happened = threading.Event()
    watch = space.inbox.watch(query or MessageQuery())
    unsubscribe = space.subscribe(lambda _: happened.set())
    try:
        while True:
            happened.clear()
            matching, later = watch.look()
            if matching >= count and len(found := watch.found()[0]) >= count:
                return found
            left = deadline - time.monotonic()
            if left <= 0:
                raise WaitTimeoutError(count, timeout, *watch.found())
            happened.wait(left if later is None else min(left, later))
    finally:
        unsubscribe()


async def wait_for_messages(
    space: Space,
    query: MessageQuery,
    *,
    count: int,
    timeout: float,
    limit: int | None = None,
    closing: asyncio.Event | None = None,
) -> tuple[list[Message], int]:
    """Wait until `count` messages match. Return the first `limit` of them, and the number of all.

    Args:
        space: the space to look in.
        query: the messages to wait for.
        count: the number of messages.
        timeout: in real seconds.
        limit: the largest number of messages to return. By default all.
        closing: an event that is set when the server stops, which ends the wait.

    Raises:
        WaitTimeoutError: if the messages did not come in time.
        ServerClosingError: if the server stopped before.
        PatternTimeError: if a regular expression takes too long.
    """
    loop = asyncio.get_running_loop()
    deadline = loop.time() + timeout
    run = space.searches.run
    watch = space.inbox.watch(query)
    events = EventReader(space.feed, kinds=("message", "status", "deleted", "clock", "reset"))

    async def end(closing: asyncio.Event) -> None:
        await closing.wait()
        events.wake()

    ending = None if closing is None else asyncio.create_task(end(closing))
    try:
        while True:
            events.take()
            matching, later = watch.look() if watch.quick else await run(watch.look)
            if matching >= count:
                found, total = await run(watch.found, limit)
                if total >= count:
                    return found, total
            if closing is not None and closing.is_set():
                raise ServerClosingError("the server is stopping; start it and try again")
            left = deadline - loop.time()
            if left <= 0:
                found, total = await run(watch.found, limit)
                raise WaitTimeoutError(count, timeout, found, total)
            await events.wait(left if later is None else min(left, later))
    finally:
        events.close()
        if ending is not None:
            ending.cancel()
