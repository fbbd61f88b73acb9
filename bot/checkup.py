"""Trying everything that `run` needs, so that an operator learns of all problems at once."""

from bot import pack
from bot.config import Config
from bot.core.addresses import redact
from bot.errors import BotError, InvalidFileError
from bot.feeding import fetcher
from bot.feeds.fetching.fetch import Fetcher
from bot.feeds.formats import opml
from bot.feeds.jobs import FeedJob
from bot.feeds.listing import read
from bot.following import read_list
from bot.serve import close, keep, now
from bot.storage.store import Store
from bot.talking import talking_on


async def check_all(config: Config) -> list[str]:
    """Try everything that `run` needs; give every problem as one line with its remedy."""
    problems: list[str] = []
    try:
        pack.load(config.pack_folders())
    except InvalidFileError as error:
        problems += map(str, error.problems)
    problems += await _check_platforms(config)
    if config.feeds.list or config.feeds.lists:
        async with fetcher(config) as fetching:
            tried = [
                *(_check_feed(fetching, feed.url) for feed in config.feeds.list),
                *(_check_list(fetching, each.source) for each in config.feeds.lists),
            ]
            problems += [problem for each in tried for problem in await each]
    return problems


async def _check_platforms(config: Config) -> list[str]:
    problems: list[str] = []
    store: Store | None = None
    try:
        store = await Store.open(config.database.url)
    except BotError as error:
        problems.append(f"database: {error}")
    try:
        platforms = talking_on(config, now)
    except BotError as error:
        problems.append(str(error))
        platforms = ()
    else:
        problems += _without_platform(config, {each.name for each in platforms})
    try:
        if store is not None:
            await keep(platforms, store)
        for platform in platforms:
            problems += [f"{platform.name}: {problem}" for problem in await platform.check()]
    except BotError as error:
        problems.append(str(error))
    finally:
        await close(platforms)
        if store is not None:
            await store.close()
    return problems


def _without_platform(config: Config, names: set[str]) -> list[str]:
    """Say which channels are to be told of something on a platform that is not set up."""
    keys = [*config.admins.channels]
    keys += [key for each in config.feeds.list for key in each.channels]
    keys += [key for each in config.feeds.lists for key in each.channels]
    return [
        f"{key} cannot be reached: {key.partition(':')[0]} is not set up; add it to the config"
        for key in dict.fromkeys(keys)
        if key.partition(":")[0] not in names
    ]


async def _check_feed(fetching: Fetcher, url: str) -> list[str]:
    try:
        fetched = await fetching.feed(url)
        read(FeedJob(fetched.body or b"", url, fetched.url, fetched.content_type, now(), b""))
    except BotError as error:
        return [f"feed: {error}"]
    return []


async def _check_list(fetching: Fetcher, source: str) -> list[str]:
    try:
        opml.read(await read_list(source, fetching), redact(source))
    except BotError as error:
        return [f"list of feeds: {error}"]
    return []
