"""`vendorwatch feeds ...`: what is followed, and what a feed would bring."""

import asyncio
import os
import sys
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from pydantic import TypeAdapter, ValidationError
from rich.console import Console
from rich.table import Table
from rich.text import Text

from bot.cli_shared import (
    BAD_INPUT,
    NOT_FOUND,
    ConfigFile,
    WatchlistFolders,
    packs,
    stop,
    with_store,
)
from bot.config import Config
from bot.configfile import load
from bot.core.addresses import redact
from bot.core.clean import clean
from bot.core.duration import parse_duration
from bot.core.feed import CONFIGURED, Feed, Route, Subscription
from bot.core.mention import DEFAULT_TEAM, Channel
from bot.core.vendor import WebAddress
from bot.core.wording import counted
from bot.errors import UsageError
from bot.log import configure
from bot.section import ChannelKey

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Mapping, Sequence

    from bot.storage.store import Store

feeds_cli = typer.Typer(help="Look at a feed; follow, search, export.", no_args_is_help=True)

To = Annotated[
    list[str], typer.Option("--to", help="A channel that hears of them, as slack:C0123456789.")
]
ORIGIN = "cli"


@feeds_cli.command("check")
def feeds_check(
    url: Annotated[str, typer.Argument(help="A feed, or a page that may have one.")],
    config: ConfigFile = None,
) -> None:
    """Read a feed once, keep nothing, and say what is in it."""
    from bot.feedcheck import look  # noqa: PLC0415 - slow to import

    settings = load(config, os.environ)
    found = asyncio.run(look(url, settings))
    for line in found.lines:
        print(line)
    if not found.is_feed:
        raise typer.Exit(NOT_FOUND)


@feeds_cli.command("list")
def feeds_list(config: ConfigFile = None) -> None:
    """List what is followed: address, state, newest entry, channels.

    Private channels are only counted. Off a terminal it is a line a feed, with tabs between.
    """
    feeds, subscribed = _followed(load(config, os.environ))
    channels: dict[str, dict[Channel, None]] = {}
    for each in subscribed:
        channels.setdefault(each.feed, {})[each.channel] = None
    rows = [
        (redact(feed.url), _state(feed), _newest(feed), _named(channels.get(feed.url, ())))
        for feed in feeds
    ]
    if not sys.stdout.isatty():
        for row in rows:
            print("\t".join(row))
        return
    table = Table("feed", "state", "newest entry", "channels", box=None, pad_edge=False)
    for row in rows:
        # Words from outside are no markup.
        table.add_row(*map(Text, row))
    Console(highlight=False).print(table if rows else "no feed is followed")


@feeds_cli.command("add")
def feeds_add(
    url: Annotated[str, typer.Argument(help="A feed's address.")],
    to: To,
    backfill: Annotated[
        str | None, typer.Option(help="Also search what is no older than this, as 7d.")
    ] = None,
    config: ConfigFile = None,
) -> None:
    """Follow a feed; a running bot takes it up within a minute."""
    back = _span(backfill)
    new = _follow(load(config, os.environ), [_address(url)], to, back)
    print(f"{redact(url)} {'is' if new else 'was already'} followed for {', '.join(to)}")


@feeds_cli.command("remove")
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
        for each in _followed(settings)[1]
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


@feeds_cli.command("import")
def feeds_import(
    file: Annotated[str, typer.Argument(help="An OPML file, its address, or - for input.")],
    to: To,
    *,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would be.")] = False,
    config: ConfigFile = None,
) -> None:
    """Follow every feed of an OPML list, beside what is."""
    from bot.feeds.formats import opml  # noqa: PLC0415 - slow to import

    settings = load(config, os.environ)
    listed = opml.read(_bytes(file, settings), "input" if file == "-" else redact(file))
    if dry_run:
        for each in listed:
            print(f"{redact(each.url)}\t{clean(each.title)}".rstrip())
        return
    new = _follow(settings, [each.url for each in listed], to, None)
    print(f"{counted(len(listed), 'feed')} in the list, {counted(new, 'new subscription')}")


@feeds_cli.command("export")
def feeds_export(
    file: Annotated[Path | None, typer.Argument(help="The file to write; output without.")] = None,
    config: ConfigFile = None,
) -> None:
    """Write what is followed as an OPML list for feed readers.

    Addresses are written whole, with passwords and tokens that are part of them.
    """
    from bot.feeds.formats import opml  # noqa: PLC0415 - slow to import

    feeds, _ = _followed(load(config, os.environ))
    listed = [opml.Listed(each.url, each.title or "") for each in feeds]
    text = opml.write(listed, "Feeds that VendorWatch follows", datetime.now(UTC))
    if file is None:
        sys.stdout.buffer.write(text)
        return
    try:
        with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as made:
            made.write(text)
    except FileExistsError:
        raise UsageError(f"{file}: is there already; choose another name") from None
    except OSError as error:
        raise UsageError(f"{file}: cannot be written: {error.strerror}") from None
    print(file)


@feeds_cli.command("sync")
def feeds_sync(config: ConfigFile = None) -> None:
    """Read the lists of `feeds.lists` now, not within the hour."""
    from bot.feeding import fetcher, followed_lists  # noqa: PLC0415 - as above
    from bot.following import Following  # noqa: PLC0415 - slow to import

    settings = load(config, os.environ)
    configure("error", settings.log.format)
    lists = followed_lists(settings)

    async def sync(store: "Store") -> "tuple[Mapping[str, int], Sequence[str]]":
        async with fetcher(settings) as fetching:
            return await Following(lists, store, fetching, _now, lambda: None).once()

    counts, problems = with_store(settings, sync)
    for source, count in counts.items():
        print(f"{redact(source)}: {counted(count, 'feed')}")
    if not lists:
        raise UsageError("the configuration has no feeds.lists to follow")
    for problem in problems:
        print(f"vendorwatch: {problem}", file=sys.stderr)
    if problems:
        raise typer.Exit(BAD_INPUT)


def _followed(settings: Config) -> tuple[list[Feed], list[Subscription]]:
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


@feeds_cli.command("search")
def feeds_search(
    vendors: Annotated[
        list[str] | None, typer.Argument(help="Ids of vendors; all of the watchlist without.")
    ] = None,
    days: Annotated[int, typer.Option(help="How far back, in days.", min=1, max=3650)] = 30,
    config: ConfigFile = None,
    folders: WatchlistFolders = None,
) -> None:
    """Search what feeds brought lately by the watchlist of now; exit 1 if nothing names any."""
    from bot import pack  # noqa: PLC0415 - slow to import
    from bot.backsearch import back_search  # noqa: PLC0415 - as above
    from bot.core.matcher import Matcher  # noqa: PLC0415 - as above

    settings = load(config, os.environ)
    watched = pack.load(packs(settings, folders)).vendors
    if unknown := [each for each in vendors or () if each not in watched]:
        raise UsageError(f"no watched vendor has the id {unknown[0]!r}; see `vendorwatch vendor`")
    matcher = Matcher([watched[each] for each in vendors or watched])
    since = _now() - timedelta(days=days)

    async def search(store: "Store") -> int:
        count = 0
        with _progress() as progress:
            async for found in back_search(store.feeds, matcher, since, progress):
                count += 1
                named = ", ".join(f"{each.vendor} ({each.matched})" for each in found.matches)
                entry = found.entry
                line = (f"{found.seen_at:%Y-%m-%d}", named, entry.title, entry.url or "")
                print("\t".join(line))
        return count

    if not with_store(settings, search):
        named = ", ".join(vendors or ()) or "a watched vendor"
        lately = "in the last day" if days == 1 else f"in the last {days} days"
        stop(f"nothing that feeds brought {lately} names {named}", NOT_FOUND)


@contextmanager
def _progress() -> "Iterator[Callable[[int], None]]":
    """Draw how many entries have been searched, if somebody is looking."""
    if not sys.stderr.isatty():
        yield lambda _count: None
        return
    with Console(stderr=True).status("searching ...") as status:
        yield lambda count: status.update(f"{count} entries searched")


def _follow(settings: Config, urls: list[str], to: list[str], backfill: timedelta | None) -> int:
    wanted = [Route(url, channel, backfill) for url in urls for channel in map(_channel, to)]

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


def _state(feed: Feed) -> str:
    if feed.gone:
        return "gone"
    if feed.failures:
        times = counted(feed.failures, "time")
        why = (feed.last_error or "for no known reason").removeprefix(f"{redact(feed.url)} ")
        return f"failed {times}: {clean(why)}"
    return "not read yet" if feed.checked_at is None else "ok"


def _newest(feed: Feed) -> str:
    return "-" if feed.newest_at is None else f"{feed.newest_at:%Y-%m-%d}"


def _named(channels: "Collection[Channel]") -> str:
    named = [each.key for each in channels if not each.private]
    hidden = len(channels) - len(named)
    return ", ".join([*named, *([f"{hidden} private"] if hidden else [])]) or "nobody"


def _bytes(source: str, settings: Config) -> bytes:
    from bot.feeding import fetcher  # noqa: PLC0415 - as above
    from bot.following import read_list  # noqa: PLC0415 - as above

    async def fetched() -> bytes:
        async with fetcher(settings) as fetching:
            return await read_list(source, fetching)

    return sys.stdin.buffer.read() if source == "-" else asyncio.run(fetched())


def _now() -> datetime:
    return datetime.now(UTC)
