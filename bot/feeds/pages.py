"""One page: fetched in its host's turn, reduced to its article, freed of what its host repeats."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

from bot.core.addresses import canonical, redact
from bot.core.feed import Paragraphs
from bot.errors import FeedError
from bot.feeds.extraction.article import Article, without
from bot.feeds.fetching.fetch import Fetched, Fetcher
from bot.feeds.hosts import Hosts
from bot.feeds.jobs import PageJob
from bot.feeds.links import origin_host
from bot.feeds.ports import Door, ReadsPages, Repeats

LONGEST_REST_S = 3600.0
"""A host's other pages rest no longer for what one of them was answered; that one itself does."""


class RestingError(FeedError):
    """The page's host wants to be left alone; nothing was asked of it."""


@dataclass(frozen=True, slots=True)
class Page:
    """A page as it was read: where it came from in the end, its article, what it is made of."""

    url: str
    article: Article
    seen: Paragraphs


@dataclass(slots=True)
class Pages:
    """Reads pages, `at_once` at a time; those that a feed named, through that feed's door."""

    fetcher: Fetcher
    reads: ReadsPages
    source: Repeats
    hosts: Hosts
    clock: Callable[[], datetime]
    at_once: int = 4
    door: Door | None = None
    _room: asyncio.Semaphore = field(init=False)

    def __post_init__(self) -> None:
        self._room = asyncio.Semaphore(self.at_once)

    async def read(self, url: str, *, beside: str | None = None) -> Page:
        """Read a page; see `Fetcher.page` for `beside`.

        Raise FeedError, RestingError where its host is not to be asked now; and StorageError.
        """
        fetched = await self._fetch(url, beside)
        article = await self.reads.page(
            PageJob(fetched.body or b"", fetched.url, fetched.charset, fetched.content_type)
        )
        host, here = origin_host(fetched.url), canonical(fetched.url) or fetched.url
        known = await self.source.known_paragraphs(host, article.prints, here)
        seen = Paragraphs(host, here, article.prints)
        return Page(fetched.url, without(article, known), seen)

    async def _fetch(self, url: str, beside: str | None) -> Fetched:
        host, fetcher = origin_host(url), self.fetcher
        if beside is not None and self.door is not None:
            fetcher = await self.door(beside)
        async with self.hosts.at(host), self._room:
            now = self.clock()
            until = self.hosts.rests_until(host, now, page=True)
            if until is not None:
                seconds = (until - now).total_seconds()
                told = f"{redact(url)} was not asked for: its server wants to be left alone"
                raise RestingError(told, retry_after=seconds, passing=True)
            try:
                return await fetcher.page(url, beside=beside)
            except FeedError as error:
                if error.retry_after is not None:
                    seconds = min(error.retry_after, LONGEST_REST_S)
                    self.hosts.rest(host, now, seconds, page=True)
                raise
