"""What of `vendorwatch feeds ...` changes which feeds are followed: by name, or by lists."""

import asyncio
import os
import sys
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Annotated

import typer
from pydantic import TypeAdapter, ValidationError

from bot.cli_shared import BAD_INPUT, NOT_FOUND, ConfigFile, stop, with_store
from bot.config import Config
from bot.configfile import load
from bot.core.addresses import redact
from bot.core.clean import clean
from bot.core.duration import parse_duration
from bot.core.feed import CONFIGURED, Feed, Route, Subscription
from bot.core.mention import DEFAULT_TEAM, Channel
from bot.core.vendor import WebAddress
from bot.core.wording import counted
from bot.errors import FeedError, UsageError
from bot.log import configure
from bot.section import ChannelKey

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from bot.storage.store import Store

To = Annotated[
    list[str], typer.Option("--to", help="A channel that hears of them, as slack:C0123456789.")
]
ORIGIN = "cli"


def feeds_add(
    url: Annotated[str, typer.Argument(help="A feed, or a page that names just one.")],
    to: To,
    backfill: Annotated[
        str | None, typer.Option(help="Also search what is no older than this, as 7d.")
    ] = None,
    *,
    unseen: Annotated[bool, typer.Option("--unseen", help="Do not look at it first.")] = False,
    config: ConfigFile = None,
) -> None:
    """Look at a feed and follow it; a running bot takes it up within a minute."""
    settings, back, channels = load(config, os.environ), _span(backfill), [*map(_channel, to)]
    meant = _address(url) if unseen else _looked_at(_address(url), settings)
    new = _follow(settings, [meant], channels, back)
    print(f"{redact(meant)} {'is' if new else 'was already'} followed for {', '.join(to)}")


def _looked_at(url: str, settings: Config) -> str:
    """Say what a feed is, or the one that a page names, and give its address. Raise UsageError."""
    from bot.feedcheck import choose  # noqa: PLC0415 - slow to import

    try:
        chosen = asyncio.run(choose(url, settings))
    except FeedError as error:
        raise UsageError(f"{error}; add it unread with --unseen") from None
    for line in chosen.lines:
        print(line)
    if chosen.url is None:
        raise UsageError(f"{redact(url)} is no feed, and nothing was added; add one of those")
    return chosen.url


def feeds_remove(
    url: Annotated[str, typer.Argument(help="The address, as `feeds list` shows it.")],
    from_: Annotated[
        list[str] | None, typer.Option("--from", help="A channel; all without.")
    ] = None,
    config: ConfigFile = None,
) -> None:
    """Stop following a feed that was added or imported here."""
    there = f" for {', '.join(from_)}" if from_ else ""
    channels = [None] if not from_ else [_channel(each) for each in from_]

    async def remove(store: "Store") -> tuple[str, int]:
        wishes = await store.feeds.subscriptions(DEFAULT_TEAM)
        # What is listed has no secrets in it; of two that look alike neither is meant.
        alike = {each.feed for each in wishes if url in {each.feed, redact(each.feed)}}
        if len(alike) > 1 and url not in alike:
            raise UsageError(f"{len(alike)} feeds are listed as {url}; give the whole address")
        meant = url if url in alike else next(iter(alike), url)
        ended = [
            await store.feeds.unsubscribe(DEFAULT_TEAM, meant, each, (ORIGIN,)) for each in channels
        ]
        return meant, sum(ended)

    settings = load(config, os.environ)
    meant, ended = with_store(settings, remove)
    others = [
        each
        for each in followed(settings)[1]
        if each.feed == meant and (not from_ or each.channel in channels)
    ]
    if not ended:
        listed = "; what the configuration or a list names is taken out there" if others else ""
        stop(f"{redact(url)} was not added here{there}{listed}", NOT_FOUND)
    if others:
        whose = _listing({each.origin for each in others})
        print(f"{redact(url)} is out of what was added{there}, and still followed for {whose}")
        return
    print(f"{redact(url)} is not followed any more{there}")


def _listing(origins: "Collection[str]") -> str:
    """Say who else wishes for a feed: the configuration, lists, people in a chat."""
    told = {
        "the configuration" if each == CONFIGURED else redact(each.removeprefix("list:"))
        for each in origins
    }
    return " and ".join(sorted(told))


def feeds_import(
    file: Annotated[str, typer.Argument(help="An OPML file, its address, or - for input.")],
    to: To,
    *,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would be.")] = False,
    config: ConfigFile = None,
) -> None:
    """Follow every feed of an OPML list, beside what is."""
    from bot.feeds.formats import opml  # noqa: PLC0415 - slow to import
    from bot.following import left_out_words  # noqa: PLC0415 - as above

    settings, channels = load(config, os.environ), [*map(_channel, to)]
    data = _bytes(file, settings)
    feeds = opml.read(data, "input" if file == "-" else redact(file))
    if dry_run:
        for each in feeds:
            print(f"{redact(each.url)}\t{clean(each.title)}".rstrip())
    else:
        new = _follow(settings, [each.url for each in feeds], channels, None)
        print(f"{counted(len(feeds), 'feed')} in the list, {counted(new, 'new subscription')}")
    if left_out := opml.left_out(data):
        print(left_out_words(left_out), file=sys.stderr)


def feeds_sync(config: ConfigFile = None) -> None:
    """Read the lists of `feeds.lists` now, not within the hour."""
    from bot.feeding import fetcher, followed_lists  # noqa: PLC0415 - as above
    from bot.following import Following, left_out_words  # noqa: PLC0415 - slow to import

    settings = load(config, os.environ)
    configure("error", settings.log.format)
    lists = followed_lists(settings)

    async def sync(
        store: "Store",
    ) -> "tuple[Mapping[str, int], Sequence[str], Mapping[str, Sequence[str]]]":
        async with fetcher(settings) as fetching:
            following = Following(lists, store, fetching, _now, lambda: None)
            counts, problems = await following.once()
            return counts, problems, following.left_out

    counts, problems, left_out = with_store(settings, sync)
    for source, count in counts.items():
        print(f"{redact(source)}: {counted(count, 'feed')}")
        if left_out.get(source):
            print(f"{redact(source)}: {left_out_words(left_out[source])}", file=sys.stderr)
    if not lists:
        raise UsageError("the configuration has no feeds.lists to follow")
    for problem in problems:
        print(f"vendorwatch: {problem}", file=sys.stderr)
    if problems:
        raise typer.Exit(BAD_INPUT)


def followed(settings: Config) -> tuple[list[Feed], list[Subscription]]:
    """Give what is followed, by address; what is configured as well, though no bot has run yet."""
    from bot.feeding import configured  # noqa: PLC0415 - slow to import

    async def ask(store: "Store") -> tuple[tuple[Feed, ...], tuple[Subscription, ...]]:
        return await store.feeds.active(), await store.feeds.subscriptions()

    active, subscribed = with_store(settings, ask)
    now = _now()
    wanted = [
        Subscription(each.feed, each.channel, CONFIGURED, CONFIGURED, now, each.backfill)
        for each in configured(settings)
    ]
    feeds = {each.feed: Feed(each.feed, now) for each in wanted}
    feeds |= {each.url: each for each in active}
    return [feeds[url] for url in sorted(feeds)], [*subscribed, *wanted]


def _follow(
    settings: Config, urls: list[str], channels: list[Channel], backfill: timedelta | None
) -> int:
    wanted = [Route(url, channel, backfill) for url in urls for channel in channels]

    async def subscribe(store: "Store") -> int:
        return await store.feeds.subscribe(DEFAULT_TEAM, ORIGIN, wanted, ORIGIN, _now())

    return with_store(settings, subscribe)


def _channel(key: str) -> Channel:
    try:
        return Channel.at(TypeAdapter(ChannelKey).validate_python(key))
    except ValidationError:
        raise UsageError(
            f"{key!r} is no channel; write slack:C0123456789, matrix:!room:server or console:#name"
        ) from None


def _address(url: str) -> str:
    try:
        return TypeAdapter(WebAddress).validate_python(url)
    except ValidationError:
        raise UsageError(
            f"{redact(url)!r} is no address; it must start with http:// or https:// and have "
            "no spaces"
        ) from None


def _span(text: str | None) -> timedelta | None:
    try:
        return None if text is None else parse_duration(text)
    except ValueError as error:
        raise UsageError(str(error)) from None


def _bytes(source: str, settings: Config) -> bytes:
    from bot.feeding import fetcher  # noqa: PLC0415 - as above
    from bot.following import read_list  # noqa: PLC0415 - as above

    async def fetched() -> bytes:
        async with fetcher(settings) as fetching:
            return await read_list(source, fetching)

    return sys.stdin.buffer.read() if source == "-" else asyncio.run(fetched())


def _now() -> datetime:
    return datetime.now(UTC)
