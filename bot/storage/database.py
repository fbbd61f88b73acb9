"""A connection to a database: transactions, clear errors, and all that differs between dialects.

Supported are SQLite (one machine) and PostgreSQL (replicas). The rest of the package is written in
SQL that means the same in both.
"""

import sqlite3
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, contextmanager
from functools import cache
from typing import Concatenate, ParamSpec, TypeVar

from sqlalchemy import URL, Connection, Insert, Table, make_url, text
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import ArgumentError, DBAPIError, SQLAlchemyError, StatementError

from bot.errors import StorageError
from bot.storage.failures import explain, place
from bot.storage.onefile import OneFile
from bot.storage.prepared import execute_many
from bot.storage.server import Server

P = ParamSpec("P")
T = TypeVar("T")

_DRIVERS = ("sqlite+aiosqlite", "postgresql+asyncpg")

# Any number will do, so long as every version of this program takes the same one.
_SCHEMA_LOCK = 7_305_841_172
_MOST_VALUES = 500
"""Databases bound the number of values in a statement; this is well below all of them."""


class Database:
    """Runs functions of a connection, each in a transaction of its own.

    Every failure of the database leaves here as a StorageError that says where and what to do.
    """

    def __init__(self, url: URL, runner: "OneFile | Server") -> None:
        self._url = url
        self._runner = runner

    @classmethod
    def at(cls, url: str) -> "Database":
        """Make a database of its address; nothing is opened yet."""
        parsed = parse(url)
        if parsed.get_backend_name() == "sqlite":
            return cls(parsed, OneFile(parsed))
        return cls(parsed, Server(parsed))

    @property
    def url(self) -> URL:
        """Where it is. It may hold a password."""
        return self._url

    @property
    def name(self) -> str:
        """The file, or the server's address without its password."""
        return place(self.url)

    async def reach(self) -> None:
        """See whether the database can be opened; the file of a SQLite database is made if missing.

        SQLite's driver reports a failure to open from a thread that outlives the call, and that
        thread complains if the event loop is gone by then, as it is soon after such a failure.
        """
        try:
            with self._clear_errors():
                await self._runner.reach()
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
            return await self._runner.read(lambda connection: work(connection, *args, **kwargs))

    async def write(
        self, work: Callable[Concatenate[Connection, P], T], *args: P.args, **kwargs: P.kwargs
    ) -> T:
        """Run `work` and commit what it wrote, all or nothing.

        On SQLite no other writer runs meanwhile; on PostgreSQL `work` locks the rows it reads. On
        either it may run again, where it was undone for the sake of somebody else's.
        """
        with self._clear_errors():
            return await self._runner.write(lambda connection: work(connection, *args, **kwargs))

    async def tidy(self) -> None:
        """Let nothing that was deleted remain in SQLite's log of what was written."""
        if isinstance(self._runner, OneFile):
            with self._clear_errors():
                await self._runner.tidy()

    @asynccontextmanager
    async def without_hurry(self) -> "AsyncIterator[Database]":
        """Give this database without a limit on the time that a statement takes."""
        if isinstance(self._runner, OneFile):
            yield self
            return
        patient = Database(self._url, Server(self._url, hurry=False))
        try:
            yield patient
        finally:
            await patient.close()

    async def close(self) -> None:
        """Close every connection."""
        await self._runner.close()

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
    if parsed.drivername not in _DRIVERS:
        raise StorageError(
            f"database.url names {parsed.drivername}, which is not supported; "
            f"start it with one of: {', '.join(f'{name}://' for name in _DRIVERS)}"
        )
    if parsed.get_backend_name() == "sqlite" and parsed.database in {None, "", ":memory:"}:
        raise StorageError("database.url names no file; write sqlite+aiosqlite:///path/to/file.db")
    return parsed


def insert_missing(
    connection: Connection, table: Table, rows: Sequence[Mapping[str, object]]
) -> int:
    """Insert the rows whose unique keys are not there yet; give how many those were."""
    statement = _unless_there(connection.dialect.name, table)
    return sum(connection.execute(statement, dict(row)).rowcount for row in rows)


def insert_all(connection: Connection, table: Table, rows: Sequence[Mapping[str, object]]) -> None:
    """Insert the rows whose unique keys are not there yet, one after another, in one step."""
    execute_many(connection, _unless_there(connection.dialect.name, table), rows)


def portions(values: Sequence[T]) -> Iterator[list[T]]:
    """Give values in lists that a statement may ask for."""
    for start in range(0, len(values), _MOST_VALUES):
        yield list(values[start : start + _MOST_VALUES])


@cache
def _unless_there(dialect: str, table: Table) -> Insert:
    """Make an INSERT once: to build a statement takes longer than to carry it out."""
    if dialect == "sqlite":
        return sqlite.insert(table).on_conflict_do_nothing()
    return postgresql.insert(table).on_conflict_do_nothing()


def lock_schema(connection: Connection) -> None:
    """Keep others from migrating until this transaction ends; on SQLite it is the only writer."""
    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _SCHEMA_LOCK})
