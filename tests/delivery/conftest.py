"""A store, a clock that a test moves, and a platform that keeps what it is given."""

import asyncio
import shutil
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from random import Random

import pytest

from bot.core.document import Document, Paragraph, words
from bot.core.mention import Channel
from bot.delivery.outbox import Worker
from bot.storage.store import Store
from tests.fakes import NOON as NOW
from tests.fakes import Clock, FakePlatform
from tests.storage.conftest import empty

__all__ = ["NOW", "empty"]  # the latter a fixture

HALL = Channel("fake", "#hall")
LAB = Channel("fake", "#lab")


class Chance(Random):
    """Randomness that always gives `value`, and wakes who waits for it to be asked."""

    def __init__(self, value: float = 1.0) -> None:
        super().__init__(1)
        self.value = value
        self.asked = asyncio.Event()
        self.times = 0

    def uniform(self, a: float, b: float) -> float:
        """Give the value, whatever the limits."""
        del a, b
        self.times += 1
        self.asked.set()
        return self.value


@dataclass(slots=True)
class Post:
    """What a test of the worker is written with."""

    store: Store
    platform: FakePlatform
    clock: Clock
    chance: Chance

    def worker(
        self,
        *,
        pace: float = 0.0,
        concurrency: int = 8,
        time_limit_s: float = 5.0,
        admins: tuple[Channel, ...] = (),
    ) -> Worker:
        """Make a worker; `pace` is in seconds."""
        return Worker(
            self.store,
            {"fake": self.platform},
            self.clock,
            self.chance,
            timedelta(seconds=pace),
            concurrency,
            time_limit_s,
            admins,
        )

    async def say(self, *texts: str, channel: Channel = HALL) -> None:
        """Queue documents for a channel."""
        for text in texts:
            document = Document(text, (Paragraph(words(text)),))
            await self.store.say("default", channel, document, f"key of {text}", self.clock())


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """Say where the database is."""
    return tmp_path / "bot.db"


@pytest.fixture
async def post(empty: Path, file: Path) -> AsyncIterator[Post]:
    """Give a store, a platform, a clock and chance."""
    shutil.copy(empty, file)
    store = await Store.open(f"sqlite+aiosqlite:///{file}")
    yield Post(store, FakePlatform(), Clock(), Chance())
    await store.close()
