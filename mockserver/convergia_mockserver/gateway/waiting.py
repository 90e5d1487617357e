"""Waiting for messages on an event loop, as `Space.wait` does in a thread."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from .space import WaitTimeoutError

if TYPE_CHECKING:
    from .events import Event
    from .messages import Message, MessageQuery
    from .space import Space


class ServerClosingError(RuntimeError):
    """The server stops: what was waited for will not come."""


async def wait_for_messages(
    space: Space,
    query: MessageQuery,
    *,
    count: int,
    timeout: float,
    closing: asyncio.Event | None = None,
) -> list[Message]:
    """Wait until so many messages match.

    Args:
        space: where they are to come.
        query: which messages.
        count: how many.
        timeout: in seconds.
        closing: set when the server stops, which ends the waiting.

    Raises:
        WaitTimeoutError: they did not come within `timeout` seconds.
        ServerClosingError: the server stopped before.
    """
    loop = asyncio.get_running_loop()
    happened = asyncio.Event()

    def hear(_: Event) -> None:
        loop.call_soon_threadsafe(happened.set)

    async def end(closing: asyncio.Event) -> None:
        await closing.wait()
        happened.set()

    deadline = loop.time() + timeout
    unsubscribe = space.subscribe(hear)
    ending = None if closing is None else asyncio.create_task(end(closing))
    try:
        while True:
            happened.clear()
            found, later = space.matching(query)
            if len(found) >= count:
                return found
            if closing is not None and closing.is_set():
                raise ServerClosingError("the server stops; start it and ask again")
            left = deadline - loop.time()
            if left <= 0:
                raise WaitTimeoutError(count, timeout, found)
            try:
                await asyncio.wait_for(happened.wait(), left if later is None else min(left, later))
            except TimeoutError:
                continue
    finally:
        unsubscribe()
        if ending is not None:
            ending.cancel()
