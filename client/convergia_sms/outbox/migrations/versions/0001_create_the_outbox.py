"""Create the outbox."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_STATES = (
    "queued, sending, accepted, rejected, not_sent, unknown, delivered, failed, expired, cancelled"
)


def _index(name: str, columns: list[str], where: str, table: str = "convergia_outbox") -> None:
    condition = sa.text(where)
    op.create_index(name, table, columns, postgresql_where=condition, sqlite_where=condition)


def upgrade() -> None:
    """Create the tables."""
    op.create_table(
        "convergia_outbox",
        sa.Column("id", _ID, primary_key=True, autoincrement=True),
        sa.Column("account", sa.String(100), nullable=False),
        sa.Column("key", sa.String(200)),
        sa.Column("batch", sa.String(200)),
        sa.Column("number", sa.String(12), nullable=False),
        sa.Column("text", sa.Text, nullable=False),
        sa.Column("extra", sa.Text),
        sa.Column("state", sa.String(10), nullable=False),
        sa.Column("priority", sa.SmallInteger, nullable=False),
        sa.Column("due_at", sa.BigInteger, nullable=False),
        sa.Column("expires_at", sa.BigInteger),
        sa.Column("attempts", sa.Integer, nullable=False),
        sa.Column("failures", sa.Integer, nullable=False),
        sa.Column("worker", sa.String(64)),
        sa.Column("message_id", sa.String(100)),
        sa.Column("code", sa.Integer),
        sa.Column("segments", sa.SmallInteger),
        sa.Column("detail", sa.Text),
        sa.Column("poll_at", sa.BigInteger),
        sa.Column("polls", sa.Integer, nullable=False),
        sa.Column("created_at", sa.BigInteger, nullable=False),
        sa.Column("accepted_at", sa.BigInteger),
        sa.Column("changed_at", sa.BigInteger, nullable=False),
        sa.CheckConstraint(
            f"state IN ({', '.join(repr(state) for state in _STATES.split(', '))})", name="state"
        ),
        sqlite_autoincrement=True,
    )
    op.create_index("convergia_outbox_key", "convergia_outbox", ["account", "key"], unique=True)
    _index("convergia_outbox_queue", ["account", "priority", "due_at", "id"], "state = 'queued'")
    _index(
        "convergia_outbox_batch_queue",
        ["account", "batch", "priority", "due_at", "id"],
        "state = 'queued' AND batch IS NOT NULL",
    )
    _index("convergia_outbox_expiry", ["expires_at"], "state = 'queued' AND expires_at IS NOT NULL")
    _index("convergia_outbox_sending", ["worker"], "state = 'sending'")
    _index("convergia_outbox_unknown", ["id"], "state = 'unknown'")
    _index("convergia_outbox_poll", ["account", "poll_at"], "poll_at IS NOT NULL")
    _index("convergia_outbox_batch", ["batch"], "batch IS NOT NULL")
    op.create_table(
        "convergia_outbox_worker",
        sa.Column("id", sa.String(64), primary_key=True),
        sa.Column("account", sa.String(100), nullable=False),
        sa.Column("place", sa.String(200), nullable=False),
        sa.Column("started_at", sa.BigInteger, nullable=False),
        sa.Column("lease_until", sa.BigInteger, nullable=False),
    )
    op.create_table(
        "convergia_outbox_decision",
        sa.Column("id", _ID, primary_key=True, autoincrement=True),
        sa.Column(
            "message",
            _ID,
            sa.ForeignKey("convergia_outbox.id", ondelete="CASCADE"),
            nullable=False,
            index=True,
        ),
        sa.Column("event", sa.String(10), nullable=False),
        sa.Column("state_before", sa.String(10), nullable=False),
        sa.Column("state_after", sa.String(10), nullable=False),
        sa.Column("by", sa.String(200), nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("decided_at", sa.BigInteger, nullable=False),
    )
    op.create_table(
        "convergia_outbox_rate",
        sa.Column("name", sa.String(120), primary_key=True),
        sa.Column("arrival", sa.BigInteger, nullable=False),
    )
    op.create_table(
        "convergia_outbox_webhook",
        sa.Column("id", _ID, primary_key=True, autoincrement=True),
        sa.Column("account", sa.String(100), nullable=False),
        sa.Column("message", _ID, nullable=False),
        sa.Column("body", sa.Text, nullable=False),
        sa.Column("state", sa.String(10), nullable=False),
        sa.Column("due_at", sa.BigInteger, nullable=False),
        sa.Column("attempts", sa.Integer, nullable=False),
        sa.Column("detail", sa.Text),
        sa.Column("created_at", sa.BigInteger, nullable=False),
        sqlite_autoincrement=True,
    )
    _index(
        "convergia_outbox_webhook_due",
        ["account", "due_at"],
        "state = 'pending'",
        "convergia_outbox_webhook",
    )


def downgrade() -> None:
    """Drop the tables."""
    for table in ("webhook", "rate", "decision", "worker"):
        op.drop_table(f"convergia_outbox_{table}")
    op.drop_table("convergia_outbox")
