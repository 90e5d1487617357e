"""Alembic's entry: runs on the connection that `convergia_sms.outbox._migrate` hands over."""

from __future__ import annotations

from alembic import context

from convergia_sms.outbox._schema import VERSION_TABLE, metadata

connection = context.config.attributes["connection"]
context.configure(
    connection=connection,
    target_metadata=metadata,
    version_table=VERSION_TABLE,
    transactional_ddl=True,
)
with context.begin_transaction():
    context.run_migrations()
