"""Everything the bot keeps: each query a method, each method one transaction.

Every method may raise StorageError, with one line that says what is wrong and what to do. Every
time must carry a zone; ValueError otherwise. Times come back as UTC.
"""

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime, timedelta

from sqlalchemy import Connection

from bot.core.document import Document
from bot.core.feed import Feed, Poll
from bot.core.mention import Channel, Mention, Receipt
from bot.storage import alerts, feeds, outbox
from bot.storage.database import Database
from bot.storage.migrate import migrate
from bot.storage.rows import Draft, Hearing, Judge, Outgoing, PastAlert, Ruling, State
from bot.storage.tables import DEFAULT_TEAM


class Store:
    """The database, opened. Close it when done."""

    def __init__(self, database: Database) -> None:
        self._database = database

    @classmethod
    async def open(cls, url: str) -> "Store":
        """Open a database, make or upgrade its tables, and see that it can be written.

        `url` is `sqlite+aiosqlite:///path` or `postgresql+asyncpg://user@host/name`. A file is
        made if missing, its folder is not.
        """
        database = Database.at(url)
        try:
            await database.reach()
            await migrate(database)
        except BaseException:
            await database.close()
            raise
        return cls(database)

    async def close(self) -> None:
        """Close every connection."""
        await self._database.close()

    # Mentions and alerts

    async def record(
        self, mentions: Sequence[Mention], judge: Judge, now: datetime, team: str = DEFAULT_TEAM
    ) -> tuple[Ruling, ...]:
        """Judge mentions and queue the alerts; once this returns, nothing of it can be lost.

        One ruling for each mention, in their order. Nobody else judges the same vendors in the same
        channels meanwhile; mentions of one vendor in one call see each other's effect. A mention
        that led to an alert before is skipped as a duplicate without asking `judge`. If `judge`
        raises, nothing is kept.
        """
        return await self._database.write(alerts.rule, mentions, Hearing(judge, now, team))

    async def last_alerts(
        self, vendor: str, channel: str | None, limit: int
    ) -> tuple[PastAlert, ...]:
        """Give at most `limit` alerts about a vendor, newest first, sent or not.

        `channel` is a channel's key. Without one, alerts of all channels that are not private.
        """
        return await self._database.read(alerts.last, vendor, channel, limit)

    # Feeds

    async def configure_feeds(self, urls: Iterable[str], now: datetime) -> None:
        """Say which feeds are polled from now on; new ones are due at once, none are forgotten."""
        await self._database.write(feeds.configure, tuple(urls), now)

    async def lease_feed(self, now: datetime, lease: timedelta) -> Feed | None:
        """Take the most overdue feed, so that nobody else polls it until the lease has run out.

        None if no configured feed is due and free. `finish_poll` and `fail_poll` end the lease.
        """
        return await self._database.write(feeds.lease, now, lease)

    async def unseen(self, feed_url: str, ids: Collection[str]) -> set[str]:
        """Give those of the entry ids that no finished poll of this feed has brought."""
        return await self._database.read(feeds.unseen, feed_url, ids)

    async def finish_poll(
        self,
        poll: Poll,
        mentions: Sequence[Mention],
        judge: Judge,
        now: datetime,
        team: str = DEFAULT_TEAM,
    ) -> tuple[Ruling, ...]:
        """Do what `record` does and keep the poll's entries and feed state, all or nothing.

        The feed counts as seeded and its lease is over. Entry ids need only be unique in the feed.
        """
        hearing = Hearing(judge, now, team, feed=poll.feed.url)
        return await self._database.write(_finish_poll, poll, mentions, hearing)

    async def fail_poll(self, feed: Feed) -> None:
        """Keep a feed's state after a poll that failed; its lease is over."""
        await self._database.write(feeds.fail, feed)

    async def next_feed_due(self, now: datetime) -> datetime | None:
        """Say when `lease_feed` is next worth a call: `now` or later; None without feeds."""
        due = await self._database.read(feeds.next_due)
        return None if due is None else max(due, now)

    async def feeds(self) -> tuple[Feed, ...]:
        """Give the configured feeds, by address."""
        return await self._database.read(feeds.active)

    # Outbox

    async def say(  # noqa: PLR0913, PLR0917 - no two of these belong together
        self,
        team: str,
        channel: Channel,
        document: Document,
        key: str,
        now: datetime,
        thread: str | None = None,
    ) -> bool:
        """Queue a document that is no alert; do nothing and say False if the key was used before.

        Keys are unique across teams and channels.
        """
        draft = Draft(key, team, channel, document, thread)
        return await self._database.write(outbox.queue, draft, now)

    async def claim(
        self, now: datetime, lease: timedelta, limit: int, resting: Collection[str] = ()
    ) -> tuple[Outgoing, ...]:
        """Take documents to deliver, oldest first, at most one a channel and `limit` in all.

        Those that are due, and those whose claimant's lease has run out. A channel's later
        documents wait until the earlier one is sent or parked. Channels whose key is in `resting`
        are passed over. Give each one back with `sent`, `put_back` or `park` within the lease.
        """
        return await self._database.write(outbox.claim, now, lease, limit, resting)

    async def sent(self, id: int, receipt: Receipt, now: datetime) -> None:  # noqa: A002 - the column's name
        """Note that a document was posted; `History.card_link` leads there if it is a card."""
        await self._database.write(outbox.sent, id, receipt, now)

    async def put_back(self, id: int, error: str, not_before: datetime) -> None:  # noqa: A002 - as above
        """Let a claimed document be claimed again from `not_before` on."""
        await self._database.write(outbox.put_back, id, error, not_before)

    async def park(self, id: int, error: str, state: State) -> None:  # noqa: A002 - as above
        """Give a document up as failed, or as uncertain where it may have been posted.

        A card that failed counts as never shown, so the next alert brings it; the cooldown holds.
        """
        await self._database.write(outbox.park, id, error, state)

    async def next_due(self, now: datetime, resting: Collection[str] = ()) -> datetime | None:
        """Say when `claim` is next worth a call: `now` or later; None if nothing waits."""
        due = await self._database.read(outbox.next_due, resting)
        return None if due is None else max(due, now)

    async def depth(self) -> dict[State, int]:
        """Count the outbox by state; every state is there."""
        return await self._database.read(outbox.depth)


def _finish_poll(
    connection: Connection, poll: Poll, mentions: Sequence[Mention], hearing: Hearing
) -> tuple[Ruling, ...]:
    feeds.finish(connection, poll, hearing.now)
    return alerts.rule(connection, mentions, hearing)
