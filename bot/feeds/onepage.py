"""A page that somebody asks about in a chat: read as those of feeds are, and nothing of it kept."""

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from bot.core.addresses import redact
from bot.core.page import PageText
from bot.errors import FeedError
from bot.feeds.extraction.article import Article
from bot.feeds.pages import Pages

AT_ONCE = 2


@dataclass(slots=True)
class OnePage:
    """Reads pages that people name, two at once. `limit` is in seconds, for all of it.

    Where a feed is, its site's pages are read by `pages`, as the feeds do; all others by `public`,
    which enters no private network: to open one to feeds does not open it to whoever may chat.
    """

    pages: Pages
    public: Pages
    limit: float = 20.0
    _room: asyncio.Semaphore = field(init=False, default_factory=lambda: asyncio.Semaphore(AT_ONCE))

    async def read(self, url: str, near: Iterable[str] = ()) -> PageText:
        """Read a page; `near` are the addresses of feeds. Raise FeedError, StorageError."""
        beside = next((each for each in near if _site(each) == _site(url)), None)
        pages = self.public if beside is None else self.pages
        try:
            async with asyncio.timeout(self.limit), self._room:
                page = await pages.read(url, beside=beside)
        except TimeoutError:
            told = f"{redact(url)} was not read within {self.limit:g} seconds; try again later"
            raise FeedError(told, passing=True) from None
        return told_of(page.url, page.article)


def told_of(url: str, article: Article) -> PageText:
    """Give an article as what the rest of the bot knows of a page."""
    return PageText(
        redact(url), article.title, article.lead, article.body, article.aside, str(article.note)
    )


def _site(url: str) -> tuple[str, str]:
    """Give what two addresses of one site share; of none, what nothing else has."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return ("", url)
    return parts.scheme.lower(), parts.netloc.rpartition("@")[2].lower()
