"""Tests of event readers: each gets its events, and is dropped when it leaves."""

from __future__ import annotations

import asyncio

import pytest
from convergia_mockserver.gateway.events import EventReader
from convergia_mockserver.gateway.world import World


@pytest.mark.parametrize("steps", range(4))
async def test_cancelling_a_reader_as_an_event_arrives_ends_its_wait(steps: int) -> None:
    events = EventReader(World().space().feed)
    waiting = asyncio.create_task(events.wait(60))
    await asyncio.sleep(0)
    events.wake()
    for _ in range(steps):
        await asyncio.sleep(0)
    left = waiting.cancel()
    async with asyncio.timeout(5):
        if left:
            with pytest.raises(asyncio.CancelledError):
                await waiting
        else:
            assert await waiting


async def test_many_readers_all_get_each_event_and_do_not_block_the_loop() -> None:
    space = World().space()
    readers = [EventReader(space.feed) for _ in range(50)]
    turns = 0

    async def request() -> None:
        nonlocal turns
        while any(reader.has_news() for reader in readers):
            turns += 1
            await asyncio.sleep(0)

    space.clock.advance(1)
    async with asyncio.timeout(30):
        await asyncio.gather(request(), *(reader.wait(30) for reader in readers))
    assert turns >= 50 / 8
    assert [len(reader.take()[0]) for reader in readers] == [1] * 50
    for reader in readers:
        reader.close()
    assert space.subscribers == 0


async def test_an_event_during_the_waking_of_readers_reaches_all_of_them() -> None:
    space = World().space()
    readers = [EventReader(space.feed) for _ in range(30)]

    async def follow(reader: EventReader) -> int:
        heard = 0
        while heard < 20:
            await reader.wait(30)
            heard += len(reader.take()[0])
        return heard

    async def happen() -> None:
        for _ in range(20):
            await asyncio.to_thread(space.clock.advance, 1)

    async with asyncio.timeout(30):
        *heard, _ = await asyncio.gather(*map(follow, readers), happen())
    assert heard == [20] * 30


async def test_a_reader_of_some_kinds_is_not_woken_by_the_others() -> None:
    space = World().space()
    reader = EventReader(space.feed, kinds=("reset",))
    space.clock.advance(1)
    assert not reader.has_news()
    space.reset()
    assert reader.has_news()
    await reader.wait(30)
    assert [event.kind for event in reader.take()[0]] == ["reset"]
    reader.close()
