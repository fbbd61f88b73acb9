"""How feeds are spoken of: what one says now, how one is doing, who asked for it."""

from collections.abc import Collection, Iterator
from datetime import datetime

from bot.commands.context import Context
from bot.core.clean import clean, shortened
from bot.core.document import (
    Block,
    FieldRow,
    Fields,
    Inlines,
    Paragraph,
    is_web_address,
    link,
    strong,
    words,
)
from bot.core.feed import CHAT, CONFIGURED
from bot.core.feedlook import Followed, LookedAt, minutes
from bot.core.overview import moment

LONGEST_TITLE = 100
LONGEST_ERROR = 200
MOST_NAMED = 10
_WHOSE = {CHAT: "chat", CONFIGURED: "the configuration", "cli": "the command line"}


def about(lead: str, found: LookedAt, now: datetime) -> Iterator[Block]:
    """Say what a feed is, its newest entry as a proof of life, and how often it is asked."""
    title = link(cut(found.title) or found.shown, found.shown)
    yield Paragraph(words(strong(f"{lead}: "), title))
    newest = words("none: it lists no entry now")
    if found.newest is not None:
        at = "without a date" if found.newest_at is None else _day(found.newest_at, now)
        newest = words(link(cut(found.newest.title) or "(no title)", found.newest.url), f", {at}")
    count = len(found.entries)
    rows = [
        FieldRow("Newest entry", newest),
        FieldRow("Listed now", words(f"{count} entr{'y' if count == 1 else 'ies'}")),
        FieldRow("Asked", words(f"about every {minutes(found.again).removeprefix('a ')}")),
    ]
    if found.moved_to is not None:
        there = words("to ", link(found.moved_to, found.moved_to))
        rows.append(FieldRow("Has moved for good", there))
    yield Fields(tuple(rows))


def _day(at: datetime, now: datetime) -> str:
    """Give an entry's time; one that lies ahead is said to."""
    return f"{moment(at)}, which is yet to come" if at > now else moment(at)


def named(context: Context, found: LookedAt) -> Iterator[Block]:
    """Say which watched vendors its present entries name, so that they would alert here."""
    counts = found.names(context.matcher, context.settings.minimum)
    if not counts:
        yield Paragraph(words("Its entries name no watched vendor now."))
        return
    told = [f"{context.name(vendor)} ({times})" for vendor, times in counts[:MOST_NAMED]]
    more = f" and {len(counts) - MOST_NAMED} more" if len(counts) > MOST_NAMED else ""
    run = f" now, by the number of entries: {', '.join(told)}{more}."
    yield Paragraph(words(strong("Names"), run))


def state(followed: Followed) -> Inlines:
    """Say how a feed is doing, when it last brought something, and who asked for it."""
    feed, shown = followed.feed, followed.shown
    title = cut(feed.title or "")
    where = f" ({shown})" if title else ""
    newest = "no entry yet" if feed.newest_at is None else f"newest entry {moment(feed.newest_at)}"
    told = f"{where}: {_health(followed)}; {newest}; by {whence(followed.origins)}"
    return words(link(title or shown, shown), told)


def _health(followed: Followed) -> str:
    feed = followed.feed
    if feed.gone:
        return "gone, as its server says; not asked any more"
    if feed.failures:
        why = clean(feed.last_error or "no reason given").removeprefix(f"{followed.shown} ")
        why = shortened(why, LONGEST_ERROR).rstrip(".")
        if feed.good_at is None:
            return f"never read: {why}"
        return f"failing, last read {moment(feed.good_at)}: {why}"
    return "not read yet" if feed.checked_at is None else "ok"


def whence(origins: Collection[str]) -> str:
    """Say who asked for a feed: never which file, for a path is no business of a chat's."""
    told = dict.fromkeys(_WHOSE.get(each, "a list of feeds") for each in sorted(origins))
    return " and ".join(told)


def fits(url: str) -> bool:
    """Say whether an address can be typed as one word."""
    return is_web_address(url) and "'" not in url


def cut(text: str) -> str:
    """Give a title from outside, short enough to stand in a line."""
    return shortened(text, LONGEST_TITLE)
