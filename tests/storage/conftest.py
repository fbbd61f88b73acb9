"""A real database of its own for every test: a file, and one on a real PostgreSQL.

Every test runs on both engines, except one that asks for `file`, `copy` or `tmp_path`, which is
about files, and one that asks for `postgres`, which is about servers.
"""

import asyncio
import inspect
import shutil
import sqlite3
from collections.abc import AsyncIterator, Iterator
from contextlib import closing
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path

import asyncpg  # type: ignore[import-untyped]  # it comes without types
import pytest
from sqlalchemy import make_url

from bot.storage.store import Store
from bot.storage.tables import metadata
from tests.postgres import Server, shared

# What a test may have changed, and no connection that it left open may keep us from seeing it.
_SCHEMA = """
    SELECT relname::text, attname::text, atttypid::int, attnotnull, version_num::text
    FROM pg_attribute JOIN pg_class ON attrelid = pg_class.oid, alembic_version
    WHERE relnamespace = 'public'::regnamespace ORDER BY 1, 2
"""
_NO_WAITING = "SET lock_timeout = '1s'"


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Choose the engines that a test runs on."""
    if "engine" in metafunc.fixturenames:
        asked = inspect.signature(metafunc.function).parameters
        about_files = not {"file", "copy", "tmp_path"}.isdisjoint(asked)
        about_servers = "postgres" in asked
        engines = [] if about_servers else ["sqlite"]
        postgres = pytest.param("postgres", marks=pytest.mark.postgres)
        metafunc.parametrize("engine", engines if about_files else [*engines, postgres])


async def _open_and_close(url: str) -> None:
    await (await Store.open(url)).close()


@pytest.fixture(scope="session")
def empty(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make an empty database once: a copy is there sooner than a migration."""
    file = tmp_path_factory.mktemp("empty") / "bot.db"
    asyncio.run(_open_and_close(f"sqlite+aiosqlite:///{file}"))
    return file


@dataclass(slots=True)
class Postgres:
    """Databases on the server. To empty one takes a tenth of the time that a copy takes."""

    server: Server
    _empty: list[str] = field(default_factory=list)
    _numbers: Iterator[int] = field(default_factory=count)
    _as_migrated: list[tuple[object, ...]] = field(default_factory=list)

    def name_in(self, url: str) -> str:
        """Give the name of the database at an address."""
        return make_url(url).database or ""

    def new(self) -> str:
        """Make a database without tables."""
        name = f"test_{next(self._numbers)}"
        self.server(name)
        return name

    def migrated(self) -> str:
        """Give a database with the tables of the program, all empty."""
        if self._empty:
            return self._empty.pop()
        name = self.new()
        asyncio.run(_open_and_close(self.server.address(name)))
        self._as_migrated = self.server.execute(_SCHEMA, database=name)
        return name

    def give_back(self, name: str) -> None:
        """Empty a database for the next test, or drop it if this one changed its tables."""
        rows = [f"DELETE FROM {table.name}" for table in reversed(metadata.sorted_tables)]  # noqa: S608 - our tables
        try:
            schema = self.server.execute(_NO_WAITING, *rows, _SCHEMA, database=name)
        except asyncpg.PostgresError:
            schema = []
        if schema and schema == self._as_migrated:
            self._empty.append(name)
        else:
            self.server.drop(name)


@pytest.fixture(scope="session")
def postgres() -> Postgres:
    """Give the server and what its databases are kept in order with."""
    return Postgres(shared())


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """Say where the database is, or will be."""
    return tmp_path / "bot.db"


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """Say where a backup goes."""
    return tmp_path / "kept.db"


@pytest.fixture
def url(engine: str, request: pytest.FixtureRequest) -> Iterator[str]:
    """Give the address of a database: migrated if the test has a store on it, else new."""
    migrated = "store" in request.fixturenames
    if engine == "sqlite":
        file: Path = request.getfixturevalue("file")
        if migrated:
            shutil.copy(request.getfixturevalue("empty"), file)
        yield f"sqlite+aiosqlite:///{file}"
        return
    postgres: Postgres = request.getfixturevalue("postgres")
    name = postgres.migrated() if migrated else postgres.new()
    yield postgres.server.address(name)
    postgres.give_back(name)


@pytest.fixture
async def store(url: str) -> AsyncIterator[Store]:
    """Give the opened store."""
    opened = await Store.open(url)
    yield opened
    await opened.close()


@pytest.fixture
async def other(store: Store, url: str) -> AsyncIterator[Store]:
    """Give a second store on the same database, as another process would have."""
    del store
    opened = await Store.open(url)
    yield opened
    await opened.close()


@dataclass(frozen=True, slots=True)
class Behind:
    """Reads and changes a database behind the program's back, on either engine."""

    url: str

    def __call__(self, statement: str) -> list[tuple[object, ...]]:
        """Carry out one statement and commit; give its rows."""
        parsed = make_url(self.url)
        name = parsed.database or ""
        if parsed.get_backend_name() == "postgresql":
            return shared().execute(statement, database=name)
        with closing(sqlite3.connect(name)) as connection, connection:
            return connection.execute(statement).fetchall()


@pytest.fixture
def behind(url: str) -> Behind:
    """Give a way into the database behind the program's back."""
    return Behind(url)
