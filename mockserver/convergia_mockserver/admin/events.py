"""What happens in a space, as a stream of server-sent events."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import msgspec

from convergia_mockserver.gateway import Event

from .operations import Context, Group

EVENTS = Group("Events")

# A reader that is this many events behind misses the next ones, and is told so.
_BACKLOG = 1000
# A comment now and then, so that proxies and readers see that the line is up.
_SILENCE_SECONDS = 15.0


@EVENTS.get("/events", media_type="text/event-stream")
async def stream_events(context: Context) -> AsyncIterator[bytes]:
    """Stream what happens in this space as server-sent events.

    An event's name is its kind, its data the kind and an id as JSON. `lost` says that the reader
    was too slow and missed some.
    """
    loop = asyncio.get_running_loop()
    queue: asyncio.Queue[Event] = asyncio.Queue(_BACKLOG)
    lost = False

    def put(event: Event) -> None:
        nonlocal lost
        try:
            queue.put_nowait(event)
        except asyncio.QueueFull:
            lost = True

    def hear(event: Event) -> None:
        loop.call_soon_threadsafe(put, event)

    unsubscribe = context.space.subscribe(hear)
    try:
        yield b": listening\n\n"
        while True:
            try:
                event = await asyncio.wait_for(queue.get(), _SILENCE_SECONDS)
            except TimeoutError:
                yield b": still here\n\n"
                continue
            yield _framed(event.kind, msgspec.json.encode(event))
            if lost and queue.empty():
                lost = False
                yield _framed("lost", b"{}")
    finally:
        unsubscribe()


def _framed(name: str, data: bytes) -> bytes:
    return b"event: " + name.encode() + b"\ndata: " + data + b"\n\n"
