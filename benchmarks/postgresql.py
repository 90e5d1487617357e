"""An own PostgreSQL server in a temporary folder, which may be killed at any moment."""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

import psycopg
import psycopg.sql

if TYPE_CHECKING:
    from collections.abc import Iterator

_SUPERUSER = "outbox"


_PATIENCE = 30.0


class MissingProgramError(RuntimeError):
    """PostgreSQL or PgBouncer is not installed."""


def _program(name: str) -> str:
    """Return the newest program of this name, which Debian keeps outside PATH."""
    found = sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{name}"), reverse=True)
    if found:
        return str(found[0])
    path = shutil.which(name)
    if path is None:
        raise MissingProgramError(f"PostgreSQL's {name} is not installed (Debian: postgresql)")
    return path


def _user() -> str | None:
    """Return the user to run PostgreSQL as, since it refuses root. None for the current user."""
    if os.geteuid() != 0:
        return None
    try:
        pwd.getpwnam("postgres")
    except KeyError as error:
        raise MissingProgramError("root needs a user named postgres to run PostgreSQL") from error
    return "postgres"


def _lives(process: int) -> bool:
    try:
        status = Path(f"/proc/{process}/stat").read_text(encoding="ascii")
    except FileNotFoundError:
        return False
    return status.rpartition(")")[2].split()[0] != "Z"


class PostgresServer:
    """A cluster on a free port of the loopback interface.

    Args:
        folder: an empty folder for its data, owned by the user that runs PostgreSQL.
        durable: False if the data need not survive a crash of the machine, for faster commits.
    """

    def __init__(self, folder: Path, *, durable: bool = True) -> None:
        self._folder = folder
        self._durable = durable
        self._data = folder / "data"
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = int(probe.getsockname()[1])
        self._run(
            _program("initdb"),
            *("-D", str(self._data), "-U", _SUPERUSER, "-A", "trust", "-E", "UTF8"),
            *("--locale", "C", "--no-sync"),
        )

    def start(self) -> None:
        """Start it, and wait until it answers, which after a kill includes the recovery."""
        options = (
            f"-p {self.port} -c unix_socket_directories= -c listen_addresses=127.0.0.1"
            " -c shared_buffers=64MB -c max_connections=60"
            f" -c fsync={'on' if self._durable else 'off'}"
        )
        log = str(self._folder / "log")
        self._run(
            _program("pg_ctl"), "start", "-w", "-D", str(self._data), "-l", log, "-o", options
        )

    def stop(self) -> None:
        """Stop it and disconnect its clients. Do nothing if it is not running."""
        if self._pid() is not None:
            self._run(_program("pg_ctl"), "stop", "-m", "immediate", "-D", str(self._data))

    def kill(self) -> None:
        """Kill all its processes by kill -9, as in a crash of the machine."""
        pid = self._pid()
        if pid is None:
            return
        # Stop it first, so that it cannot start another process.
        os.kill(pid, signal.SIGSTOP)
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="ascii").split()
        processes = (pid, *map(int, children))
        for process in processes:
            with suppress(ProcessLookupError):
                os.kill(process, signal.SIGKILL)
        deadline = time.monotonic() + _PATIENCE
        while any(map(_lives, processes)) and time.monotonic() < deadline:
            time.sleep(0.005)
        # In a container without an init process, dead processes keep their ids. The next server
        # would take the id in this file for a running server.
        (self._data / "postmaster.pid").unlink(missing_ok=True)

    def create(self, database: str, template: str = "template1") -> str:
        """Create a database and return its URL.

        Args:
            database: the name of the database: letters and digits.
            template: the database to copy.
        """
        with psycopg.connect(self._url("template1"), autocommit=True) as connection:
            names = map(psycopg.sql.Identifier, (database, template))
            connection.execute(psycopg.sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(*names))
        return self._url(database)

    def _url(self, database: str) -> str:
        return f"postgresql://{_SUPERUSER}@127.0.0.1:{self.port}/{database}"

    def _pid(self) -> int | None:
        try:
            return int((self._data / "postmaster.pid").read_text(encoding="ascii").split()[0])
        except FileNotFoundError:
            return None

    def _run(self, *command: str) -> None:
        # Do not use pipes, which the server that pg_ctl starts would hold open for ever.
        with (self._folder / "commands.log").open("ab") as output:
            user = _user()
            done = subprocess.run(
                command, stdout=output, stderr=output, cwd="/", check=False, user=user, group=user
            )
        if done.returncode:
            logs = [self._folder / "commands.log", self._folder / "log"]
            said = [log.read_text(encoding="utf-8")[-1000:] for log in logs if log.exists()]
            raise RuntimeError(f"{command[0]} failed:\n" + "\n".join(said))


@contextmanager
def pgbouncer(server: PostgresServer, *, pool: int = 3) -> Iterator[int]:
    """Run PgBouncer in transaction mode before a server, and yield its port.

    Args:
        server: a running server.
        pool: the largest number of connections to the server. A small number makes transactions
            switch connections.

    Raises:
        MissingProgramError: if PgBouncer is not installed.
    """
    program = shutil.which("pgbouncer") or "/usr/sbin/pgbouncer"
    if not Path(program).exists():
        raise MissingProgramError("PgBouncer is not installed (Debian: pgbouncer)")
    folder = Path(tempfile.mkdtemp(prefix="outbox-pgbouncer-"))
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    (folder / "users").write_text(f'"{_SUPERUSER}" ""\n', encoding="ascii")
    (folder / "ini").write_text(
        f"[databases]\n* = host=127.0.0.1 port={server.port}\n[pgbouncer]\n"
        f"listen_addr = 127.0.0.1\nlisten_port = {port}\nunix_socket_dir =\n"
        f"auth_type = trust\nauth_file = {folder}/users\npool_mode = transaction\n"
        f"default_pool_size = {pool}\nmax_client_conn = 100\n",
        encoding="ascii",
    )
    if os.geteuid() == 0:
        for path in (folder, *folder.iterdir()):
            shutil.chown(path, "postgres")
    with (folder / "log").open("wb") as log:
        user = _user()
        process = subprocess.Popen(
            [program, str(folder / "ini")], stdout=log, stderr=log, cwd="/", user=user, group=user
        )
    try:
        deadline = time.monotonic() + _PATIENCE
        while True:
            try:
                socket.create_connection(("127.0.0.1", port), 1).close()
                break
            except OSError:
                if process.poll() is not None or time.monotonic() > deadline:
                    said = (folder / "log").read_text(encoding="utf-8")
                    raise RuntimeError(f"pgbouncer did not start:\n{said[-1000:]}") from None
                time.sleep(0.02)
        yield port
    finally:
        process.send_signal(signal.SIGQUIT)  # stops at once, while SIGTERM waits for its clients
        process.wait(_PATIENCE)
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def postgres_server(*, durable: bool = True) -> Iterator[PostgresServer]:
    """Yield a running server, which is deleted at the end. See `PostgresServer`.

    Raises:
        MissingProgramError: if PostgreSQL is not installed.
    """
    _program("initdb")
    _user()
    folder = Path(tempfile.mkdtemp(prefix="outbox-postgresql-"))
    try:
        if os.geteuid() == 0:
            shutil.chown(folder, "postgres")
        server = PostgresServer(folder, durable=durable)
        server.start()
        try:
            yield server
        finally:
            server.stop()
    finally:
        shutil.rmtree(folder, ignore_errors=True)
