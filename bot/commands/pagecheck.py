"""What a web page would match: in its article, and beside it only."""

from collections.abc import Iterator

from bot.commands.context import Context
from bot.core.candidates import NOT_CLEARANCE
from bot.core.document import (
    Block,
    Bullets,
    Document,
    Footnote,
    Item,
    Paragraph,
    link,
    strong,
    words,
)
from bot.core.mention import Match, MatchKind
from bot.core.page import PageText, Zone, wall_words
from bot.errors import FeedError, UsageError

LONGEST_TITLE = 200
"""Characters of a page's title that are said back."""


async def page_document(context: Context, url: str) -> Document:
    """Say what a page names, and where on it. Raise UsageError if it cannot be had."""
    try:
        page = await context.page(url)
    except FeedError as error:
        raise UsageError(f"{str(error).rstrip('.')}.") from None
    found = context.matcher.find(page.text)
    named = {match.vendor for match in found}
    minimum = context.settings.minimum
    aside = [
        match
        for match in context.matcher.find(page.aside)
        if match.vendor not in named and match.kind.reaches(minimum)
    ]
    count = len(named)
    lead = f"{count or 'No'} watched vendor{'' if count == 1 else 's'} named in the article"
    shown = page.title or "(no title)"
    shown = shown if len(shown) <= LONGEST_TITLE else f"{shown[:LONGEST_TITLE]}…"
    blocks: list[Block] = [
        Paragraph(words(strong(lead))),
        Paragraph(words("Page: “", link(shown, page.url), "”")),
    ]
    if found:
        blocks.append(Bullets(tuple(_in_article(context, page, found))))
    if aside:
        told = "Named beside the article only (teasers, menus, comments): no alert"
        blocks += [Paragraph(words(told)), Bullets(tuple(_beside(context, aside)))]
    if page.note:
        blocks.append(Footnote(words(wall_words(page.note))))
    if not found:
        blocks.append(Footnote(words(NOT_CLEARANCE)))
    return Document(lead, tuple(blocks))


def consequence(context: Context, kind: MatchKind) -> str:
    """Say what would come of a match of a kind here."""
    if not kind.reaches(context.settings.minimum):
        return f"below the minimum here ({context.settings.minimum})"
    return "would alert here unless a cooldown holds it back"


def times(count: int) -> str:
    """Say how often, where that is more than once."""
    return f", {count} times" if count > 1 else ""


def _in_article(context: Context, page: PageText, found: tuple[Match, ...]) -> Iterator[Item]:
    """Tell of each vendor's words once, with the parts of the article that have them."""
    alike: dict[tuple[str, str, MatchKind, str], list[Match]] = {}
    for each in found:
        alike.setdefault((each.vendor, each.matched, each.kind, each.reason), []).append(each)
    for (slug, matched, kind, reason), matches in alike.items():
        zones = {page.zone(each.start) for each in matches}
        where = " and ".join(zone for zone in Zone if zone in zones)
        told = f": “{matched}”{times(len(matches))}, in the {where}, {kind}, {reason}; "
        told += consequence(context, kind)
        yield Item(words(strong(context.watchlist.get(slug).name), told))


def _beside(context: Context, aside: list[Match]) -> Iterator[Item]:
    alike: dict[tuple[str, str], int] = {}
    for each in aside:
        key = (each.vendor, each.matched)
        alike[key] = alike.get(key, 0) + 1
    for (slug, matched), count in alike.items():
        yield Item(words(strong(context.watchlist.get(slug).name), f": “{matched}”{times(count)}"))
