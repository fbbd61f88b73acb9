"""Looking at one feed, as the bot would read it: what it is, how often it comes, whom it names."""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from random import Random

from bot import pack
from bot.config import Config
from bot.core.clean import clean
from bot.core.feed import Feed
from bot.core.matcher import Matcher
from bot.core.mention import Entry
from bot.errors import BotError, FeedError
from bot.feeds.extraction.kinds import is_plain
from bot.feeds.fetching.fetch import Fetched, Fetcher
from bot.feeds.formats import opml
from bot.feeds.formats.discovery import feeds_of_page, guesses
from bot.feeds.jobs import FeedJob, Reading
from bot.feeds.links import redact
from bot.feeds.listing import read
from bot.feeds.polled import Asked, Rules
from bot.feeds.schedule import Limits

_MOST_TITLE = 100


@dataclass(frozen=True, slots=True)
class Looked:
    """What to print, and whether the address is that of a feed."""

    lines: tuple[str, ...]
    is_feed: bool


async def look(url: str, settings: Config) -> Looked:
    """Read a feed once; of a page, say which feeds it has. Raise BotError if it cannot be had."""
    given = settings.feeds
    now = datetime.now(UTC)
    async with Fetcher(contact=given.contact, allow_networks=given.allow_networks) as fetcher:
        fetched = await fetcher.feed(url)
        try:
            reading = _read(url, fetched, now)
        except FeedError as error:
            return Looked(await _instead(fetcher, fetched, str(error)), is_feed=False)
    matcher = Matcher(pack.load(settings.pack_folders()).vendors.values())
    rules = Rules(Limits(given.fastest, given.slowest))
    return Looked(tuple(_told(url, fetched, reading, matcher, rules, now)), is_feed=True)


def _read(url: str, fetched: Fetched, now: datetime) -> Reading:
    return read(FeedJob(fetched.body or b"", url, fetched.url, fetched.content_type, now, b""))


async def _instead(fetcher: Fetcher, page: Fetched, why: str) -> tuple[str, ...]:
    """Say which feeds a page names, or else what there is at the usual places."""
    body = page.body or b""
    if not body.strip():
        return (why,)
    try:
        if not body.lstrip().startswith((b"<", b"{", b"[")):
            is_plain(body, page.content_type, redact(page.url))
        listed = opml.read(body, redact(page.url))
    except FeedError as error:
        return (str(error),)
    except BotError:
        listed = ()
    if listed:
        count = f"{len(listed)} feed{'' if len(listed) == 1 else 's'}"
        return (
            f"{redact(page.url)} is a list of {count}; take them with `vendorwatch feeds import`",
        )
    named = feeds_of_page(body, page.url)
    lines = [f"{redact(each.address)}\t{clean(each.title)}".rstrip() for each in named]
    if not lines:
        for address in guesses(page.url):
            try:
                _read(address, await fetcher.feed(address), datetime.now(UTC))
            except BotError:
                continue
            lines.append(redact(address))
    if not lines:
        return (why,)
    return (f"{redact(page.url)} is no feed; feeds of that site:", *lines)


def _told(  # noqa: PLR0913, PLR0917 - what was read, and what it is judged by
    url: str, fetched: Fetched, reading: Reading, matcher: Matcher, rules: Rules, now: datetime
) -> Iterator[str]:
    yield f"{redact(url)}: {clean(reading.title)[:_MOST_TITLE] or 'a feed without a title'}"
    if fetched.moved_to is not None:
        yield f"  has moved for good to {redact(fetched.moved_to)}; use that address"
    entries = reading.entries
    dates = [each.published for each in entries if each.published is not None]
    newest = f", the newest of {max(dates):%-d %b %Y %H:%M} UTC" if dates else ", none with a date"
    count = f"{len(entries)} entr{'y' if len(entries) == 1 else 'ies'}"
    yield f"  {count}{newest if entries else ''}"
    says = "can" if fetched.etag or fetched.last_modified else "cannot"
    yield f"  its server {says} say that nothing changed{'' if says == 'can' else ': sent whole'}"
    first = Asked(Feed(url, now), now, rules, Random(0))  # noqa: S311 - no secret
    wait = first.read(fetched, "", reading, {each.id for each in entries}).feed.next_check_at - now
    yield f"  would be asked again in about {_minutes(wait)}"
    yield from _names(entries, matcher)


def _names(entries: Iterable[Entry], matcher: Matcher) -> Iterator[str]:
    named = Counter(
        vendor
        for entry in entries
        for vendor in {match.vendor for match in matcher.find(entry.text)}
    )
    if not named:
        yield "  names no watched vendor now"
    for vendor, times in named.most_common():
        yield f"  names {vendor} in {times} entr{'y' if times == 1 else 'ies'}"


def _minutes(wait: timedelta) -> str:
    minutes = round(wait.total_seconds() / 60)
    if minutes <= 1:
        return "a minute"
    return f"{minutes} minutes" if minutes < 120 else f"{round(minutes / 60)} hours"
