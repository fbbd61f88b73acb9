"""Brings a database to the tables that this program knows."""

import asyncio
from pathlib import Path
from weakref import WeakKeyDictionary

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, text

from bot.errors import StorageError
from bot.storage.database import Database, lock_schema

# Alembic keeps the migration that is running in module globals: one at a time in an event loop.
_TURNS: WeakKeyDictionary[asyncio.AbstractEventLoop, asyncio.Lock] = WeakKeyDictionary()


async def migrate(database: Database) -> None:
    """Make or upgrade the tables, all in one transaction.

    Raise StorageError if the database cannot be written or is from a newer version.
    """
    async with _TURNS.setdefault(asyncio.get_running_loop(), asyncio.Lock()):
        await database.write(_migrate, database.name)


def _migrate(connection: Connection, name: str) -> None:
    lock_schema(connection)
    config = Config()
    # Beside this file, so that it is found in an installed package too. Config reads % as markup.
    folder = str(Path(__file__).parent / "migrations").replace("%", "%%")
    config.set_main_option("script_location", folder)
    config.attributes["connection"] = connection
    script = ScriptDirectory.from_config(config)
    known = {revision.revision for revision in script.walk_revisions()}
    current = set(MigrationContext.configure(connection).get_current_heads())
    if current - known:
        unknown = ", ".join(sorted(current - known))
        raise StorageError(
            f"database {name}: was written by a newer vendorwatch (schema {unknown}); "
            "upgrade vendorwatch, or restore a backup made before the upgrade"
        )
    if current != set(script.get_heads()):
        command.upgrade(config, "head")
    # Changes nothing, but fails where nothing can be written: better now than at the first alert.
    connection.execute(text("UPDATE alembic_version SET version_num = version_num"))
