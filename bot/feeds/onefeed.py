"""One feed that somebody asks about: read as the bot would read it, and nothing of it kept."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import datetime
from random import Random
from typing import TypeVar

from bot.core.addresses import redact
from bot.core.clean import clean
from bot.core.feed import Feed
from bot.core.feedlook import FeedAt, Found, LookedAt, NoFeed
from bot.errors import BotError, FeedError
from bot.feeds.extraction.kinds import is_plain
from bot.feeds.fetching.fetch import Fetched, Fetcher
from bot.feeds.formats import opml
from bot.feeds.formats.discovery import feeds_of_page, guesses
from bot.feeds.hosts import Hosts
from bot.feeds.jobs import FeedJob, Reading
from bot.feeds.links import origin_host
from bot.feeds.polled import Asked, Rules
from bot.feeds.ports import ReadsFeeds

T = TypeVar("T")
AT_ONCE = 2
MOST_GUESSES = 8
"""Usual places that are tried where a page names no feed: its server is not to be searched."""


@dataclass(frozen=True, slots=True)
class Looking:
    """How a feed is looked at: through which door, by whom it is read, by which rules.

    Of a page that names no feed, `guesses` usual places are tried until one has a feed; without
    that number all are, to the end.
    """

    fetch: Callable[[str], Awaitable[Fetched]]
    read: Callable[[FeedJob], Awaitable[Reading]]
    rules: Rules
    now: datetime
    guesses: int | None = None

    async def at(self, url: str) -> Found:
        """Read a feed once; of what is none, say what it is. Raise FeedError if it is not had."""
        fetched = await self.fetch(url)
        try:
            return self._told(url, fetched, await self._read(url, fetched))
        except FeedError as error:
            return await self._instead(fetched, str(error))

    async def _read(self, url: str, fetched: Fetched) -> Reading:
        body, kind = fetched.body or b"", fetched.content_type
        return await self.read(FeedJob(body, url, fetched.url, kind, self.now, b""))

    def _told(self, url: str, fetched: Fetched, reading: Reading) -> LookedAt:
        first = Asked(Feed(url, self.now), self.now, self.rules, Random(0))  # noqa: S311 - no secret
        ids = {each.id for each in reading.entries}
        return LookedAt(
            redact(url),
            clean(reading.title).strip(),
            reading.entries,
            first.read(fetched, "", reading, ids).feed.next_check_at - self.now,
            bool(fetched.etag or fetched.last_modified),
            None if fetched.moved_to is None else redact(fetched.moved_to),
        )

    async def _instead(self, page: Fetched, why: str) -> NoFeed:
        """Say which feeds a page names, or else what there is at the usual places."""
        # Lists and pages are large, and all else that the bot does would wait.
        said = await asyncio.to_thread(_declared, page, why)
        if said is not None:
            return said
        found = []
        for address in guesses(page.url)[: self.guesses]:
            try:
                await self._read(address, await self.fetch(address))
            except FeedError:
                continue
            found.append(FeedAt(address, redact(address)))
            if self.guesses is not None:
                break
        return NoFeed(redact(page.url), why, tuple(found), guessed=True)


def _declared(page: Fetched, why: str) -> NoFeed | None:
    """Say what a page or a list is of itself; None if it names no feed."""
    body, shown = page.body or b"", redact(page.url)
    if not body.strip():
        return NoFeed(shown, why)
    try:
        if not body.lstrip().startswith((b"<", b"{", b"[")):
            is_plain(body, page.content_type, shown)
        return NoFeed(shown, why, listed=len(opml.read(body, shown)))
    except FeedError as error:
        return NoFeed(shown, str(error))
    except BotError:
        pass  # no list of feeds, so it may be a page that has some
    named = feeds_of_page(body, page.url)
    feeds = tuple(FeedAt(each.address, redact(each.address), clean(each.title)) for each in named)
    return NoFeed(shown, why, feeds) if feeds else None


@dataclass(slots=True)
class OneFeed:
    """Looks at feeds that people name, two at once. `limit` is in seconds, for all of it.

    `fetcher` enters no private network: to open one to the operator's feeds does not open it to
    whoever may chat.
    """

    fetcher: Fetcher
    reads: ReadsFeeds
    hosts: Hosts
    clock: Callable[[], datetime]
    rules: Rules
    limit: float = 20.0
    _room: asyncio.Semaphore = field(init=False, default_factory=lambda: asyncio.Semaphore(AT_ONCE))

    async def look(self, url: str) -> Found:
        """Read a feed once; of what is none, say what it is. Raise FeedError if it is not had."""
        looking = Looking(self._fetch, self.reads.feed, self.rules, self.clock(), MOST_GUESSES)
        return await self._in_time(url, lambda: looking.at(url))

    async def body(self, url: str) -> bytes:
        """Read what is at an address as it stands. Raise FeedError if it is not had."""
        return (await self._in_time(url, lambda: self._fetch(url))).body or b""

    async def _in_time(self, url: str, work: Callable[[], Awaitable[T]]) -> T:
        try:
            async with asyncio.timeout(self.limit), self._room:
                return await work()
        except TimeoutError:
            told = f"{redact(url)} was not read within {self.limit:g} seconds; try again later"
            raise FeedError(told, passing=True) from None

    async def _fetch(self, url: str) -> Fetched:
        """Fetch in the host's turn, unless it wants to be left alone. Raise FeedError."""
        host = origin_host(url)
        async with self.hosts.at(host):
            if self.hosts.rests_until(host, self.clock()) is not None:
                told = f"{redact(url)} was not asked for: its server wants to be left alone"
                raise FeedError(told, passing=True)
            try:
                return await self.fetcher.feed(url)
            except FeedError as error:
                if error.retry_after is not None:
                    self.hosts.rest(host, self.clock(), error.retry_after)
                raise
