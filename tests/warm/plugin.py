"""Have the server of warm starts run while a worker needs it."""

from __future__ import annotations

import select
import shlex
import shutil
import socket
import subprocess
import sys
import threading
from pathlib import Path

from tests.warm import CONVERGIA, PYTEST, RUN_PAGE

_CLIENT = Path(__file__).with_name("client.py")
_ROOT = Path(__file__).parents[2]


class WarmStarts:
    """Start the server when the first command asks for it, and end it with the session."""

    def __init__(self) -> None:
        self._listener = socket.socket(socket.AF_UNIX)
        self._over, self._end = socket.socketpair()
        self._thread = threading.Thread(target=self._serve, daemon=True)

    def pytest_sessionstart(self) -> None:
        folder = CONVERGIA.parent
        shutil.rmtree(folder, ignore_errors=True)  # of a run that was killed
        folder.mkdir(mode=0o700)
        path = folder / "socket"
        client = shlex.join([sys.executable, "-IS", str(_CLIENT), str(path)])
        for program in (CONVERGIA, PYTEST, Path(*RUN_PAGE)):
            line = f'exec {client} {program.name} "$@"'
            program.write_text(f"#!/bin/sh\n{line}\n", encoding="utf-8")
            program.chmod(0o700)
        self._listener.bind(str(path))
        self._listener.listen(128)
        self._thread.start()

    def pytest_sessionfinish(self) -> None:
        self._end.close()
        self._thread.join()
        self._listener.close()
        shutil.rmtree(CONVERGIA.parent)

    def _serve(self) -> None:
        """Wait for the first command, start the server, and keep it until the session ends."""
        sources = [self._listener, self._over]
        with self._over:
            if self._over in select.select(sources, [], [])[0]:
                return
            number = self._listener.fileno()
            with (CONVERGIA.parent / "log").open("wb") as log:
                server = subprocess.Popen(
                    [sys.executable, "-m", "tests.warm.server", str(number)],
                    cwd=_ROOT,
                    stdin=self._over.fileno(),
                    stdout=log,
                    stderr=log,
                    pass_fds=[number],
                )
            server.wait()
