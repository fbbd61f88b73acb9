"""Brings a database to the tables that this program knows."""

import asyncio
from dataclasses import dataclass
from functools import cache
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


@dataclass(frozen=True, slots=True)
class Migration:
    """The schema before and after; `before` is None for a new database."""

    before: str | None
    after: str


async def migrate(database: Database) -> Migration:
    """Make or upgrade the tables, all in one transaction; say what there was to do.

    Raise StorageError if the database cannot be written or is from a newer version.
    """
    async with _TURNS.setdefault(asyncio.get_running_loop(), asyncio.Lock()):
        there = await database.write(_writable, database.name)
        if there == newest():
            return Migration(there, there)
        async with database.without_hurry() as patient:
            return await patient.write(_migrate, database.name)


@cache
def newest() -> str:
    """Give the schema that this program works with."""
    (head,) = _scripts(Config()).get_heads()
    return head


def refuse_newer(schema: str | None, name: str) -> None:
    """Raise StorageError if a database's schema is one that this program does not know."""
    if schema is not None and schema not in _known():
        raise StorageError(
            f"database {name}: was written by a newer vendorwatch (schema {schema}); "
            "upgrade vendorwatch, or restore a backup made before the upgrade"
        )


@cache
def _known() -> frozenset[str]:
    return frozenset(each.revision for each in _scripts(Config()).walk_revisions())


def _writable(connection: Connection, name: str) -> str | None:
    schema = _schema(connection)
    refuse_newer(schema, name)
    if schema is not None:
        # Changes nothing, but fails where nothing can be written: better now than at an alert.
        connection.execute(text("UPDATE alembic_version SET version_num = version_num"))
    return schema


def _migrate(connection: Connection, name: str) -> Migration:
    lock_schema(connection)
    # Somebody else may have been here before the lock was free.
    before = _schema(connection)
    refuse_newer(before, name)
    config = Config()
    config.attributes["connection"] = connection
    _scripts(config)
    if before != newest():
        command.upgrade(config, "head")
    return Migration(before, newest())


def _schema(connection: Connection) -> str | None:
    # Ours has one at most; a database of several was not written by this program.
    return ", ".join(sorted(MigrationContext.configure(connection).get_current_heads())) or None


def _scripts(config: Config) -> ScriptDirectory:
    # Beside this file, so that it is found in an installed package too. Config reads % as markup.
    folder = str(Path(__file__).parent / "migrations").replace("%", "%%")
    config.set_main_option("script_location", folder)
    return ScriptDirectory.from_config(config)
