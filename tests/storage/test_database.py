"""A database that cannot be used says so in one line, with a remedy."""

import sqlite3
from contextlib import closing
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest
from sqlalchemy import Connection, insert, select, text

from bot.errors import StorageError
from bot.storage import onefile
from bot.storage.database import Database
from bot.storage.store import Store
from bot.storage.tables import feed
from tests.storage.conftest import Behind
from tests.storage.sample import HALL, NOW, document


async def refusal(url: str) -> str:
    """Try to open a database in vain; give the one line that says why."""
    with pytest.raises(StorageError) as refused:
        await Store.open(url)
    assert "\n" not in str(refused.value)
    return str(refused.value)


async def test_a_folder_that_does_not_exist_is_named(tmp_path: Path) -> None:
    file = tmp_path / "missing" / "bot.db"
    assert await refusal(f"sqlite+aiosqlite:///{file}") == (
        f"database {file}: the folder {file.parent} does not exist; make it, or change database.url"
    )
    assert not file.parent.exists()


async def test_a_folder_is_no_database(tmp_path: Path) -> None:
    assert await refusal(f"sqlite+aiosqlite:///{tmp_path}") == (
        f"database {tmp_path}: is a folder; name a file in database.url"
    )


async def test_a_file_of_another_kind_is_no_database(tmp_path: Path) -> None:
    file = tmp_path / "notes.txt"
    file.write_text("Buy milk. " * 1000, encoding="utf-8")
    before = file.read_bytes()
    assert await refusal(f"sqlite+aiosqlite:///{file}") == (
        f"database {file}: is not a SQLite database; name another file in database.url"
    )
    assert file.read_bytes() == before


async def test_a_database_that_cannot_be_written_is_refused_at_once(
    store: Store, file: Path
) -> None:
    await store.close()
    assert await refusal(f"sqlite+aiosqlite:///file:{file}?mode=ro&uri=true") == (
        f"database {file}: cannot be written; "
        "make the file, its folder and its file system writable for this user"
    )


async def test_a_file_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    file = tmp_path / "bot.db"
    said = await refusal(f"sqlite+aiosqlite:///file:{file}?mode=ro&uri=true")
    assert said.startswith(f"database {file}: cannot be opened; make it and the folder {tmp_path}")


async def test_a_full_disk_is_said_and_what_was_there_stays(store: Store, file: Path) -> None:
    del file

    def limit(connection: Connection, pages: int) -> None:
        connection.exec_driver_sql(f"PRAGMA max_page_count = {pages}")

    await store.say("default", HALL, document(), "small", NOW)
    await store._database.write(limit, 1)  # no less than it has now
    with pytest.raises(StorageError, match="the disk is full; free some space"):
        await store.say("default", HALL, document("x" * 100_000), "large", NOW)
    await store._database.write(limit, 1_000_000)
    assert await store.say("default", HALL, document("x" * 100_000), "large", NOW)


async def test_a_database_that_another_program_holds_is_named(
    store: Store, url: str, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    await store.close()
    # Not the five seconds that it waits otherwise.
    impatient = tuple(each.replace("5000", "10") for each in onefile._PRAGMAS)
    monkeypatch.setattr(onefile, "_PRAGMAS", impatient)
    with closing(sqlite3.connect(file, isolation_level=None)) as holder:
        holder.execute("BEGIN IMMEDIATE")
        said = await refusal(url)
    assert said == f"database {file}: stays locked by another program; stop that program"


async def test_another_failure_is_told_in_the_databases_words(
    store: Store, behind: Behind, engine: str
) -> None:
    behind("ALTER TABLE outbox RENAME TO gone")
    with pytest.raises(StorageError) as told:
        await store.depth()
    said = {"sqlite": "no such table: outbox", "postgres": 'relation "outbox" does not exist'}
    assert str(told.value) == f"database {store._database.name}: cannot be used ({said[engine]})"


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("bot.db", "is no database address"),
        ("sqlite+aiosqlite://", "names no file"),
        ("sqlite+aiosqlite:///:memory:", "names no file"),
        ("sqlite:///bot.db", "names sqlite, which is not supported"),
        ("mysql://anna:hunter2@db.example/bot", "names mysql, which is not supported"),
        ("postgresql+asyncpg://anna:hunter2@db.example:port/bot", "is no database address"),
    ],
)
async def test_an_address_of_no_use_is_refused_without_its_password(url: str, said: str) -> None:
    refused = await refusal(url)
    assert said in refused
    assert "sqlite+aiosqlite://" in refused
    assert "hunter2" not in refused


async def test_what_is_acknowledged_survives_a_loss_of_power(store: Store, file: Path) -> None:
    del file

    def settings(connection: Connection) -> list[object]:
        names = ("journal_mode", "synchronous", "foreign_keys", "busy_timeout")
        return [connection.exec_driver_sql(f"PRAGMA {name}").scalar() for name in names]

    # 2 is FULL, https://www.sqlite.org/pragma.html#pragma_synchronous
    assert await store._database.read(settings) == ["wal", 2, 1, 5000]


async def test_a_time_comes_back_as_the_same_moment_in_utc(
    store: Store, behind: Behind, engine: str
) -> None:
    def keep(connection: Connection) -> datetime:
        connection.execute(insert(feed).values(url="u", next_check_at=here))
        kept: datetime = connection.execute(select(feed.c.next_check_at)).scalar_one()
        return kept

    here = datetime(2024, 4, 1, 1, 30, 0, 123, timezone(timedelta(hours=2)))
    kept = await store._database.write(keep)
    assert kept == here
    assert kept.tzinfo is UTC
    written = {"sqlite": "2024-03-31 23:30:00.000123", "postgres": here}
    assert behind("SELECT next_check_at FROM feed") == [(written[engine],)]


async def test_a_database_is_known_by_its_file(url: str, file: Path) -> None:
    opened = Database.at(url)
    assert opened.name == str(file)
    await opened.close()


async def test_a_reader_sees_one_moment_whatever_is_written_meanwhile(
    store: Store, behind: Behind
) -> None:
    def count_twice(connection: Connection) -> tuple[object, object]:
        first = connection.scalar(text("SELECT count(*) FROM feed"))
        behind("INSERT INTO feed (url, next_check_at) VALUES ('u', '2024-04-01 00:00:00+00')")
        return first, connection.scalar(text("SELECT count(*) FROM feed"))

    assert await store._database.read(count_twice) == (0, 0)
    assert behind("SELECT count(*) FROM feed") == [(1,)]
