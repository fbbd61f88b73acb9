"""A SQLite file: whole transactions in one step to its thread, waiting writers in one commit.

A statement at a time over aiosqlite costs four hops between threads, some forty for an alert. Here
a transaction is one hop: the function runs where the connection lives, on SQLAlchemy's synchronous
side. Writers that wait while another one commits share the next commit.
"""

import asyncio
import sqlite3
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

import aiosqlite
from sqlalchemy import URL, Connection, Engine, create_engine, event
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.pool import ConnectionPoolEntry, StaticPool

T = TypeVar("T")

MOST_AT_ONCE = 64
"""Writers that share a commit at most, so that the first of them does not wait for long."""

# synchronous=FULL: a committed row survives loss of power, so a source may be acknowledged.
_PRAGMAS = (
    "PRAGMA busy_timeout = 5000",
    "PRAGMA journal_mode = WAL",
    "PRAGMA synchronous = FULL",
    "PRAGMA foreign_keys = ON",
    "PRAGMA secure_delete = ON",  # what is deleted is not left lying in the file
)


@dataclass(frozen=True, slots=True)
class _Waiting(Generic[T]):
    """A writer's work and where its result goes."""

    work: Callable[[Connection], T]
    result: "asyncio.Future[T]"


class _Thread:
    """One connection and the thread it lives in, opened at the first use."""

    def __init__(self, url: URL, begin: str) -> None:
        self._url = url
        self._begin = begin
        self._opening = asyncio.Lock()
        self._raw: aiosqlite.Connection | None = None
        self._connection: Connection | None = None

    async def run(self, work: Callable[[Connection], T]) -> T:
        """Run a function of the connection in its thread, outside any transaction."""
        async with self._opening:
            if self._raw is None:
                file, options = _dialect(self._url)
                self._raw = await aiosqlite.connect(file, **options)
        raw = self._raw

        def in_thread() -> T:
            if self._connection is None:
                self._connection = _connected(raw._conn, self._begin)  # noqa: SLF001 - as below
            return work(self._connection)

        # aiosqlite has no public way to run more than one statement in its thread.
        done: T = await raw._execute(in_thread)  # type: ignore[no-untyped-call]  # noqa: SLF001
        return done

    async def close(self) -> None:
        """Close the connection and end the thread."""
        if self._raw is not None:
            if self._connection is not None:
                await self.run(Connection.close)
            await self._raw.close()
            self._raw, self._connection = None, None


class OneFile:
    """Reads and writes of one file, each a transaction of its own for its caller."""

    def __init__(self, url: URL) -> None:
        self._writer = _Thread(url, "BEGIN IMMEDIATE")
        self._reader = _Thread(url, "BEGIN")
        self._url = url
        self._turn = asyncio.Lock()
        self._waiting: list[_Waiting[Any]] = []

    async def reach(self) -> None:
        """See whether the file can be opened; it is made if missing."""
        file, options = _dialect(self._url)
        await asyncio.to_thread(lambda: sqlite3.connect(file, **options).close())

    async def read(self, work: Callable[[Connection], T]) -> T:
        """Run `work` on one unchanging view of the data."""
        return await self._reader.run(lambda connection: _alone(connection, work))

    async def write(self, work: Callable[[Connection], T]) -> T:
        """Run `work` and commit, all or nothing; it may run again if another's work failed.

        Works run in the order in which they came. One that is cancelled leaves nothing behind,
        unless its commit has begun.
        """
        result: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        self._waiting.append(_Waiting(work, result))
        try:
            async with self._turn:
                if not result.done():
                    await self._commit_waiting()
            done: T = await result
        finally:
            # A result that nobody waits for any more tells the thread to leave the work undone.
            result.cancel()
        return done

    async def _commit_waiting(self) -> None:
        batch = self._waiting[:MOST_AT_ONCE]
        del self._waiting[: len(batch)]
        loop = asyncio.get_running_loop()
        try:
            await self._writer.run(lambda connection: _together(connection, batch, loop))
        except Exception as error:  # noqa: BLE001 - it is everybody's: nothing was begun
            _fail(batch, error)

    async def tidy(self) -> None:
        """Bring the log of what was written into the file, and empty it."""
        async with self._turn:
            await self._writer.run(_empty_log)

    async def close(self) -> None:
        """Close every connection."""
        await self._writer.close()
        await self._reader.close()


def _alone(connection: Connection, work: Callable[[Connection], T]) -> T:
    with connection.begin():
        return work(connection)


class _UndoneError(Exception):
    """A work of the transaction failed, or nobody waits for it any more: nothing is kept."""


def _empty_log(connection: Connection) -> None:
    # Outside a transaction, which SQLAlchemy's own way to execute would begin.
    driver = connection.connection.driver_connection
    if driver is not None:
        driver.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()


def _together(
    connection: Connection,
    batch: list[_Waiting[Any]],
    loop: asyncio.AbstractEventLoop,
) -> None:
    """Run works in one transaction; if that is undone, each in its own.

    Results are given out from here, so that it does not matter who still waits for this call.
    Whatever is raised concerns all: no transaction can be begun.
    """
    wanted = [each for each in batch if not each.result.cancelled()]
    if len(wanted) > 1:
        with suppress(_UndoneError):
            results = _in_one(connection, wanted)
            loop.call_soon_threadsafe(_give, wanted, results)
            return
    for each in wanted:
        try:
            result = _in_one(connection, [each])
        except _UndoneError as undone:
            loop.call_soon_threadsafe(_fail, [each], undone.__cause__)
        else:
            loop.call_soon_threadsafe(_give, [each], result)


def _in_one(connection: Connection, works: list[_Waiting[Any]]) -> list[object]:
    """Run works in one transaction and commit."""
    with connection.begin() as transaction:
        try:
            results = [each.work(connection) for each in works]
            _check_wanted(works)
            transaction.commit()
        except BaseException as error:
            # A commit that failed is over for neither side: SQLAlchemy keeps the transaction until
            # it is told, and then thinks that there is nothing to be undone in the database.
            transaction.rollback()
            connection.connection.rollback()
            raise _UndoneError from error
        return results


def _check_wanted(works: list[_Waiting[Any]]) -> None:
    if any(each.result.cancelled() for each in works):
        raise asyncio.CancelledError


def _give(waiting: list[_Waiting[Any]], results: list[object]) -> None:
    for each, result in zip(waiting, results, strict=True):
        if not each.result.done():
            each.result.set_result(result)


def _fail(waiting: list[_Waiting[Any]], error: BaseException | None) -> None:
    for each in waiting:
        if not each.result.done():
            each.result.set_exception(error or AssertionError("what is undone has a cause"))


def _dialect(url: URL) -> tuple[str, dict[str, Any]]:
    """Give the file and the options as the driver takes them."""
    (file,), options = url.get_dialect()().create_connect_args(url)
    return file, dict(options)


def _connected(raw: sqlite3.Connection, begin: str) -> Connection:
    """Make SQLAlchemy's connection of the driver's, in the thread of both."""
    engine: Engine = create_engine(
        "sqlite://",
        creator=lambda: raw,
        poolclass=StaticPool,
        pool_reset_on_return=None,
        hide_parameters=True,
    )

    def prepare(connection: DBAPIConnection, entry: ConnectionPoolEntry) -> None:
        # None: sqlite3 begins no transactions of its own; the event below does.
        # https://docs.sqlalchemy.org/en/21/dialects/sqlite.html#sqlite-transactions
        del entry
        connection.isolation_level = None
        cursor = connection.cursor()
        for pragma in _PRAGMAS:
            cursor.execute(pragma)
        cursor.close()

    def start(connection: Connection) -> None:
        # A transaction that reads first and writes later may find that it cannot write any more;
        # IMMEDIATE takes the right to write at once.
        # https://www.sqlite.org/lang_transaction.html
        connection.exec_driver_sql(begin)

    event.listen(engine, "connect", prepare)
    event.listen(engine, "begin", start)
    return engine.connect()
