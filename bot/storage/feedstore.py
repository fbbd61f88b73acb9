"""Feeds, what they brought and who wants them: the part of the store that polling needs."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TypeAlias

from bot.core.feed import Feed, Paragraphs, Poll, Route, Subscription, Unread
from bot.core.mention import Channel, Mention
from bot.core.routes import RouteChange
from bot.errors import StorageError
from bot.storage import entries, feeds, pages, paragraphs, routings, rulings, subscriptions
from bot.storage.database import Database
from bot.storage.entries import EntryKey, Kept
from bot.storage.gathered import Gathered
from bot.storage.rows import Draft, Hearing, Ruling
from bot.storage.rulings import Case, Finished

MOST_POLLS = 128
"""Polls that share a transaction at most."""
_PAUSE = 0.01
"""Seconds between two transactions, for more polls to come: one alone is most of the work."""
_Asked: TypeAlias = tuple[str, Collection[str]]


@dataclass(slots=True)
class FeedStore:
    """Each query a method, each method one transaction; see `Store` for what all may raise.

    Feeds are fetched once, for all teams. What many ask for at once is done in one transaction.
    """

    database: Database
    _finished: "Gathered[Finished, tuple[Ruling, ...] | None]" = field(init=False)
    _unseen: "Gathered[_Asked, set[str]]" = field(init=False)

    def __post_init__(self) -> None:
        self._finished = Gathered(
            lambda polls: self.database.write(rulings.finish_polls, polls), MOST_POLLS, _PAUSE
        )
        self._unseen = Gathered(
            lambda asked: self.database.read(entries.unseen, asked), MOST_POLLS, _PAUSE
        )

    # Polling

    async def lease_feeds(self, now: datetime, lease: timedelta, most: int) -> tuple[Feed, ...]:
        """Take the most overdue feeds; nobody else polls them until the lease has run out.

        At most `most` of those that somebody subscribes to, that are not gone, due and free.
        `finish_poll` ends the lease of each.
        """
        return await self.database.write(feeds.lease, now, lease, most)

    async def renew_leases(self, urls: Collection[str], end: datetime, until: datetime) -> None:
        """Let the leases of these feeds that end then end later; what is not leased so stays."""
        await self.database.write(feeds.renew, urls, end, until)

    async def next_feed_due(self, now: datetime) -> datetime | None:
        """Say when `lease_feeds` is next worth a call: `now` or later; None without feeds."""
        due = await self.database.read(feeds.next_due)
        return None if due is None else max(due, now)

    async def unseen(self, feed_url: str, ids: Collection[str]) -> set[str]:
        """Give those of the entry ids that no finished poll of this feed has brought.

        They are known for as long as `Retention` keeps them. A feed with an empty `listed` that is
        seeded is checked by them, and its ids are kept until it has one.
        """
        return await self._unseen((feed_url, ids))

    async def known_paragraphs(
        self, host: str, prints: Collection[int], page: str
    ) -> frozenset[int]:
        """Give those of the prints that were seen on at least three other pages of the host.

        Of each host the newest pages are remembered, some hundred and fifty.
        """
        return await self.database.read(paragraphs.known, host, prints, page)

    async def finish_poll(
        self,
        poll: Poll,
        mentions: Sequence[Mention],
        hearing: Hearing,
        drafts: Sequence[Draft] = (),
    ) -> tuple[Ruling, ...]:
        """Do what `Store.record` does and keep all else that a poll brought, all or nothing.

        That is its entries, which of them wait for their pages, what it saw on pages, the feed's
        state as the poll has it, and `drafts`, which are queued unless their keys were used before.
        The feed's lease is over. A poll that failed is finished too. Entry ids need only be unique
        in the feed. If the judge
        raises, nothing of this poll is kept; those that share its transaction do not suffer.
        """
        done = await self._finished(Finished(poll, Case(mentions, hearing), drafts))
        if done is None:
            raise StorageError(
                f"feed {poll.feed.url} is not in the database; subscribe to it first"
            )
        return done

    async def active(self) -> tuple[Feed, ...]:
        """Give the feeds that anybody subscribes to, gone ones too, by address."""
        return await self.database.read(feeds.active)

    async def states(self, urls: Collection[str]) -> tuple[Feed, ...]:
        """Give the feeds with these addresses, by address; what is unknown is left out."""
        return await self.database.read(feeds.of, urls)

    # Pages that come later

    async def lease_pages(self, now: datetime, lease: timedelta, most: int) -> tuple[Unread, ...]:
        """Take entries whose pages are due; nobody else tries them until the lease has run out.

        At most `most`, the most overdue first. `finish_page` and `put_off` end the lease.
        """
        return await self.database.write(pages.lease, now, lease, most)

    async def next_page_due(self, now: datetime) -> datetime | None:
        """Say when `lease_pages` is next worth a call: `now` or later; None if no page waits."""
        due = await self.database.read(pages.next_due)
        return None if due is None else max(due, now)

    async def put_off(self, unread: Unread, due_at: datetime | None) -> None:
        """Let an entry wait for its page until then, with its `tries`; no longer, if None."""
        await self.database.write(pages.put_off, unread, due_at)

    async def finish_page(
        self, unread: Unread, seen: Paragraphs, mentions: Sequence[Mention], hearing: Hearing
    ) -> tuple[Ruling, ...]:
        """Do what `Store.record` does and keep an entry's article and its page's paragraphs.

        All or nothing. Mentions that were judged when the entry came are duplicates.
        """
        case = Case(mentions, hearing)
        return await self.database.write(rulings.finish_page, unread, seen, case)

    # Entries

    async def entries_since(
        self, since: datetime, after: EntryKey | None, limit: int
    ) -> tuple[Kept, ...]:
        """Give at most `limit` entries first seen then or later, oldest first, of all feeds.

        `after` is the `key` of the last one that was given, to go on from there. Those whose words
        are forgotten are left out; those that come meanwhile may be.
        """
        return await self.database.read(entries.since, since, after, limit)

    # Subscriptions

    async def subscribe(
        self, team: str, origin: str, routes: Iterable[Route], by: str, now: datetime
    ) -> int:
        """Let feeds go to channels of a team; give how many of these wishes are new.

        `origin` is whose wish it is, see `Subscription`. A feed that is new is due at once, and one
        that was gone is, if the wish is new. A known wish keeps who made it and takes the rest.
        """
        return await self.database.write(
            subscriptions.subscribe, team, origin, tuple(routes), by, now
        )

    async def put(  # noqa: PLR0913, PLR0917 - what is wanted where, by whom, when, and by which command
        self,
        channel: Channel,
        wanted: Mapping[str, str | None],
        by: str,
        now: datetime,
        event: str | None = None,
        undoes: int | None = None,
    ) -> tuple[RouteChange, ...]:
        """Let feeds come to a channel by chat on these terms, or no more (None); say what was.

        The terms are `Terms.text`; ValueError is raised for others. A feed that is new to it is due
        as with `subscribe`. By a command, of one `event`, it is a revision, and done once.
        """
        return await self.database.write(routings.put, channel, wanted, by, now, event, undoes)

    async def unsubscribe(
        self, team: str, feed: str, channel: Channel | None, origins: Collection[str]
    ) -> int:
        """End a team's wishes of these origins for a feed; give how many ended.

        Those for one channel, or for all. A feed that nobody wants any more rests and is
        remembered.
        """
        return await self.database.write(subscriptions.unsubscribe, team, feed, channel, origins)

    async def follow(
        self, team: str, origin: str, routes: Iterable[Route], by: str, now: datetime
    ) -> tuple[int, int]:
        """Make these all that an origin wishes for; give how many are new and how many ended."""
        return await self.database.write(subscriptions.follow, team, origin, tuple(routes), by, now)

    async def subscriptions(self, team: str | None = None) -> tuple[Subscription, ...]:
        """Give the subscriptions of a team or of all, by feed; those of private channels too."""
        return await self.database.read(subscriptions.listed, team)
