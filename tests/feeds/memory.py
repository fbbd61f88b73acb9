"""A source and a sink in memory, as the database would be, for tests of the poller."""

import asyncio
from collections.abc import Collection
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from bot.core.feed import Feed, Poll
from bot.errors import BotError


@dataclass(slots=True)
class Memory:
    """Keeps feeds, what was seen of them and every poll.

    `broken` is raised by every method, `full` by those that commit. `changed` is set by each
    commit, `raised` by each error.
    """

    feeds: dict[str, Feed] = field(default_factory=dict)
    seen: dict[str, set[str]] = field(default_factory=dict)
    polls: list[Poll] = field(default_factory=list)
    leases: dict[str, datetime] = field(default_factory=dict)
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

    async def lease_feed(self, now: datetime, lease: timedelta) -> Feed | None:
        """Give the first that is due and free."""
        self._check()
        for url, feed in self.feeds.items():
            if feed.next_check_at <= now and self.leases.get(url, now) <= now:
                self.leases[url] = now + lease
                return feed
        return None

    async def next_feed_due(self, now: datetime) -> datetime | None:
        """Give when the first is due and free."""
        self._check()
        due = [max(f.next_check_at, self.leases.get(u, now)) for u, f in self.feeds.items()]
        return min(due, default=None)

    async def unseen(self, feed_url: str, ids: Collection[str]) -> set[str]:
        """Give the ids no poll has brought."""
        self._check()
        return set(ids) - self.seen.get(feed_url, set())

    async def fail_poll(self, feed: Feed) -> None:
        """Keep the state."""
        self._check(commit=True)
        self._store(feed)

    async def on_poll(self, poll: Poll) -> None:
        """Keep the poll."""
        self._check(commit=True)
        self.polls.append(poll)
        self.seen.setdefault(poll.feed.url, set()).update(entry.id for entry in poll.entries)
        self._store(poll.feed)

    def _store(self, feed: Feed) -> None:
        self.feeds[feed.url] = feed
        self.leases.pop(feed.url, None)
        self.changed.set()

    def _check(self, *, commit: bool = False) -> None:
        trouble = self.broken or (self.full if commit else None)
        if trouble is not None:
            self.raised.set()
            raise trouble
