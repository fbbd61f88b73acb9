"""A real database in a folder of its own for every test."""

import asyncio
import shutil
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.storage.store import Store


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """Say where the database is, or will be."""
    return tmp_path / "bot.db"


@pytest.fixture
def url(file: Path) -> str:
    """Give the database's address."""
    return f"sqlite+aiosqlite:///{file}"


@pytest.fixture(scope="session")
def empty(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make an empty database once: a copy is there sooner than a migration."""

    async def make(file: Path) -> None:
        store = await Store.open(f"sqlite+aiosqlite:///{file}")
        await store.close()

    file = tmp_path_factory.mktemp("empty") / "bot.db"
    asyncio.run(make(file))
    return file


@pytest.fixture
async def store(empty: Path, file: Path, url: str) -> AsyncIterator[Store]:
    """Give the opened store."""
    shutil.copy(empty, file)
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
