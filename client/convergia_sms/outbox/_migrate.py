"""Brings a database's outbox tables to this version's shape, with the packaged migrations."""

from __future__ import annotations

from importlib.resources import files
from typing import TYPE_CHECKING

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import text

from ._schema import VERSION_TABLE

if TYPE_CHECKING:
    from sqlalchemy import Connection, Engine

# Any number will do, as long as it is ours: it keeps two starting workers from migrating at once.
_POSTGRESQL_LOCK = 0x534D53


def config() -> Config:
    """Alembic's configuration for the packaged migrations."""
    settings = Config()
    settings.set_main_option("script_location", str(files(__package__) / "migrations"))
    return settings


def migrate(engine: Engine) -> None:
    """Create the tables, or bring older ones up to date; does nothing when they already are."""
    settings = config()
    head = ScriptDirectory.from_config(settings).get_current_head()
    with engine.begin() as connection:
        if connection.dialect.name == "postgresql":
            connection.execute(text("SELECT pg_advisory_xact_lock(:id)"), {"id": _POSTGRESQL_LOCK})
        if _version(connection) != head:
            settings.attributes["connection"] = connection
            command.upgrade(settings, "head")


def _version(connection: Connection) -> str | None:
    context = MigrationContext.configure(connection, opts={"version_table": VERSION_TABLE})
    return context.get_current_revision()
