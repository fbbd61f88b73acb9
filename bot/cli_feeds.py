"""`vendorwatch feeds ...`: what is followed, what a feed would bring, what feeds have brought."""

import asyncio
import os
import sys
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from bot.cli_following import feeds_add, feeds_import, feeds_remove, feeds_sync, followed
from bot.cli_shared import (
    NOT_FOUND,
    ConfigFile,
    WatchlistFolders,
    packs,
    stop,
    with_store,
)
from bot.configfile import load
from bot.core.addresses import redact
from bot.core.clean import clean
from bot.core.feed import Feed
from bot.core.wording import counted
from bot.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator

    from bot.core.mention import Channel
    from bot.storage.store import Store

feeds_cli = typer.Typer(help="Look at a feed; follow, search, export.", no_args_is_help=True)


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
    feeds, subscribed = followed(load(config, os.environ))
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


@feeds_cli.command("export")
def feeds_export(
    file: Annotated[Path | None, typer.Argument(help="The file to write; output without.")] = None,
    config: ConfigFile = None,
) -> None:
    """Write what is followed as an OPML list for feed readers.

    Addresses are written whole, with passwords and tokens that are part of them.
    """
    from bot.feeds.formats import opml  # noqa: PLC0415 - slow to import

    feeds, _ = followed(load(config, os.environ))
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


def _now() -> datetime:
    return datetime.now(UTC)


for name, command in (
    ("add", feeds_add),
    ("remove", feeds_remove),
    ("import", feeds_import),
    ("sync", feeds_sync),
):
    feeds_cli.command(name)(command)
