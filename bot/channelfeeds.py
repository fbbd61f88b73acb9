"""The feeds of one channel, as its people see and change them by command."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from bot.core.addresses import redact
from bot.core.feed import CHAT, Feed, Route, Subscription
from bot.core.feedlook import Elsewhere, Followed, Found
from bot.core.mention import Channel
from bot.errors import UsageError
from bot.feeds.formats import opml
from bot.storage.feedstore import FeedStore
from bot.subscriptions import Subscriptions


class LooksAtFeed(Protocol):
    """Looks at a feed that somebody asks about."""

    async def look(self, url: str) -> Found:
        """Read it once; of what is none, say what it is. Raise FeedError if it is not had."""


@dataclass(frozen=True, slots=True)
class ChannelFeeds:
    """What a channel follows. Raises StorageError.

    `known` gives a channel as it goes on and of the kind that it is; `poll_now` has what is due
    read at once. Without `looks` no feed can be looked at.
    """

    channel: Channel
    store: FeedStore
    subscriptions: Subscriptions
    known: Callable[[Channel], Channel]
    looks: LooksAtFeed | None
    poll_now: Callable[[], None]

    async def look(self, url: str) -> Found:
        """Read a feed once, as the bot would. Raise FeedError, or UsageError where none can."""
        if self.looks is None:
            raise UsageError("Feeds cannot be fetched here.")
        return await self.looks.look(url)

    async def follow(self, url: str, backfill: timedelta | None, by: str, now: datetime) -> bool:
        """Have a feed's news come here; say False if somebody here asked for that before."""
        routes = [Route(url, self.channel, backfill)]
        new = await self.store.subscribe(self.channel.team, CHAT, routes, by, now)
        self.subscriptions.forget()
        # Before it is polled: how far back its first entries are searched is known by then.
        await self.subscriptions.look()
        self.poll_now()
        return bool(new)

    async def leave(self, url: str) -> None:
        """End what somebody here asked for; what others did stands."""
        await self.store.unsubscribe(self.channel.team, url, self.channel, (CHAT,))
        self.subscriptions.forget()

    async def here(self) -> tuple[Followed, ...]:
        """Give what the channel follows, by address."""
        origins: dict[str, set[str]] = {}
        for each in await self._wishes():
            if self.known(each.channel).key == self.channel.key:
                origins.setdefault(each.feed, set()).add(each.origin)
        states = {each.url: each for each in await self.store.states(origins)}
        return tuple(
            Followed(states[url], redact(url), frozenset(origins[url]))
            for url in sorted(origins.keys() & states.keys())
        )

    async def elsewhere(self) -> Elsewhere:
        """Count what other channels follow, of those that are open to all of the team."""
        routes = [(each.feed, self.known(each.channel)) for each in await self._wishes()]
        others = [
            (feed, to)
            for feed, to in routes
            if not (to.private or to.encrypted) and to.key != self.channel.key
        ]
        return Elsewhere(len({feed for feed, _ in others}), len({to.key for _, to in others}))

    def outlines(self, feeds: Iterable[Feed], now: datetime) -> tuple[str, ...]:
        """Give the lines of an OPML list of feeds."""
        listed = [opml.Listed(each.url, each.title or "") for each in feeds]
        return tuple(opml.write(listed, "Feeds of a channel", now).decode().splitlines())

    async def _wishes(self) -> tuple[Subscription, ...]:
        return await self.store.subscriptions(self.channel.team)
