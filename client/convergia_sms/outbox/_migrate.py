"""Migration of a database's outbox tables to this version, by the packaged Alembic scripts."""

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
    """Raised if a later version of this package has changed the outbox's tables.

    Attributes:
        found: the tables' version.
    """

    def __init__(self, found: str | None) -> None:
        super().__init__(
            f"the outbox's tables have version {found}, which this convergia-sms does not know:"
            " install the newer version that created them"
        )
        self.found = found

    def __reduce__(self) -> tuple[object, ...]:
        return type(self), (self.found,)


# Any constant of our own works. The lock stops two starting workers from migrating together.
_POSTGRESQL_LOCK = 0x534D53


def config() -> Config:
    """Return Alembic's configuration for the packaged migrations."""
    # Imported here: alembic takes a quarter of a second to import, and most workers never migrate.
    from alembic.config import Config

    settings = Config()
    settings.set_main_option("script_location", str(files(__package__) / "migrations"))
    return settings


def migrate(engine: Engine) -> None:
    """Create the tables, or migrate older ones. Does nothing if they are up to date.

    Raises:
        NewerSchemaError: a later version of this package has changed the tables.
    """
    from alembic import command
    from alembic.script import ScriptDirectory

    settings = config()
    script = ScriptDirectory.from_config(settings)
    # Check first without a lock: a writer may hold SQLite's only lock for long.
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
