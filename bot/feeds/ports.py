"""What reading feeds and pages needs of the rest of the bot."""

from collections.abc import Awaitable, Callable, Collection, Sequence
from datetime import datetime, timedelta
from typing import Protocol, TypeAlias

from bot.core.feed import Feed, Paragraphs, Poll, Unread
from bot.core.mention import Entry
from bot.feeds.extraction.article import Article
from bot.feeds.fetching.fetch import Fetcher
from bot.feeds.jobs import FeedJob, PageJob, Reading

Door: TypeAlias = Callable[[str], Awaitable[Fetcher]]
"""Gives what a feed, by its name, is fetched through. May raise StorageError."""


class Repeats(Protocol):
    """Knows what hosts repeat."""

    async def known_paragraphs(
        self, host: str, prints: Collection[int], page: str
    ) -> frozenset[int]:
        """Give those prints that stand on several other pages of a host. May raise StorageError."""


class Source(Repeats, Protocol):
    """Where feeds wait. Every method may raise StorageError."""

    async def lease_feeds(self, now: datetime, lease: timedelta, most: int) -> tuple[Feed, ...]:
        """Give feeds that are due and keep others from them for `lease`; none if none is due."""

    async def renew_leases(self, feeds: Sequence[str], end: datetime, until: datetime) -> None:
        """Keep feeds until then whose leases end at `end`; those of others, or over, stay so."""

    async def next_feed_due(self, now: datetime) -> datetime | None:
        """Give the time at which the next feed is due; None without feeds."""

    async def unseen(self, feed_url: str, ids: Sequence[str]) -> set[str]:
        """Give those of the ids that are not remembered for this feed."""


class Waiting(Protocol):
    """Where entries wait for their pages. Every method may raise StorageError."""

    async def lease_pages(self, now: datetime, lease: timedelta, most: int) -> tuple[Unread, ...]:
        """Give entries whose pages are due and keep others from them for `lease`."""

    async def next_page_due(self, now: datetime) -> datetime | None:
        """Give the time at which the next page is due; None if none waits."""

    async def put_off(self, unread: Unread, due_at: datetime | None) -> None:
        """Try an entry's page again then, with its `tries`; never, if that is None."""


class Sink(Protocol):
    """Where polls go."""

    def wants_page(self, entry: Entry) -> bool:
        """Say whether an entry's page is worth fetching."""

    async def on_poll(self, poll: Poll) -> None:
        """Commit the feed's state, its entries and what follows from them, all or nothing."""


class Finds(Protocol):
    """Where entries go whose pages came later than they."""

    async def on_page(self, unread: Unread, seen: Paragraphs) -> None:
        """Commit an entry's article and what follows from it, all or nothing; it waits no more."""


class ReadsPages(Protocol):
    """Reads pages, away from the event loop. Raises FeedError."""

    async def page(self, job: PageJob) -> Article:
        """Reduce a page to its article."""


class ReadsFeeds(Protocol):
    """Reads feeds, away from the event loop. Raises FeedError."""

    async def feed(self, job: FeedJob) -> Reading:
        """Read a feed's body."""


class Reads(ReadsPages, ReadsFeeds, Protocol):
    """Reads what came from the web."""
