"""Rows that would text somebody twice, found within the file and in the outbox.

A file may have a million rows, so they are compared in a temporary SQLite database. The memory used
does not grow with the file.
"""

from __future__ import annotations

import hashlib
import sqlite3
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from ._tally import Tally

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from convergia_sms.outbox import Entry

    from ._check import Checked

__all__ = ["REPEATED_BY", "RepeatReport", "Repeats", "open_repeats"]

REPEATED_BY = ("text", "number")
"""Kinds of repeats: the same number and text, or the same number alone."""

_CHUNK = 5000
_SCHEMA = """
CREATE TABLE file (
    line INTEGER PRIMARY KEY, number TEXT, text BLOB, key TEXT,
    segments INTEGER, costlier INTEGER, spared INTEGER, damaged INTEGER, transliterated INTEGER,
    empty INTEGER, garbled INTEGER
);
CREATE TABLE sent (number TEXT, text BLOB, key TEXT);
CREATE TABLE refused (number TEXT PRIMARY KEY);
CREATE TABLE repeat (line INTEGER PRIMARY KEY, earlier INTEGER, kind TEXT);
CREATE TABLE dropped (line INTEGER PRIMARY KEY);
"""
_REFUSED = """
INSERT INTO dropped SELECT line FROM file WHERE number IN (SELECT number FROM refused)
"""
# A row that was enqueued before is compared with the other rows of the file instead.
_OWN = """
DELETE FROM sent WHERE EXISTS (
    SELECT 1 FROM file AS f
    WHERE f.number = sent.number AND f.text = sent.text AND f.key = sent.key
)
"""
_ADD = f"INSERT OR IGNORE INTO file VALUES (?, ?, ?, ?{', ?' * len(Tally._fields)})"  # noqa: S608
_TALLY = (
    f"SELECT {', '.join(f'coalesce(sum({name}), 0)' for name in Tally._fields)} FROM file"  # noqa: S608
    " WHERE line IN (SELECT line FROM {})"
)
_FIND = (
    ("in_file", """
    INSERT OR IGNORE INTO repeat SELECT line, first, 'in_file' FROM (
        SELECT line, min(line) OVER (PARTITION BY number, text) AS first FROM file
        WHERE line NOT IN (SELECT line FROM dropped)
    ) WHERE line > first
    """),
    ("sent", """
    INSERT OR IGNORE INTO repeat SELECT line, NULL, 'sent' FROM file AS f
    WHERE line NOT IN (SELECT line FROM dropped) AND EXISTS (
        SELECT 1 FROM sent AS s
        WHERE s.number = f.number AND s.text = f.text
    )
    """),
    ("in_file_number", """
    INSERT OR IGNORE INTO repeat SELECT line, first, 'in_file_number' FROM (
        SELECT line, min(line) OVER (PARTITION BY number) AS first FROM file
        WHERE line NOT IN (SELECT line FROM dropped)
    ) WHERE line > first
    """),
    ("sent_number", """
    INSERT OR IGNORE INTO repeat SELECT line, NULL, 'sent_number' FROM file AS f
    WHERE line NOT IN (SELECT line FROM dropped) AND EXISTS (
        SELECT 1 FROM sent AS s WHERE s.number = f.number
    )
    """),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class RepeatReport:
    """The number of repeats and opt-outs in a file.

    Attributes:
        in_file: rows that repeat the number and text of an earlier row.
        in_file_number: rows that repeat only the number of an earlier row.
        sent: rows whose number got the same text before.
        sent_number: rows whose number got another text before.
        opted_out: rows for numbers that opted out.
        tally: the tally of all rows that can be sent.
        repeated_tally: the tally of the rows that `Repeats.drop` leaves out.
        opted_out_tally: the tally of the rows for numbers that opted out.
        examples: pairs of a line and the earlier line that it repeats. None for a message in the
            outbox.
    """

    in_file: int = 0
    in_file_number: int = 0
    sent: int = 0
    sent_number: int = 0
    opted_out: int = 0
    tally: Tally = field(default_factory=Tally)
    repeated_tally: Tally = field(default_factory=Tally)
    opted_out_tally: Tally = field(default_factory=Tally)
    examples: tuple[tuple[int, int | None], ...] = ()

    def repeated(self, by: str) -> int:
        """Return the number of rows that count as repeats. `by` is one of `REPEATED_BY`."""
        found = self.in_file + self.sent
        return found if by == "text" else found + self.in_file_number + self.sent_number


class Repeats:
    """The rows of a file, compared with each other and with earlier messages."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._db = connection
        self._rows: list[tuple[object, ...]] = []
        connection.executescript(_SCHEMA)

    def add(self, row: Checked, key: str | None) -> None:
        """Add a row that can be sent."""
        self._rows.append((row.line, row.number, _digest(row.text), key, *row.tally))
        if len(self._rows) == _CHUNK:
            self._flush()

    def compare(self, sent: Iterable[Entry], refused: Iterable[str], by: str) -> RepeatReport:
        """Find the rows that repeat a row of the file or a message in the outbox.

        A message with the row's own key and content is that same row, enqueued before, so it is no
        repeat.

        Args:
            sent: messages that were sent or will be.
            refused: numbers that opted out.
            by: see `REPEATED_BY`.
        """
        self._flush()
        db = self._db
        db.execute("CREATE INDEX file_number ON file (number, text, line)")
        db.executemany("INSERT OR IGNORE INTO refused VALUES (?)", ((each,) for each in refused))
        db.executemany(
            "INSERT INTO sent VALUES (?, ?, ?)",
            ((each.number, _digest(each.text), each.key) for each in sent),
        )
        db.execute(_OWN)
        db.execute("CREATE INDEX sent_number ON sent (number, text)")
        opted_out = db.execute(_REFUSED).rowcount
        # The order matters: a row that repeats number and text is not counted again for its number.
        counts = {kind: db.execute(query).rowcount for kind, query in _FIND}
        if by == "text":
            db.execute("DELETE FROM repeat WHERE kind LIKE '%_number'")
        examples = db.execute("SELECT line, earlier FROM repeat ORDER BY line LIMIT 3").fetchall()
        return RepeatReport(
            **counts,
            opted_out=opted_out,
            tally=self._tally_of("file"),
            repeated_tally=self._tally_of("repeat"),
            opted_out_tally=self._tally_of("dropped"),
            examples=tuple(examples),
        )

    def drop(self) -> None:
        """Leave out the repeats as well."""
        self._db.execute("INSERT OR IGNORE INTO dropped SELECT line FROM repeat")

    def dropped(self) -> Iterator[int]:
        """Yield the lines to leave out, in ascending order."""
        with closing(self._db.cursor()) as cursor:
            for (line,) in cursor.execute("SELECT line FROM dropped ORDER BY line"):
                yield line

    def _tally_of(self, table: str) -> Tally:
        return Tally(*self._db.execute(_TALLY.format(table)).fetchone())

    def _flush(self) -> None:
        self._db.executemany(_ADD, self._rows)
        self._rows.clear()


@contextmanager
def open_repeats() -> Iterator[Repeats]:
    """Open a comparison. Its file is private, and deleted at the end of the block."""
    with closing(sqlite3.connect("", isolation_level=None)) as connection:
        connection.execute("PRAGMA journal_mode = OFF")
        connection.execute("BEGIN")
        yield Repeats(connection)


def _digest(text: str) -> bytes:
    return hashlib.blake2b(text.encode(errors="surrogatepass"), digest_size=8).digest()
