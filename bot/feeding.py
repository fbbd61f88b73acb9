"""The part of the bot that reads feeds, as a configuration asks for it."""

import asyncio
import random
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from bot.app import App
from bot.config import Config
from bot.core.feed import CONFIGURED, Route
from bot.core.mention import DEFAULT_TEAM, Channel
from bot.feeds.fetching.fetch import Fetcher
from bot.feeds.hosts import Hosts
from bot.feeds.onefeed import OneFeed
from bot.feeds.onepage import OnePage
from bot.feeds.pages import Pages
from bot.feeds.polled import Rules
from bot.feeds.poller import Poller
from bot.feeds.reading.readers import Readers
from bot.feeds.schedule import Limits
from bot.feeds.secondtries import SecondTries
from bot.following import FollowedList, Following

Clock = Callable[[], datetime]


@dataclass(frozen=True, slots=True)
class Feeding:
    """What reads feeds, their entries' late pages, and the lists of feeds."""

    poller: Poller
    late: SecondTries
    lists: Following

    async def run(self) -> None:
        """Poll, try again and follow until cancelled."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self.poller.run())
            group.create_task(self.late.run())
            group.create_task(self.lists.run())


@asynccontextmanager
async def feeding(
    config: Config, app: App, clock: Clock, requests: timedelta
) -> AsyncIterator[Feeding]:
    """Make what reads the configured feeds; what it finds goes to the app.

    `requests` is the rest between two requests to one host. Raise StorageError.
    """
    feeds = app.store.feeds
    await feeds.follow(DEFAULT_TEAM, CONFIGURED, configured(config), CONFIGURED, clock())
    hosts = Hosts(requests.total_seconds())
    rng = random.Random()  # noqa: S311 - jitter, no secret
    rules = Rules(
        Limits(config.feeds.fastest, config.feeds.slowest), backfill=app.subscriptions.backfill
    )
    async with (
        fetcher(config) as fetching,
        public_fetcher(config) as public,
        Readers() as readers,
    ):

        async def door(feed: str) -> Fetcher:
            await app.subscriptions.look()
            return public if app.subscriptions.is_by_chat(feed) else fetching

        pages = Pages(fetching, readers, feeds, hosts, clock, at_once=2, door=door)
        app.reads = OnePage(pages, replace(pages, fetcher=public))
        app.looks = OneFeed(public, readers, hosts, clock, rules)
        polling = Poller(
            fetching, readers, feeds, app, clock, rng, hosts=hosts, rules=rules, door=door
        )
        app.poll_now = polling.nudge

        def changed() -> None:
            app.subscriptions.forget()
            polling.nudge()

        late = SecondTries(replace(pages), feeds, app, clock, rng)
        lists = Following(followed_lists(config), app.store, fetching, clock, changed)
        yield Feeding(polling, late, lists)


def configured(config: Config) -> list[Route]:
    """Read off a configuration which feeds go to which channels."""
    return [
        Route(feed.url, Channel.at(key), feed.backfill)
        for feed in config.feeds.list
        for key in feed.channels
    ]


def followed_lists(config: Config) -> list[FollowedList]:
    """Read off a configuration which lists of feeds are followed."""
    return [
        FollowedList(each.source, tuple(map(Channel.at, each.channels)))
        for each in config.feeds.lists
    ]


def fetcher(config: Config) -> Fetcher:
    """Make the one door to the web, with the networks and the contact that the config gives."""
    return Fetcher(contact=config.feeds.contact, allow_networks=config.feeds.allow_networks)


def public_fetcher(config: Config) -> Fetcher:
    """Make a door to the public web alone, for what anybody in a chat may name."""
    return Fetcher(contact=config.feeds.contact, public=True)
