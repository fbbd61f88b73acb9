"""A store, a clock that a test moves, and a platform that keeps what it is given."""

import asyncio
import shutil
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random

import pytest

from bot.core.document import Document, Paragraph, words
from bot.core.mention import Channel, Invocation, Receipt
from bot.delivery.outbox import Worker
from bot.platforms.base import Inbox
from bot.storage.store import Store
from tests.storage.conftest import empty

__all__ = ["empty"]  # a fixture

NOW = datetime(2024, 4, 1, 12, 0, tzinfo=UTC)
HALL = Channel("fake", "#hall")
LAB = Channel("fake", "#lab")


@dataclass(slots=True)
class Clock:
    """The time, which passes when a test says so."""

    time: datetime = NOW

    def __call__(self) -> datetime:
        """Give the time."""
        return self.time

    def pass_(self, **ago: float) -> None:
        """Let time pass: `clock.pass_(hours=1)`."""
        self.time += timedelta(**ago)


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
class FakePlatform:
    """Keeps posts. Each of `failing` is raised at one post; a post waits while `open` is not set.

    `begun` counts posts that have begun, finished or not.
    """

    name: str = "fake"
    posts: list[tuple[str, str, str]] = field(default_factory=list)
    failing: list[Exception] = field(default_factory=list)
    open: asyncio.Event = field(default_factory=asyncio.Event)
    begun: int = 0
    _changed: asyncio.Condition = field(default_factory=asyncio.Condition)

    def __post_init__(self) -> None:
        self.open.set()

    async def run(self, inbox: Inbox) -> None:
        """Hear nothing."""

    async def post(
        self, channel: Channel, document: Document, *, key: str, thread: str | None = None
    ) -> Receipt:
        """Keep a post."""
        del thread
        async with self._changed:
            self.begun += 1
            self._changed.notify_all()
        await self.open.wait()
        if self.failing:
            raise self.failing.pop(0)
        async with self._changed:
            self.posts.append((channel.id, document.summary, key))
            self._changed.notify_all()
        return Receipt(f"p{len(self.posts)}", f"https://chat.example/p{len(self.posts)}")

    async def reply(self, invocation: Invocation, document: Document) -> None:
        """Answer nothing."""

    async def check(self) -> list[str]:
        """Find nothing wrong."""
        return []

    async def has_begun(self, number: int) -> None:
        """Wait until so many posts have begun."""
        async with self._changed, asyncio.timeout(5):
            await self._changed.wait_for(lambda: self.begun >= number)

    async def has(self, number: int) -> None:
        """Wait until so many posts have arrived."""
        async with self._changed, asyncio.timeout(5):
            await self._changed.wait_for(lambda: len(self.posts) >= number)

    def said(self) -> list[str]:
        """Give what was posted, in order."""
        return [text for _, text, _ in self.posts]


@dataclass(slots=True)
class Post:
    """What a test of the worker is written with."""

    store: Store
    platform: FakePlatform
    clock: Clock
    chance: Chance

    def worker(
        self, *, pace: float = 0.0, concurrency: int = 8, time_limit_s: float = 5.0
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
