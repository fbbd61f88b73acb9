"""Polling feeds: what is due is leased, fetched, read, and what is new is handed on.

A feed's validators travel in the same `Poll` as its entries, so that whoever stores them commits
both or neither: a crash in between costs a second fetch and never an entry.
"""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from hashlib import sha256
from random import Random

import structlog

from bot.core.feed import Feed, Poll
from bot.core.mention import Entry
from bot.errors import BotError, FeedError
from bot.feeds.extract import extract
from bot.feeds.fetch import Fetched, Fetcher
from bot.feeds.links import origin_host, redact
from bot.feeds.parse import ParsedFeed, parse
from bot.feeds.ports import Offload, Sink, Source
from bot.feeds.schedule import after_failure, after_success
from bot.feeds.turns import Turns

log: structlog.stdlib.BoundLogger = structlog.get_logger()

_SHORTEST_REST = 0.5
_LONGEST_REST = 60.0
"""Seconds; another process may have added a feed."""


@dataclass(frozen=True, slots=True)
class Pace:
    """How much at once, and how long at most.

    `read_limit` and `pages_limit` are in seconds; `pages_limit` and the fetcher's limit together
    must stay below `lease`. `host_pause` is in seconds, between two requests to one host.
    """

    lease: timedelta = timedelta(minutes=10)
    feeds_at_once: int = 8
    pages_at_once: int = 4
    pages_per_poll: int = 50
    pages_limit: float = 300.0
    read_limit: float = 10.0
    host_pause: float = 1.0


class Poller:
    """Polls the feeds of a source into a sink, each every `interval`, 10 % more or less.

    `backfill` names feeds whose first poll is not all silent: what is not older is searched.
    """

    def __init__(  # noqa: PLR0913 - every boundary is passed in, none is reached for
        self,
        fetcher: Fetcher,
        source: Source,
        sink: Sink,
        clock: Callable[[], datetime],
        rng: Random,
        *,
        interval: timedelta = timedelta(minutes=15),
        backfill: Mapping[str, timedelta] | None = None,
        pace: Pace | None = None,
        offload: Offload = asyncio.to_thread,
    ) -> None:
        self._fetcher = fetcher
        self._source = source
        self._sink = sink
        self._clock = clock
        self._rng = rng
        self._interval = interval
        self._backfill = backfill or {}
        self._pace = pace or Pace()
        self._offload = offload
        self._woken = asyncio.Event()
        self._turns = Turns(self._pace.host_pause)
        self._pages = asyncio.Semaphore(self._pace.pages_at_once)
        self._feeds = asyncio.Semaphore(self._pace.feeds_at_once)

    def nudge(self) -> None:
        """Look for due feeds at once, as after one was added."""
        self._woken.set()

    async def run(self) -> None:
        """Poll whatever is due, until cancelled. Trouble is logged and never ends the loop."""
        async with asyncio.TaskGroup() as tasks:
            while True:
                self._woken.clear()
                try:
                    while await self._start_next(tasks, self._clock()):
                        pass
                    due = await self._source.next_feed_due(self._clock())
                except BotError as error:
                    log.warning("feed source failed", reason=str(error))
                    due = None
                await self._rest(due)

    async def poll_once(self, now: datetime) -> int:
        """Poll every feed that is due at `now`; give their number. Raise StorageError."""
        polled = 0
        failed: BotError | None = None
        async with asyncio.TaskGroup() as tasks:
            try:
                while await self._start_next(tasks, now):
                    polled += 1
            except BotError as error:
                # Raised after the group, which would wrap it.
                failed = error
        if failed is not None:
            raise failed
        return polled

    async def _start_next(self, tasks: asyncio.TaskGroup, now: datetime) -> bool:
        """Lease a feed and start polling it once there is room; False if none is due."""
        await self._feeds.acquire()
        feed = None
        try:
            feed = await self._source.lease_feed(now, self._pace.lease)
        finally:
            if feed is None:
                self._feeds.release()
        if feed is not None:
            tasks.create_task(self._poll(feed, now))
        return feed is not None

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
        url = redact(feed.url)
        try:
            try:
                polls = await self._read_safely(feed, now)
            except FeedError as error:
                await self._fail(feed, error, now)
                return
            for poll in polls:
                await self._sink.on_poll(poll)
            if feed.failures:
                log.info("feed recovered", url=url, failures=feed.failures)
        except BotError as error:
            # Nothing was committed: the lease runs out and the feed is polled again.
            log.warning("feed not stored", url=url, reason=str(error))
        except Exception:
            log.exception("feed not stored", url=url)
        finally:
            self._feeds.release()

    async def _read_safely(self, feed: Feed, now: datetime) -> tuple[Poll, ...]:
        """Read a feed; a bug on the way counts as the feed's failure, so that it backs off."""
        try:
            return await self._read(feed, now)
        except BotError:
            raise
        except Exception as error:
            log.exception("feed reader broke", url=redact(feed.url))
            raise FeedError(
                f"{redact(feed.url)} broke the reader ({type(error).__name__}); the log says where"
            ) from None

    async def _fail(self, feed: Feed, error: FeedError, now: datetime) -> None:
        failures = feed.failures + 1
        wait = after_failure(self._interval, failures, error.retry_after, self._rng)
        failed = replace(
            feed,
            next_check_at=now + wait,
            failures=failures,
            last_error=str(error),
            checked_at=now,
        )
        await self._source.fail_poll(failed)
        if failures == 1:
            log.warning("feed failed", url=redact(feed.url), reason=str(error))

    async def _read(self, feed: Feed, now: datetime) -> tuple[Poll, ...]:
        """Fetch and read a feed. Raise FeedError."""
        fetched = await self._fetch(feed)
        good = replace(
            feed,
            next_check_at=now + after_success(self._interval, self._rng),
            etag=fetched.etag,
            last_modified=fetched.last_modified,
            seeded=True,
            failures=0,
            last_error=None,
            checked_at=now,
        )
        if fetched.body is None:
            # A 304 need not repeat the validators (RFC 9110, 15.4.5).
            kept = replace(
                good,
                etag=fetched.etag or feed.etag,
                last_modified=fetched.last_modified or feed.last_modified,
            )
            return (Poll(kept),)
        body_hash = sha256(fetched.body).hexdigest()
        if feed.seeded and body_hash == feed.body_hash:
            return (Poll(good),)
        parsed = await self._parse(feed, fetched, fetched.body, now)
        good = replace(good, title=parsed.title or feed.title, body_hash=body_hash)
        unseen = await self._source.unseen(feed.url, [entry.id for entry in parsed.entries])
        new = tuple(entry for entry in parsed.entries if entry.id in unseen)
        return await self._polls(feed, good, new, now)

    async def _fetch(self, feed: Feed) -> Fetched:
        """Fetch a feed; one that was never stored is asked for whole."""
        async with self._turns.at(origin_host(feed.url)):
            if not feed.seeded:
                return await self._fetcher.feed(feed.url)
            return await self._fetcher.feed(
                feed.url, etag=feed.etag, last_modified=feed.last_modified
            )

    async def _parse(self, feed: Feed, fetched: Fetched, body: bytes, now: datetime) -> ParsedFeed:
        try:
            async with asyncio.timeout(self._pace.read_limit):
                return await self._offload(
                    parse, body, feed.url, fetched.content_type, now, base=fetched.url
                )
        except TimeoutError:
            limit = f"{self._pace.read_limit:g}"
            raise FeedError(f"{redact(feed.url)} took over {limit} seconds to read") from None

    async def _polls(
        self, feed: Feed, good: Feed, new: tuple[Entry, ...], now: datetime
    ) -> tuple[Poll, ...]:
        """Sort new entries into what is only remembered and what is searched.

        With a backfill the first poll becomes two: the first remembers what is older and leaves
        the feed without validators, so that a crash before the second loses nothing.
        """
        if feed.seeded:
            return (Poll(good, await self._with_articles(new)),)
        backfill = self._backfill.get(feed.url)
        if backfill is None:
            return (Poll(good, new, silent=True),)
        fresh = tuple(e for e in new if e.published is not None and now - e.published <= backfill)
        kept = set(fresh)
        old = tuple(entry for entry in new if entry not in kept)
        second = Poll(good, await self._with_articles(fresh))
        if not old:
            return (second,)
        held = replace(feed, next_check_at=now + self._pace.lease)
        return (Poll(held, old, silent=True), second)

    # ----------------------------------------------------------------------------- pages

    async def _with_articles(self, entries: tuple[Entry, ...]) -> tuple[Entry, ...]:
        """Add their pages' text to entries, as far as it can be had in time, newest first."""
        articles: dict[str, str] = {}
        wanted = [entry for entry in reversed(entries) if entry.url is not None]
        late = len(wanted) - self._pace.pages_per_poll
        try:
            async with asyncio.timeout(self._pace.pages_limit), asyncio.TaskGroup() as tasks:
                for entry in wanted[: self._pace.pages_per_poll]:
                    tasks.create_task(self._page(entry, articles))
        except TimeoutError:
            late = len(wanted) - len(articles)
        if late > 0:
            log.info("pages left out", url=redact(entries[0].feed), pages=late)
        return tuple(replace(each, article=articles.get(each.id, "")) for each in entries)

    async def _page(self, entry: Entry, articles: dict[str, str]) -> None:
        """Put an entry's article into `articles`; without one the entry stays as it is."""
        url = entry.url or ""
        try:
            async with self._turns.at(origin_host(url)), self._pages:
                fetched = await self._fetcher.page(url)
            articles[entry.id] = await self._extract(fetched)
        except FeedError as error:
            articles[entry.id] = ""
            log.info("page failed", url=redact(url), reason=str(error))
        except Exception:
            # One page that breaks a parser must not cost the feed its other entries.
            articles[entry.id] = ""
            log.exception("page broke", url=redact(url))

    async def _extract(self, fetched: Fetched) -> str:
        kind = (fetched.content_type or "text/html").lower()
        if "html" not in kind or fetched.body is None:
            raise FeedError(f"{redact(fetched.url)} is no HTML page")
        try:
            async with asyncio.timeout(self._pace.read_limit):
                article = await self._offload(extract, fetched.body, fetched.url, fetched.charset)
        except TimeoutError:
            limit = f"{self._pace.read_limit:g}"
            raise FeedError(f"{redact(fetched.url)} took over {limit} seconds to read") from None
        return article.text
