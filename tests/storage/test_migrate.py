"""A database is brought to the tables that the program expects, or refused."""

import asyncio
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import Connection

from bot.errors import StorageError
from bot.storage.database import Database
from bot.storage.store import Store
from bot.storage.tables import metadata
from tests.storage.sample import HALL, NOW, change, document, rows


async def test_migrating_gives_exactly_the_tables_of_the_program(store: Store, url: str) -> None:
    def differences(connection: Connection) -> list[object]:
        context = MigrationContext.configure(connection, opts={"compare_server_default": True})
        return list(compare_metadata(context, metadata))

    del store
    database = Database.at(url)
    try:
        assert await database.read(differences) == []
    finally:
        await database.close()


def _schema(file: Path) -> list[tuple[object, ...]]:
    return rows(file, "SELECT type, name, sql FROM sqlite_schema ORDER BY name")


async def test_opening_again_changes_nothing(store: Store, url: str, file: Path) -> None:
    await store.say("default", HALL, document(), "k1", NOW)
    before = _schema(file)
    await store.close()
    again = await Store.open(url)
    try:
        assert _schema(file) == before
        assert await again.next_due(NOW) == NOW
    finally:
        await again.close()


async def test_a_database_of_a_newer_program_is_refused_and_left_alone(
    store: Store, url: str, file: Path
) -> None:
    await store.close()
    change(file, "UPDATE alembic_version SET version_num = '9999'")
    before = _schema(file)
    with pytest.raises(StorageError) as refused:
        await Store.open(url)
    assert str(refused.value) == (
        f"database {file}: was written by a newer vendorwatch (schema 9999); "
        "upgrade vendorwatch, or restore a backup made before the upgrade"
    )
    assert _schema(file) == before


async def test_several_may_open_a_new_database_at_once(url: str, tmp_path: Path) -> None:
    urls = [url, f"sqlite+aiosqlite:///{tmp_path / 'second.db'}"] * 3
    stores = await asyncio.gather(*map(Store.open, urls))
    for each in stores:
        await each.say("default", HALL, document(), "k1", NOW)
        await each.close()


async def test_a_migration_that_fails_leaves_nothing_half_done(url: str, file: Path) -> None:
    # Somebody else's table is in the way of the last one to be made.
    change(file, "CREATE TABLE entry (other TEXT)")
    with pytest.raises(StorageError, match="table entry already exists"):
        await Store.open(url)
    assert [name for _, name, _ in _schema(file)] == ["entry"]


async def test_migrations_are_found_from_any_folder(
    url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    store = await Store.open(url)
    await store.close()
