"""Knows which channels follow which feed. Read from the database every few seconds."""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TypeAlias

from bot.core.feed import CHAT, Subscription
from bot.core.mention import Channel, MatchKind
from bot.core.routes import EVERYTHING, Filter
from bot.errors import StorageError
from bot.storage.store import Store

FRESH = timedelta(seconds=5)
"""How long what another process subscribed to may go unseen."""
_Route: TypeAlias = tuple[str, str, str]
"""A feed, and the team and the key of a channel that it goes to."""


@dataclass(slots=True)
class Subscriptions:
    """Says where the entries of a feed go, and which feeds are searched back."""

    store: Store
    clock: Callable[[], datetime]
    _channels: Mapping[str, tuple[Channel, ...]] = field(init=False, default_factory=dict)
    _backfill: Mapping[str, timedelta] = field(init=False, default_factory=dict)
    _limits: Mapping[_Route, frozenset[Filter]] = field(init=False, default_factory=dict)
    _by_chat: frozenset[str] = field(init=False, default=frozenset())
    _read_at: datetime | None = field(init=False, default=None)
    _stale: bool = field(init=False, default=False)
    _asking: asyncio.Lock = field(init=False, default_factory=asyncio.Lock)

    @property
    def channels(self) -> Mapping[str, tuple[Channel, ...]]:
        """The channels of each feed, as last read."""
        return self._channels

    def backfill(self, feed: str) -> timedelta | None:
        """Say how old an entry may be that is searched in the first poll; None: none is."""
        return self._backfill.get(feed)

    def wants(
        self, feed: str, channel: Channel, vendor: str, tags: frozenset[str], kind: MatchKind
    ) -> bool:
        """Say whether a vendor in an entry is let through to a channel that the feed goes to.

        One of those who asked for the feed there has to want it.
        """
        limits = self._limits.get((feed, channel.team, channel.key))
        return limits is None or any(each.wants(vendor, tags, kind) for each in limits)

    def is_by_chat(self, feed: str) -> bool:
        """Say whether nobody but people in chats asked for a feed; of an unknown one as well."""
        return feed in self._by_chat or feed not in self._channels

    def forget(self) -> None:
        """Ask the database again next time: somebody subscribed, or does no more."""
        self._stale = True

    async def look(self) -> None:
        """Read anew if it is not fresh. Raise StorageError as long as it never could be read."""
        if not self._is_fresh():
            async with self._asking:
                if not self._is_fresh():
                    await self._ask()

    def _is_fresh(self) -> bool:
        read_at = self._read_at
        if self._stale or read_at is None:
            return False
        return timedelta(0) <= self.clock() - read_at < FRESH

    async def _ask(self) -> None:
        now, self._stale = self.clock(), False  # what changes while this is read is read again
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
        limits: dict[_Route, set[Filter]] = {}
        others = {each.feed for each in subscribed if each.origin != CHAT}
        for each in subscribed:
            channels.setdefault(each.feed, {})[each.channel] = None
            there = (each.feed, each.channel.team, each.channel.key)
            limits.setdefault(there, set()).add(each.filter)
            if each.backfill is not None:
                backfill[each.feed] = max(each.backfill, backfill.get(each.feed, timedelta()))
        self._channels = {feed: tuple(there) for feed, there in channels.items()}
        self._backfill = backfill
        self._limits = {
            there: frozenset(given) for there, given in limits.items() if EVERYTHING not in given
        }
        self._by_chat = frozenset(channels.keys() - others)


def tellable(routes: Mapping[str, tuple[Channel, ...]], channel: Channel) -> list[str]:
    """Give the feeds that a channel may know of: its own, and those of its team's open channels."""
    return [
        feed
        for feed, to in routes.items()
        if any(
            each.key == channel.key or not (each.private or each.team != channel.team)
            for each in to
        )
    ]
