"""The composition root: makes the parts that a configuration asks for and joins them."""

import asyncio
import random
import signal
from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Protocol, runtime_checkable

import structlog

from bot import pack
from bot.app import App, Routes
from bot.commands import table
from bot.config import Config
from bot.core.mention import Channel
from bot.core.roles import Roles
from bot.core.settings import Settings
from bot.core.web import Listen
from bot.current import CurrentWatchlist
from bot.delivery.outbox import LEASE, Worker
from bot.delivery.outcome import SETTLED
from bot.errors import BotError, InvalidFileError
from bot.feeds.fetch import Fetcher
from bot.feeds.parse import parse
from bot.feeds.poller import Pace, Poller
from bot.platforms.base import Platform
from bot.storage.rows import Retention
from bot.storage.store import Store
from bot.talking import talking_on

log = structlog.get_logger()
Clock = Callable[[], datetime]


@dataclass(frozen=True, slots=True)
class Tempo:
    """The rest between two posts in one channel, and between two requests to one host.

    Slack takes one post a second in a channel. A post of unknown outcome is asked for once it has
    `settled`; a claim to post holds for `lease`.
    """

    posts: timedelta = timedelta(seconds=1)
    requests: timedelta = timedelta(seconds=1)
    settled: timedelta = SETTLED
    lease: timedelta = LEASE


STEADY = Tempo()


@runtime_checkable
class Closing(Protocol):
    """A platform that keeps something open for as long as the bot speaks."""

    async def close(self) -> None:
        """Close it."""


@runtime_checkable
class Keeping(Protocol):
    """A platform that keeps something in the database."""

    async def keep_in(self, vault: Store) -> None:
        """Take the database and look what is there; raise BotError if it cannot be used."""


def now() -> datetime:
    """Give the time, UTC."""
    return datetime.now(UTC)


def _channel(key: str) -> Channel:
    """Read a key; it does not say whether a channel is private, so one that may be counts as such.

    `Places` knows better once the bot has been invited there.
    """
    platform, _, name = key.partition(":")
    return Channel(platform, name, private=platform != "console")


@asynccontextmanager
async def assemble(
    config: Config,
    platforms: tuple[Platform, ...],
    clock: Clock = now,
    tempo: Tempo = STEADY,
) -> AsyncIterator[tuple[App, Poller]]:
    """Make a bot on these platforms, open its database and network, and close them after.

    Raise InvalidFileError for a broken watchlist and StorageError for an unusable database.
    """
    current = CurrentWatchlist(config.pack_folders())
    by_name = {platform.name: platform for platform in platforms}
    store = await Store.open(config.database.url)
    try:
        await _keep(platforms, store)
        rng = random.Random()  # noqa: S311 - jitter, no secret
        told = (*config.admins.channels, *(f"matrix:{each}" for each in config.matrix.management))
        admins = tuple(map(_channel, dict.fromkeys(told)))
        worker = Worker(
            store,
            by_name,
            clock,
            rng,
            pace=tempo.posts,
            admins=admins,
            lease=tempo.lease,
            settled=tempo.settled,
        )
        app = App(
            store=store,
            current=current,
            platforms=by_name,
            worker=worker,
            commands=table,
            routes=routes(config),
            clock=clock,
            corrections=config.corrections_contact,
            retention=Retention(**dict(config.keep)),
            admins=admins,
            roles=Roles.of(config.roles.admins, config.roles.curators),
            watch={"slack": config.slack.watch, "matrix": config.matrix.watch},
        )
        await store.configure_feeds([feed.url for feed in config.feeds.list], clock())
        async with fetcher(config) as fetching:
            yield app, poller(config, fetching, app, clock, tempo)
    finally:
        await _close(platforms)
        await store.close()


async def _keep(platforms: Iterable[Platform], store: Store) -> None:
    for platform in platforms:
        if isinstance(platform, Keeping):
            await platform.keep_in(store)


async def _close(platforms: Iterable[Platform]) -> None:
    for platform in platforms:
        if isinstance(platform, Closing):
            await platform.close()


def routes(config: Config) -> Routes:
    """Read off a configuration which channels each feed goes to."""
    settings = Settings(
        mode=config.alerts.mode,
        minimum=config.alerts.minimum,
        cooldown=config.alerts.cooldown,
        repeat_card=config.alerts.repeat_card,
        quiet=config.alerts.quiet,
        digest=config.alerts.digest,
        withdraw=config.alerts.withdraw,
    )
    feeds = {feed.url: tuple(_channel(key) for key in feed.channels) for feed in config.feeds.list}
    return Routes(settings, feeds)


def fetcher(config: Config) -> Fetcher:
    """Make the one door to the web, with the networks and the contact that the config gives."""
    return Fetcher(contact=config.feeds.contact, allow_networks=config.feeds.allow_networks)


def poller(config: Config, fetching: Fetcher, app: App, clock: Clock, tempo: Tempo) -> Poller:
    """Make the poller of the configured feeds; what it finds goes to the app."""
    return Poller(
        fetching,
        app.store,
        app,
        clock,
        random.Random(),  # noqa: S311 - jitter, no secret
        interval=config.feeds.interval,
        backfill={feed.url: feed.backfill for feed in config.feeds.list if feed.backfill},
        pace=Pace(host_pause=tempo.requests.total_seconds()),
    )


async def serve(config: Config) -> None:
    """Run the bot until it is stopped by a signal or its conversations end."""
    platforms = talking_on(config, now)
    async with (
        assemble(config, platforms) as (app, polling),
        listening(config, platforms),
    ):
        await run_until_signal(app, polling)
    log.info("stopped")


@asynccontextmanager
async def listening(config: Config, platforms: Sequence[Platform]) -> AsyncIterator[Listen | None]:
    """Run the web server for the length of a block, if there is to be one; give where it listens.

    Raise BotError if it cannot listen there.
    """
    if config.web.listen is None:
        yield None
        return
    # Not at the top: a bot without a web server does without.
    from bot.web.server import Reached, served  # noqa: PLC0415

    routes = [route for each in platforms if isinstance(each, Reached) for route in each.routes()]
    async with served(config.web.listen, routes) as address:
        yield address


async def run_until_signal(app: App, polling: Poller) -> None:
    """Run the app; SIGINT and SIGTERM stop it in good order, SIGHUP reloads the watchlist."""
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, app.stop)
    loop.add_signal_handler(signal.SIGHUP, app.current.nudge)
    watched = len(app.current.compiled.watchlist.vendors)
    log.info("started", vendors=watched, feeds=len(app.routes.feeds))
    try:
        await app.run(polling)
    finally:
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            loop.remove_signal_handler(number)


async def check_all(config: Config) -> list[str]:
    """Try everything that `run` needs; give every problem as one line with its remedy."""
    problems: list[str] = []
    try:
        pack.load(config.pack_folders())
    except InvalidFileError as error:
        problems += map(str, error.problems)
    problems += await _check_platforms(config)
    if config.feeds.list:
        async with fetcher(config) as fetching:
            tried = (_check_feed(fetching, feed.url) for feed in config.feeds.list)
            problems += [problem for each in tried for problem in await each]
    return problems


async def _check_platforms(config: Config) -> list[str]:
    problems: list[str] = []
    platforms: tuple[Platform, ...] = ()
    store: Store | None = None
    try:
        store = await Store.open(config.database.url)
    except BotError as error:
        problems.append(f"database: {error}")
    try:
        platforms = talking_on(config, now)
        if store is not None:
            await _keep(platforms, store)
        for platform in platforms:
            problems += [f"{platform.name}: {problem}" for problem in await platform.check()]
    except BotError as error:
        problems.append(str(error))
    finally:
        await _close(platforms)
        if store is not None:
            await store.close()
    return problems


async def _check_feed(fetching: Fetcher, url: str) -> list[str]:
    try:
        fetched = await fetching.feed(url)
        parse(fetched.body or b"", fetched.url, fetched.content_type, now())
    except BotError as error:
        return [f"feed: {error}"]
    return []
