"""The stream of a space's events, as server-sent events."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import msgspec

from convergia_mockserver.gateway import Space
from convergia_mockserver.gateway.events import EventReader

from .endpoints import Context, Group

EVENTS = Group("Events")

# Send a comment at times, so that proxies and readers see that the connection is alive.
_SILENCE_SECONDS = 15.0


@EVENTS.get("/events", media_type="text/event-stream", errors=(503,))
def stream_events(context: Context) -> AsyncIterator[bytes]:
    """Stream the events of this space as server-sent events.

    The name of an event is its kind, and its data is the kind and an id as JSON. An event `lost`
    means that the reader was too slow and missed the oldest. The stream ends when the server stops.
    """
    # Find the space before the reply begins, because its name may be invalid.
    return _events(context.space, context.closing)


async def _events(space: Space, closing: asyncio.Event) -> AsyncIterator[bytes]:
    events = EventReader(space.feed)

    async def end() -> None:
        await closing.wait()
        events.wake()

    ending = asyncio.create_task(end())
    try:
        yield b": listening\n\n"
        while not closing.is_set():
            await events.wait(_SILENCE_SECONDS)
            happened, lost = events.take()
            frames = [_framed(event.kind, msgspec.json.encode(event)) for event in happened]
            if lost:
                frames.insert(0, _framed("lost", b"{}"))
            if frames or not closing.is_set():
                yield b"".join(frames) or b": still here\n\n"
    finally:
        events.close()
        ending.cancel()


def _framed(name: str, data: bytes) -> bytes:
    return b"event: " + name.encode() + b"\ndata: " + data + b"\n\n"
