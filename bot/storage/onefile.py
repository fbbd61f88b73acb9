"""A SQLite file: whole transactions in one step to its thread, waiting writers in one commit.

A statement at a time over aiosqlite costs four hops between threads, some forty for an alert. Here
a transaction is one hop: the function runs where the connection lives, on SQLAlchemy's synchronous
side. Writers that wait while another one commits share the next commit.
"""

import asyncio
import sqlite3
from collections.abc import Callable
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

        Works run in the order in which they came.
        """
        result: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        own = _Waiting(work, result)
        self._waiting.append(own)
        async with self._turn:
            if not own.result.done():
                batch = self._waiting[:MOST_AT_ONCE]
                del self._waiting[: len(batch)]
                loop = asyncio.get_running_loop()
                await self._writer.run(lambda connection: _together(connection, batch, loop))
        done: T = await result
        return done

    async def close(self) -> None:
        """Close every connection."""
        await self._writer.close()
        await self._reader.close()


def _alone(connection: Connection, work: Callable[[Connection], T]) -> T:
    with connection.begin():
        return work(connection)


def _together(
    connection: Connection,
    batch: list[_Waiting[Any]],
    loop: asyncio.AbstractEventLoop,
) -> None:
    """Run works in one transaction; if one of them fails, each in its own.

    Results are given out from here, so that it does not matter who still waits for this call.
    """
    wanted = [each for each in batch if not each.result.cancelled()]
    if len(wanted) > 1:
        try:
            with connection.begin():
                results = [each.work(connection) for each in wanted]
        except Exception:  # noqa: BLE001, S110 - whose it is shows below
            pass
        else:
            for each, result in zip(wanted, results, strict=True):
                loop.call_soon_threadsafe(_give, each.result, result)
            return
    for each in wanted:
        try:
            loop.call_soon_threadsafe(_give, each.result, _alone(connection, each.work))
        except Exception as error:  # noqa: BLE001 - its caller's business
            loop.call_soon_threadsafe(_fail, each.result, error)


def _give(future: "asyncio.Future[object]", result: object) -> None:
    if not future.done():
        future.set_result(result)


def _fail(future: "asyncio.Future[object]", error: Exception) -> None:
    if not future.done():
        future.set_exception(error)


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
