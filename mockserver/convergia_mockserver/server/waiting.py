"""Waiting for messages on an event loop, as `Space.wait` does in a thread."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from convergia_mockserver.gateway.space import WaitTimeoutError

if TYPE_CHECKING:
    from convergia_mockserver.gateway.events import Event
    from convergia_mockserver.gateway.messages import Message, MessageQuery
    from convergia_mockserver.gateway.space import Space


async def wait_for_messages(
    space: Space,
    query: MessageQuery,
    *,
    count: int,
    timeout: float,
) -> list[Message]:
    """Wait until so many messages match.

    Raises:
        WaitTimeoutError: they did not come within `timeout` seconds.
    """
    loop = asyncio.get_running_loop()
    happened = asyncio.Event()

    def hear(_: Event) -> None:
        loop.call_soon_threadsafe(happened.set)

    deadline = loop.time() + timeout
    unsubscribe = space.subscribe(hear)
    try:
        while True:
            happened.clear()
            found, later = space.matching(query)
            if len(found) >= count:
                return found
            left = deadline - loop.time()
            if left <= 0:
                raise WaitTimeoutError(count, timeout, found)
            try:
                await asyncio.wait_for(happened.wait(), left if later is None else min(left, later))
            except TimeoutError:
                continue
    finally:
        unsubscribe()
