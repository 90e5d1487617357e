"""uvicorn configured for this app: its fastest parts, without logs, and stopped by an event."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import threading
from typing import TYPE_CHECKING, cast

import uvicorn

from .protocol import GatewayProtocol

if TYPE_CHECKING:
    import socket
    import ssl
    from collections.abc import Callable, Iterator
    from types import FrameType

    from .app import MockServerApp

# The time that requests have to finish when the server stops.
_GRACE_SECONDS = 10
# The number of loop iterations in which an idle connection closes.
_TURNS_TO_CLOSE = 3


class GatewayServer(uvicorn.Server):
    """A run of the server.

    Attributes:
        ready: an event that is set when the server answers requests, or has failed to start.

    Args:
        app: the app.
        tls: the SSL context. None for plain HTTP.
        on_hangup: called in a thread on SIGHUP, never concurrently. It must not raise. If None,
            SIGHUP ends the process as usual. SIGHUP from a closed terminal always stops the server.
    """

    should_exit: bool  # uvicorn assigns it without a type

    def __init__(
        self,
        app: MockServerApp,
        tls: ssl.SSLContext | None = None,
        on_hangup: Callable[[], None] | None = None,
    ) -> None:
        self._app = app
        self._tls = tls
        self._on_hangup = on_hangup
        self._hangups = 0
        # The file descriptors of standard input, output and error that are terminals.
        self._terminals = [each for each in range(3) if os.isatty(each)]
        config = uvicorn.Config(
            self._app,
            http=GatewayProtocol,
            ws="none",
            lifespan="off",
            interface="asgi3",
            log_config=None,
            access_log=False,
            proxy_headers=False,
            server_header=False,
            timeout_graceful_shutdown=_GRACE_SECONDS,
            timeout_keep_alive=60,
        )
        super().__init__(config)
        self.ready: threading.Event = threading.Event()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._stop = asyncio.Event()

    @property
    def loop_factory(self) -> Callable[[], asyncio.AbstractEventLoop] | None:
        """The loop factory of uvloop if it is installed."""
        return self.config.get_loop_factory()

    async def serve(self, sockets: list[socket.socket] | None = None) -> None:
        """Run until the server is stopped."""
        self._loop = asyncio.get_running_loop()
        try:
            await super().serve(sockets)
        finally:
            self.ready.set()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start to listen."""
        self.config.ssl = self._tls
        await super().startup(sockets)
        self.ready.set()

    async def main_loop(self) -> None:
        """Wait until the server is stopped. uvicorn's own loop polls ten times per second."""
        while not self.should_exit:
            await self.on_tick(0)
            self._look_after_connections()
            try:
                await asyncio.wait_for(self._stop.wait(), 1.0)
            except TimeoutError:
                continue
            self.should_exit = True
        self._app.closing.set()
        self._app.dispatcher.world.searches.close()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Stop at once if there are no connections. uvicorn would wait for 0.1 seconds first."""
        for connection in list(self.server_state.connections):
            connection.shutdown()
        for _ in range(_TURNS_TO_CLOSE):
            await asyncio.sleep(0)
        if self.server_state.connections or self.server_state.tasks:
            await super().shutdown(sockets)
            return
        for server in self.servers:
            server.close()
        for each in sockets or []:
            each.close()

    def _look_after_connections(self) -> None:
        if self._loop is not None:
            now = self._loop.time()
            for connection in list(self.server_state.connections):
                cast("GatewayProtocol", connection).look_after(now)

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Stop on SIGINT and SIGTERM in the main thread.

        uvicorn would raise the signal again at the end. Here the process ends normally once all
        requests are finished.
        """
        if threading.current_thread() is not threading.main_thread():
            yield
            return
        before = {
            number: signal.signal(number, self._stop_on_signal)
            for number in (signal.SIGINT, signal.SIGTERM)
        }
        if self._on_hangup is not None and hasattr(signal, "SIGHUP"):  # Windows has none
            before[signal.SIGHUP] = signal.signal(signal.SIGHUP, self._note_hangup)
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)

    def _stop_on_signal(self, number: int, frame: FrameType | None) -> None:
        del number, frame
        if self.should_exit:
            # A second signal stops the server without waiting.
            self.force_exit = True
        self.should_exit = True
        self.close()

    def _note_hangup(self, number: int, frame: FrameType | None) -> None:
        # The interrupted code may hold any lock, so only schedule the call.
        if self._terminals and not any(map(os.isatty, self._terminals)):
            self._stop_on_signal(number, frame)
            return
        loop = self._loop
        if loop is not None and not loop.is_closed():
            loop.call_soon_threadsafe(self._hang_up, loop)

    def _hang_up(self, loop: asyncio.AbstractEventLoop) -> None:
        """Call `on_hangup` in a thread, and once more afterwards if another signal came."""
        self._hangups += 1
        if self._hangups == 1 and self._on_hangup is not None:
            handled = loop.run_in_executor(None, self._on_hangup)
            handled.add_done_callback(lambda _: self._hung_up(loop))

    def _hung_up(self, loop: asyncio.AbstractEventLoop) -> None:
        again, self._hangups = self._hangups > 1, 0
        if again and not self.should_exit:
            self._hang_up(loop)

    def close(self) -> None:
        """Stop the server soon. May be called from any thread."""
        loop = self._loop
        if loop is not None and not loop.is_closed():
            loop.call_soon_threadsafe(self._stop.set)
