"""Messages, journal and scripts in an SQLite file, so that they are there after a crash.

Each change is committed before the sender hears of it, and a commit is in the operating system's
hands (write-ahead log, `synchronous=NORMAL`): a `kill -9` loses nothing, a power cut may lose the
last moments. Passwords are masked before they are written.

Thread-safe.
"""

from __future__ import annotations

import sqlite3
import threading
from typing import TYPE_CHECKING

import msgspec

from convergia_mockserver.gateway.messages import StoredMessage
from convergia_mockserver.gateway.scripts import ScriptState

from .saved_entries import SavedEntry, loaded, saved

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from convergia_mockserver.gateway.journal import StoredEntry

_VERSION = 2
_SCRIPTS = """
CREATE TABLE scripts (
  space TEXT NOT NULL, number INTEGER NOT NULL, script BLOB NOT NULL,
  PRIMARY KEY (space, number)
) WITHOUT ROWID;
"""
_SCHEMA = f"""
CREATE TABLE messages (
  space TEXT NOT NULL, number INTEGER NOT NULL, id TEXT NOT NULL, account TEXT NOT NULL,
  message BLOB NOT NULL, gone INTEGER NOT NULL DEFAULT 0,
  PRIMARY KEY (space, number)
) WITHOUT ROWID;
CREATE TABLE requests (
  space TEXT NOT NULL, number INTEGER NOT NULL, entry BLOB NOT NULL,
  PRIMARY KEY (space, number)
) WITHOUT ROWID;
CREATE TABLE spaces (name TEXT PRIMARY KEY, state BLOB NOT NULL) WITHOUT ROWID;
{_SCRIPTS}
PRAGMA user_version = {_VERSION};
"""


class StorageError(RuntimeError):
    """The file cannot be used; says why."""


_encode = msgspec.msgpack.Encoder().encode
_decode_message = msgspec.msgpack.Decoder(StoredMessage).decode
_decode_script = msgspec.msgpack.Decoder(ScriptState).decode
_decode_entry = msgspec.msgpack.Decoder(SavedEntry).decode


class Storage:
    """An open file.

    Args:
        path: the file; made when it is not there.

    Raises:
        StorageError: it is no database of ours, or another process has it.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._lock = threading.RLock()
        try:
            self._connection = sqlite3.connect(
                path, timeout=1, isolation_level=None, check_same_thread=False
            )
        except sqlite3.Error as error:
            raise StorageError(f"{path}: {error}") from error
        try:
            self._prepare()
        except (sqlite3.Error, StorageError) as error:
            self._connection.close()
            locked = getattr(error, "sqlite_errorname", "") == "SQLITE_BUSY"
            reason = "another process has it" if locked else error
            raise StorageError(f"{path}: {reason}") from error

    def _prepare(self) -> None:
        self._run("PRAGMA locking_mode = EXCLUSIVE")
        self._run("PRAGMA journal_mode = WAL")
        self._run("PRAGMA synchronous = NORMAL")
        (version,) = self._run("PRAGMA user_version").fetchone()
        (tables,) = self._run("SELECT count(*) FROM sqlite_master").fetchone()
        if version == 0 and tables == 0:
            self._connection.executescript(f"BEGIN;{_SCHEMA}COMMIT;")
        elif version == 1:  # of before scripts were kept
            self._connection.executescript(
                f"BEGIN;{_SCRIPTS}PRAGMA user_version = {_VERSION};COMMIT;"
            )
        elif version != _VERSION:
            raise StorageError(f"version {version} of this file's form; this reads {_VERSION}")
        # Takes the lock now, not with the first message.
        self._run("BEGIN IMMEDIATE")
        self._run("COMMIT")

    def close(self) -> None:
        """Close the file."""
        with self._lock:
            self._connection.close()

    def spaces(self) -> list[str]:
        """The names of the spaces in it."""
        rows = self._run(
            "SELECT name FROM spaces UNION SELECT DISTINCT space FROM messages"
            " UNION SELECT DISTINCT space FROM scripts"
        )
        return [name for (name,) in rows]

    # Messages.

    def put_message(self, space: str, number: int, stored: StoredMessage) -> None:
        """Write a new message."""
        self._run(
            "INSERT OR REPLACE INTO messages (space, number, id, account, message)"
            " VALUES (?, ?, ?, ?, ?)",
            space, number, stored.id, stored.account, _encode(stored),
        )  # fmt: skip

    def change_message(self, space: str, number: int, stored: StoredMessage) -> None:
        """Write what became of a message."""
        self._run(
            "UPDATE messages SET message = ? WHERE space = ? AND number = ?",
            _encode(stored), space, number,
        )  # fmt: skip

    def delete_message(self, space: str, number: int) -> None:
        """Forget a message; its id is not given again."""
        self._run(
            "UPDATE messages SET gone = 1, message = x'' WHERE space = ? AND number = ?",
            space, number,
        )  # fmt: skip

    def message(self, space: str, number: int) -> StoredMessage | None:
        """A message by its number."""
        row = self._run(
            "SELECT message FROM messages WHERE space = ? AND number = ? AND NOT gone",
            space, number,
        ).fetchone()  # fmt: skip
        return None if row is None else _decode_message(row[0])

    def messages(self, space: str, latest: int) -> tuple[int, list[StoredMessage]]:
        """How many messages a space ever accepted, and the latest of those, oldest first."""
        (accepted,) = self._run(
            "SELECT coalesce(max(number) + 1, 0) FROM messages WHERE space = ?", space
        ).fetchone()
        rows = self._run(
            "SELECT message FROM messages WHERE space = ? AND number >= ? AND NOT gone"
            " ORDER BY number",
            space, accepted - latest,
        )  # fmt: skip
        return accepted, [_decode_message(message) for (message,) in rows]

    def used(self, space: str) -> dict[str, int]:
        """How many messages each account of a space sent."""
        return dict(
            self._run(
                "SELECT account, count(*) FROM messages WHERE space = ? GROUP BY account", space
            ).fetchall()
        )

    def replace_messages(
        self, space: str, messages: Iterable[tuple[int, StoredMessage]], accepted: int
    ) -> None:
        """Forget a space's messages, and write these instead."""
        with self._lock:
            self._run("BEGIN")
            self._run("DELETE FROM messages WHERE space = ?", space)
            last = -1
            for last, stored in messages:
                self.put_message(space, last, stored)
            if accepted and last < accepted - 1:
                # So that the next id is the one after all that were ever given.
                self._run(
                    "INSERT INTO messages (space, number, id, account, message, gone)"
                    " VALUES (?, ?, '', '', x'', 1)",
                    space, accepted - 1,
                )  # fmt: skip
            self._run("COMMIT")

    # The journal.

    def put_entry(self, space: str, stored: StoredEntry) -> None:
        """Write a journal entry, the password masked."""
        self._run(
            "INSERT OR REPLACE INTO requests (space, number, entry) VALUES (?, ?, ?)",
            space, stored.number, _encode(saved(stored)),
        )  # fmt: skip

    def entries(self, space: str, latest: int) -> Iterator[StoredEntry]:
        """A space's latest journal entries, oldest first."""
        rows = self._run(
            "SELECT entry FROM (SELECT number, entry FROM requests WHERE space = ?"
            " ORDER BY number DESC LIMIT ?) ORDER BY number",
            space, latest,
        )  # fmt: skip
        return (loaded(_decode_entry(entry)) for (entry,) in rows.fetchall())

    def clear_entries(self, space: str) -> None:
        """Forget a space's journal."""
        self._run("DELETE FROM requests WHERE space = ?", space)

    # Scripts.

    def put_script(self, space: str, state: ScriptState) -> None:
        """Write a script as it stands."""
        self._run(
            "INSERT OR REPLACE INTO scripts (space, number, script) VALUES (?, ?, ?)",
            space, state.id, _encode(state),
        )  # fmt: skip

    def delete_script(self, space: str, number: int) -> None:
        """Forget a script."""
        self._run("DELETE FROM scripts WHERE space = ? AND number = ?", space, number)

    def replace_scripts(self, space: str, states: Iterable[ScriptState]) -> None:
        """Forget a space's scripts, and write these instead."""
        with self._lock:
            self._run("BEGIN")
            self._run("DELETE FROM scripts WHERE space = ?", space)
            for state in states:
                self.put_script(space, state)
            self._run("COMMIT")

    def scripts(self, space: str) -> list[ScriptState]:
        """A space's scripts, in the order they were added."""
        rows = self._run("SELECT script FROM scripts WHERE space = ? ORDER BY number", space)
        return [_decode_script(script) for (script,) in rows]

    # Everything else of a space.

    def put_state(self, space: str, state: bytes) -> None:
        """Write accounts, plans and clock."""
        self._run("INSERT OR REPLACE INTO spaces (name, state) VALUES (?, ?)", space, state)

    def state(self, space: str) -> bytes | None:
        """What `put_state` wrote."""
        row = self._run("SELECT state FROM spaces WHERE name = ?", space).fetchone()
        return None if row is None else bytes(row[0])

    def delete_space(self, space: str) -> None:
        """Forget a space."""
        with self._lock:
            self._run("BEGIN")
            self._run("DELETE FROM messages WHERE space = ?", space)
            self._run("DELETE FROM requests WHERE space = ?", space)
            self._run("DELETE FROM scripts WHERE space = ?", space)
            self._run("DELETE FROM spaces WHERE name = ?", space)
            self._run("COMMIT")

    def _run(self, statement: str, *values: str | float | bytes) -> sqlite3.Cursor:
        with self._lock:
            return self._connection.execute(statement, values)
