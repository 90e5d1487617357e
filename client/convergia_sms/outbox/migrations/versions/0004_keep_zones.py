"""Add the column for the time zone of a number's area, for sending windows."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from convergia_sms.outbox._zones import areas

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """Add the column, and fill it in for messages that may still be sent."""
    op.add_column("convergia_outbox", sa.Column("zone", sa.String(100)))
    # Only for messages that are still to be sent, or may be sent again by a decision.
    for zone, codes in areas().items():
        op.execute(
            sa.text(
                "UPDATE convergia_outbox SET zone = :zone WHERE substr(number, 3, 3) IN :codes"
                " AND state IN ('queued', 'sending', 'unknown', 'rejected', 'not_sent')"
            ).bindparams(sa.bindparam("codes", codes, expanding=True), zone=zone)
        )
    where = sa.text("state = 'queued' AND zone IS NOT NULL")
    op.create_index(
        "convergia_outbox_zone_queue",
        "convergia_outbox",
        ["account", "priority", "due_at", "id"],
        postgresql_where=where,
        sqlite_where=where,
    )


def downgrade() -> None:
    """Drop the column."""
    op.drop_index("convergia_outbox_zone_queue")
    op.drop_column("convergia_outbox", "zone")
