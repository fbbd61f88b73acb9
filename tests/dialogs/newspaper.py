"""A site with feeds on loopback, and a bot whose curator is Bea."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from bot.core.commands import Role
from bot.core.feed import Feed, Poll
from bot.core.mention import Channel
from bot.feeds.fetching.fetch import Fetcher
from bot.feeds.hosts import Hosts
from bot.feeds.onefeed import OneFeed
from bot.feeds.polled import Rules
from tests.dialogs.conftest import Bot
from tests.feeds.inline import Inline
from tests.feeds.server import LOOPBACK, FeedServer

RSS = """<rss version="2.0"><channel><title>The Gazette</title>
<item><title>Old bridge</title><guid>a</guid><link>https://gazette.example/a</link>
<pubDate>Fri, 01 Mar 2024 09:00:00 GMT</pubDate></item>
<item><title>Acme Cam wins the tender</title><guid>b</guid><link>https://gazette.example/b</link>
<pubDate>Sun, 31 Mar 2024 09:00:00 GMT</pubDate></item>
</channel></rss>"""
PAGE = """<html><head>
<link rel="alternate" type="application/rss+xml" title="All news" href="/feed.xml">
<link rel="alternate" type="application/rss+xml" title="Sport" href="/sport.xml">
</head><body>News</body></html>"""
HALL = Channel("fake", "#hall")
BOARD = Channel("fake", "#board", private=True)


@dataclass(slots=True)
class Web:
    """A bot, whose curator is Bea, and a site with feeds."""

    bot: Bot
    server: FeedServer
    polled: list[bool] = field(default_factory=list)

    def url(self, path: str = "/feed.xml") -> str:
        """Give an address of the site."""
        return self.server.url(path)

    async def says(self, line: str, actor: str = "bea", channel: str | Channel = "#hall") -> str:
        """Let somebody give a command of `watchlist feed`."""
        return await self.bot.answers(f"watchlist feed {line}", actor, channel)

    async def adds(self, path: str = "/feed.xml", channel: str | Channel = "#hall") -> str:
        """Let the curator add a feed."""
        return await self.says(f"add {self.url(path)}", channel=channel)

    async def wishes(self, origin: str = "chat") -> list[tuple[str, str]]:
        """Give the feeds and channels that somebody wished for."""
        subscribed = await self.bot.app.store.feeds.subscriptions()
        return [(each.feed, each.channel.key) for each in subscribed if each.origin == origin]

    async def keeps(self, state: Feed) -> None:
        """Let a feed have been polled."""
        await self.bot.app.on_poll(Poll(state))


@asynccontextmanager
async def a_web(bot: Bot) -> AsyncIterator[Web]:
    """Give a bot its site."""
    bot.platform.roles["bea"] = Role.CURATOR
    async with FeedServer() as server, Fetcher(allow_networks=LOOPBACK) as fetcher:
        made = Web(bot, server)
        server.put("/feed.xml", RSS, etag='"1"')
        bot.app.looks = OneFeed(fetcher, Inline(), Hosts(0.0), bot.clock, Rules())
        bot.app.poll_now = lambda: made.polled.append(True)
        yield made
