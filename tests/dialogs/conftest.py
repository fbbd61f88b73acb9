"""A whole bot in memory: somebody says something, time passes, the bot posts or does not.

Everything is real but the platform, which keeps what it is given instead of sending it.
"""

import random
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path

import pytest

from bot.app import App, Routes
from bot.commands.lookup import table
from bot.core.document import Document, plain, runs
from bot.core.feed import Feed, Poll
from bot.core.mention import Channel, Entry, Invocation, Message, Receipt
from bot.core.policy import Settings
from bot.core.vendor import Vendor
from bot.current import CurrentWatchlist
from bot.delivery.outbox import Worker
from bot.errors import DeliveryError
from bot.platforms.base import Inbox
from bot.storage.store import Store
from tests.build import full_vendor, name, vendor, write_pack

FEED = "https://gazette.example/feed.xml"
ACME = full_vendor(tags=["cameras"], names=[name("Acme Cam"), name("acme.example", role="domain")])
ROAD = vendor("road-runner", names=[name("Road Runner"), name("Runner OEM", role="oem")])


@dataclass(slots=True)
class Clock:
    """The time, which passes when a test says so."""

    time: datetime = datetime(2024, 4, 1, 12, 0, tzinfo=UTC)

    def __call__(self) -> datetime:
        """Give the time."""
        return self.time

    def pass_(self, **ago: float) -> None:
        """Let time pass: `clock.pass_(hours=1)`."""
        self.time += timedelta(**ago)


def said(document: Document) -> str:
    """Give the words of a document, a run a line."""
    return "\n".join(plain(run) for block in document.blocks for run in runs(block))


@dataclass(slots=True)
class FakePlatform:
    """Keeps posts and replies. `failing` is raised instead of the next posts, one each."""

    name: str = "fake"
    posts: list[tuple[str, str | None, str]] = field(default_factory=list)
    replies: list[str] = field(default_factory=list)
    failing: list[DeliveryError] = field(default_factory=list)

    async def run(self, inbox: Inbox) -> None:
        """Hear nothing by itself."""

    async def post(
        self, channel: Channel, document: Document, *, key: str, thread: str | None = None
    ) -> Receipt:
        """Keep a post."""
        if self.failing:
            raise self.failing.pop(0)
        self.posts.append((channel.id, thread, said(document)))
        return Receipt(key[:8], f"https://chat.example/{len(self.posts)}")

    async def reply(self, invocation: Invocation, document: Document) -> None:
        """Keep a reply."""
        assert invocation.channel.platform == self.name
        self.replies.append(said(document))

    async def check(self) -> list[str]:
        """Find nothing wrong."""
        return []


@dataclass(slots=True)
class Bot:
    """What a dialog is written with."""

    app: App
    platform: FakePlatform
    clock: Clock
    pack: Path
    _ids: "count[int]" = field(default_factory=count)
    _seen: int = 0

    async def hears(
        self, channel: str, text: str, *, message_id: str | None = None, thread: str | None = None
    ) -> None:
        """Let somebody say something, and let the outbox empty itself."""
        where = Channel("fake", channel)
        message_id = message_id or f"m{next(self._ids)}"
        heard = Message(where, message_id, "anna", text, self.clock(), thread)
        await self.app.on_message(heard)
        await self.app.worker.drain(5)

    async def reads(self, *entries: tuple[str, str, str], silent: bool = False) -> None:
        """Let a poll bring entries: (title, summary, article) each."""
        made = tuple(
            Entry(FEED, f"e{next(self._ids)}", title, summary, "https://gazette.example/a",
                  self.clock(), article)
            for title, summary, article in entries
        )  # fmt: skip
        feed = Feed(FEED, self.clock() + timedelta(minutes=15), seeded=True)
        await self.app.on_poll(Poll(feed, made, silent))
        await self.app.worker.drain(5)

    async def answers(self, line: str, actor: str = "anna") -> str:
        """Give a command and get the answer."""
        channel = Channel("fake", "#hall")
        await self.app.on_command(Invocation(channel, f"c{next(self._ids)}", actor, line))
        return self.platform.replies[-1]

    def posted(self) -> list[tuple[str, str | None, str]]:
        """Give what has been posted since the last time this was asked."""
        new = self.platform.posts[self._seen :]
        self._seen = len(self.platform.posts)
        return new


async def make(
    folder: Path, vendors: Sequence[Vendor], settings: Settings, clock: Clock
) -> AsyncIterator[Bot]:
    pack = write_pack(folder / "pack", *vendors)
    store = await Store.open(f"sqlite+aiosqlite:///{folder / 'bot.db'}")
    platform = FakePlatform()
    try:
        worker = Worker(store, {"fake": platform}, clock, random.Random(1), pace=timedelta(0))  # noqa: S311 - jitter
        app = App(
            store=store,
            current=CurrentWatchlist([pack]),
            platforms={"fake": platform},
            worker=worker,
            commands=table,
            routes=Routes(settings, {FEED: (Channel("fake", "#news"),)}),
            clock=clock,
        )
        await store.configure_feeds([FEED], clock())
        yield Bot(app, platform, clock, pack)
    finally:
        await store.close()


@pytest.fixture
async def bot(tmp_path: Path) -> AsyncIterator[Bot]:
    """Give a bot that watches two invented vendors, with the default settings."""
    async for made in make(tmp_path, [ACME, ROAD], Settings(), Clock()):
        yield made
