"""How routes are spoken of: what one lets through, and what a feed would have brought by it."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from bot.commands.context import Context
from bot.commands.feedwords import cut, whence
from bot.core.document import (
    Block,
    Bullets,
    Footnote,
    Handle,
    Inlines,
    Item,
    Paragraph,
    link,
    strong,
    words,
)
from bot.core.feed import CHAT, Subscription
from bot.core.feedlook import Followed, LookedAt
from bot.core.mention import Entry, Match
from bot.core.overview import moment
from bot.core.routes import EMPTY_AS, EVERYTHING, Terms, shown, told

LOOKED_BACK = timedelta(days=30)
MOST_LATEST = 5
MOST_TOLD = 10


async def preview(context: Context, found: LookedAt, terms: Terms) -> Iterator[Block]:
    """Say what else a feed lists, and what of the last 30 days would have alerted here by it."""
    _, settings = await context.chosen()

    def wants(match: Match) -> bool:
        tags = frozenset(context.watchlist.get(match.vendor).tags)
        return (
            settings.wants(match.vendor, tags)
            and match.kind.reaches(settings.minimum)
            and terms.filter.wants(match.vendor, tags, match.kind)
        )

    since = context.now - LOOKED_BACK
    return _preview(context, found, found.told_since(since, context.matcher, wants))


def _preview(
    context: Context, found: LookedAt, matches: tuple[tuple[Entry, Match], ...]
) -> Iterator[Block]:
    earlier = found.latest(MOST_LATEST)[1:]
    if earlier:
        yield Paragraph(words(strong("Before that")))
        yield Bullets(tuple(Item(_entry(each, context.now)) for each in earlier))
    if matches:
        yield Paragraph(words(strong("Would have alerted here"), " in the last 30 days:"))
        items = tuple(
            Item(words(strong(context.name(match.vendor)), ": ", *_entry(entry, context.now)))
            for entry, match in matches[:MOST_TOLD]
        )
        yield Bullets(items)
        if len(matches) > len(items):
            yield Paragraph(words(f"And {len(matches) - len(items)} more."))
    elif found.entries:
        told_of = "Nothing that it lists of the last 30 days would have alerted here."
        yield Paragraph(words(told_of))


def _entry(entry: Entry, now: datetime) -> Inlines:
    at = "without a date"
    if entry.published is not None:
        at = moment(entry.published) + (", which is yet to come" if entry.published > now else "")
    return words(link(cut(entry.title) or "(no title)", entry.url), f", {at}")


def through(context: Context, terms: Terms) -> str:
    """Say what a route lets through: `vendors=Acme Cam min=exact`, or everything."""
    return shown(Terms(terms.filter), lambda vendor: _name(context, vendor)) or "everything"


def limits(context: Context, followed: Followed) -> str:
    """Say after a feed's state what of it comes here, if that is not everything."""
    if any(each.filter == EVERYTHING for each in followed.routes):
        return ""
    return f"; only {' or '.join(through(context, each.terms) for each in followed.routes)}"


def asked_for(context: Context, route: Subscription) -> Inlines:
    """Say what of a feed somebody asked for, who, and when."""
    if route.origin != CHAT:
        return words(f"{through(context, route.terms)}, by {whence((route.origin,))}")
    by = Handle(route.by, "person")
    return words(f"{through(context, route.terms)}, added by ", by, f", {moment(route.added_at)}")


def changes(context: Context, old: Terms, new: Terms) -> str:
    """Say what of the terms was changed: `min=exact (was all)`."""
    before, after = (told(each, lambda vendor: _name(context, vendor)) for each in (old, new))
    return ", ".join(
        f"{key}={value or EMPTY_AS[key]} (was {before[key] or EMPTY_AS[key]})"
        for key, value in after.items()
        if value != before[key]
    )


def as_well(followed: Followed | None) -> tuple[Block, ...]:
    """Say that a filter takes nothing away, where the feed comes here by others' wishes too."""
    others = [] if followed is None else [e for e in followed.routes if e.origin != CHAT]
    if not any(each.filter == EVERYTHING for each in others):
        return ()
    whose = whence({each.origin for each in others})
    return (Footnote(words(f"All of it comes here by {whose} as well, whatever is let through.")),)


def _name(context: Context, vendor: str) -> str:
    watched = vendor in context.watchlist.vendors
    return context.name(vendor) if watched else f"{vendor} (not watched)"
