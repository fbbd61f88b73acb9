"""Looking at one feed, as the bot would read it: what it is, how often it comes, whom it names."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

from bot import pack
from bot.config import Config
from bot.core.feedlook import FeedAt, LookedAt, NoFeed, minutes
from bot.core.matcher import Matcher
from bot.errors import FeedError, UsageError
from bot.feeds.fetching.fetch import Fetcher
from bot.feeds.jobs import FeedJob, Reading
from bot.feeds.listing import read
from bot.feeds.onefeed import Looking
from bot.feeds.polled import Rules
from bot.feeds.schedule import Limits

_MOST_TITLE = 100


@dataclass(frozen=True, slots=True)
class Looked:
    """What to print, and whether the address is that of a feed."""

    lines: tuple[str, ...]
    is_feed: bool


@dataclass(frozen=True, slots=True)
class Chosen:
    """What to print, and the feed that is to be followed; None where somebody has to choose."""

    lines: tuple[str, ...]
    url: str | None


async def look(url: str, settings: Config) -> Looked:
    """Read a feed once; of a page, say which feeds it has. Raise BotError if it cannot be had."""
    async with _door(settings) as fetcher:
        found = await _looking(fetcher, settings).at(url)
    if isinstance(found, NoFeed):
        return Looked(_instead(found), is_feed=False)
    matcher = Matcher(pack.load(settings.pack_folders()).vendors.values())
    return Looked(tuple(_told(found, matcher)), is_feed=True)


async def choose(url: str, settings: Config) -> Chosen:
    """Read a feed that is to be followed; of a page that names just one feed, take that.

    Raise FeedError if it cannot be had, UsageError if it is neither, or if that feed is none.
    """
    async with _door(settings) as fetcher:
        looking = _looking(fetcher, settings)
        found = await looking.at(url)
        if isinstance(found, LookedAt):
            return Chosen(tuple(_described(found)), url)
        if not found.feeds:
            [why] = _instead(found)
            raise UsageError(why)
        if found.guessed or len(found.feeds) > 1:
            return Chosen(tuple(map(_line, found.feeds)), None)
        [named] = found.feeds
        try:
            feed = await looking.at(named.url)
        except FeedError as error:
            raise UsageError(f"{found.shown} names its feed, but {error}") from None
    if isinstance(feed, NoFeed):
        raise UsageError(f"{found.shown} names {named.shown} as its feed, but {feed.why}")
    return Chosen((f"{found.shown} is a page; its feed:", *_described(feed)), named.url)


def _door(settings: Config) -> Fetcher:
    given = settings.feeds
    return Fetcher(contact=given.contact, allow_networks=given.allow_networks)


def _looking(fetcher: Fetcher, settings: Config) -> Looking:
    rules = Rules(Limits(settings.feeds.fastest, settings.feeds.slowest))
    return Looking(fetcher.feed, _here, rules, datetime.now(UTC))


async def _here(job: FeedJob) -> Reading:
    """Read in this process, which waits for nothing else."""
    return read(job)


def _instead(found: NoFeed) -> tuple[str, ...]:
    """Say which feeds a page names, or else what there is at the usual places."""
    if found.listed:
        count = f"{found.listed} feed{'' if found.listed == 1 else 's'}"
        return (f"{found.shown} is a list of {count}; take them with `vendorwatch feeds import`",)
    if not found.feeds:
        return (found.why,)
    return (f"{found.shown} is no feed; feeds of that site:", *map(_line, found.feeds))


def _line(feed: FeedAt) -> str:
    return f"{feed.shown}\t{feed.title}".rstrip()


def _told(found: LookedAt, matcher: Matcher) -> Iterator[str]:
    yield from _described(found)
    says = "can" if found.tells_changes else "cannot"
    yield f"  its server {says} say that nothing changed{'' if says == 'can' else ': sent whole'}"
    yield f"  would be asked again in about {minutes(found.again)}"
    named = found.names(matcher)
    if not named:
        yield "  names no watched vendor now"
    for vendor, times in named:
        yield f"  names {vendor} in {times} entr{'y' if times == 1 else 'ies'}"


def _described(found: LookedAt) -> Iterator[str]:
    """Say what a feed is: its title, how much it lists, and of when the newest is."""
    yield f"{found.shown}: {found.title[:_MOST_TITLE] or 'a feed without a title'}"
    if found.moved_to is not None:
        yield f"  has moved for good to {found.moved_to}; use that address"
    newest = ", none with a date"
    if found.newest_at is not None:
        newest = f", the newest of {found.newest_at:%-d %b %Y %H:%M} UTC"
    number = len(found.entries)
    count = f"{number} entr{'y' if number == 1 else 'ies'}"
    yield f"  {count}{newest if number else ''}"
