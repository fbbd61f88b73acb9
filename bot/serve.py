"""The composition root: makes the parts that a configuration asks for and joins them."""

import asyncio
import gc
import random
import signal
from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Protocol, runtime_checkable

import structlog

from bot.app import App
from bot.commands import table
from bot.config import Approval, Config
from bot.core.completion import completions
from bot.core.mention import DEFAULT_TEAM, Channel
from bot.core.roles import Roles
from bot.core.settings import Settings
from bot.core.web import Listen
from bot.current import CurrentWatchlist
from bot.delivery.outbox import LEASE, Worker
from bot.delivery.outcome import SETTLED
from bot.feeding import Feeding, feeding
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
class Completing(Protocol):
    """A platform on which a line can be completed while somebody types it."""

    def complete_with(self, complete: Callable[[str], tuple[str, ...]]) -> None:
        """Take what gives the lines that a line may become."""


@runtime_checkable
class Keeping(Protocol):
    """A platform that keeps something in the database."""

    async def keep_in(self, vault: Store) -> None:
        """Take the database and look what is there; raise BotError if it cannot be used."""


def now() -> datetime:
    """Give the time, UTC."""
    return datetime.now(UTC)


@asynccontextmanager
async def assemble(
    config: Config,
    platforms: tuple[Platform, ...],
    clock: Clock = now,
    tempo: Tempo = STEADY,
) -> AsyncIterator[tuple[App, Feeding]]:
    """Make a bot on these platforms, open its database and network, and close them after.

    Raise InvalidFileError for a broken watchlist and StorageError for an unusable database.
    """
    current = CurrentWatchlist(config.pack_folders())
    by_name = {platform.name: platform for platform in platforms}
    store = await Store.open(config.database.url)
    try:
        await keep(platforms, store)
        await current.follow(store.revisions)
        for each in platforms:
            if isinstance(each, Completing):
                each.complete_with(partial(_completed, current))
        rng = random.Random()  # noqa: S311 - jitter, no secret
        told = (*config.admins.channels, *(f"matrix:{each}" for each in config.matrix.management))
        admins = tuple(map(Channel.at, dict.fromkeys(told)))
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
            settings=settings(config),
            clock=clock,
            corrections=config.corrections_contact,
            approval=config.watchlist.approval is Approval.REQUIRED,
            retention=Retention(**dict(config.keep)),
            admins=admins,
            roles=Roles.of(config.roles.admins, config.roles.curators),
            watch={"slack": config.slack.watch, "matrix": config.matrix.watch},
        )
        async with feeding(config, app, clock, tempo.requests) as fed:
            yield app, fed
    finally:
        await close(platforms)
        await store.close()


def _completed(current: CurrentWatchlist, text: str) -> tuple[str, ...]:
    return completions(table, current.of(DEFAULT_TEAM).watchlist, text)


async def keep(platforms: Iterable[Platform], store: Store) -> None:
    """Give the database to the platforms that keep something in it. Raise BotError."""
    for platform in platforms:
        if isinstance(platform, Keeping):
            await platform.keep_in(store)


async def close(platforms: Iterable[Platform]) -> None:
    """Close what platforms keep open."""
    for platform in platforms:
        if isinstance(platform, Closing):
            await platform.close()


def settings(config: Config) -> Settings:
    """Read off a configuration how a channel that chose nothing wants its alerts."""
    return Settings(
        mode=config.alerts.mode,
        minimum=config.alerts.minimum,
        cooldown=config.alerts.cooldown,
        repeat_card=config.alerts.repeat_card,
        quiet=config.alerts.quiet,
        digest=config.alerts.digest,
        withdraw=config.alerts.withdraw,
    )


async def serve(config: Config) -> None:
    """Run the bot until it is stopped by a signal or its conversations end."""
    platforms = talking_on(config, now)
    async with (
        assemble(config, platforms) as (app, fed),
        listening(config, platforms),
    ):
        # At a terminal whoever types is an admin; a workspace that installs the bot has its own.
        if config.slack.bot_token is not None or config.matrix.accounts:
            await app.appointments.offer()
        # What was loaded stays for as long as the bot runs: nobody need look for garbage in it.
        gc.collect()
        gc.freeze()
        await run_until_signal(app, fed)
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


async def run_until_signal(app: App, fed: Feeding) -> None:
    """Run the app; SIGINT and SIGTERM stop it in good order, SIGHUP reloads the watchlist."""
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, app.stop)
    loop.add_signal_handler(signal.SIGHUP, app.current.nudge)
    watched = len(app.current.packs.watchlist.vendors)
    await app.subscriptions.look()
    log.info("started", vendors=watched, feeds=len(app.subscriptions.channels))
    try:
        await app.run(fed)
    finally:
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            loop.remove_signal_handler(number)
