"""The feeds of one channel, as its people see and change them by command."""

import asyncio
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from bot.core.addresses import redact
from bot.core.clean import clean
from bot.core.document import is_web_address
from bot.core.feed import Feed, Subscription
from bot.core.feedlook import Elsewhere, FeedAt, FeedList, Followed, Found
from bot.core.mention import Channel
from bot.core.routes import RouteChange, Terms
from bot.errors import BotError, UsageError
from bot.feeds.formats import opml
from bot.storage.feedstore import FeedStore
from bot.subscriptions import Subscriptions


class LooksAtFeed(Protocol):
    """Looks at a feed that somebody asks about."""

    async def look(self, url: str) -> Found:
        """Read it once; of what is none, say what it is. Raise FeedError if it is not had."""

    async def body(self, url: str) -> bytes:
        """Read what is at an address as it stands. Raise FeedError."""


@dataclass(frozen=True, slots=True)
class ChannelFeeds:
    """What a channel follows. Raises StorageError.

    `known` gives a channel as it goes on and of the kind that it is; `poll_now` has what is due
    read at once. Without `looks` no feed can be looked at. `event` is the command's.
    """

    channel: Channel
    event: str
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

    async def listed(self, given: str) -> FeedList:
        """Read an OPML list, or the one at an address. Raise FeedError or BotError if it is none.

        UsageError is raised where nothing can be fetched.
        """
        if not is_web_address(given):
            return await asyncio.to_thread(_listed, given.encode(), "What you gave")
        if self.looks is None:
            raise UsageError("Feeds cannot be fetched here.")
        return await asyncio.to_thread(_listed, await self.looks.body(given), redact(given))

    async def put(
        self,
        wanted: Mapping[str, Terms | None],
        by: str,
        now: datetime,
        *,
        undoes: int | None = None,
    ) -> tuple[RouteChange, ...]:
        """Have feeds come here on these terms, or no more (None); give what was before.

        What others than people here asked for stands. A command does so once.
        """
        texts = {url: None if terms is None else terms.text for url, terms in wanted.items()}
        changes = await self.store.put(self.channel, texts, by, now, self.event, undoes)
        self.subscriptions.forget()
        if any(texts.values()):
            # Before it is polled: on which terms its first entries come is known by then.
            await self.subscriptions.look()
            self.poll_now()
        return changes

    async def here(self) -> tuple[Followed, ...]:
        """Give what the channel follows, by address."""
        routes: dict[str, list[Subscription]] = {}
        for each in await self._wishes():
            if self.known(each.channel).key == self.channel.key:
                routes.setdefault(each.feed, []).append(each)
        states = {each.url: each for each in await self.store.states(routes)}
        return tuple(
            Followed(states[url], redact(url), tuple(routes[url]))
            for url in sorted(routes.keys() & states.keys())
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


def _listed(data: bytes, name: str) -> FeedList:
    """Read a list; what it lost for being broken is told. Raise BotError, with the line."""
    fault = opml.fault(data)
    try:
        listed = opml.read(data, name)
    except BotError as error:
        raise BotError(f"{error} ({fault})" if fault else str(error)) from None
    return FeedList(
        tuple(FeedAt(each.url, redact(each.url), clean(each.title)) for each in listed),
        tuple(clean(redact(each)) for each in opml.no_addresses(data)),
        fault,
    )
