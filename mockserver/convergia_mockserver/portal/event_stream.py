"""The stream of a space's events to the page, as server-sent events."""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING, cast

from starlette.responses import StreamingResponse

from convergia_mockserver.gateway.events import EventReader
from convergia_mockserver.server.app import CLOSING

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from starlette.responses import Response

    from .site import Site, Visit

# Events within this time are reported together.
_GATHERING_SECONDS = 0.15
_HEARTBEAT_SECONDS = 15.0


class EventStream:
    """The stream of events. It holds only their kinds, and the page then requests its data."""

    def __init__(self, site: Site) -> None:
        self._site = site

    def stream(self, visit: Visit) -> Response:
        """Stream events until the browser disconnects, the visitor logs out or the server stops."""
        closing = cast("asyncio.Event", visit.request.scope[CLOSING])
        return StreamingResponse(
            self._events(visit, closing),
            media_type="text/event-stream",
            headers={"x-accel-buffering": "no"},
        )

    async def _events(self, visit: Visit, closing: asyncio.Event) -> AsyncIterator[bytes]:
        events = EventReader(visit.space.feed)
        closed = asyncio.create_task(closing.wait())
        closed.add_done_callback(lambda _: events.wake())
        try:
            yield b"retry: 1000\nevent: hello\ndata: {}\n\n"
            while not closing.is_set() and self._site.sessions.holds(visit.user):
                if not await events.wait(_HEARTBEAT_SECONDS):
                    yield b": still here\n\n"
                    continue
                await asyncio.wait({closed}, timeout=_GATHERING_SECONDS)
                happened, _ = events.take()
                kinds = sorted({event.kind for event in happened})
                yield b"event: change\ndata: %s\n\n" % json.dumps(kinds).encode()
        finally:
            events.close()
            closed.cancel()
