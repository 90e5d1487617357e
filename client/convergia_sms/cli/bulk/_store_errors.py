"""Errors of the outbox's database, with advice for each."""

from __future__ import annotations

import sqlite3
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sqlalchemy.exc import DBAPIError

__all__ = ["store_cure", "store_words"]

_FALLBACK = "repair the database, and run the command again: what was recorded is safe"
_TABLES = "run the command with the outbox's own database, or restore its tables from a backup"
# By SQLite's primary result codes.
_OF_SQLITE = {
    sqlite3.SQLITE_BUSY: "wait until the program that uses the file has ended, and run it again",
    sqlite3.SQLITE_READONLY: "make the file and its folder writable for your user",
    sqlite3.SQLITE_IOERR: "check the disk, and that your user may read and write the file",
    sqlite3.SQLITE_CORRUPT: "restore the file from a backup, or try `sqlite3 FILE .recover`",
    sqlite3.SQLITE_FULL: "free some space, and run the command again: what was recorded is safe",
    sqlite3.SQLITE_CANTOPEN: "check that the folder exists, and that your user may write to it",
    sqlite3.SQLITE_NOTADB: "name another file with --outbox; this one was left as it is",
}
# By PostgreSQL's SQLSTATE; https://www.postgresql.org/docs/current/errcodes-appendix.html
_OF_POSTGRESQL = {
    "25006": "use the primary server; this one, or your role, may only read",
    "42501": "grant your role access to the schema and to the tables convergia_outbox…",
    "42P01": _TABLES,
    "42703": _TABLES,
    "53100": "free some space on the server, and run the command again: what was recorded is safe",
    "53300": "close other connections, or raise the server's max_connections",
}
_UNREACHABLE = (
    "check host, port, database, user and password in the outbox's URL, and that the server runs"
)


def store_words(error: DBAPIError) -> str:
    """Return the driver's message, without the statement or details that may quote a row."""
    return str(error.orig).partition("\n")[0]


def store_cure(error: DBAPIError) -> str:
    """Return what to do about an error of the database."""
    cause = error.orig
    if isinstance(cause, sqlite3.Error):
        # The lowest byte is the primary code. An error of Python's own module has none.
        code = getattr(cause, "sqlite_errorcode", 0) & 0xFF
        return _TABLES if str(cause).startswith("no such ") else _OF_SQLITE.get(code, _FALLBACK)
    state = getattr(cause, "sqlstate", None)
    if state is None or state.startswith(("08", "28", "3D", "57P")):
        return _UNREACHABLE
    return _OF_POSTGRESQL.get(state, _FALLBACK)
