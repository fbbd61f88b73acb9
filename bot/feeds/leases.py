"""Leases of feeds that are being read, renewed for as long as that takes.

So a lease can be short: what a process that was killed had begun is due again soon.
"""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from typing import TypeVar

import structlog

from bot.errors import BotError
from bot.feeds.ports import Source

log: structlog.stdlib.BoundLogger = structlog.get_logger()

T = TypeVar("T")


class Leases:
    """Holds on to feeds of a source, whose leases are of one `length`."""

    def __init__(self, source: Source, clock: Callable[[], datetime], length: timedelta) -> None:
        self._source = source
        self._clock = clock
        self._length = length
        self._held: dict[str, datetime] = {}

    async def during(self, work: Awaitable[T], feed: str, leased_at: datetime) -> T:
        """Keep a feed's lease until some work is done; give what comes of it."""
        self._held[feed] = leased_at + self._length
        try:
            return await work
        finally:
            self._held.pop(feed, None)

    async def run(self) -> None:
        """Renew until cancelled. Trouble is logged and never ends the loop."""
        while True:
            await asyncio.sleep(self._length.total_seconds() / 4)
            try:
                await self.renew()
            except BotError as error:
                log.warning("leases not renewed", reason=str(error))

    async def renew(self) -> None:
        """Renew what has lasted for a quarter of its time: half is left at least, whenever asked.

        Raise StorageError.
        """
        now = self._clock()
        until = now + self._length
        ends: dict[datetime, list[str]] = {}
        for feed, end in self._held.items():
            if end <= until - self._length / 4:
                ends.setdefault(end, []).append(feed)
        for end, feeds in ends.items():
            await self._source.renew_leases(feeds, end, until)
            self._held.update((feed, until) for feed in feeds if self._held.get(feed) == end)
