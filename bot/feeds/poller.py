"""Polling feeds: what is due is leased, fetched, read, and what is new is handed on.

A feed's validators travel in the same `Poll` as its entries, so that whoever stores them commits
both or neither: a crash in between costs a second fetch and never an entry.
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from random import Random

import structlog

from bot.core.addresses import redact
from bot.core.feed import Feed, Poll
from bot.errors import BotError, FeedError
from bot.feeds import moves
from bot.feeds.articles import Articles
from bot.feeds.fetching.fetch import Fetched, Fetcher
from bot.feeds.hosts import Hosts, host_of
from bot.feeds.jobs import FeedJob
from bot.feeds.leases import Leases
from bot.feeds.pages import Pages
from bot.feeds.polled import Asked, Rules, waits
from bot.feeds.ports import Door, Reads, Sink, Source

log: structlog.stdlib.BoundLogger = structlog.get_logger()

_BELIEVED = timedelta(hours=24)
_SHORTEST_REST = 0.5
_LONGEST_REST = 60.0
"""Seconds; another process may have added a feed."""


@dataclass(frozen=True, slots=True)
class Pace:
    """How much at once: feeds, and how long one is nobody else's.

    A feed waits for its turn for half of a `lease` at most; then it is left to whoever is free.
    """

    lease: timedelta = timedelta(minutes=2)
    """It is renewed while its feed is read, so what a killed process held is free after one."""
    feeds_at_once: int = 64


class _RestsError(BotError):
    """A host is left alone for now."""

    def __init__(self, until: datetime) -> None:
        super().__init__()
        self.until = until


class Poller:
    """Polls the feeds of a source into a sink."""

    def __init__(  # noqa: PLR0913, PLR0917 - every boundary is passed in, none is reached for
        self,
        fetcher: Fetcher,
        reads: Reads,
        source: Source,
        sink: Sink,
        clock: Callable[[], datetime],
        rng: Random,
        *,
        hosts: Hosts | None = None,
        rules: Rules | None = None,
        pace: Pace | None = None,
        door: Door | None = None,
    ) -> None:
        self._fetcher = fetcher
        self._reads = reads
        self._source = source
        self._sink = sink
        self._clock = clock
        self._rng = rng
        self._hosts = Hosts(1.0) if hosts is None else hosts  # an empty one is false
        self._rules = rules or Rules()
        self._pace = pace or Pace()
        self._leases = Leases(source, clock, self._pace.lease)
        self._door = door
        pages = Pages(fetcher, reads, source, self._hosts, clock, door=door)
        self._articles = Articles(pages, sink.wants_page, rng)
        self._woken = asyncio.Event()
        self._due: datetime | None = None
        self._under_way = 0
        self._room = asyncio.Event()
        most = self._pace.feeds_at_once
        self._enough = most - max(most // 4, 1)

    def nudge(self) -> None:
        """Look for due feeds at once, as after one was added."""
        self._woken.set()

    async def run(self) -> None:
        """Poll whatever is due, until cancelled. Trouble is logged and never ends the loop."""
        await asyncio.to_thread(moves.prepare)
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._leases.run())
            while True:
                self._woken.clear()
                try:
                    while await self._start(tasks, self._clock()):
                        pass
                    self._due = await self._source.next_feed_due(self._clock())
                except BotError as error:
                    log.warning("feed source failed", reason=str(error))
                    self._due = None
                await self._rest(self._due)

    async def poll_once(self, now: datetime) -> int:
        """Poll every feed that is due at `now`; give their number. Raise StorageError."""
        polled = 0
        failed: BotError | None = None
        async with asyncio.TaskGroup() as tasks:
            try:
                while started := await self._start(tasks, now):
                    polled += started
            except BotError as error:
                # Raised after the group, which would wrap it.
                failed = error
        if failed is not None:
            raise failed
        return polled

    async def _start(self, tasks: asyncio.TaskGroup, now: datetime) -> int:
        """Lease feeds and start polling each once there is room for it; give how many.

        Many at a time, since a lease is a transaction. What has to wait for long is left to the end
        of its lease.
        """
        most, loop = self._pace.feeds_at_once, asyncio.get_running_loop()
        await self._have_room()
        feeds = await self._source.lease_feeds(now, self._pace.lease, most)
        latest = loop.time() + self._pace.lease.total_seconds() / 2
        started = 0
        for feed in feeds:
            if self._under_way >= most:
                await self._have_room()
                if loop.time() > latest:
                    break
            self._under_way += 1
            started += 1
            tasks.create_task(self._poll(feed, now))
        return started

    async def _have_room(self) -> None:
        """Wait until a quarter of the feeds that may be under way are not."""
        if self._under_way > self._enough:
            self._room.clear()
            await self._room.wait()

    async def _rest(self, due: datetime | None) -> None:
        seconds = _LONGEST_REST
        if due is not None:
            seconds = (due - self._clock()).total_seconds()
        try:
            async with asyncio.timeout(min(max(seconds, _SHORTEST_REST), _LONGEST_REST)):
                await self._woken.wait()
        except TimeoutError:
            return

    # -------------------------------------------------------------------------- one feed

    async def _poll(self, feed: Feed, now: datetime) -> None:
        try:
            poll = await self._leases.during(self._decided(feed, now), feed.url, now)
            await self._sink.on_poll(poll)
            _tell(feed, poll)
            # While it was under way, the end of its lease stood for when it is next due.
            if self._due is not None and poll.feed.next_check_at < self._due:
                self._due = poll.feed.next_check_at
                self._woken.set()
        except BotError as error:
            # Nothing was committed: the lease runs out and the feed is polled again.
            log.warning("feed not stored", url=redact(feed.url), reason=str(error))
        except Exception:
            log.exception("feed not stored", url=redact(feed.url))
        finally:
            self._under_way -= 1
            if self._under_way == self._enough:
                self._room.set()

    async def _decided(self, feed: Feed, now: datetime) -> Poll:
        """Ask for a feed and decide what follows; a bug on the way counts as the feed's failure."""
        asked = Asked(feed, now, self._rules, self._rng)
        try:
            return await self._read(asked)
        except _RestsError as rest:
            return waits(feed, rest.until + timedelta(minutes=self._rng.random()))
        except FeedError as error:
            return asked.failed(error)
        except BotError:
            raise
        except Exception as error:
            log.exception("feed reader broke", url=redact(feed.url))
            what = type(error).__name__
            broke = f"{redact(feed.url)} broke the reader ({what}); the log says where"
            return asked.failed(FeedError(broke))

    async def _read(self, asked: Asked) -> Poll:
        """Fetch and read a feed. Raise FeedError."""
        feed = asked.feed
        fetched = await self._fetch(feed, asked.now)
        if fetched.body is None:
            return asked.unchanged(fetched)
        body_hash = sha256(fetched.body).hexdigest()
        if feed.seeded and body_hash == feed.body_hash:
            return asked.unchanged(fetched)
        reading = await self._reads.feed(
            FeedJob(
                body=fetched.body,
                url=feed.url,
                base=fetched.url,
                content_type=fetched.content_type,
                now=asked.now,
                listed=feed.listed,
            )
        )
        ids = [entry.id for entry in reading.entries]
        unseen = await self._source.unseen(feed.url, ids) if ids else ()
        return await self._articles.added_to(asked.read(fetched, body_hash, reading, unseen))

    async def _fetch(self, feed: Feed, now: datetime) -> Fetched:
        """Fetch a feed; one that was never stored is asked for whole, and any now and then."""
        host = host_of(feed.at)
        fetcher = self._fetcher if self._door is None else await self._door(feed.url)
        etag, last_modified = feed.etag, feed.last_modified
        if not feed.seeded or self._doubts(feed, now):
            etag = last_modified = None
        async with self._hosts.at(host):
            # Another of the host's feeds may just have been told to wait.
            until = self._hosts.rests_until(host, now)
            if until is not None:
                raise _RestsError(until)
            try:
                return await fetcher.feed(feed.at, etag=etag, last_modified=last_modified)
            except FeedError as error:
                if error.retry_after is not None:
                    self._hosts.rest(host, now, error.retry_after)
                raise

    def _doubts(self, feed: Feed, now: datetime) -> bool:
        """Say, once a day on average, that a server's word for no news is not to be believed.

        There are some whose ETag never changes, and a feed of theirs would be silent for good.
        """
        since = now - (feed.checked_at or now)
        return self._rng.random() < since / _BELIEVED


def _tell(feed: Feed, poll: Poll) -> None:
    """Log what changed with a feed; a failure once, not at every attempt."""
    after = poll.feed
    if not (
        after.failures
        or feed.failures
        or after.address != feed.address
        or poll.flood
        or poll.notices
    ):
        return  # as nearly always
    url = redact(feed.url)
    if after.failures == 1:
        log.warning("feed failed", url=url, reason=after.last_error)
    elif feed.failures and not after.failures:
        log.info("feed recovered", url=url, failures=feed.failures)
    if after.address != feed.address:
        log.info("feed has moved", url=url, to=redact(after.at))
    if poll.flood:
        log.warning("feed flood", url=url, entries=len(poll.entries))
    for notice in poll.notices:
        log.warning("feed notice", url=url, about=str(notice.kind))
