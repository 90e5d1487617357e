"""Add the column for what each worker waits for, which `bulk status` shows."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    """Add the column."""
    op.add_column("convergia_outbox_worker", sa.Column("waiting", sa.String(300)))


def downgrade() -> None:
    """Drop the column."""
    op.drop_column("convergia_outbox_worker", "waiting")
