"""A reader of events that leaves is let go, whatever happens at the same moment."""

from __future__ import annotations

import asyncio

import pytest
from convergia_mockserver.gateway.event_queue import EventQueue
from convergia_mockserver.gateway.world import World


@pytest.mark.parametrize("steps", range(4))
async def test_a_reader_that_leaves_as_an_event_arrives_does_not_wait_on(steps: int) -> None:
    queue = EventQueue(World().space())
    reader = asyncio.create_task(queue.wait(60))
    await asyncio.sleep(0)
    queue.wake()
    for _ in range(steps):
        await asyncio.sleep(0)
    left = reader.cancel()
    async with asyncio.timeout(5):
        if left:
            with pytest.raises(asyncio.CancelledError):
                await reader
        else:
            assert await reader
