"""A connection to a database: transactions, clear errors, and all that differs between dialects.

Supported are SQLite (one machine) and PostgreSQL (replicas). The rest of the package is written in
SQL that means the same in both.
"""

import asyncio
import sqlite3
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, contextmanager, nullcontext
from typing import Concatenate, ParamSpec, TypeVar

from sqlalchemy import Connection, Table, event, make_url, text
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import ArgumentError, DBAPIError, SQLAlchemyError, StatementError
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine
from sqlalchemy.pool import ConnectionPoolEntry

from bot.errors import StorageError
from bot.storage.failures import explain, file_of

P = ParamSpec("P")
T = TypeVar("T")

_CONNECT_ARGS: dict[str, dict[str, object]] = {
    "sqlite+aiosqlite": {},
    "postgresql+asyncpg": {"timeout": 10, "command_timeout": 30},
}

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
        # SQLite has one writer at a time. Queue for it here, in order: its own waiting is a race.
        self._one_writer = engine.url.get_backend_name() == "sqlite"
        self._turn: AbstractAsyncContextManager[None] = (
            asyncio.Lock() if self._one_writer else nullcontext()
        )

    @classmethod
    def at(cls, url: str) -> "Database":
        """Make a database of its address; nothing is opened yet."""
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
            raise StorageError(
                "database.url names no file; write sqlite+aiosqlite:///path/to/file.db"
            )
        try:
            engine = create_async_engine(
                parsed, hide_parameters=True, connect_args=_CONNECT_ARGS[parsed.drivername]
            )
        except ImportError as error:
            raise StorageError(
                f"database.url needs the package {error.name}; install it beside vendorwatch"
            ) from error
        if parsed.get_backend_name() == "sqlite":
            event.listen(engine.sync_engine, "connect", _prepare)
            event.listen(engine.sync_engine, "begin", _begin)
        return cls(engine)

    @property
    def name(self) -> str:
        """The file, or the server's address without its password."""
        url = self._engine.url
        return str(file_of(url) or url.render_as_string(hide_password=True))

    async def reach(self) -> None:
        """See whether the file of a SQLite database can be opened; it is made if missing.

        The driver reports a failure to open from a thread that outlives the call, and that thread
        complains if the event loop is gone by then, as it is soon after such a failure.
        """
        if self._one_writer:
            connect: Callable[..., sqlite3.Connection] = sqlite3.connect
            args, kwargs = self._engine.dialect.create_connect_args(self._engine.url)
            with self._clear_errors():
                await asyncio.to_thread(lambda: connect(*args, **kwargs).close())

    async def read(
        self, work: Callable[Concatenate[Connection, P], T], *args: P.args, **kwargs: P.kwargs
    ) -> T:
        """Run `work` on one unchanging view of the data."""
        with self._clear_errors():
            async with self._engine.begin() as connection:
                return await connection.run_sync(work, *args, **kwargs)

    async def write(
        self, work: Callable[Concatenate[Connection, P], T], *args: P.args, **kwargs: P.kwargs
    ) -> T:
        """Run `work` and commit what it wrote, all or nothing.

        On SQLite no other writer runs meanwhile; on PostgreSQL `work` locks the rows it reads.
        """
        with self._clear_errors():
            async with self._turn, self._writer.begin() as connection:
                return await connection.run_sync(work, *args, **kwargs)

    async def close(self) -> None:
        """Close every connection."""
        await self._engine.dispose()

    @contextmanager
    def _clear_errors(self) -> Iterator[None]:
        try:
            yield
        except DBAPIError as error:
            raise StorageError(explain(error, self._engine.url)) from error
        except StatementError as error:
            # A value that cannot be stored: the caller's mistake, not the database's.
            raise (error.orig or error) from None
        except (SQLAlchemyError, sqlite3.Error, OSError) as error:
            raise StorageError(explain(error, self._engine.url)) from error


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
