"""The bot for what is measured about polling: put together as `vendorwatch run` does, and steered.

Polls are asked for one by one, at a time that is given; what it posts is kept.
"""

from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

from bot.app import App
from bot.config import Admins, Config, Console, Database
from bot.feeds.poller import Poller
from bot.platforms.base import Redelivery
from bot.serve import Tempo, assemble
from tests.bench.feedrig import PLATFORM, START, following
from tests.bench.rig import pack
from tests.fakes import FakePlatform

ADMINS = "#admins"
AT_ONCE = timedelta(0)


@dataclass(slots=True)
class Hands:
    """The time, which stands still until it is set."""

    now: datetime = START

    def __call__(self) -> datetime:
        """Give the time."""
        return self.now


@dataclass(slots=True)
class Fed:
    """A bot that follows feeds, its clock and what it has posted."""

    app: App
    poller: Poller
    clock: Hands
    platform: FakePlatform = field(repr=False)


@asynccontextmanager
async def fed(folder: Path, feeds: Mapping[str, str] | Iterable[str]) -> AsyncIterator[Fed]:
    """Give a bot on SQLite in the folder that watches for the invented companies."""
    clock = Hands()
    platform = FakePlatform(name=PLATFORM, redelivery=Redelivery.ASKED)
    config = Config(
        database=Database(url=f"sqlite+aiosqlite:///{folder / 'bot.db'}"),
        watchlists=(pack(folder),),
        shipped_watchlist=False,
        console=Console(enabled=False),
        admins=Admins(channels=(f"{PLATFORM}:{ADMINS}",)),
        feeds=following(feeds),
    )
    tempo = Tempo(posts=AT_ONCE, requests=AT_ONCE)
    async with assemble(config, (platform,), clock, tempo) as (app, feeding):
        yield Fed(app, feeding.poller, clock, platform)
