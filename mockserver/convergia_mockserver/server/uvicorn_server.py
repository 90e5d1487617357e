"""uvicorn, set up for this app: its fastest parts, no logs of its own, stopped by an event."""

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

# How long requests may take to finish once the server is asked to stop.
_GRACE_SECONDS = 10
# Turns of the loop in which an idle connection that is asked to close is closed.
_TURNS_TO_CLOSE = 3


class GatewayServer(uvicorn.Server):
    """One run of the server.

    Attributes:
        ready: set once requests are answered, and when it gave up.

    Args:
        app: what answers.
        tls: the server's side of TLS; plain HTTP without it.
        on_hangup: called in a thread for SIGHUP, never twice at a time; it must not raise. Without
            it SIGHUP ends the process, as by default. A terminal that closes ends it in any case.
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
        # Those of standard input, output and error that are a terminal.
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
        """uvloop's, where it is."""
        return self.config.get_loop_factory()

    async def serve(self, sockets: list[socket.socket] | None = None) -> None:
        """Run until told to stop."""
        self._loop = asyncio.get_running_loop()
        try:
            await super().serve(sockets)
        finally:
            self.ready.set()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Listen."""
        self.config.ssl = self._tls
        await super().startup(sockets)
        self.ready.set()

    async def main_loop(self) -> None:
        """Wait for the end; uvicorn's own looks ten times a second."""
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
        """Stop at once when nobody is connected; uvicorn's own waits a tenth of a second first."""
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
        """Stop on SIGINT and SIGTERM, in the main thread.

        uvicorn's own raises them again in the end; here a drained server is a clean end.
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
            # Asked twice: the caller does not want to wait.
            self.force_exit = True
        self.should_exit = True
        self.close()

    def _note_hangup(self, number: int, frame: FrameType | None) -> None:
        # Any lock may be held where a signal breaks in, so this only leaves word.
        if self._terminals and not any(map(os.isatty, self._terminals)):
            self._stop_on_signal(number, frame)
            return
        loop = self._loop
        if loop is not None and not loop.is_closed():
            loop.call_soon_threadsafe(self._hang_up, loop)

    def _hang_up(self, loop: asyncio.AbstractEventLoop) -> None:
        """Call `on_hangup` in a thread; once more afterwards if a signal came meanwhile."""
        self._hangups += 1
        if self._hangups == 1 and self._on_hangup is not None:
            handled = loop.run_in_executor(None, self._on_hangup)
            handled.add_done_callback(lambda _: self._hung_up(loop))

    def _hung_up(self, loop: asyncio.AbstractEventLoop) -> None:
        again, self._hangups = self._hangups > 1, 0
        if again and not self.should_exit:
            self._hang_up(loop)

    def close(self) -> None:
        """Stop soon; from any thread."""
        loop = self._loop
        if loop is not None and not loop.is_closed():
            loop.call_soon_threadsafe(self._stop.set)
