"""What happens in the space, told to the page as it happens (server-sent events)."""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING, cast

from starlette.responses import StreamingResponse

from convergia_mockserver.server.app import CLOSING

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from starlette.responses import Response

    from convergia_mockserver.gateway import Event

    from .site import Site, Visit

# A burst is told once.
_GATHERING_SECONDS = 0.15
_HEARTBEAT_SECONDS = 15.0


class EventStream:
    """The stream of events. It tells kinds alone: the page asks for what it may see."""

    def __init__(self, site: Site) -> None:
        self._site = site

    def stream(self, visit: Visit) -> Response:
        """Events until the browser goes, the visitor logs out or the server stops."""
        closing = cast("asyncio.Event", visit.request.scope[CLOSING])
        return StreamingResponse(
            self._events(visit, closing),
            media_type="text/event-stream",
            headers={"x-accel-buffering": "no"},
        )

    async def _events(self, visit: Visit, closing: asyncio.Event) -> AsyncIterator[bytes]:
        loop = asyncio.get_running_loop()
        happened = asyncio.Event()
        kinds: set[str] = set()

        def note(kind: str) -> None:
            kinds.add(kind)
            happened.set()

        def hear(event: Event) -> None:
            loop.call_soon_threadsafe(note, event.kind)

        closed = asyncio.create_task(closing.wait())
        waiting = asyncio.create_task(happened.wait())
        unsubscribe = visit.space.subscribe(hear)
        try:
            yield b"retry: 1000\nevent: hello\ndata: {}\n\n"
            while not closing.is_set() and self._site.sessions.holds(visit.user):
                done, _ = await asyncio.wait(
                    {waiting, closed},
                    timeout=_HEARTBEAT_SECONDS,
                    return_when=asyncio.FIRST_COMPLETED,
                )
                if waiting not in done:
                    yield b": still here\n\n"
                    continue
                await asyncio.wait({closed}, timeout=_GATHERING_SECONDS)
                told, kinds = sorted(kinds), set()
                happened.clear()
                waiting = asyncio.create_task(happened.wait())
                yield b"event: change\ndata: %s\n\n" % json.dumps(told).encode()
        finally:
            unsubscribe()
            closed.cancel()
            waiting.cancel()
