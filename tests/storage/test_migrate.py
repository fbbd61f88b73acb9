"""A database is brought to the tables that the program expects, or refused."""

import asyncio
import sys
from asyncio.subprocess import PIPE
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from sqlalchemy import (
    BigInteger,
    Boolean,
    Connection,
    DateTime,
    Integer,
    LargeBinary,
    MetaData,
    Text,
    insert,
)
from sqlalchemy.types import TypeEngine

from bot.core.feed import Feed
from bot.errors import StorageError
from bot.storage import migrate as migrating
from bot.storage.database import Database
from bot.storage.migrate import Migration, migrate, newest
from bot.storage.rows import Retention
from bot.storage.store import Store
from bot.storage.tables import metadata
from tests.storage.conftest import Behind
from tests.storage.sample import HALL, NOW, document, rows

RELEASED = [each.revision for each in reversed(list(migrating._scripts(Config()).walk_revisions()))]
# What a column's type does not say of the values that a program puts there.
SPECIAL: dict[tuple[str, str], object] = {
    ("outbox", "state"): "pending",
    ("outbox", "document"): "{}",
}

# Says when it is about to begin, and begins when told to: all begin at the same time.
MIGRATE = """
import asyncio, sys
from bot.storage.database import Database
from bot.storage.migrate import migrate

async def run():
    database = Database.at(sys.argv[1])
    await database.reach()
    print("ready", flush=True)
    sys.stdin.readline()
    done = await migrate(database)
    print(done.before, done.after)
    await database.close()

asyncio.run(run())
"""


@pytest.fixture
async def database(url: str) -> AsyncIterator[Database]:
    opened = Database.at(url)
    yield opened
    await opened.close()


def make(connection: Connection, revision: str) -> None:
    """Bring an empty database to a schema, as the program of that time did."""
    config = Config()
    config.attributes["connection"] = connection
    migrating._scripts(config)
    command.upgrade(config, revision)


def fill(connection: Connection) -> set[str]:
    """Put a row into every table that there is, with every column filled; name the tables."""
    there = MetaData()
    there.reflect(connection)
    for table in there.sorted_tables:
        if table.name != "alembic_version":
            row = {
                column.name: SPECIAL.get((table.name, column.name), value_for(column.type))
                for column in table.columns
            }
            connection.execute(insert(table).values(row))
    return set(there.tables)


def value_for(kind: TypeEngine[object]) -> object:
    match kind:
        case Boolean():
            return True
        case Integer() | BigInteger():
            return 1
        case DateTime():
            return NOW
        case Text():
            return "x"
        case LargeBinary():
            return b""
    raise NotImplementedError(f"say here what to put into a column of {kind!r}")


def differences(connection: Connection) -> list[object]:
    context = MigrationContext.configure(connection, opts={"compare_server_default": True})
    return list(compare_metadata(context, metadata))


@pytest.mark.parametrize("revision", RELEASED)
async def test_every_released_schema_is_upgraded_with_what_is_in_it(
    database: Database, behind: Behind, revision: str
) -> None:
    await database.write(make, revision)
    filled = await database.write(fill)
    assert await migrate(database) == Migration(revision, newest())
    assert await database.read(differences) == []
    for table in sorted(filled & set(metadata.tables)):
        assert behind(f"SELECT count(*) FROM {table}") == [(1,)], table  # noqa: S608 - our tables


async def test_feeds_and_entries_of_before_keep_their_state(
    database: Database, behind: Behind, url: str
) -> None:
    """A feed that was being polled is due when its lease ends; what is known stays known."""
    await database.write(make, "0005")
    feed, taken = "https://gazette.example/feed", "https://taken.example/feed"
    at, until = "2024-04-01 12:00:00.000000", "2024-04-01 12:10:00.000000"
    if database.url.get_backend_name() == "postgresql":
        at, until = f"{at}+00", f"{until}+00"
    behind(
        "INSERT INTO feed (url, next_check_at, lease_until, etag, seeded, failures) VALUES "  # noqa: S608 - ours
        f"('{feed}', '{at}', NULL, 'e', true, 3), ('{taken}', '{at}', '{until}', 'f', false, 0)"
    )
    behind(
        "INSERT INTO entry (feed, id, title, summary, article, first_seen_at) VALUES "  # noqa: S608 - ours
        f"('{feed}', 'e1', '', '', '', '{at}'), ('{feed}', 'e2', 'Acme', '', '', '{at}')"
    )
    store = await Store.open(url)
    try:
        assert await store.feeds.active() == (
            Feed(feed, NOW, etag="e", seeded=True, failures=3),
            Feed(taken, NOW + timedelta(minutes=10), etag="f"),
        )
        assert await store.feeds.unseen(feed, ["e1", "e2", "e3"]) == {"e3"}
        found = await store.feeds.entries_since(NOW, None, 9)
        assert [each.entry.id for each in found] == ["e2"]
        while await store.purge(NOW + timedelta(days=400), Retention()):
            pass
        assert await store.feeds.unseen(feed, ["e1", "e2", "e3"]) == {"e3"}
    finally:
        await store.close()


async def test_what_feeds_listed_before_is_still_known(
    database: Database, behind: Behind, url: str
) -> None:
    await database.write(make, "0008")
    at = "2024-04-01 12:00:00.000000"
    sqlite = database.url.get_backend_name() == "sqlite"
    at, told = (at, "X'3132333435363738'") if sqlite else (f"{at}+00", "'\\x3132333435363738'")
    behind(
        f"INSERT INTO feed (url, next_check_at, listed) VALUES ('a', '{at}', {told}), "  # noqa: S608 - ours
        f"('b', '{at}', NULL)"
    )
    store = await Store.open(url)
    try:
        assert await store.feeds.active() == (Feed("a", NOW, listed=b"12345678"), Feed("b", NOW))
    finally:
        await store.close()


async def test_migrating_gives_exactly_the_tables_of_the_program(database: Database) -> None:
    assert await migrate(database) == Migration(None, newest())
    assert await database.read(differences) == []


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
    database: Database, behind: Behind, url: str
) -> None:
    await migrate(database)
    behind("UPDATE alembic_version SET version_num = '9999'")
    with pytest.raises(StorageError) as refused:
        await Store.open(url)
    assert str(refused.value) == (
        f"database {database.name}: was written by a newer vendorwatch (schema 9999); "
        "upgrade vendorwatch, or restore a backup made before the upgrade"
    )
    assert behind("SELECT version_num FROM alembic_version") == [("9999",)]
    assert await database.read(differences) == []


async def test_several_may_open_a_new_database_at_once(url: str, tmp_path: Path) -> None:
    urls = [url, f"sqlite+aiosqlite:///{tmp_path / 'second.db'}"] * 3
    stores = await asyncio.gather(*map(Store.open, urls))
    for each in stores:
        await each.say("default", HALL, document(), "k1", NOW)
        await each.close()


@pytest.mark.proof
async def test_of_processes_that_find_an_old_database_at_once_one_migrates_it(url: str) -> None:
    async def process() -> asyncio.subprocess.Process:
        started = await asyncio.create_subprocess_exec(
            sys.executable, "-c", MIGRATE, url, stdin=PIPE, stdout=PIPE, stderr=PIPE
        )
        assert started.stdout is not None
        assert await started.stdout.readline() == b"ready\n"
        return started

    async with asyncio.timeout(60):
        processes = await asyncio.gather(process(), process())
        ended = await asyncio.gather(*(each.communicate(b"go\n") for each in processes))
    assert [err for _, err in ended] == [b"", b""]
    said = sorted(out.decode().strip() for out, _ in ended)
    assert said == [f"{newest()} {newest()}", f"None {newest()}"]


async def test_a_migration_that_fails_leaves_nothing_half_done(
    database: Database, behind: Behind
) -> None:
    def tables(connection: Connection) -> list[str]:
        there = MetaData()
        there.reflect(connection)
        return list(there.tables)

    # Somebody else's table is in the way of the last one to be made.
    behind("CREATE TABLE entry (other TEXT)")
    with pytest.raises(StorageError, match=r'"?entry"? already exists'):
        await migrate(database)
    assert await database.read(tables) == ["entry"]


async def test_migrations_are_found_from_any_folder(
    url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    store = await Store.open(url)
    await store.close()
