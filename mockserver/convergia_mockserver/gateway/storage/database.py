"""Storage of messages, journal and scripts in an SQLite file, which survives a crash.

Each change is committed before the sender gets the reply. A commit hands the data to the operating
system (write-ahead log, `synchronous=NORMAL`): `kill -9` loses nothing, but a power cut may lose
the last moments. Every write is a transaction that ends even if an error is raised. Passwords are
masked before they are written.

Thread-safe.
"""

from __future__ import annotations

import logging
import sqlite3
import threading
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any, TypeVar

import msgspec

from convergia_mockserver.gateway.messages import StoredMessage
from convergia_mockserver.gateway.scripts import ScriptState

from .saved_entries import SavedEntry, loaded, saved
from .saved_state import SavedState
from .schema import SCHEMA, SCRIPTS, VERSION

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from pathlib import Path

    from convergia_mockserver.gateway.journal import StoredEntry

_log = logging.getLogger(__name__)


class StorageError(RuntimeError):
    """The file cannot be read or written. The message gives the reason."""


# The errors of SQLite, and those of decoding the values of a damaged file.
_FAILURES = (sqlite3.Error, ValueError, OverflowError, TypeError, msgspec.MsgspecError)

T = TypeVar("T")

_encode = msgspec.msgpack.Encoder().encode
_decode_message = msgspec.msgpack.Decoder(StoredMessage).decode
_decode_script = msgspec.msgpack.Decoder(ScriptState).decode
_decode_entry = msgspec.msgpack.Decoder(SavedEntry).decode
_decode_state = msgspec.msgpack.Decoder(SavedState).decode


class Storage:
    """An open database file. Thread-safe.

    Args:
        path: the file. It is created if it does not exist.

    Attributes:
        failure: the reason why the last write failed. None if it succeeded.

    Raises:
        StorageError: if it is not a database of this program, or another process uses it.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.failure: str | None = None
        self._lock = threading.RLock()
        self._in_transaction = False
        try:
            self._connection = sqlite3.connect(
                path, timeout=1, isolation_level=None, check_same_thread=False
            )
        except sqlite3.Error as error:
            raise StorageError(f"{path}: {error}") from error
        try:
            self._prepare()
        except StorageError as error:
            self._connection.close()
            if getattr(error.__cause__, "sqlite_errorname", "") == "SQLITE_BUSY":
                raise StorageError(f"{path}: another process uses the file") from error
            raise
        except _FAILURES as error:
            self._connection.close()
            raise StorageError(f"{path}: {_reason(error)}") from error

    def _prepare(self) -> None:
        self._run("PRAGMA locking_mode = EXCLUSIVE")
        self._run("PRAGMA journal_mode = WAL")
        self._run("PRAGMA synchronous = NORMAL")
        ((version,),) = self._rows("PRAGMA user_version")
        ((tables,),) = self._rows("SELECT count(*) FROM sqlite_master")
        if version == 0 and tables == 0:
            self._connection.executescript(f"BEGIN;{SCHEMA}COMMIT;")
        elif version == 1:  # Version 1 did not store scripts.
            self._connection.executescript(
                f"BEGIN;{SCRIPTS}PRAGMA user_version = {VERSION};COMMIT;"
            )
        elif version != VERSION:
            raise StorageError(
                f"{self.path}: this is a database of another program, or of version {version}; this"
                f" program reads version {VERSION}"
            )
        # Lock the file now, not with the first message.
        with self.transaction():
            pass

    def close(self) -> None:
        """Close the file."""
        with self._lock:
            self._connection.close()

    def spaces(self) -> list[str]:
        """Return the names of the spaces in the file."""
        rows = self._rows(
            "SELECT name FROM spaces UNION SELECT DISTINCT space FROM messages"
            " UNION SELECT DISTINCT space FROM scripts"
        )
        return [self._decoded(_decode_name, name) for (name,) in rows]

    # Messages.

    def put_message(self, space: str, number: int, stored: StoredMessage) -> None:
        """Write a new message."""
        self._write(
            "INSERT OR REPLACE INTO messages (space, number, id, account, message)"
            " VALUES (?, ?, ?, ?, ?)",
            space, number, stored.id, stored.account, self._encoded(stored),
        )  # fmt: skip

    def change_message(self, space: str, number: int, stored: StoredMessage) -> None:
        """Write the new state or polls of a message."""
        self._write(
            "UPDATE messages SET message = ? WHERE space = ? AND number = ?",
            self._encoded(stored), space, number,
        )  # fmt: skip

    def delete_message(self, space: str, number: int) -> None:
        """Delete a message. Its id is not used again."""
        self._write(
            "UPDATE messages SET gone = 1, message = x'' WHERE space = ? AND number = ?",
            space, number,
        )  # fmt: skip

    def message(self, space: str, number: int) -> StoredMessage | None:
        """Return a message by its number, or None."""
        rows = self._rows(
            "SELECT message FROM messages WHERE space = ? AND number = ? AND NOT gone",
            space, number,
        )  # fmt: skip
        return self._decoded(_decode_message, rows[0][0]) if rows else None

    def messages(self, space: str, latest: int, max_bytes: int) -> tuple[int, list[StoredMessage]]:
        """Return the number of messages that a space ever accepted, and the latest, oldest first.

        Args:
            space: the name of the space.
            latest: the largest number of messages to return.
            max_bytes: the largest size of all of them.
        """
        ((accepted,),) = self._rows(
            "SELECT coalesce(max(number) + 1, 0) FROM messages WHERE space = ?", space
        )
        found = self._latest(
            "SELECT message FROM messages WHERE space = ? AND number >= ? AND NOT gone"
            " ORDER BY number DESC",
            max_bytes, space, self._decoded(_decode_number, accepted) - latest,
        )  # fmt: skip
        return accepted, [self._decoded(_decode_message, message) for message in found]

    def used(self, space: str) -> dict[str, int]:
        """Return the number of messages sent by each account of a space."""
        rows = self._rows(
            "SELECT account, count(*) FROM messages WHERE space = ? GROUP BY account", space
        )
        return {self._decoded(_decode_name, account): used for account, used in rows}

    def replace_messages(
        self, space: str, messages: Iterable[tuple[int, StoredMessage]], accepted: int
    ) -> None:
        """Replace the messages of a space."""
        with self.transaction():
            self._write("DELETE FROM messages WHERE space = ?", space)
            last = -1
            for last, stored in messages:
                self.put_message(space, last, stored)
            if accepted and last < accepted - 1:
                # This makes the next id follow the highest id that was ever used.
                self._write(
                    "INSERT INTO messages (space, number, id, account, message, gone)"
                    " VALUES (?, ?, '', '', x'', 1)",
                    space, accepted - 1,
                )  # fmt: skip

    # The journal.

    def put_entry(self, space: str, stored: StoredEntry) -> None:
        """Write a journal entry with its password masked."""
        self._write(
            "INSERT OR REPLACE INTO requests (space, number, entry) VALUES (?, ?, ?)",
            space, stored.number, self._encoded(saved(stored)),
        )  # fmt: skip

    def entries(self, space: str, latest: int, max_bytes: int) -> list[StoredEntry]:
        """Return the latest journal entries of a space, oldest first.

        Args:
            space: the name of the space.
            latest: the largest number of entries to return.
            max_bytes: the largest size of all of them.
        """
        found = self._latest(
            "SELECT entry FROM requests WHERE space = ? ORDER BY number DESC LIMIT ?",
            max_bytes, space, latest,
        )  # fmt: skip
        return [loaded(self._decoded(_decode_entry, entry)) for entry in found]

    def clear_entries(self, space: str) -> None:
        """Delete the journal of a space."""
        self._write("DELETE FROM requests WHERE space = ?", space)

    # Scripts.

    def put_script(self, space: str, state: ScriptState) -> None:
        """Write the state of a script."""
        self._write(
            "INSERT OR REPLACE INTO scripts (space, number, script) VALUES (?, ?, ?)",
            space, state.id, self._encoded(state),
        )  # fmt: skip

    def delete_script(self, space: str, number: int) -> None:
        """Delete a script."""
        self._write("DELETE FROM scripts WHERE space = ? AND number = ?", space, number)

    def replace_scripts(self, space: str, states: Iterable[ScriptState]) -> None:
        """Replace the scripts of a space."""
        with self.transaction():
            self._write("DELETE FROM scripts WHERE space = ?", space)
            for state in states:
                self.put_script(space, state)

    def scripts(self, space: str) -> list[ScriptState]:
        """Return the scripts of a space, in the order of their ids."""
        rows = self._rows("SELECT script FROM scripts WHERE space = ? ORDER BY number", space)
        return [self._decoded(_decode_script, script) for (script,) in rows]

    # Everything else of a space.

    def put_state(self, space: str, state: SavedState) -> None:
        """Write the changes to accounts, plans and clock."""
        self._write(
            "INSERT OR REPLACE INTO spaces (name, state) VALUES (?, ?)",
            space, self._encoded(state),
        )  # fmt: skip

    def state(self, space: str) -> SavedState | None:
        """Return what `put_state` wrote."""
        rows = self._rows("SELECT state FROM spaces WHERE name = ?", space)
        return self._decoded(_decode_state, rows[0][0]) if rows else None

    def delete_space(self, space: str) -> None:
        """Delete a space."""
        with self.transaction():
            self._write("DELETE FROM messages WHERE space = ?", space)
            self._write("DELETE FROM requests WHERE space = ?", space)
            self._write("DELETE FROM scripts WHERE space = ?", space)
            self._write("DELETE FROM spaces WHERE name = ?", space)

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Make all writes in the `with` block one transaction, which is undone if one raises.

        Raises:
            StorageError: if the file cannot be written.
        """
        with self._lock:
            if self._in_transaction:
                yield
                return
            self._write("BEGIN IMMEDIATE")
            self._in_transaction = True
            try:
                yield
                self._write("COMMIT")
            finally:
                self._in_transaction = False
                # A transaction left open would swallow all later writes.
                if self._connection.in_transaction:
                    with suppress(sqlite3.Error):
                        self._connection.rollback()

    def damaged(self, error: Exception) -> StorageError:
        """Return the error for a damaged file."""
        return StorageError(
            f"{self.path}: the file is damaged, or from another program: {_reason(error)}"
        )

    def _write(self, statement: str, *values: str | float | bytes) -> None:
        try:
            self._run(statement, *values)
        except StorageError as error:
            self._failed(error)
            raise
        self.failure = None

    def _failed(self, error: StorageError) -> None:
        if self.failure is None:
            _log.error("messages and requests can no longer be stored: %s", error)
        self.failure = str(error)

    def _rows(self, statement: str, *values: str | float | bytes) -> list[tuple[Any, ...]]:
        with self._lock:
            cursor = self._run(statement, *values)
            try:
                return cursor.fetchall()
            except _FAILURES as error:
                raise self.damaged(error) from error

    def _latest(self, statement: str, max_bytes: int, *values: str | float) -> list[bytes]:
        """Return the first column of rows, up to `max_bytes` in all, in reverse order."""
        found: list[bytes] = []
        with self._lock:
            cursor = self._run(statement, *values)
            try:
                for (value,) in cursor:
                    max_bytes -= len(value)
                    if max_bytes < 0 and found:
                        break
                    found.append(value)
            except _FAILURES as error:
                raise self.damaged(error) from error
            finally:
                cursor.close()
        found.reverse()
        return found

    def _run(self, statement: str, *values: str | float | bytes) -> sqlite3.Cursor:
        with self._lock:
            try:
                return self._connection.execute(statement, values)
            except _FAILURES as error:
                raise StorageError(f"{self.path}: {_reason(error)}") from error

    def _encoded(self, value: msgspec.Struct) -> bytes:
        try:
            return _encode(value)
        except _FAILURES as error:
            failure = StorageError(f"{self.path}: {_reason(error)}")
            self._failed(failure)
            raise failure from error

    def _decoded(self, decode: Callable[[Any], T], value: object) -> T:
        try:
            return decode(value)
        except _FAILURES as error:
            raise self.damaged(error) from error


def _decode_name(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError(f"a name is not a text: {value!r:.80}")
    return value


def _decode_number(value: object) -> int:
    if not isinstance(value, int):
        raise TypeError(f"a number is not an integer: {value!r:.80}")
    return value


def _reason(error: Exception) -> str:
    """Return the reason as one line. SQLite may quote several lines of a damaged file."""
    return " ".join(str(error).split()) or type(error).__name__
