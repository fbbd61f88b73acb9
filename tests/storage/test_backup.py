"""A backup is whole, whatever is written meanwhile, and puts back what it was made of."""

# ruff: noqa: ASYNC240 - nothing else runs in these loops, and files are what the tests are about
import shlex
import shutil
import sqlite3
import threading
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest

from bot.core.status import State
from bot.errors import StorageError
from bot.storage import backup as backing_up
from bot.storage.backup import backup, nobody_looks, restore
from bot.storage.store import Store
from tests.storage.conftest import Behind, Postgres
from tests.storage.sample import HALL, NOW, change, document, rows

AT = datetime(2024, 4, 1, 12, 30, 5, tzinfo=UTC)
KEYS = "SELECT key FROM outbox ORDER BY id"


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def refusal_to_restore(url: str, copy: Path) -> str:
    with pytest.raises(StorageError) as refused:
        restore(url, copy, AT, nobody_looks)
    assert "\n" not in str(refused.value)
    return str(refused.value)


async def test_a_backup_has_what_was_there_and_can_be_opened(
    store: Store, url: str, copy: Path
) -> None:
    await store.say("default", HALL, document(), "k1", NOW)
    # The store is open and what it wrote is in the WAL.
    backup(url, copy, nobody_looks)
    await store.say("default", HALL, document(), "k2", NOW)
    assert names(copy.parent) == ["bot.db", "bot.db-shm", "bot.db-wal", "kept.db"]
    assert copy.stat().st_mode & 0o777 == 0o600
    opened = await Store.open(f"sqlite+aiosqlite:///{copy}")
    try:
        assert (await opened.depth())[State.PENDING] == 1
    finally:
        await opened.close()


async def test_a_backup_shows_one_moment_and_comes_to_an_end_under_constant_writing(
    store: Store, url: str, copy: Path, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    del store
    change(file, "CREATE TABLE big (n INTEGER, filler BLOB)")
    change(file, "INSERT INTO big VALUES (0, zeroblob(400000))")
    monkeypatch.setattr(backing_up, "_PAGES", 10)
    seen: list[tuple[int, int]] = []

    def write_meanwhile(done: int, total: int) -> None:
        seen.append((done, total))
        assert len(seen) < 1000, "it begins anew each time"
        change(file, "UPDATE big SET n = n + 1")
        change(file, "INSERT INTO big VALUES (-1, zeroblob(5000))")

    backup(url, copy, write_meanwhile)
    assert len(seen) > 10
    # It neither began anew nor grew with what was written.
    assert seen == sorted(seen)
    assert len({total for _, total in seen}) == 1
    assert rows(copy, "SELECT n FROM big") == [(0,)]
    assert rows(copy, "PRAGMA integrity_check") == [("ok",)]
    assert rows(file, "SELECT count(*) FROM big") == [(len(seen) + 1,)]


async def test_a_writer_does_not_wait_for_a_backup(
    store: Store, url: str, copy: Path, file: Path
) -> None:
    del store
    written = threading.Event()

    def write() -> None:
        change(file, "UPDATE alembic_version SET version_num = version_num")
        written.set()

    def in_the_middle(done: int, total: int) -> None:
        del done, total
        writer = threading.Thread(target=write)
        writer.start()
        assert written.wait(5)
        writer.join()

    backup(url, copy, in_the_middle)
    assert written.is_set()


async def test_a_backup_never_overwrites_a_file(
    store: Store, url: str, copy: Path, tmp_path: Path
) -> None:
    del store
    said = f"{copy}: is there already; name a file that is not"
    copy.write_text("precious", encoding="utf-8")
    with pytest.raises(StorageError, match="is there already") as refused:
        backup(url, copy, nobody_looks)
    assert str(refused.value) == said
    copy.unlink()

    def get_in_between(done: int, total: int) -> None:
        del done, total
        copy.write_text("precious", encoding="utf-8")

    with pytest.raises(StorageError) as refused:
        backup(url, copy, get_in_between)
    assert str(refused.value) == said
    assert copy.read_text(encoding="utf-8") == "precious"
    assert [name for name in names(tmp_path) if name.startswith(".")] == []


async def test_a_backup_that_is_broken_off_leaves_nothing(
    store: Store, url: str, copy: Path, tmp_path: Path
) -> None:
    del store

    def interrupt(done: int, total: int) -> None:
        del done, total
        assert not copy.exists()
        raise KeyboardInterrupt

    before = names(tmp_path)
    with pytest.raises(KeyboardInterrupt):
        backup(url, copy, interrupt)
    assert names(tmp_path) == before


def test_a_backup_of_what_is_no_database_of_ours_is_refused(
    url: str, file: Path, copy: Path
) -> None:
    with pytest.raises(StorageError, match="there is no such file"):
        backup(url, copy, nobody_looks)
    assert not file.exists()
    change(file, "CREATE TABLE other (a TEXT)")
    with pytest.raises(StorageError, match="is no vendorwatch database"):
        backup(url, copy, nobody_looks)
    assert not copy.exists()


async def test_a_backup_into_a_missing_folder_is_refused(
    store: Store, url: str, tmp_path: Path
) -> None:
    del store
    with pytest.raises(StorageError, match=r"missing/kept\.db: cannot be written \(No such file"):
        backup(url, tmp_path / "missing" / "kept.db", nobody_looks)


async def test_a_restored_database_is_what_it_was_and_the_present_one_is_kept(
    store: Store, url: str, copy: Path, file: Path
) -> None:
    await store.say("default", HALL, document(), "k1", NOW)
    backup(url, copy, nobody_looks)
    await store.say("default", HALL, document(), "k2", NOW)
    await store.close()
    file.chmod(0o640)
    kept = restore(url, copy, AT, nobody_looks)
    assert kept == file.with_name("bot.db.before-restore-20240401T123005")
    assert rows(file, KEYS) == [("k1",)]
    assert rows(kept, KEYS) == [("k1",), ("k2",)]
    assert file.stat().st_mode & 0o777 == 0o640
    opened = await Store.open(url)
    try:
        assert await opened.say("default", HALL, document(), "k2", NOW)
    finally:
        await opened.close()


async def test_a_restore_where_nothing_is_makes_the_database(
    store: Store, url: str, copy: Path, file: Path
) -> None:
    await store.say("default", HALL, document(), "k1", NOW)
    backup(url, copy, nobody_looks)
    await store.close()
    file.unlink()
    assert restore(url, copy, AT, nobody_looks) is None
    assert rows(file, KEYS) == [("k1",)]


async def test_a_plain_copy_of_a_stopped_bots_database_is_a_backup_too(
    store: Store, url: str, copy: Path, file: Path, tmp_path: Path
) -> None:
    await store.say("default", HALL, document(), "k1", NOW)
    await store.close()
    shutil.copy(file, copy)
    before = copy.read_bytes()
    change(file, "DELETE FROM outbox")
    kept = restore(url, copy, AT, nobody_looks)
    assert kept is not None
    assert rows(file, KEYS) == [("k1",)]
    assert copy.read_bytes() == before
    assert {"kept.db-wal", "kept.db-shm"}.isdisjoint(names(tmp_path))


async def test_a_database_that_is_open_elsewhere_is_not_replaced(
    store: Store, url: str, copy: Path, file: Path
) -> None:
    backup(url, copy, nobody_looks)
    await store.say("default", HALL, document(), "k1", NOW)
    # The bot is idle: it has the database open and holds no lock.
    said = refusal_to_restore(url, copy)
    assert said == f"database {file}: is in use; stop the bot, then restore"
    assert rows(file, KEYS) == [("k1",)]
    assert not list(file.parent.glob("*before-restore*"))


async def test_nobody_gets_in_during_a_restore(
    store: Store, url: str, copy: Path, file: Path
) -> None:
    backup(url, copy, nobody_looks)
    await store.close()
    locked: list[str] = []

    def try_to_get_in(done: int, total: int) -> None:
        del done, total
        with closing(sqlite3.connect(file, timeout=0)) as other:
            try:
                other.execute("SELECT * FROM outbox").fetchall()
            except sqlite3.OperationalError as error:
                locked.append(str(error))

    restore(url, copy, AT, try_to_get_in)
    assert set(locked) == {"database is locked"}


async def test_a_restore_that_is_broken_off_leaves_the_present_database(
    store: Store, url: str, copy: Path, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    backup(url, copy, nobody_looks)
    await store.say("default", HALL, document(), "k1", NOW)
    await store.close()
    monkeypatch.setattr(backing_up, "_PAGES", 2)

    def interrupt(done: int, total: int) -> None:
        if done > total / 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        restore(url, copy, AT, interrupt)
    assert rows(file, KEYS) == [("k1",)]
    assert rows(file, "PRAGMA integrity_check") == [("ok",)]


async def test_only_a_whole_database_of_ours_and_no_newer_one_is_restored(
    store: Store, url: str, copy: Path, file: Path
) -> None:
    assert refusal_to_restore(url, copy) == f"{copy}: there is no such file"
    copy.write_text("Buy milk. " * 1000, encoding="utf-8")
    assert refusal_to_restore(url, copy) == f"{copy}: is no vendorwatch database"
    copy.unlink()
    change(copy, "CREATE TABLE other (a TEXT)")
    assert refusal_to_restore(url, copy) == f"{copy}: is no vendorwatch database"
    copy.unlink()
    backup(url, copy, nobody_looks)
    change(copy, "UPDATE alembic_version SET version_num = '9999'")
    assert refusal_to_restore(url, copy) == (
        f"database {copy}: was written by a newer vendorwatch (schema 9999); "
        "upgrade vendorwatch, or restore a backup made before the upgrade"
    )
    copy.unlink()
    await store.say("default", HALL, document("x" * 400_000), "k1", NOW)
    backup(url, copy, nobody_looks)
    whole = copy.read_bytes()
    copy.write_bytes(whole[: len(whole) // 2])
    assert "is damaged" in refusal_to_restore(url, copy)
    middle = len(whole) // 2
    copy.write_bytes(whole[:middle] + b"\xff" * 8192 + whole[middle + 8192 :])
    assert refusal_to_restore(url, copy) == f"{copy}: is damaged; take another backup"
    await store.close()
    assert refusal_to_restore(url, file) == f"{file}: is the database itself; name a backup of it"
    assert rows(file, KEYS) == [("k1",)]


async def test_a_present_database_beyond_reading_is_left_to_its_owner(
    store: Store, url: str, copy: Path, file: Path
) -> None:
    backup(url, copy, nobody_looks)
    await store.close()
    file.write_bytes(b"rubbish" * 3000)
    said = refusal_to_restore(url, copy)
    assert said == f"database {file}: is no database any more; move it away, then restore"
    assert file.read_bytes() == b"rubbish" * 3000


async def test_on_a_server_the_commands_that_are_told_do_the_work(
    postgres: Postgres, store: Store, url: str, behind: Behind
) -> None:
    copy = postgres.server.folder / "kept dump"
    try:
        await store.say("default", HALL, document(), "k1", NOW)
        with pytest.raises(StorageError) as told:
            backup(url, copy, nobody_looks)
        postgres.server.run(*shlex.split(str(told.value).partition(": ")[2]))
        await store.say("default", HALL, document(), "k2", NOW)
        await store.close()
        with pytest.raises(StorageError) as told:
            restore(url, copy, AT, nobody_looks)
        postgres.server.run(*shlex.split(str(told.value).partition(": ")[2]))
        assert behind(KEYS) == [("k1",)]
    finally:
        copy.unlink(missing_ok=True)


def test_the_commands_for_a_server_hold_no_password() -> None:
    url = "postgresql+asyncpg://anna:hunter2@db.example:5433/bot?ssl=require&password=hunter2"
    with pytest.raises(StorageError) as to_back_up:
        backup(url, Path("a"), nobody_looks)
    with pytest.raises(StorageError) as to_restore:
        restore(url, Path("a"), AT, nobody_looks)
    for told in (str(to_back_up.value), str(to_restore.value)):
        assert "'postgresql://anna@db.example:5433/bot?sslmode=require'" in told
        assert "hunter2" not in told
