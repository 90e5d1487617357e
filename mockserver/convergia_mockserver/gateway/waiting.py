"""Waiting for messages: in a thread, or on an event loop."""

from __future__ import annotations

import asyncio
import threading
import time
from typing import TYPE_CHECKING

from .messages import MessageQuery

if TYPE_CHECKING:
    from .events import Event
    from .messages import Message
    from .space import Space


class WaitTimeoutError(TimeoutError):
    """Not enough messages matched in time.

    Attributes:
        found: those that did.
    """

    def __init__(self, wanted: int, timeout: float, found: list[Message]) -> None:
        super().__init__(f"{len(found)} of {wanted} messages matched within {timeout:g} seconds")
        self.found = found


class ServerClosingError(RuntimeError):
    """The server stops: what was waited for will not come."""


def wait_in_thread(
    space: Space, query: MessageQuery | None = None, *, count: int = 1, timeout: float = 5.0
) -> list[Message]:
    """Block until so many messages match. Call it from any thread but the server's loop.

    Args:
        space: where they are to come.
        query: which messages; any when left out.
        count: how many.
        timeout: real seconds; a frozen clock does not stop it.

    Raises:
        WaitTimeoutError: they did not come in time.
    """
    query = query or MessageQuery()
    deadline = time.monotonic() + timeout
    happened = threading.Event()
    unsubscribe = space.subscribe(lambda _: happened.set())
    try:
        while True:
            happened.clear()
            found, later = space.inbox.matching(query)
            if len(found) >= count:
                return found
            left = deadline - time.monotonic()
            if left <= 0:
                raise WaitTimeoutError(count, timeout, found)
            happened.wait(left if later is None else min(left, later))
    finally:
        unsubscribe()


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

    def notice(_: Event) -> None:
        loop.call_soon_threadsafe(happened.set)

    async def end(closing: asyncio.Event) -> None:
        await closing.wait()
        happened.set()

    deadline = loop.time() + timeout
    unsubscribe = space.subscribe(notice)
    ending = None if closing is None else asyncio.create_task(end(closing))
    try:
        while True:
            happened.clear()
            found, later = space.inbox.matching(query)
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
