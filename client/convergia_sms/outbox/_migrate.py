"""Brings a database's outbox tables to this version's shape, with the packaged migrations."""

from __future__ import annotations

from importlib.resources import files
from typing import TYPE_CHECKING

from sqlalchemy import text

from ._database import Database
from ._schema import VERSION_TABLE

if TYPE_CHECKING:
    from alembic.config import Config
    from alembic.script import ScriptDirectory
    from sqlalchemy import Connection, Engine

__all__ = ["NewerSchemaError", "config", "migrate"]


class NewerSchemaError(RuntimeError):
    """A later version of this package has changed the outbox's tables; this one cannot read them.

    Attributes:
        found: the version that they have.
    """

    def __init__(self, found: str | None) -> None:
        super().__init__(
            f"the outbox's tables are of version {found}, which this convergia-sms does not know:"
            " install the newer one that made them"
        )
        self.found = found

    def __reduce__(self) -> tuple[object, ...]:
        return type(self), (self.found,)


# Any number will do, as long as it is ours: it keeps two starting workers from migrating at once.
_POSTGRESQL_LOCK = 0x534D53


def config() -> Config:
    """Alembic's configuration for the packaged migrations."""
    # Imported when needed: alembic costs a quarter of a second, and workers may never migrate.
    from alembic.config import Config

    settings = Config()
    settings.set_main_option("script_location", str(files(__package__) / "migrations"))
    return settings


def migrate(engine: Engine) -> None:
    """Create the tables, or bring older ones up to date; does nothing when they already are.

    Raises:
        NewerSchemaError: a later version of this package has changed them.
    """
    from alembic import command
    from alembic.script import ScriptDirectory

    settings = config()
    script = ScriptDirectory.from_config(settings)
    # A look first, that waits for nobody: a writer may hold SQLite's only lock for long.
    with Database(engine).reading() as connection:
        if _up_to_date(connection, script):
            return
    with engine.begin() as connection:
        if connection.dialect.name == "postgresql":
            connection.execute(text("SELECT pg_advisory_xact_lock(:id)"), {"id": _POSTGRESQL_LOCK})
        if not _up_to_date(connection, script):
            settings.attributes["connection"] = connection
            command.upgrade(settings, "head")


def _up_to_date(connection: Connection, script: ScriptDirectory) -> bool:
    from alembic.migration import MigrationContext

    context = MigrationContext.configure(connection, opts={"version_table": VERSION_TABLE})
    found = context.get_current_revision()
    if found not in {None, *(known.revision for known in script.walk_revisions())}:
        raise NewerSchemaError(found)
    return found == script.get_current_head()
