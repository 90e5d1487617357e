"""Alembic's environment, which uses the connection that `_migrate` passes on."""

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
