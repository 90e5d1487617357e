"""The outbox's tables. Times are milliseconds since 1970 UTC in every database.

`migrations/` creates them. A test compares the two.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    SmallInteger,
    String,
    Table,
    Text,
    false,
    literal_column,
    text,
)

from ._states import State

if TYPE_CHECKING:
    from sqlalchemy import ColumnElement

__all__ = [
    "VERSION_TABLE",
    "decisions",
    "in_state",
    "messages",
    "metadata",
    "opt_outs",
    "pending",
    "rates",
    "webhooks",
    "workers",
]

# The application's own Alembic uses `alembic_version`, so ours has another name.
VERSION_TABLE = "convergia_outbox_version"

metadata = MetaData()

# SQLite generates ids only in a column of exactly INTEGER PRIMARY KEY.
_Id = BigInteger().with_variant(Integer(), "sqlite")

messages = Table(
    "convergia_outbox",
    metadata,
    Column("id", _Id, primary_key=True, autoincrement=True),
    # The gateway account that sends it. Workers take only messages of their own account.
    Column("account", String(100), nullable=False),
    # The caller's idempotency key, unique within the account.
    Column("key", String(200)),
    # The caller's name for messages that were enqueued together (a file, a campaign).
    Column("batch", String(200)),
    Column("number", String(12), nullable=False),
    # The time zone of the number's area, as `zone_of` returns it. NULL for Mexico City's.
    Column("zone", String(100)),
    Column("text", Text, nullable=False),
    Column("extra", Text),
    # True if only the recipient may read the text.
    Column("sensitive", Boolean, nullable=False, server_default=false()),
    Column("state", String(10), nullable=False),
    Column("priority", SmallInteger, nullable=False),
    # No worker claims it before this time.
    Column("due_at", BigInteger, nullable=False),
    # It must not be sent at or after this time.
    Column("expires_at", BigInteger),
    # How often it became `sending`. An outcome must name this number and `worker`.
    Column("attempts", Integer, nullable=False),
    # How often it was put back for a retry, since it was enqueued or last decided about.
    Column("failures", Integer, nullable=False),
    Column("worker", String(64)),
    # The outcome.
    Column("message_id", String(100)),
    Column("code", Integer),
    Column("segments", SmallInteger),
    Column("detail", Text),
    # When its status is queried next. NULL if never.
    Column("poll_at", BigInteger),
    Column("polls", Integer, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("accepted_at", BigInteger),
    Column("changed_at", BigInteger, nullable=False),
    CheckConstraint(f"state IN ({', '.join(repr(str(state)) for state in State)})", name="state"),
    Index("convergia_outbox_key", "account", "key", unique=True),
    # Never reuse the id of a purged message: tasks and notifications refer to ids.
    sqlite_autoincrement=True,
)


def in_state(state: State) -> ColumnElement[bool]:
    """Return the condition that a message is in `state`."""
    # As a literal: databases do not use a partial index for a bound parameter.
    return messages.c.state == literal_column(f"'{State(state).value}'")


def _index(name: str, *columns: object, where: str) -> None:
    """Declare a partial index over the few rows that workers look for in a long table."""
    Index(
        name,
        *columns,  # type: ignore[arg-type]
        _table=messages,
        postgresql_where=text(where),
        sqlite_where=text(where),
    )


_m = messages.c
_index(
    "convergia_outbox_queue", _m.account, _m.priority, _m.due_at, _m.id, where="state = 'queued'"
)
# For a worker that sends one batch, however many other messages wait.
_index(
    "convergia_outbox_batch_queue",
    *(_m.account, _m.batch, _m.priority, _m.due_at, _m.id),
    where="state = 'queued' AND batch IS NOT NULL",
)
# For hours in which the sending window is open in other zones than Mexico City's.
_index(
    "convergia_outbox_zone_queue",
    *(_m.account, _m.priority, _m.due_at, _m.id),
    where="state = 'queued' AND zone IS NOT NULL",
)
_index(
    "convergia_outbox_expiry",
    _m.expires_at,
    where="state = 'queued' AND expires_at IS NOT NULL",
)
_index("convergia_outbox_sending", _m.worker, where="state = 'sending'")
_index("convergia_outbox_unknown", _m.id, where="state = 'unknown'")
_index("convergia_outbox_poll", _m.account, _m.poll_at, where="poll_at IS NOT NULL")
_index("convergia_outbox_batch", _m.batch, where="batch IS NOT NULL")

workers = Table(
    "convergia_outbox_worker",
    metadata,
    Column("id", String(64), primary_key=True),
    Column("account", String(100), nullable=False),
    # Where it runs, for people to read: host and process id.
    Column("place", String(200), nullable=False),
    Column("started_at", BigInteger, nullable=False),
    # After this time it counts as dead, and messages that it was sending become unknown.
    Column("lease_until", BigInteger, nullable=False),
    # What it waited for at its last turn, as `waiting_as_text` returns it.
    Column("waiting", String(300)),
)

decisions = Table(
    "convergia_outbox_decision",
    metadata,
    Column("id", _Id, primary_key=True, autoincrement=True),
    Column(
        "message", _Id, ForeignKey(messages.c.id, ondelete="CASCADE"), nullable=False, index=True
    ),
    Column("event", String(10), nullable=False),
    Column("state_before", String(10), nullable=False),
    Column("state_after", String(10), nullable=False),
    Column("by", String(200), nullable=False),
    Column("reason", Text, nullable=False),
    Column("decided_at", BigInteger, nullable=False),
)

rates = Table(
    "convergia_outbox_rate",
    metadata,
    Column("name", String(120), primary_key=True),
    # GCRA's theoretical arrival time, in microseconds since 1970.
    Column("arrival", BigInteger, nullable=False),
)

opt_outs = Table(
    "convergia_outbox_optout",
    metadata,
    Column("account", String(100), primary_key=True),
    # The number of a person who wants no more messages.
    Column("number", String(12), primary_key=True),
    Column("by", String(200), nullable=False),
    Column("reason", Text, nullable=False),
    Column("added_at", BigInteger, nullable=False),
)

webhooks = Table(
    "convergia_outbox_webhook",
    metadata,
    Column("id", _Id, primary_key=True, autoincrement=True),
    Column("account", String(100), nullable=False),
    Column("message", _Id, nullable=False),
    Column("body", Text, nullable=False),
    # pending, delivered or failed (given up).
    Column("state", String(10), nullable=False),
    Column("due_at", BigInteger, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("detail", Text),
    Column("created_at", BigInteger, nullable=False),
    Index(
        "convergia_outbox_webhook_due",
        "account",
        "due_at",
        postgresql_where=text("state = 'pending'"),
        sqlite_where=text("state = 'pending'"),
    ),
    # Never reuse an id: receivers recognise duplicates by it, and would drop a new notification.
    sqlite_autoincrement=True,
)

# As a literal: databases do not use a partial index for a bound parameter.
pending = webhooks.c.state == literal_column("'pending'")
