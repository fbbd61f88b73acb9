"""Asking the watchlist: cards, the full record, lists, and what a text would match."""

import re
from collections import Counter
from typing import Annotated, TypeAlias

from bot.commands.context import NOTHING, Context
from bot.commands.declared import TOPICS, table
from bot.commands.editforms import edits_here
from bot.commands.pagecheck import consequence, page_document, times
from bot.core.candidates import NOT_CLEARANCE, candidates_document
from bot.core.cards import card
from bot.core.commands import Explained, Kind, Rest
from bot.core.document import (
    Actions,
    Bullets,
    Button,
    Document,
    Footnote,
    Item,
    Paragraph,
    is_web_address,
    said,
    strong,
    words,
)
from bot.core.helping import ALL, help_document
from bot.core.record import record
from bot.core.statements import status_words
from bot.core.vendor import Vendor
from bot.core.watchlist import Exactly, Nearest, Several

_WEB = re.compile("https?://", re.IGNORECASE)
Named: TypeAlias = Annotated[Rest, Explained(like=Kind.VENDOR)]
About: TypeAlias = Annotated[
    Rest,
    Explained(
        "a topic, the words of a command, or all", "mute", (ALL, *(each.name for each in TOPICS))
    ),
]


@table.command("vendor")
async def vendor(context: Context, name: Named) -> Document:
    """Show the card of a vendor."""
    match context.watchlist.find(name):
        case Exactly(found, _, sold_as):
            shareable = context.private_answers
            return card(found, context.desk, sold_as=sold_as, shareable=shareable)
        case Several(candidates) | Nearest(candidates):
            return candidates_document(name, candidates or _named_in(context, name))


def _named_in(context: Context, text: str) -> tuple[Vendor, ...]:
    """Give the vendors that a sentence names, which is said where only a name was asked for."""
    reaching = (
        match.vendor
        for match in context.matcher.find(text)
        if match.kind.reaches(context.settings.minimum)
    )
    return tuple(context.watchlist.get(slug) for slug in dict.fromkeys(reaching))


@table.command("vendor record", long=True)
async def vendor_record(context: Context, name: Vendor) -> Document:
    """Show everything on record about a vendor, with every source."""
    shown = record(name, context.desk)
    if not await edits_here(context):
        return shown
    edit = Actions((Button("Edit", f"watchlist show {name.id}", "✏️"),))
    return Document(shown.summary, (*shown.blocks, edit))


@table.command("vendor list")
async def vendor_list(context: Context, tag: str | None = None) -> Document:
    """List the watched vendors, all or those with a tag."""
    listed = context.watchlist.tagged(tag)
    if not listed and tag is None:
        return said("Nobody is watched yet. `watchlist add <name>` begins.")
    if not listed:
        tags = sorted({tag for each in context.watchlist.vendors.values() for tag in each.tags})
        told = f"No watched vendor has the tag {tag!r}. Tags: {', '.join(tags) or 'none'}."
        return Document(told, (Paragraph(words(told)),))
    items = tuple(
        Item(
            words(
                strong(each.name),
                f" ({each.id}): {status_words(each, context.desk.today)}",
            )
        )
        for each in listed
    )
    lead = f"{len(listed)} watched vendor{'' if len(listed) == 1 else 's'}"
    foot = Footnote(words(NOT_CLEARANCE))
    return Document(lead, (Paragraph(words(strong(lead))), Bullets(items), foot))


@table.command("vendor check")
async def vendor_check(context: Context, text: Rest) -> Document:
    """Say what a text, or the page at a web address, would match and why; posts nothing."""
    if _WEB.match(text) and is_web_address(text):
        return await page_document(context, text)
    matches = context.matcher.find(text)
    if not matches:
        told = "No watched vendor is named in that text."
        return Document(told, (Paragraph(words(told)), Footnote(words(NOT_CLEARANCE))))
    found = Counter((each.vendor, each.matched, each.kind, each.reason) for each in matches)
    items = []
    for (slug, matched, kind, reason), count in found.items():
        told = f": “{matched}”{times(count)}, {kind}, {reason}; {consequence(context, kind)}"
        items.append(Item(words(strong(context.watchlist.get(slug).name), told)))
    lead = f"{len(matches)} mention{'' if len(matches) == 1 else 's'} found"
    return Document(lead, (Paragraph(words(strong(lead))), Bullets(tuple(items))))


@table.command("vendor help")
async def vendor_help(_context: Context, about: About = NOTHING) -> Document:
    """Say what can be typed: the little that most need, or all about a topic or a command."""
    return help_document(table, about)
