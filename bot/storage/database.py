"""A connection to a database: transactions, clear errors, and all that differs between dialects.

Supported are SQLite (one machine) and PostgreSQL (replicas). The rest of the package is written in
SQL that means the same in both.
"""

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from contextlib import (
    AbstractAsyncContextManager,
    asynccontextmanager,
    contextmanager,
    nullcontext,
)
from types import MappingProxyType
from typing import Concatenate, ParamSpec, TypeVar

from sqlalchemy import URL, Connection, Table, event, make_url, text
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import ArgumentError, DBAPIError, SQLAlchemyError, StatementError
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine
from sqlalchemy.pool import ConnectionPoolEntry

from bot.errors import StorageError
from bot.storage.failures import explain, place, worth_another_try

P = ParamSpec("P")
T = TypeVar("T")

# Seconds. The limit on a statement is kept on this side, where a server that is gone counts too.
# A machine that dies in the middle of a transaction must not hold its rows until TCP gives up.
_CONNECT_ARGS: dict[str, dict[str, object]] = {
    "sqlite+aiosqlite": {},
    "postgresql+asyncpg": {
        "timeout": 10,
        "command_timeout": 30,
        "server_settings": {
            "application_name": "vendorwatch",
            "idle_in_transaction_session_timeout": "60s",
        },
    },
}
_NO_HURRY = {"command_timeout": None}
_TRIES = 3

# synchronous=FULL: a committed row survives loss of power, so a source may be acknowledged.
_PRAGMAS = (
    "PRAGMA busy_timeout = 5000",
    "PRAGMA journal_mode = WAL",
    "PRAGMA synchronous = FULL",
    "PRAGMA foreign_keys = ON",
)

# Any number will do, so long as every version of this program takes the same one.
_SCHEMA_LOCK = 7_305_841_172


class Database:
    """Runs functions of a connection, each in a transaction of its own.

    Every failure of the database leaves here as a StorageError that says where and what to do.
    """

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine
        self._writer = engine.execution_options(begin="BEGIN IMMEDIATE")
        self._reader = engine
        if engine.url.get_backend_name() == "postgresql":
            self._reader = engine.execution_options(
                isolation_level="REPEATABLE READ", postgresql_readonly=True
            )
        # SQLite has one writer at a time. Queue for it here, in order: its own waiting is a race.
        self._one_writer = engine.url.get_backend_name() == "sqlite"
        self._turn: AbstractAsyncContextManager[None] = (
            asyncio.Lock() if self._one_writer else nullcontext()
        )

    @classmethod
    def at(cls, url: str) -> "Database":
        """Make a database of its address; nothing is opened yet."""
        return cls(_engine(parse(url)))

    @property
    def url(self) -> URL:
        """Where it is. It may hold a password."""
        return self._engine.url

    @property
    def name(self) -> str:
        """The file, or the server's address without its password."""
        return place(self.url)

    async def reach(self) -> None:
        """See whether the database can be opened; the file of a SQLite database is made if missing.

        SQLite's driver reports a failure to open from a thread that outlives the call, and that
        thread complains if the event loop is gone by then, as it is soon after such a failure.
        """
        connect: Callable[..., sqlite3.Connection] = sqlite3.connect
        try:
            with self._clear_errors():
                if self._one_writer:
                    args, kwargs = self._engine.dialect.create_connect_args(self.url)
                    await asyncio.to_thread(lambda: connect(*args, **kwargs).close())
                else:
                    async with self._engine.connect():
                        pass
        except (TypeError, ValueError):
            # The driver's words would repeat the options, and one of them may be a password.
            raise StorageError(
                f"database {self.name}: the driver does not take the options after the ? in "
                "database.url; mend them or take them away"
            ) from None

    async def read(
        self, work: Callable[Concatenate[Connection, P], T], *args: P.args, **kwargs: P.kwargs
    ) -> T:
        """Run `work` on one unchanging view of the data."""
        with self._clear_errors():
            async with self._reader.begin() as connection:
                return await connection.run_sync(work, *args, **kwargs)

    async def write(
        self, work: Callable[Concatenate[Connection, P], T], *args: P.args, **kwargs: P.kwargs
    ) -> T:
        """Run `work` and commit what it wrote, all or nothing.

        On SQLite no other writer runs meanwhile; on PostgreSQL `work` locks the rows it reads, and
        may run again if the server undid it for the sake of somebody else's.
        """
        with self._clear_errors():
            for tries_left in reversed(range(_TRIES)):
                try:
                    async with self._turn, self._writer.begin() as connection:
                        return await connection.run_sync(work, *args, **kwargs)
                except DBAPIError as error:
                    if not tries_left or not worth_another_try(error):
                        raise
        raise AssertionError("the last try either returns or raises")

    @asynccontextmanager
    async def without_hurry(self) -> "AsyncIterator[Database]":
        """Give this database without a limit on the time that a statement takes."""
        if self._one_writer:
            yield self
            return
        patient = Database(_engine(self.url, _NO_HURRY))
        try:
            yield patient
        finally:
            await patient.close()

    async def close(self) -> None:
        """Close every connection."""
        await self._engine.dispose()

    @contextmanager
    def _clear_errors(self) -> Iterator[None]:
        try:
            yield
        except DBAPIError as error:
            raise StorageError(explain(error, self.url)) from error
        except StatementError as error:
            # A value that cannot be stored: the caller's mistake, not the database's.
            raise (error.orig or error) from None
        except (SQLAlchemyError, sqlite3.Error, OSError) as error:
            raise StorageError(explain(error, self.url)) from error


def parse(url: str) -> URL:
    """Read a database's address; raise StorageError if it is none, or of no use here."""
    try:
        parsed = make_url(url)
    except (ArgumentError, ValueError):
        # The text may hold a password, so it is not repeated.
        raise StorageError(
            "database.url is no database address; write sqlite+aiosqlite:///path/to/file.db"
        ) from None
    if parsed.drivername not in _CONNECT_ARGS:
        raise StorageError(
            f"database.url names {parsed.drivername}, which is not supported; "
            f"start it with one of: {', '.join(f'{name}://' for name in _CONNECT_ARGS)}"
        )
    if parsed.get_backend_name() == "sqlite" and parsed.database in {None, "", ":memory:"}:
        raise StorageError("database.url names no file; write sqlite+aiosqlite:///path/to/file.db")
    return parsed


def insert_missing(
    connection: Connection, table: Table, rows: Sequence[Mapping[str, object]]
) -> int:
    """Insert the rows whose unique keys are not there yet; give how many those were."""
    new = 0
    for row in rows:
        if connection.dialect.name == "sqlite":
            lite = sqlite.insert(table).values(**row).on_conflict_do_nothing()
            new += connection.execute(lite).rowcount
        else:
            post = postgresql.insert(table).values(**row).on_conflict_do_nothing()
            new += connection.execute(post).rowcount
    return new


def lock_schema(connection: Connection) -> None:
    """Keep others from migrating until this transaction ends; on SQLite it is the only writer."""
    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _SCHEMA_LOCK})


def _engine(url: URL, more: Mapping[str, object] = MappingProxyType({})) -> AsyncEngine:
    on_file = url.get_backend_name() == "sqlite"
    engine = create_async_engine(
        url,
        hide_parameters=True,
        connect_args={**_CONNECT_ARGS[url.drivername], **more},
        # A server may have been started anew since a connection was last used; a file may not.
        pool_pre_ping=not on_file,
    )
    if on_file:
        event.listen(engine.sync_engine, "connect", _prepare)
        event.listen(engine.sync_engine, "begin", _begin)
    return engine


def _prepare(connection: DBAPIConnection, entry: ConnectionPoolEntry) -> None:
    # None: sqlite3 begins no transactions of its own; `_begin` does, before every statement.
    # https://docs.sqlalchemy.org/en/21/dialects/sqlite.html#sqlite-transactions
    del entry
    connection.isolation_level = None
    cursor = connection.cursor()
    for pragma in _PRAGMAS:
        cursor.execute(pragma)
    cursor.close()


def _begin(connection: Connection) -> None:
    # A transaction that reads first and writes later may find that it cannot write any more;
    # IMMEDIATE takes the right to write at once. https://www.sqlite.org/lang_transaction.html
    connection.exec_driver_sql(connection.get_execution_options().get("begin", "BEGIN"))
