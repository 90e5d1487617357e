"""Import once, then fork for each request: `python -m tests.warm.server LISTENER`.

LISTENER is the number of a listening socket that it inherits.

It ends when its standard input does. A forked process is killed when its client goes away, as the
command itself would have been.
"""

from __future__ import annotations

import atexit
import contextlib
import gc
import importlib
import json
import os
import selectors
import signal
import socket
import sys
import threading
import time
import traceback
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, NoReturn

if TYPE_CHECKING:
    from collections.abc import Callable

PRELOADED = (
    "alembic.command",
    "convergia_contract.cli",
    "convergia_mockserver",
    "convergia_mockserver.admin.app",
    "convergia_mockserver.faces.factory",
    "convergia_mockserver.mock_server",
    "convergia_mockserver.portal",
    "convergia_mockserver.server",
    "convergia_sms.cli",
    "convergia_sms.outbox",
    "openpyxl",
    "pytest",
    "rich.progress",
    "sqlalchemy.dialects.sqlite",
    "uvicorn",
    "zeep",
    # pytest's plugins, which it loads whatever is tested
    "_hypothesis_pytestplugin",
    "anyio.pytest_plugin",
    "hypothesis",
    "platformdirs.pytest_plugin",
    "pytest_asyncio.plugin",
    "pytest_cov.plugin",
    "pytest_httpserver.pytest_plugin",
    "pytest_randomly",
    "pytest_timeout",
    "schemathesis.pytest.plugin",
    "xdist.looponfail",
    "xdist.plugin",
)
ROOT = os.getcwd()  # noqa: PTH109 # as it stands in sys.path
STREAMS = ("stdin", "stdout", "stderr")


@dataclass(frozen=True, slots=True)
class Request:
    """A command to run, with its arguments and environment."""

    program: str
    arguments: list[str]
    environment: dict[str, str]
    folder: str


def receive(connection: socket.socket) -> tuple[Request, list[int]]:
    """Read one request, and the three standard streams that come with it."""
    data, streams, _flags, _address = socket.recv_fds(connection, 1 << 20, len(STREAMS))
    length, _, rest = data.partition(b"\n")
    while len(rest) < int(length):
        rest += connection.recv(1 << 20)
    return Request(**json.loads(rest)), streams


def become(request: Request, streams: list[int]) -> NoReturn:
    """Turn this forked process into the command, and end as that would."""
    for number, (stream, name) in enumerate(zip(streams, STREAMS, strict=True)):
        os.dup2(stream, number)
        os.close(stream)
        setattr(sys, name, _open(number, name))
    os.environ.clear()
    os.environ.update(request.environment)
    time.tzset()
    os.chdir(request.folder)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    sys.argv = [request.program, *request.arguments]
    run = {"convergia": _convergia, "pytest": _pytest, "run_page": _run_page}[request.program]
    code: object = 1
    try:
        code = run()
    except SystemExit as error:
        code = 0 if error.code is None else error.code
        if isinstance(code, str):
            sys.stderr.write(f"{code}\n")
    except BaseException:  # noqa: BLE001 # as the interpreter does
        traceback.print_exc()
    # As the interpreter ends, but for its memory: to free all that is preloaded takes a second.
    threading._shutdown()  # type: ignore[attr-defined]
    atexit._run_exitfuncs()
    for name in STREAMS[1:]:
        with contextlib.suppress(OSError):
            getattr(sys, name).flush()
    os._exit(code if isinstance(code, int) else 1)


def _convergia() -> int:
    from convergia_sms.cli import main

    main(prog_name="convergia")
    return 0


def _pytest() -> int:
    """Run pytest as `python -m pytest` does."""
    import pytest
    from _pytest.assertion.rewrite import AssertionRewritingHook

    # Plugins are imported already, by which their asserts are as they were written.
    AssertionRewritingHook._warn_already_imported = lambda *_: None  # type: ignore[method-assign]
    _import_as_a_module_run_here()
    return int(pytest.main())


def _run_page() -> int:
    from tests.docs.run_page import main

    _import_as_a_module_run_here()
    main(*sys.argv[1:])
    return 0


def _import_as_a_module_run_here() -> None:
    """Search for modules where `python -m` does."""
    path = os.environ.get("PYTHONPATH", "").split(os.pathsep)
    sys.path[:] = ["", *filter(None, path), *(each for each in sys.path if each != ROOT)]


def _open(number: int, name: str) -> object:
    """A standard stream as the interpreter opens it."""
    ours = getattr(sys, f"__{name}__")
    return open(
        number,
        "r" if name == "stdin" else "w",
        buffering=1 if name == "stderr" or os.isatty(number) else -1,
        encoding=ours.encoding,
        errors=ours.errors,
        closefd=False,
    )


class Server:
    """Fork for each request, and tell each client how its process ended."""

    def __init__(self, listener: socket.socket) -> None:
        self._listener = listener
        self._woken, self._waker = socket.socketpair()  # by the end of a child
        for end in (self._woken, self._waker):
            end.setblocking(False)
        signal.set_wakeup_fd(self._waker.fileno())
        signal.signal(signal.SIGCHLD, lambda *_: None)
        self._clients: dict[int, socket.socket] = {}
        self._selector = selectors.DefaultSelector()
        self._listen(self._listener, self._fork)
        self._listen(self._woken, self._drain)

    def serve(self) -> None:
        """Answer until standard input ends; then kill what still runs."""
        ended = self._selector.register(sys.stdin, selectors.EVENT_READ, None)
        while True:
            for key, _events in self._selector.select():
                if key == ended:
                    for process in self._clients:
                        os.kill(process, signal.SIGKILL)
                    return
                key.data()
            self._collect()

    def _listen(self, source: socket.socket, action: Callable[[], None]) -> None:
        self._selector.register(source, selectors.EVENT_READ, action)

    def _drain(self) -> None:
        with contextlib.suppress(BlockingIOError):
            while self._woken.recv(4096):
                pass

    def _fork(self) -> None:
        client, _address = self._listener.accept()
        request, streams = receive(client)
        process = os.fork()
        if process == 0:
            self._forget(client)
            become(request, streams)
        for stream in streams:
            os.close(stream)
        client.sendall(b"%d\n" % process)
        self._clients[process] = client
        self._listen(client, partial(self._kill, process))

    def _forget(self, client: socket.socket) -> None:
        """Close in a forked process everything that belongs to the server."""
        signal.set_wakeup_fd(-1)
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        self._selector.close()
        for each in (self._listener, self._woken, self._waker, client, *self._clients.values()):
            each.close()

    def _kill(self, process: int) -> None:
        """Its client went away."""
        self._selector.unregister(self._clients[process])
        os.kill(process, signal.SIGKILL)

    def _collect(self) -> None:
        while self._clients:
            process, status = os.waitpid(-1, os.WNOHANG)
            if process == 0:
                return
            client = self._clients.pop(process)
            with contextlib.suppress(KeyError):  # it went away before
                self._selector.unregister(client)
            with contextlib.suppress(OSError):
                client.sendall(b"%d\n" % os.waitstatus_to_exitcode(status))
            client.close()


if __name__ == "__main__":
    for name in PRELOADED:
        importlib.import_module(name)
    gc.collect()
    gc.freeze()  # a collection in a forked process would copy all that is shared
    Server(socket.socket(fileno=int(sys.argv[1]))).serve()
