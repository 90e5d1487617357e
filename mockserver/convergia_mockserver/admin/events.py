"""What happens in a space, as a stream of server-sent events."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import msgspec

from convergia_mockserver.gateway import Event, Space

from .endpoints import Context, Group

EVENTS = Group("Events")

# A reader that is this many events behind misses the next ones, and is told so.
_BACKLOG = 1000
# A comment now and then, so that proxies and readers see that the line is up.
_SILENCE_SECONDS = 15.0


@EVENTS.get("/events", media_type="text/event-stream", errors=(503,))
def stream_events(context: Context) -> AsyncIterator[bytes]:
    """Stream what happens in this space as server-sent events.

    An event's name is its kind, its data the kind and an id as JSON. `lost` says that the reader
    was too slow and missed some. The stream ends when the server stops.
    """
    # The space is found here, before the reply begins: it may be one that cannot be.
    return _events(context.space, context.closing)


async def _events(space: Space, closing: asyncio.Event) -> AsyncIterator[bytes]:
    loop = asyncio.get_running_loop()
    queue: asyncio.Queue[Event | None] = asyncio.Queue(_BACKLOG + 1)
    lost = False

    def put(event: Event) -> None:
        nonlocal lost
        if queue.qsize() < _BACKLOG:
            queue.put_nowait(event)
        else:
            lost = True

    async def end() -> None:
        await closing.wait()
        queue.put_nowait(None)

    def hear(event: Event) -> None:
        loop.call_soon_threadsafe(put, event)

    unsubscribe = space.subscribe(hear)
    ending = asyncio.create_task(end())
    try:
        yield b": listening\n\n"
        while True:
            try:
                event = await asyncio.wait_for(queue.get(), _SILENCE_SECONDS)
            except TimeoutError:
                yield b": still here\n\n"
                continue
            if event is None:
                return
            yield _framed(event.kind, msgspec.json.encode(event))
            if lost and queue.empty():
                lost = False
                yield _framed("lost", b"{}")
    finally:
        unsubscribe()
        ending.cancel()


def _framed(name: str, data: bytes) -> bytes:
    return b"event: " + name.encode() + b"\ndata: " + data + b"\n\n"
