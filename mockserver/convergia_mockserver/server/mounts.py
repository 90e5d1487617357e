"""What is served beside the gateway, by prefix: each part is imported on the first request for it.

A part is given as a function that takes the dispatcher and returns an ASGI app. The app finds
`dispatcher.world`, the name of the space in `scope["convergia.space"]`, and its own prefix in
`scope["root_path"]`.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING

from .refusals import plain

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from starlette.types import ASGIApp

    from convergia_mockserver.faces.wire import Reply

    from .dispatch import Dispatcher


@dataclass(frozen=True, slots=True)
class Mount:
    """A prefix, and the app that serves what is below it.

    Attributes:
        prefix: begins with a slash, and does not end with one.
        create: makes the app, importing what it needs.
        refuse: makes the reply for a caller who may not come here.
        asks: whether it asks for an admin token, where there are any.
    """

    prefix: str
    create: Callable[[Dispatcher], ASGIApp]
    refuse: Callable[[int, str], Reply] = plain
    asks: bool = True


class Mounts:
    """The parts, made on first use. Runs on one event loop."""

    def __init__(self, dispatcher: Dispatcher, mounts: Sequence[Mount]) -> None:
        self._dispatcher = dispatcher
        self._mounts = mounts
        self._apps: dict[str, ASGIApp] = {}
        self._lock = asyncio.Lock()

    def find(self, path: str) -> Mount | None:
        """Return the part that serves a path, if any."""
        for mount in self._mounts:
            if path == mount.prefix or path.startswith(mount.prefix + "/"):
                return mount
        return None

    async def app(self, mount: Mount) -> ASGIApp:
        """Return a part's app. It is created in a thread, because importing one takes long."""
        async with self._lock:
            if mount.prefix not in self._apps:
                self._apps[mount.prefix] = await asyncio.to_thread(mount.create, self._dispatcher)
            return self._apps[mount.prefix]
