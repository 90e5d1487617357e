"""The mock server as a whole: gateway, faces, portal and admin API, in a thread or in front."""

from __future__ import annotations

import asyncio
import gc
import socket
import sys
import threading
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Self

from convergia_wsdl import Profile, load_guide, load_profile

from convergia_mockserver.gateway.journal import check_kinds

from .faces.paths import path_of, prefix_of
from .gateway.messages import DeliveryPlan
from .gateway.settings import SpaceSettings
from .gateway.world import DEFAULT_SPACE, World
from .server.dispatch import Dispatcher
from .server.mounts import Mount
from .server.proxies import Proxies
from .server.refusals import problem
from .sources import Sources, open_storage, relay_of, replayed, snapshot_file, tls_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from types import TracebackType

    from starlette.types import ASGIApp

    from .faces.paths import Part
    from .gateway.accounts import Account
    from .gateway.space import Space
    from .server.tls import Tls
    from .server.uvicorn_server import GatewayServer

_MAX_BODY = 1024 * 1024
_BACKLOG = 2048


def _admin(dispatcher: Dispatcher) -> ASGIApp:
    from .admin import create_app

    return create_app(dispatcher)


def _metrics(dispatcher: Dispatcher) -> ASGIApp:
    from .admin.metrics import create_app

    return create_app(dispatcher)


def _portal(dispatcher: Dispatcher) -> ASGIApp:
    from .portal import create_app

    return create_app(dispatcher)


_MOUNTS = (
    Mount("/__admin", _admin, problem),
    Mount("/metrics", _metrics),
    Mount("/portal", _portal, asks=False),  # it has a login, which asks for it
)


class MockServer:
    """The mock server, in a thread of its own.

    `with MockServer() as server:` starts it and stops it; `start()` and `stop()` do the same.

    Args:
        host: the address to listen at; loopback unless told otherwise.
        port: the port to listen at; 0 for a free one.
        accounts: who may send: accounts, or a TOML file of them; `demo`/`demo` when left out. The
            file may also say what operations answer: `[operations.NAME]`.
        delivery_delay: seconds until a message is delivered, unless a plan says otherwise.
        profile: the assumptions, or their file; the packaged ones when left out.
        db: an SQLite file that keeps messages and journal; memory alone when left out. It is closed
            when the server stops, which then cannot be started again.
        start: a TOML file of what the server begins with: accounts, scripts, delivery plans,
            spaces, clock, operations and reserved numbers. `reload` reads it again.
        snapshot: a file from which the spaces go on, if it exists, and to which they are written
            when the server stops. Not beside `db`, which keeps more.
        replay: a recording (`convergia record`) whose replies are given instead of the mock's own.
        max_messages: how many messages a space keeps in memory; the oldest make room.
        max_requests: how many journal entries, the same.
        max_body: bytes of a request's body; more is answered with 413.
        max_connections: how many connections there may be; a new one takes the place of an idle
            one. Also bounded by the files that the process may open.
        read_timeout: seconds for a request's head, and between two pieces of its body.
        allowed_hosts: names by which the control and the portal may be called, beside addresses
            and localhost.
        fail_on: kinds of findings that `world.gate` counts, in all spaces.
        admin_tokens: a file of tokens that control and workbench ask for; anyone may control the
            server without.
        trusted_proxies: addresses and networks of reverse proxies. Their `X-Forwarded-For`,
            `X-Forwarded-Proto` and `X-Forwarded-Prefix` are believed.
        root_path: the path below which a proxy shows this server, and which it takes away.
        relay: the base URL of a real gateway to which sends to `relay_to` are passed on. Such a
            message is really sent, and paid for.
        relay_to: the numbers that it is for.
        tls: listen with https. True makes a certificate for the run; `ca_pem` is its authority.

    Raises:
        AccountError, OperationError, ContractError, RecordingError: a file, an account or an
            operation that cannot be.
        StartFileError: something in the start file cannot be. Nothing of it is in place.
        StorageError: `db` cannot be used.
        SnapshotError: `snapshot` cannot be used.
        TlsError: a certificate cannot be made.
        RelayError: a relay that cannot be.
        ProxyError: an address or a path of a proxy that cannot be.
        AdminTokenError: the file of tokens cannot be used.
    """

    def __init__(
        self,
        host: str = "127.0.0.1",
        port: int = 0,
        *,
        accounts: Path | str | Iterable[Account] | None = None,
        delivery_delay: float = 1.0,
        profile: Profile | Path | str | None = None,
        db: Path | str | None = None,
        start: Path | str | None = None,
        snapshot: Path | str | None = None,
        replay: Path | str | None = None,
        max_messages: int = 100_000,
        max_requests: int = 10_000,
        max_body: int = _MAX_BODY,
        max_connections: int = 2000,
        read_timeout: float = 30.0,
        allowed_hosts: Iterable[str] = (),
        fail_on: Iterable[str] = (),
        admin_tokens: Path | str | None = None,
        tls: Tls | bool = False,
        trusted_proxies: Iterable[str] = (),
        root_path: str = "",
        relay: str | None = None,
        relay_to: Iterable[str] = (),
    ) -> None:
        from .faces.factory import create_faces, operations_of, results_of

        guide = load_guide()
        if not isinstance(profile, Profile):
            profile = load_profile(profile)
        faces = create_faces(guide, profile)
        settings = SpaceSettings(
            operations=operations_of(faces.values()),
            results=results_of(faces.values()),
            delivery=DeliveryPlan.delivered(after=delivery_delay),
            max_messages=max_messages,
            max_requests=max_requests,
        )
        self._sources = Sources(
            accounts=accounts, start=start, admin_tokens=admin_tokens, base=settings, guide=guide
        )
        begun, access = self._sources.read()
        if replay is not None:
            faces = replayed(faces, Path(replay), begun.settings.accounts)
        self._proxies = Proxies(trusted_proxies, root_path)
        onward = relay_of(relay, relay_to)
        self._tls = tls_of(tls, host, allowed_hosts := tuple(allowed_hosts))
        self._snapshot = snapshot_file(snapshot, db)
        saved = None if self._snapshot is None else self._snapshot.load()
        storage = open_storage(db)
        try:
            self.world: World = World(
                guide,
                profile,
                settings=begun.settings,
                storage=storage,
                fail_on=check_kinds(fail_on),
                by_space=begun.spaces,
                reserved=begun.reserved,
                saved=saved,
            )
        except BaseException:
            if storage is not None:
                storage.close()
            raise
        self.dispatcher: Dispatcher = Dispatcher(
            self.world, faces, ca_pem=self.ca_pem, access=access, relay=onward
        )
        self.host = host
        self._wanted_port = port
        self._max_body = max_body
        self._max_connections, self._read_timeout = max_connections, read_timeout
        self._allowed_hosts = allowed_hosts
        self._socket: socket.socket | None = None
        self._server: GatewayServer | None = None
        self._thread: threading.Thread | None = None
        self._failure: Exception | None = None

    def start(self) -> Self:
        """Listen; gives back once requests are answered.

        Raises:
            OSError: the port is taken, or the address is not this machine's.
            RuntimeError: it was started already.
        """
        if self._thread is not None:
            raise RuntimeError("this mock server was started already")
        self.bind()
        thread = threading.Thread(
            target=self._run_in_thread, name="convergia-mockserver", daemon=True
        )
        self._thread = thread
        ready = self._prepare()
        thread.start()
        ready.wait()
        if self._failure is not None:
            self.stop()
            raise RuntimeError("the mock server did not start") from self._failure
        return self

    def stop(self) -> None:
        """Finish what is being answered, then close; does nothing when it does not run."""
        thread, self._thread = self._thread, None
        if thread is None:
            return
        if self._server is not None:
            self._server.close()
        thread.join()
        self._server = self._socket = None
        self._close()

    def reload(self) -> None:
        """Read the start file again, and the files of accounts and admin tokens.

        All of them are checked before anything is put in place. Messages stay, and so does what
        was changed or added since the start by other means. The start file's scripts begin anew if
        they are not the same.

        Raises:
            RuntimeError: there is no start file.
            AccountError, AdminTokenError, StartFileError, ScriptError: a file that cannot be. All
                stays as it was.
            StorageError: `db` cannot be written. All stays as it was.
        """
        if self._sources.start is None:
            raise RuntimeError("this mock server has no start file")
        begun, access = self._sources.read()
        self.world.follow(begun.settings, begun.spaces, begun.reserved)
        self.dispatcher.access = access

    def serve(self, on_reload: Callable[[Exception | None], None] | None = None) -> None:
        """Listen in the calling thread until SIGINT or SIGTERM, then finish what is answered.

        Takes the process for its own: it tunes the garbage collector for a journal that only grows.
        With a start file SIGHUP means `reload`.

        Args:
            on_reload: called after each reload with the reason why it failed, or None.
        """
        self.bind()
        self._prepare(on_reload)
        # What is imported stays; what a request leaves behind is kept on purpose, so looking
        # through it all after every 700 objects finds nothing and costs a third of the time.
        gc.collect()
        gc.freeze()
        gc.set_threshold(1000, 20, 1000)
        # A search in a thread gives way to a request five times as soon as by default.
        sys.setswitchinterval(0.001)
        try:
            self._run()
        finally:
            self._close()

    def bind(self) -> None:
        """Take the port: who connects waits to be answered. Does nothing when it is taken.

        Raises:
            OSError: the port is somebody else's, or the address is not this machine's.
        """
        if self._socket is not None:
            return
        family, kind, protocol, _, address = socket.getaddrinfo(
            self.host, self._wanted_port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        listener = socket.socket(family, kind, protocol)
        try:
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listener.bind(address)
            # From here on who connects waits, and is not refused.
            listener.listen(_BACKLOG)
        except OSError:
            listener.close()
            raise
        self._socket = listener

    @property
    def port(self) -> int:
        """The port it listens at.

        Raises:
            RuntimeError: it does not run.
        """
        if self._socket is None:
            raise RuntimeError("this mock server is not running; start it first")
        return int(self._socket.getsockname()[1])

    @property
    def base_url(self) -> str:
        """`http://127.0.0.1:PORT`, without a slash behind it; `https://` with TLS."""
        host = {"": "127.0.0.1", "0.0.0.0": "127.0.0.1", "::": "::1"}.get(self.host, self.host)  # noqa: S104
        scheme = "http" if self._tls is None else "https"
        return f"{scheme}://{f'[{host}]' if ':' in host else host}:{self.port}"

    @property
    def ca_pem(self) -> str | None:
        """The authority that the server made for its certificate, in PEM; None without one."""
        return None if self._tls is None else self._tls.ca_pem

    def url_for(self, part: Part, space: str | None = None) -> str:
        """Return the URL of a face, the portal or the admin API, in a space when one is named."""
        return self.base_url + prefix_of(space) + path_of(part, self.world.guide)

    def space(self, name: str = DEFAULT_SPACE) -> Space:
        """Return the space of that name, made if it is not there."""
        return self.world.space(name)

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()

    def _close(self) -> None:
        try:
            if self._snapshot is not None:
                self._snapshot.write(self.world.saved())
        finally:
            self.world.close()

    def _prepare(
        self, on_reload: Callable[[Exception | None], None] | None = None
    ) -> threading.Event:
        from .server.app import MockServerApp
        from .server.connection_limits import ConnectionLimits, connections_within
        from .server.uvicorn_server import GatewayServer

        limits = ConnectionLimits(
            head_seconds=self._read_timeout,
            pause_seconds=self._read_timeout,
            connections=connections_within(self._max_connections),
        )
        app = MockServerApp(
            self.dispatcher,
            _MOUNTS,
            max_body=self._max_body,
            limits=limits,
            allowed_hosts=self._allowed_hosts,
            proxies=self._proxies,
        )
        self._server = GatewayServer(
            app,
            None if self._tls is None else self._tls.context,
            None if self._sources.start is None else partial(self._reload_and_report, on_reload),
        )
        return self._server.ready

    def _reload_and_report(self, report: Callable[[Exception | None], None] | None) -> None:
        failure: Exception | None = None
        try:
            self.reload()
        except Exception as error:  # noqa: BLE001 - it goes on as before, and says why
            failure = error
        if report is not None:
            report(failure)

    def _run_in_thread(self) -> None:
        self._failure = None
        try:
            self._run()
        except Exception as error:  # noqa: BLE001 - start() raises it in the caller's thread
            self._failure = error

    def _run(self) -> None:
        if self._server is None or self._socket is None:
            raise RuntimeError("nothing was prepared to run")
        with asyncio.Runner(loop_factory=self._server.loop_factory) as runner:
            runner.run(self._server.serve(sockets=[self._socket]))
