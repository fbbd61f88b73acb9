"""A whole bot in memory: somebody says something, time passes, the bot posts or does not.

Everything is real but the platform, which keeps what it is given instead of sending it.
"""

import random
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from itertools import count
from pathlib import Path

import pytest

from bot.app import App, Routes
from bot.commands import table
from bot.core.feed import Feed, Poll
from bot.core.mention import Channel, Entry, Invocation, Message
from bot.core.settings import Settings
from bot.core.vendor import Vendor
from bot.current import CurrentWatchlist
from bot.delivery.outbox import Worker
from bot.storage.store import Store
from tests.build import full_vendor, name, vendor, write_pack
from tests.fakes import Clock, FakePlatform

FEED = "https://gazette.example/feed.xml"
ACME = full_vendor(tags=["cameras"], names=[name("Acme Cam"), name("acme.example", role="domain")])
ROAD = vendor("road-runner", names=[name("Road Runner"), name("Runner OEM", role="oem")])


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
        await self.settle()

    async def edits(self, channel: str, message_id: str, text: str) -> None:
        """Let somebody change a message."""
        now = Message(Channel("fake", channel), message_id, "anna", text, self.clock())
        await self.app.on_edit(now)
        await self.settle()

    async def deletes(self, channel: str, message_id: str) -> None:
        """Let somebody delete a message."""
        await self.app.on_delete(Channel("fake", channel), message_id)
        await self.settle()

    async def reads(
        self,
        *entries: tuple[str, str, str],
        silent: bool = False,
        feed: str = FEED,
        url: str | None = None,
    ) -> None:
        """Let a poll bring entries: (title, summary, article) each."""
        made = []
        for title, summary, article in entries:
            number = next(self._ids)
            address = url or f"https://gazette.example/{number}"
            made.append(Entry(feed, f"e{number}", title, summary, address, self.clock(), article))
        state = Feed(feed, self.clock() + timedelta(minutes=15), seeded=True)
        await self.app.on_poll(Poll(state, tuple(made), silent))
        await self.settle()

    async def settle(self) -> None:
        """Let everything that is due happen."""
        await self.app.settle(5)

    async def answers(self, line: str, actor: str = "anna") -> str:
        """Give a command and get the answer."""
        channel = Channel("fake", "#hall")
        await self.app.on_command(Invocation(channel, f"c{next(self._ids)}", actor, line))
        await self.settle()
        return self.platform.replies[-1][1]

    def posted(self) -> list[tuple[str, str | None, str]]:
        """Give what has been posted since the last time this was asked, as it reads now."""
        new = self.platform.posted[self._seen :]
        self._seen = len(self.platform.posted)
        return [(each.channel, each.thread, each.text) for each in new]

    def shown(self, channel: str) -> list[str]:
        """Give what a channel shows of the bot's now."""
        there = self.platform.shown.values()
        return [each.text for each in there if each.channel == channel]


async def make(
    folder: Path,
    vendors: Sequence[Vendor],
    settings: Settings,
    clock: Clock,
    routes: Mapping[str, tuple[Channel, ...]] | None = None,
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
            routes=Routes(settings, routes or {FEED: (Channel("fake", "#news"),)}),
            clock=clock,
        )
        await store.configure_feeds([FEED, *(routes or {})], clock())
        yield Bot(app, platform, clock, pack)
    finally:
        await store.close()


@pytest.fixture
async def bot(tmp_path: Path) -> AsyncIterator[Bot]:
    """Give a bot that watches two invented vendors, with the default settings."""
    async for made in make(tmp_path, [ACME, ROAD], Settings(), Clock()):
        yield made
