"""What else is served, by prefix: each part is imported when somebody first asks for it.

A part is a module with `create_app(dispatcher) -> ASGI app`. It finds `dispatcher.world`, the name
of the space in `scope["convergia.space"]`, and its own prefix in `scope["root_path"]`.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING, cast

from .dispatch import plain
from .problems import problem

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from convergia_mockserver.faces.wire import Reply

    from .asgi import App
    from .dispatch import Dispatcher


@dataclass(frozen=True, slots=True)
class Mount:
    """A prefix, and the module that serves what is below it.

    Attributes:
        prefix: as above.
        module: as above.
        refuse: how its callers are told that they cannot come here.
    """

    prefix: str
    module: str
    refuse: Callable[[int, str], Reply] = plain


MOUNTS = (
    Mount("/__admin", "convergia_mockserver.admin", problem),
    Mount("/metrics", "convergia_mockserver.admin.metrics"),
    Mount("/portal", "convergia_mockserver.portal"),
)


class Mounts:
    """The parts, made on first use. Runs on one event loop."""

    def __init__(self, dispatcher: Dispatcher, mounts: Sequence[Mount]) -> None:
        self._dispatcher = dispatcher
        self._mounts = mounts
        self._apps: dict[str, App] = {}
        self._lock = asyncio.Lock()

    def find(self, path: str) -> Mount | None:
        """The part that serves a path."""
        for mount in self._mounts:
            if path == mount.prefix or path.startswith(mount.prefix + "/"):
                return mount
        return None

    async def app(self, mount: Mount) -> App:
        """A part's app. Importing one takes long, so a thread does it while the faces go on."""
        async with self._lock:
            if mount.prefix not in self._apps:
                self._apps[mount.prefix] = await asyncio.to_thread(self._create, mount.module)
            return self._apps[mount.prefix]

    def _create(self, module: str) -> App:
        create = cast(
            "Callable[[Dispatcher], App]",
            import_module(module).create_app,
        )
        return create(self._dispatcher)
