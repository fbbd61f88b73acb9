"""Writers that wait share a commit, and none of them pays for another's failure."""

import asyncio
import sqlite3
import threading
from collections.abc import AsyncIterator, Callable
from contextlib import closing, suppress
from pathlib import Path
from typing import Any

import aiosqlite
import pytest
from sqlalchemy import Connection, event, make_url, text
from sqlalchemy.exc import IntegrityError, OperationalError

from bot.storage.onefile import MOST_AT_ONCE, OneFile


@pytest.fixture
async def one_file(tmp_path: Path) -> AsyncIterator[OneFile]:
    opened = OneFile(make_url(f"sqlite+aiosqlite:///{tmp_path / 'x.db'}"))
    await opened.write(lambda c: c.execute(text("CREATE TABLE n (value INTEGER PRIMARY KEY)")))
    yield opened
    await opened.close()


def put(value: int) -> Callable[[Connection], int]:
    def work(connection: Connection) -> int:
        connection.execute(text("INSERT INTO n VALUES (:value)"), {"value": value})
        return value

    return work


async def held(one_file: OneFile) -> list[int]:
    return await one_file.read(
        lambda c: list(c.execute(text("SELECT value FROM n ORDER BY rowid")).scalars())
    )


async def test_writers_that_wait_share_a_commit_and_each_gets_its_own_result(
    one_file: OneFile,
) -> None:
    commits: list[None] = []
    await one_file.write(lambda c: event.listen(c.engine, "commit", lambda _: commits.append(None)))
    commits.clear()
    results = await asyncio.gather(*(one_file.write(put(n)) for n in range(50)))
    assert results == list(range(50))
    assert await held(one_file) == list(range(50))
    assert len(commits) <= 3


async def test_one_that_fails_fails_alone(one_file: OneFile) -> None:
    def faulty(connection: Connection) -> int:
        put(99)(connection)
        raise RuntimeError("a bug")

    works = [put(1), faulty, put(2), put(1), put(3)]
    results = await asyncio.gather(*map(one_file.write, works), return_exceptions=True)
    assert [str(each).split("\n")[0][:40] for each in results if isinstance(each, Exception)] == [
        "a bug",
        "(sqlite3.IntegrityError) UNIQUE constrai",
    ]
    assert [each for each in results if isinstance(each, int)] == [1, 2, 3]
    assert await held(one_file) == [1, 2, 3]


async def test_a_commit_that_fails_leaves_nothing_behind_and_the_next_one_works(
    one_file: OneFile,
) -> None:
    """As on a full disk, which is noticed only then; here a promise is broken that is due then."""
    child = "CREATE TABLE child (n INTEGER REFERENCES n (value) DEFERRABLE INITIALLY DEFERRED)"
    await one_file.write(lambda c: c.execute(text(child)))
    with pytest.raises(IntegrityError):
        await one_file.write(lambda c: c.execute(text("INSERT INTO child VALUES (7)")))
    await one_file.write(put(1))
    assert await held(one_file) == [1]


async def test_more_than_one_commit_takes_are_done_in_order(one_file: OneFile) -> None:
    many = MOST_AT_ONCE * 3 + 5
    await asyncio.gather(*(one_file.write(put(n)) for n in range(many)))
    assert await held(one_file) == list(range(many))


async def test_one_that_gives_up_waiting_holds_nobody_up(one_file: OneFile) -> None:
    for turns in range(20):
        tasks = [asyncio.ensure_future(one_file.write(put(10 * turns + n))) for n in range(4)]
        for _ in range(turns):
            await asyncio.sleep(0)
        tasks[0].cancel()
        done = await asyncio.gather(*tasks, return_exceptions=True)
        assert done[1:] == [10 * turns + n for n in (1, 2, 3)]
    there = set(await held(one_file))
    assert {10 * turns + n for turns in range(20) for n in (1, 2, 3)} <= there


async def test_a_reader_sees_what_was_committed_before_it_asked(one_file: OneFile) -> None:
    for n in range(20):
        await one_file.write(put(n))
        assert (await held(one_file))[-1] == n


class Busy:
    """Keeps the thread at work until `go` is set, so that others come to wait."""

    def __init__(self) -> None:
        self.begun = asyncio.Event()
        self.go = threading.Event()
        self._loop = asyncio.get_running_loop()

    def __call__(self, connection: Connection) -> int:
        """Work for as long as it takes."""
        self._loop.call_soon_threadsafe(self.begun.set)
        assert self.go.wait(5)
        return put(0)(connection)


async def test_one_that_is_cancelled_while_it_waits_writes_nothing_ever(one_file: OneFile) -> None:
    busy = Busy()
    async with asyncio.timeout(5), asyncio.TaskGroup() as group:
        group.create_task(one_file.write(busy))
        await busy.begun.wait()
        waiting = group.create_task(one_file.write(put(1)))
        await asyncio.sleep(0)
        waiting.cancel()
        await asyncio.sleep(0)
        busy.go.set()
    await one_file.write(put(2))
    assert await held(one_file) == [0, 2]


async def test_one_that_is_cancelled_at_work_leaves_nothing_and_the_others_are_done(
    one_file: OneFile,
) -> None:
    first, second = Busy(), Busy()
    async with asyncio.timeout(5), asyncio.TaskGroup() as group:
        group.create_task(one_file.write(first))
        await first.begun.wait()
        other = group.create_task(one_file.write(put(1)))
        cancelled = group.create_task(one_file.write(second))
        await asyncio.sleep(0)
        first.go.set()
        await second.begun.wait()
        cancelled.cancel()
        await asyncio.sleep(0)
        second.go.set()
    assert other.result() == 1
    await one_file.write(put(2))
    assert await held(one_file) == [0, 1, 2]


async def test_a_file_that_cannot_be_opened_keeps_nobody_waiting(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    connect, tries = aiosqlite.connect, iter(range(2))

    async def failing(*args: str, **options: Any) -> aiosqlite.Connection:
        await asyncio.sleep(0)
        if next(tries, None) is not None:
            raise sqlite3.OperationalError("unable to open database file")
        return await connect(*args, **options)

    async def write(number: int) -> None:
        with suppress(sqlite3.Error):
            await opened.write(lambda c: c.execute(text(f"SELECT {number}")))

    opened = OneFile(make_url(f"sqlite+aiosqlite:///{tmp_path / 'y.db'}"))
    monkeypatch.setattr(aiosqlite, "connect", failing)
    async with asyncio.timeout(5), asyncio.TaskGroup() as group:
        for number in range(4):
            group.create_task(write(number))
    await opened.close()


async def test_a_file_that_another_program_holds_is_waited_for_once_by_all(
    one_file: OneFile, tmp_path: Path
) -> None:
    await one_file.write(lambda c: c.exec_driver_sql("PRAGMA busy_timeout = 200"))
    with closing(sqlite3.connect(tmp_path / "x.db", isolation_level=None)) as holder:
        holder.execute("BEGIN IMMEDIATE")
        async with asyncio.timeout(3):
            works = [one_file.write(put(number)) for number in range(30)]
            results = await asyncio.gather(*works, return_exceptions=True)
    assert {type(result) for result in results} == {OperationalError}
    assert await held(one_file) == []
    assert await one_file.write(put(1)) == 1
