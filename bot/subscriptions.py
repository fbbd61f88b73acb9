"""Knows which channels follow which feed. Read from the database every few seconds."""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from bot.core.feed import Subscription
from bot.core.mention import Channel
from bot.errors import StorageError
from bot.storage.store import Store

FRESH = timedelta(seconds=5)
"""How long what another process subscribed to may go unseen."""


@dataclass(slots=True)
class Subscriptions:
    """Says where the entries of a feed go, and which feeds are searched back."""

    store: Store
    clock: Callable[[], datetime]
    _channels: Mapping[str, tuple[Channel, ...]] = field(init=False, default_factory=dict)
    _backfill: Mapping[str, timedelta] = field(init=False, default_factory=dict)
    _read_at: datetime | None = field(init=False, default=None)
    _asking: asyncio.Lock = field(init=False, default_factory=asyncio.Lock)

    @property
    def channels(self) -> Mapping[str, tuple[Channel, ...]]:
        """The channels of each feed, as last read."""
        return self._channels

    def backfill(self, feed: str) -> timedelta | None:
        """Say how old an entry may be that is searched in the first poll; None: none is."""
        return self._backfill.get(feed)

    async def look(self) -> None:
        """Read anew if it is not fresh. Raise StorageError as long as it never could be read."""
        if not self._is_fresh():
            async with self._asking:
                if not self._is_fresh():
                    await self._ask()

    def _is_fresh(self) -> bool:
        read_at = self._read_at
        return read_at is not None and timedelta(0) <= self.clock() - read_at < FRESH

    async def _ask(self) -> None:
        now = self.clock()
        try:
            self._take(await self.store.feeds.subscriptions())
        except StorageError:
            # What was read last still holds, if anything is known at all.
            if self._read_at is None:
                raise
        self._read_at = now

    def _take(self, subscribed: tuple[Subscription, ...]) -> None:
        channels: dict[str, dict[Channel, None]] = {}
        backfill: dict[str, timedelta] = {}
        for each in subscribed:
            channels.setdefault(each.feed, {})[each.channel] = None
            if each.backfill is not None:
                backfill[each.feed] = max(each.backfill, backfill.get(each.feed, timedelta()))
        self._channels = {feed: tuple(there) for feed, there in channels.items()}
        self._backfill = backfill
