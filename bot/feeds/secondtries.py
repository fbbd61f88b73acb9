"""Pages that could not be had with their feed's poll, tried again until they can or time is up.

A vendor that only the article names would be missed for good otherwise. What is due waits in the
database, so that it outlives the process.
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from random import Random

import structlog

from bot.core.addresses import redact
from bot.core.feed import Unread
from bot.errors import BotError, FeedError
from bot.feeds.pages import Pages, RestingError
from bot.feeds.ports import Finds, Waiting

log: structlog.stdlib.BoundLogger = structlog.get_logger()

WAITS = (timedelta(minutes=15), timedelta(hours=1), timedelta(hours=6), timedelta(hours=24))
"""Before each of the tries that follow the first; after the last of them a page is given up."""

LEASE = timedelta(minutes=10)
LIMIT_S = 300.0
"""Seconds for the pages that were leased together; well below their lease."""

AT_ONCE = 16
"""Pages that are leased together."""

_JITTER = 0.1
_SHORTEST_REST = 1.0
_LONGEST_REST = 60.0


def next_wait(tries: int, rng: Random, error: FeedError | None = None) -> timedelta | None:
    """Say how long a page waits after so many second tries have failed; None: it is given up.

    Without an error it was not tried. One that will not pass gives a page up; what the server
    asks for is granted, up to the longest of our own waits.
    """
    if (error is not None and not error.passing) or tries >= len(WAITS):
        return None
    asked = 0.0 if error is None else error.retry_after or 0.0
    wait = max(WAITS[tries], timedelta(seconds=min(asked, WAITS[-1].total_seconds())))
    return wait * rng.uniform(1, 1 + _JITTER)


@dataclass(frozen=True, slots=True)
class SecondTries:
    """Reads the pages that are due and hands their entries on, whole this time."""

    pages: Pages
    source: Waiting
    sink: Finds
    clock: Callable[[], datetime]
    rng: Random

    async def run(self) -> None:
        """Try whatever is due, until cancelled. Trouble is logged and never ends the loop."""
        while True:
            due: datetime | None = None
            try:
                while await self.once(self.clock()):
                    pass
                due = await self.source.next_page_due(self.clock())
            except BotError as error:
                log.warning("waiting pages out of reach", reason=str(error))
            rest = _LONGEST_REST if due is None else (due - self.clock()).total_seconds()
            await asyncio.sleep(min(max(rest, _SHORTEST_REST), _LONGEST_REST))

    async def once(self, now: datetime) -> int:
        """Try some of the pages that are due at `now`; give their number. Raise StorageError."""
        unread = await self.source.lease_pages(now, LEASE, AT_ONCE)
        try:
            async with asyncio.timeout(LIMIT_S), asyncio.TaskGroup() as tasks:
                for each in unread:
                    tasks.create_task(self._try(each))
        except TimeoutError:
            log.info("pages left out again")  # their lease runs out
        return len(unread)

    async def _try(self, unread: Unread) -> None:
        url = redact(unread.entry.url or "")
        try:
            await self._read(unread)
        except RestingError as rest:
            await self._wait(unread, unread.tries, next_wait(0, self.rng, rest), rest)
        except FeedError as error:
            tries = unread.tries + 1
            await self._wait(unread, tries, next_wait(tries, self.rng, error), error)
        except BotError as error:
            # Nothing was committed: the lease runs out and the page is tried again.
            log.warning("page not stored", url=url, reason=str(error))
        except Exception as error:
            log.exception("page broke", url=url)
            tries = unread.tries + 1
            await self._wait(unread, tries, next_wait(tries, self.rng), error)

    async def _read(self, unread: Unread) -> None:
        entry = unread.entry
        page = await self.pages.read(entry.url or "", beside=entry.feed)
        whole = replace(entry, article=page.article.text)
        await self.sink.on_page(replace(unread, entry=whole), page.seen)
        log.info("page read after all", url=redact(entry.url or ""), tries=unread.tries + 1)

    async def _wait(
        self, unread: Unread, tries: int, wait: timedelta | None, error: Exception
    ) -> None:
        """Put a page off, or give it up."""
        entry = unread.entry
        if wait is None:
            url, reason = redact(entry.url or ""), str(error) or type(error).__name__
            log.warning("page given up", url=url, tries=tries, reason=reason)
        due_at = None if wait is None else self.clock() + wait
        try:
            await self.source.put_off(replace(unread, tries=tries), due_at)
        except BotError as trouble:
            log.warning("page not put off", url=redact(entry.url or ""), reason=str(trouble))
