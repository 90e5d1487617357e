"""Apps that are served besides the gateway, by prefix, and imported on the first request.

Each app is created by a function that gets the dispatcher and returns an ASGI app. The app finds
the name of the space in `scope["convergia.space"]`, and its own prefix in `scope["root_path"]`.
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
    """An app and its prefix.

    Attributes:
        prefix: the prefix of its paths, which begins but does not end with a slash.
        create: the function that imports and creates the app.
        refuse: the function that creates the reply to a refused request.
        asks: True if it requires an admin token, on a server that has tokens.
    """

    prefix: str
    create: Callable[[Dispatcher], ASGIApp]
    refuse: Callable[[int, str], Reply] = plain
    asks: bool = True


class Mounts:
    """The mounted apps, created on first use. Runs on one event loop."""

    def __init__(self, dispatcher: Dispatcher, mounts: Sequence[Mount]) -> None:
        self._dispatcher = dispatcher
        self._mounts = mounts
        self._apps: dict[str, ASGIApp] = {}
        self._lock = asyncio.Lock()

    def find(self, path: str) -> Mount | None:
        """Return the mount that serves a path, or None."""
        for mount in self._mounts:
            if path == mount.prefix or path.startswith(mount.prefix + "/"):
                return mount
        return None

    async def app(self, mount: Mount) -> ASGIApp:
        """Return the app of a mount. It is created in a thread, because its import takes long."""
        async with self._lock:
            if mount.prefix not in self._apps:
                self._apps[mount.prefix] = await asyncio.to_thread(mount.create, self._dispatcher)
            return self._apps[mount.prefix]
