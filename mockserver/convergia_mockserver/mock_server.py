"""The mock server: gateway, faces, portal and admin API, in a thread or in the foreground."""

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
    Mount("/portal", _portal, asks=False),  # its login asks for the token
)


class MockServer:
    """A mock server that runs in its own thread.

    Use it as a context manager, or call `start()` and `stop()`.

    Args:
        host: the address to listen at. The default is the loopback address.
        port: the port to listen at. 0 for any free port.
        accounts: the accounts, or a TOML file of them. The default is the account `demo` with the
            password `demo`. The file may also hold answers of operations: `[operations.NAME]`.
        delivery_delay: the seconds until a message is delivered, if no other plan applies.
        profile: the profile, or its file. The default is the packaged profile.
        db: an SQLite file that keeps messages and journal. By default they are only in memory. The
            file is closed when the server stops, so the server cannot be started again.
        start: a TOML file with the initial state: accounts, scripts, delivery plans, spaces, clock,
            operations and reserved numbers. `reload` reads it again.
        snapshot: a file from which the spaces are restored, if it exists, and to which they are
            written when the server stops. Not allowed together with `db`, which keeps more.
        replay: a recording (`convergia record`) whose replies replace the mock server's own.
        max_messages: the largest number of messages that a space keeps in memory. The oldest are
            dropped for new ones.
        max_requests: the largest number of journal entries of a space. The oldest are dropped for
            new ones.
        max_body: the largest size of a request's body, in bytes. A larger one gets 413.
        max_connections: the largest number of connections. A further one replaces an idle one. The
            number is also limited by the files that the process may open.
        read_timeout: the longest time for a request's head, and between two pieces of its body, in
            seconds.
        allowed_hosts: host names that requests to the admin API and the portal may use, besides
            addresses and localhost.
        fail_on: the kinds of findings that `world.gate` counts, in all spaces.
        admin_tokens: a file of tokens that the admin API and the workbench require. By default
            anyone may control the server.
        trusted_proxies: addresses and networks of reverse proxies whose `X-Forwarded-For`,
            `X-Forwarded-Proto` and `X-Forwarded-Prefix` are trusted.
        root_path: the path under which a proxy shows this server, and which the proxy removes.
        relay: the base URL of a real gateway, to which sends to `relay_to` are relayed. These
            messages are really sent and must be paid for.
        relay_to: the numbers whose messages are relayed.
        tls: the TLS settings to listen with https. True creates a certificate for the run, whose CA
            certificate is `ca_pem`.

    Raises:
        AccountError, OperationError, ContractError, RecordingError: if a file, an account or an
            operation is invalid.
        StartFileError: if the start file is invalid.
        StorageError: if `db` cannot be used.
        SnapshotError: if `snapshot` cannot be used.
        TlsError: if a certificate cannot be created.
        RelayError: if the settings of the relay are invalid.
        ProxyError: if an address or the path of a proxy is invalid.
        AdminTokenError: if the file of tokens cannot be used.
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
        """Start the server, and return when it answers requests.

        Raises:
            OSError: if the port is in use, or the address does not belong to this machine.
            RuntimeError: if the server was already started, or fails to start.
        """
        if self._thread is not None:
            raise RuntimeError("this mock server was already started")
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
        """Finish the requests that are being answered, and stop. Do nothing if it does not run."""
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

        All files are checked before anything changes. Messages are kept, and so are changes that
        were made since the start by other means. The scripts of the start file restart if they have
        changed. If an error is raised, nothing has changed.

        Raises:
            RuntimeError: if there is no start file.
            AccountError, AdminTokenError, StartFileError, ScriptError: if a file is invalid.
            StorageError: if `db` cannot be written.
        """
        if self._sources.start is None:
            raise RuntimeError("this mock server has no start file")
        begun, access = self._sources.read()
        self.world.follow(begun.settings, begun.spaces, begun.reserved)
        self.dispatcher.access = access

    def serve(self, on_reload: Callable[[Exception | None], None] | None = None) -> None:
        """Run in the calling thread until SIGINT or SIGTERM, and finish the open requests.

        The server should be alone in the process, because it tunes the garbage collector for many
        long-lived journal entries. With a start file, SIGHUP calls `reload`.

        Args:
            on_reload: called after each reload with its error, or None if it succeeded.
        """
        self.bind()
        self._prepare(on_reload)
        # Imported objects stay for ever, and those of a request live long in the journal. With the
        # default thresholds (700, 10, 10), collecting takes a third of the time and finds nothing.
        gc.collect()
        gc.freeze()
        gc.set_threshold(1000, 20, 1000)
        # A fifth of the default, so that a search in a thread yields to a request sooner.
        sys.setswitchinterval(0.001)
        try:
            self._run()
        finally:
            self._close()

    def bind(self) -> None:
        """Bind the port, so that connections wait for the start. Do nothing if it is already bound.

        Raises:
            OSError: if the port is in use, or the address does not belong to this machine.
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
            # From here on connections wait, and are not refused.
            listener.listen(_BACKLOG)
        except OSError:
            listener.close()
            raise
        self._socket = listener

    @property
    def port(self) -> int:
        """The port of the server.

        Raises:
            RuntimeError: if the server does not run.
        """
        if self._socket is None:
            raise RuntimeError("this mock server is not running; start it first")
        return int(self._socket.getsockname()[1])

    @property
    def base_url(self) -> str:
        """`http://127.0.0.1:PORT` without a slash at the end, or `https://` with TLS."""
        host = {"": "127.0.0.1", "0.0.0.0": "127.0.0.1", "::": "::1"}.get(self.host, self.host)  # noqa: S104
        scheme = "http" if self._tls is None else "https"
        return f"{scheme}://{f'[{host}]' if ':' in host else host}:{self.port}"

    @property
    def ca_pem(self) -> str | None:
        """The CA certificate that the server created, in PEM. None without one."""
        return None if self._tls is None else self._tls.ca_pem

    def url_for(self, part: Part, space: str | None = None) -> str:
        """Return the URL of a face, of the portal or of the admin API, in a space if given."""
        return self.base_url + prefix_of(space) + path_of(part, self.world.guide)

    def space(self, name: str = DEFAULT_SPACE) -> Space:
        """Return the space of this name. Create it if it does not exist."""
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
        except Exception as error:  # noqa: BLE001 - reported; the server continues
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
            raise RuntimeError("the server was not prepared")
        with asyncio.Runner(loop_factory=self._server.loop_factory) as runner:
            runner.run(self._server.serve(sockets=[self._socket]))
