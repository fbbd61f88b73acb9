"""A source and a sink in memory, as the database would be, for tests of the poller."""

import asyncio
from collections.abc import Collection
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from bot.core.feed import Feed, Notice, Paragraphs, Poll, Unread
from bot.core.mention import Entry
from bot.errors import BotError


@dataclass(slots=True)
class Memory:
    """Keeps feeds, what was seen of them, every poll and what somebody is to be told.

    `waiting` are entries without their pages and when those are due, `whole` what came of them.
    `broken` is raised by every method, `full` by those that commit. `changed` is set by each
    commit, `raised` by each error.
    """

    feeds: dict[str, Feed] = field(default_factory=dict)
    seen: dict[str, set[str]] = field(default_factory=dict)
    polls: list[Poll] = field(default_factory=list)
    notices: list[Notice] = field(default_factory=list)
    leases: dict[str, datetime] = field(default_factory=dict)
    waiting: dict[tuple[str, str], tuple[datetime, Unread]] = field(default_factory=dict)
    whole: list[Unread] = field(default_factory=list)
    broken: BotError | None = None
    full: BotError | None = None
    raised: asyncio.Event = field(default_factory=asyncio.Event)
    changed: asyncio.Event = field(default_factory=asyncio.Event)

    def add(self, url: str, now: datetime, **state: object) -> None:
        """Start watching a feed that is due at `now`."""
        self.feeds[url] = replace(Feed(url, now), **state)  # type: ignore[arg-type] # fields of Feed

    def due_again(self, url: str, now: datetime) -> None:
        """Make a feed due at `now`, whatever it waits for."""
        self.feeds[url] = replace(self.feeds[url], next_check_at=now)

    async def lease_feeds(self, now: datetime, lease: timedelta, most: int) -> tuple[Feed, ...]:
        """Give the first that are due and free."""
        self._check()
        free = [
            feed
            for url, feed in self.feeds.items()
            if feed.next_check_at <= now and self.leases.get(url, now) <= now
        ]
        self.leases |= {feed.url: now + lease for feed in free[:most]}
        return tuple(free[:most])

    async def renew_leases(self, feeds: Collection[str], end: datetime, until: datetime) -> None:
        """Let those leases end later that end then."""
        self._check()
        self.leases |= {url: until for url in feeds if self.leases.get(url) == end}

    async def next_feed_due(self, now: datetime) -> datetime | None:
        """Give when the first is due and free."""
        self._check()
        due = [max(f.next_check_at, self.leases.get(u, now)) for u, f in self.feeds.items()]
        return min(due, default=None)

    async def unseen(self, feed_url: str, ids: Collection[str]) -> set[str]:
        """Give the ids no poll has brought."""
        self._check()
        return set(ids) - self.seen.get(feed_url, set())

    async def known_paragraphs(
        self, host: str, prints: Collection[int], page: str
    ) -> frozenset[int]:
        """Give nothing: no page is remembered."""
        del host, prints, page
        self._check()
        return frozenset()

    async def on_poll(self, poll: Poll) -> None:
        """Keep the poll; of one that failed, its state alone."""
        self._check(commit=True)
        if not poll.feed.failures:
            self.polls.append(poll)
        brought = (*poll.quiet, *poll.entries)
        self.seen.setdefault(poll.feed.url, set()).update(entry.id for entry in brought)
        self.notices += poll.notices
        entries = {entry.id: entry for entry in poll.entries}
        for each in poll.later:
            unread = Unread(entries[each.entry], flood=poll.flood)
            self.waiting[poll.feed.url, each.entry] = (each.due_at, unread)
        self._store(poll.feed)

    async def lease_pages(self, now: datetime, lease: timedelta, most: int) -> tuple[Unread, ...]:
        """Give the first pages that are due."""
        self._check()
        due = [(key, unread) for key, (at, unread) in self.waiting.items() if at <= now][:most]
        self.waiting |= {key: (now + lease, unread) for key, unread in due}
        return tuple(unread for _, unread in due)

    async def next_page_due(self, now: datetime) -> datetime | None:
        """Give when the first page is due."""
        self._check()
        return max(now, min(at for at, _ in self.waiting.values())) if self.waiting else None

    async def put_off(self, unread: Unread, due_at: datetime | None) -> None:
        """Let a page wait, or no longer."""
        self._check(commit=True)
        key = (unread.entry.feed, unread.entry.id)
        if due_at is None:
            del self.waiting[key]
        else:
            self.waiting[key] = (due_at, unread)
        self.changed.set()

    async def on_page(self, unread: Unread, seen: Paragraphs) -> None:
        """Keep an entry with its article."""
        del seen
        self._check(commit=True)
        self.whole.append(unread)
        await self.put_off(unread, None)

    def wants_page(self, entry: Entry) -> bool:
        """Want every page."""
        return entry.url is not None

    def _store(self, feed: Feed) -> None:
        self.feeds[feed.url] = feed
        self.leases.pop(feed.url, None)
        self.changed.set()

    def _check(self, *, commit: bool = False) -> None:
        trouble = self.broken or (self.full if commit else None)
        if trouble is not None:
            self.raised.set()
            raise trouble
