"""The store's connections and clock: SQLite in one file, or PostgreSQL, by URL."""

from __future__ import annotations

import os
import sqlite3
import sys
import time
from typing import TYPE_CHECKING, Any, Protocol, TypeAlias, TypeGuard, TypeVar, cast

from sqlalchemy import (
    BigInteger,
    Connection,
    bindparam,
    create_engine,
    event,
    literal,
    make_url,
    select,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import DBAPIError, ProgrammingError
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement

from convergia_sms._extras import install_command

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from contextlib import AbstractContextManager

    import psycopg
    from sqlalchemy import URL, ClauseElement, ColumnElement, Dialect, Engine, Select, Table
    from sqlalchemy.engine import ExceptionContext
    from sqlalchemy.orm import Session
    from sqlalchemy.pool import ConnectionPoolEntry

__all__ = [
    "Cursor",
    "Database",
    "Run",
    "connection_of",
    "open_engine",
    "runner",
    "unless_deadlocked",
]

# Execution option of a connection that only reads. On SQLite it does not block a writer.
_READ_ONLY = "convergia_read_only"
_SQLITE_BUSY_SECONDS = 30
# In seconds, except for tcp_user_timeout, which is in milliseconds. All are shorter than a worker's
# lease.
_PATIENCE = {
    "connect_timeout": 10,
    "keepalives_idle": 10,
    "keepalives_interval": 5,
    "keepalives_count": 4,
    "tcp_user_timeout": 30_000,
}
T = TypeVar("T")
# PostgreSQL's error code for a deadlock, and how often a transaction is retried after one.
_DEADLOCK, _DEADLOCKS = "40P01", 5


class now(FunctionElement[int]):  # noqa: N801 - reads as SQL does
    """The database's clock, in milliseconds since 1970 UTC, shared by all machines."""

    type = BigInteger()
    inherit_cache = True
    name = "now"


@compiles(now, "sqlite")
def _sqlite_now(_element: now, _compiler: SQLCompiler, **_: object) -> str:
    return "CAST(ROUND((julianday('now') - 2440587.5) * 86400000) AS INTEGER)"


@compiles(now, "postgresql")
def _postgresql_now(_element: now, _compiler: SQLCompiler, **_: object) -> str:
    # clock_timestamp and not now(), which returns the start of the transaction.
    return "CAST(EXTRACT(EPOCH FROM clock_timestamp()) * 1000 AS BIGINT)"


class UnfitStoreError(ValueError):
    """Raised if a store cannot hold an outbox. The text contains no secret."""


def open_engine(url: str) -> Engine:
    """Return an engine for `url`: `sqlite:///outbox.db` or `postgresql://user@host/name`.

    Logs and errors never show parameters, because they hold people's messages.

    Raises:
        UnfitStoreError: the URL names another kind of database, or one in memory.
    """
    if url.startswith("sqlite:"):
        if make_url(url).database in {None, "", ":memory:"}:
            # Besides, each thread would have its own database.
            raise UnfitStoreError("an outbox in memory would lose its messages; name a file")
        engine = create_engine(url, hide_parameters=True)
        event.listen(engine, "connect", _tune_sqlite)
        event.listen(engine, "begin", _begin_sqlite)
        event.listen(engine, "handle_error", _name_missing_schema)
        return engine
    scheme, separator, rest = url.partition("://")
    if separator and scheme in {"postgresql", "postgres", "postgresql+psycopg"}:
        try:
            engine = create_engine(
                f"postgresql+psycopg://{rest}",
                hide_parameters=True,
                connect_args=_patience(make_url(url)),
            )
        except ModuleNotFoundError as error:
            raise ModuleNotFoundError(
                f"PostgreSQL needs psycopg: {install_command('postgres')}", name=error.name
            ) from error
        event.listen(engine, "connect", _avoid_prepared_statements)
        return engine
    if separator:
        raise UnfitStoreError(
            f"an outbox must be a SQLite file or a PostgreSQL database, not {scheme}"
        )
    raise UnfitStoreError("an outbox must be a SQLite file or a PostgreSQL database")


def _patience(url: URL) -> dict[str, int]:
    """Return timeouts for a server that has gone, unless `url` sets them.

    By default, libpq waits minutes for a connection, and hours for a reply.
    """
    chosen = set(url.query)
    if "PGCONNECT_TIMEOUT" in os.environ:
        chosen.add("connect_timeout")
    return {name: value for name, value in _PATIENCE.items() if name not in chosen}


def unless_deadlocked(act: Callable[[], T]) -> T:
    """Call `act`, and call it again if PostgreSQL ended it to break a deadlock.

    Two imports of the same keys may wait for each other.

    Raises:
        DBAPIError: it deadlocked too often, or failed for another reason.
    """
    for _ in range(_DEADLOCKS):
        try:
            return act()
        except DBAPIError as error:
            if getattr(error.orig, "sqlstate", None) != _DEADLOCK:
                raise
    return act()


class Database:
    """The store: its transactions, and one clock for all machines that share it.

    Args:
        engine: an SQLAlchemy engine for SQLite or PostgreSQL.
        clock: returns milliseconds since 1970 UTC. The database's own clock if None.
    """

    def __init__(self, engine: Engine, clock: Callable[[], int] | None = None) -> None:
        self.engine = engine
        self._clock = clock
        self._reader = engine.execution_options(**{_READ_ONLY: True})
        self._committer = engine
        if engine.dialect.name == "postgresql":
            self._committer = engine.execution_options(isolation_level="AUTOCOMMIT")

    def close(self) -> None:
        """Close all connections. One that a thread still uses is closed when it is given back."""
        # By itself, SQLAlchemy would keep that one in the pool that `dispose` replaces.
        event.listen(self.engine, "checkin", _close_returned)  # codespell:ignore
        self.engine.dispose()

    def clock(self) -> Select[int]:
        """Return a statement that selects the current time."""
        return _NOW if self._clock is None else select(literal(self._clock()))

    @property
    def instant(self) -> ColumnElement[int]:
        """The current time as part of a statement, read when the statement runs."""
        if self._clock is None:
            return now()
        return bindparam("instant", callable_=self._clock, type_=BigInteger)

    def now(self, connection: Connection) -> int:
        """Return the time in milliseconds since 1970 UTC."""
        return self._clock() if self._clock else connection.execute(_NOW).scalar_one()

    def writing(self) -> AbstractContextManager[Connection]:
        """Return a transaction that commits when the block ends, and rolls back when it fails."""
        return self.engine.begin()

    def committing(self) -> AbstractContextManager[Connection]:
        """Return a connection for one short write.

        On PostgreSQL each statement commits by itself. This takes one round trip, where a
        transaction takes three.
        """
        if self.engine.dialect.name == "postgresql":
            return self._committer.connect()
        return self.writing()

    def asking(self) -> AbstractContextManager[Connection]:
        """Return a connection for one query. It takes one round trip on PostgreSQL."""
        if self.engine.dialect.name == "postgresql":
            return self._committer.connect()
        return self.reading()

    def reading(self) -> AbstractContextManager[Connection]:
        """Return a read transaction, which sees one snapshot and blocks no writer."""
        return self._reader.connect()

    def insert(self, table: Table) -> postgresql.Insert | sqlite.Insert:
        """Return an INSERT that supports ON CONFLICT."""
        if self.engine.dialect.name == "postgresql":
            return postgresql.insert(table)
        return sqlite.insert(table)


class Cursor(Protocol):
    """A DB-API cursor with the `format` paramstyle (`%s`), such as Django's or psycopg's."""

    def execute(self, sql: str, params: Sequence[object]) -> object:
        """Run a statement."""
        ...

    def fetchall(self) -> Sequence[Sequence[object]]:
        """Return the rows of the last statement."""
        ...


Run: TypeAlias = "Callable[[Any, Mapping[str, object]], Sequence[Sequence[Any]]]"
"""Runs a statement with its parameters in the caller's transaction, and returns its rows."""


def runner(given: Connection | Session | Cursor, dialect: Dialect) -> Run:
    """Return a function that runs statements inside the caller's own transaction.

    Args:
        given: an SQLAlchemy connection or session, or a DB-API cursor.
        dialect: the store's dialect.

    Raises:
        TypeError: `given` is something else, for example SQLAlchemy's AsyncSession.
    """
    if isinstance(given, Connection):
        return lambda statement, values: given.execute(statement, values).all()
    if is_session(given):
        return runner(given.connection(), dialect)

    if not hasattr(given, "fetchall"):
        kind = type(given).__name__
        raise TypeError(
            f"connection: an SQLAlchemy Session or Connection, or a DB-API cursor, not {kind}; with"
            " an AsyncSession or AsyncConnection go through its run_sync"
        )
    cursor = cast("Cursor", given)  # a failed TypeGuard does not narrow the type
    plain = type(dialect)(paramstyle="format")  # type: ignore[call-arg]

    def run(statement: ClauseElement, values: Mapping[str, object]) -> Sequence[Sequence[object]]:
        compiled = statement.compile(dialect=plain, column_keys=list(values))
        parameters = compiled.construct_params(dict(values)) or {}
        order = compiled.positiontup if isinstance(compiled, SQLCompiler) else None
        cursor.execute(str(compiled), [parameters[name] for name in order or ()])
        return cursor.fetchall()

    return run


def is_session(given: object) -> TypeGuard[Session]:
    """Return True if `given` is a Session of SQLAlchemy's ORM."""
    # The code that made a session has imported the ORM. Do not import it for all other callers.
    orm = sys.modules.get("sqlalchemy.orm")
    return orm is not None and isinstance(given, orm.Session)


def connection_of(given: Connection | Session) -> Connection:
    """Return the connection of `given`, inside the caller's transaction.

    Raises:
        TypeError: `given` is neither a connection nor a session.
    """
    if is_session(given):
        return given.connection()
    if not isinstance(given, Connection):
        raise TypeError(
            f"connection: an SQLAlchemy Session or Connection, not {type(given).__name__}"
        )
    return given


_NOW = select(now())


def _tune_sqlite(connection: sqlite3.Connection, _entry: ConnectionPoolEntry) -> None:
    # sqlite3 would begin transactions by itself, late and deferred. _begin_sqlite does it instead.
    connection.isolation_level = None
    for pragma in (
        f"busy_timeout = {_SQLITE_BUSY_SECONDS * 1000}",
        # FULL: a commit is on the disk when it returns. With NORMAL, a power failure could lose the
        # last commits, and with them the only record that a message was about to be sent.
        "synchronous = FULL",
        "foreign_keys = ON",
    ):
        connection.execute(f"PRAGMA {pragma}").close()
    _use_wal(connection)


def _name_missing_schema(context: ExceptionContext) -> None:
    """Raise `ProgrammingError` if a table or column is missing, as psycopg does.

    sqlite3 raises an `OperationalError`, as it does for a database that is briefly unavailable.
    Retrying cannot help when a table is missing.
    """
    error = context.original_exception
    if isinstance(error, sqlite3.OperationalError) and str(error).startswith("no such "):
        raise ProgrammingError(context.statement, None, error, hide_parameters=True) from None


def _use_wal(connection: sqlite3.Connection) -> None:
    # The switch to WAL fails at once while another process does it, whatever busy_timeout says.
    deadline = time.monotonic() + _SQLITE_BUSY_SECONDS
    while True:
        try:
            connection.execute("PRAGMA journal_mode = WAL").close()
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode != sqlite3.SQLITE_BUSY or time.monotonic() > deadline:
                raise
            time.sleep(0.005)
        else:
            return


def _avoid_prepared_statements(connection: psycopg.Connection, _entry: ConnectionPoolEntry) -> None:
    """Disable prepared statements behind a pooler (PgBouncer's transaction mode).

    The next transaction may run on another server process, which does not have them. A pooler is
    recognised by the process id that it announces: it is not the server's.
    """
    with connection.cursor() as cursor:
        (server,) = cursor.execute("SELECT pg_backend_pid()").fetchone() or (0,)
    connection.rollback()
    if server != connection.info.backend_pid:
        connection.prepare_threshold = None


def _close_returned(_connection: object, entry: ConnectionPoolEntry) -> None:
    entry.close()


def _begin_sqlite(connection: Connection) -> None:
    # IMMEDIATE: a deferred transaction fails when it first writes if another has committed in
    # between, whatever busy_timeout says.
    read_only = connection.get_execution_options().get(_READ_ONLY)
    connection.exec_driver_sql("BEGIN" if read_only else "BEGIN IMMEDIATE")
