"""Insertion of messages, once for each key."""

from __future__ import annotations

import re
from itertools import islice
from typing import TYPE_CHECKING

from sqlalchemy import bindparam, func, select
from sqlalchemy.dialects import postgresql

from convergia_sms._models import Message
from convergia_sms._numbers import normalize

from ._any_of import any_of
from ._records import Draft, Enqueued, KeyConflictError, Priority, milliseconds
from ._schema import messages
from ._states import State
from ._zones import zone_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from sqlalchemy import Connection
    from sqlalchemy.sql.dml import ReturningInsert

    from ._database import Database, Run

__all__ = ["chunks", "insert_chunk", "insert_one"]

_CONTENT = ("number", "text", "extra")
# The length of the columns. SQLite does not enforce it, so it is checked here.
_LONGEST_NAME = 200
_NOT_KEPT = re.compile("[\0\ud800-\udfff]")
_KEY = ["account", "key"]
_ENQUEUED = tuple(
    messages.c[name]
    for name in (
        *("account", "key", "batch", "number", "zone", "text", "extra", "sensitive", "state"),
        *("priority", "due_at", "expires_at", "attempts", "failures", "polls", "created_at"),
        "changed_at",
    )
)
# PostgreSQL reads one array for each column five times as fast as a thousand rows of VALUES.
_INSERT_ARRAYS = (
    postgresql.insert(messages)
    .from_select(
        [column.name for column in _ENQUEUED],
        select(
            *(
                func.unnest(bindparam(column.name, type_=postgresql.ARRAY(column.type)))
                for column in _ENQUEUED
            )
        ),
    )
    .on_conflict_do_nothing(index_elements=_KEY)
    # SQLAlchemy does not keep the row count of an INSERT by default.
    .execution_options(preserve_rowcount=True)
)
_BY_KEY = select(messages.c.id, *(messages.c[name] for name in _CONTENT)).where(
    messages.c.account == bindparam("of"), messages.c.key == bindparam("named")
)


def chunks(
    drafts: Iterable[Draft | Message], account: str, size: int
) -> Iterator[list[dict[str, object]]]:
    """Yield rows to insert in lists of at most `size`. Read only that many drafts at a time.

    Raises:
        ValueError: a number, a text, a priority or an instant is not valid. The error says which.
        TypeError: a value has the wrong type.
    """
    remaining = iter(drafts)
    while chunk := [row(draft, account) for draft in islice(remaining, size)]:
        yield chunk


def row(draft: Draft | Message, account: str) -> dict[str, object]:
    """Return `draft` as a row, without `created_at` and `changed_at`, which the insertion sets."""
    if isinstance(draft, Message):
        draft = Draft(draft.number, draft.text, draft.extra, sensitive=draft.sensitive)
    if not draft.text:
        raise ValueError("the text is empty")
    for name, value, most in (
        ("text", draft.text, None),
        ("extra", draft.extra, None),
        ("key", draft.key, _LONGEST_NAME),
        ("batch", draft.batch, _LONGEST_NAME),
    ):
        if value is not None:
            _check(name, value, most)
    number = normalize(draft.number)
    return {
        "account": account,
        "key": draft.key,
        "batch": draft.batch,
        "number": number,
        "zone": zone_of(number),
        "text": draft.text,
        "extra": draft.extra,
        "sensitive": bool(draft.sensitive),
        "state": State.QUEUED.value,
        # Workers query these priorities only. A message of another one would wait for ever.
        "priority": int(Priority(draft.priority)),
        "due_at": None if draft.due is None else milliseconds(draft.due),
        "expires_at": None if draft.expires is None else milliseconds(draft.expires),
        "attempts": 0,
        "failures": 0,
        "polls": 0,
    }


def _check(name: str, value: str, most: int | None) -> None:
    """Reject a value that a database would reject or cut. The error never shows the value."""
    if not isinstance(value, str):
        raise TypeError(f"the {name} must be a str, not {type(value).__name__}")
    if not value.isascii() or "\0" in value:
        found = _NOT_KEPT.search(value)
        if found is not None:
            code = ord(found[0])
            raise ValueError(
                f"the {name} has the character U+{code:04X}, which no database can store"
            )
    if most is not None and len(value) > most:
        raise ValueError(f"the {name} has {len(value):,} characters; the most is {most}")


def insert_chunk(
    database: Database, connection: Connection, rows: list[dict[str, object]]
) -> Enqueued:
    """Insert `rows`, except those whose key and content the outbox already has.

    Raises:
        KeyConflictError: a key is taken by a message with other content.
    """
    _stamp(rows, database.now(connection))
    total, new = len(rows), 0
    while rows:
        fresh = _insert_many(database, connection, rows)
        new += fresh
        rows = _gone(connection, rows) if fresh < len(rows) else []
    return Enqueued(new, total - new)


def _insert_many(database: Database, connection: Connection, rows: list[dict[str, object]]) -> int:
    if connection.dialect.name == "postgresql":
        arrays = {name: [row[name] for row in rows] for name in rows[0]}
        return connection.execute(_INSERT_ARRAYS, arrays).rowcount
    return len(connection.execute(_insert(database), rows).all())


def insert_one(database: Database, run: Run, row: dict[str, object]) -> int:
    """Insert one row and return its id, or the id of the message that already has its key.

    Args:
        database: the store.
        run: runs a statement, with its parameters, in the caller's transaction.
        row: a row made by `row`.

    Raises:
        KeyConflictError: the key is taken by a message with other content.
    """
    ((now,),) = run(database.clock(), {})
    _stamp([row], int(now))
    while True:
        for (new,) in run(_insert(database), row):
            return int(new)
        for id_, *content in run(_BY_KEY, {"of": row["account"], "named": row["key"]}):
            if content != [row[name] for name in _CONTENT]:
                raise KeyConflictError(str(row["key"]), int(id_))
            return int(id_)
        # The message was purged between the two statements, so the key is free again.


def _insert(database: Database) -> ReturningInsert[int]:
    """Return a statement that inserts rows with new keys and returns their ids."""
    return (
        database.insert(messages)
        .on_conflict_do_nothing(index_elements=_KEY)
        .returning(messages.c.id)
    )


def _stamp(rows: list[dict[str, object]], now: int) -> None:
    for row in rows:
        row["created_at"] = row["changed_at"] = now
        if row["due_at"] is None:
            row["due_at"] = now


def _gone(connection: Connection, rows: list[dict[str, object]]) -> list[dict[str, object]]:
    """Return the rows that must be inserted again, because a purge deleted the earlier message.

    The first insertion skipped them: their key was still there.

    Raises:
        KeyConflictError: a key is taken by a message with other content.
    """
    keyed = [row for row in rows if row["key"] is not None]
    stored = {
        found.key: found
        for found in connection.execute(
            select(messages.c.id, messages.c.key, *(messages.c[name] for name in _CONTENT)).where(
                messages.c.account == rows[0]["account"],
                any_of(messages.c.key, [row["key"] for row in keyed]),
            )
        )
    }
    gone = []
    for row in keyed:
        found = stored.get(row["key"])
        if found is None:
            gone.append(row)
        elif any(row[name] != getattr(found, name) for name in _CONTENT):
            raise KeyConflictError(found.key, found.id)
    return gone
