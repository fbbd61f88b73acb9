"""Records as YAML by chat: text that passes the checks and can become part of the packs."""

from collections.abc import Iterable
from typing import Annotated, TypeAlias

from bot.commands.context import NOTHING, Context
from bot.commands.declared import table
from bot.core.candidates import candidates_document
from bot.core.commands import Explained, Kind, Rest, Role, WhichVendorError
from bot.core.document import (
    Block,
    Document,
    Footnote,
    Paragraph,
    Preformatted,
    said,
    spoken,
    strong,
    words,
)
from bot.core.mention import DEFAULT_TEAM
from bot.core.vendor import Vendor
from bot.core.watchlist import Exactly
from bot.core.wording import counted

MOST_EXPORTED = 80_000
"""Characters of YAML in one answer, which is about a dozen messages."""
CHANGED = "changed"
ALL = "all"
What: TypeAlias = Annotated[
    Rest,
    Explained(
        "a vendor, by any of its names; changed (what was edited here); or all",
        "hikvision",
        (CHANGED, ALL),
        Kind.VENDOR,
    ),
]


@table.command("watchlist export", role=Role.CURATOR, long=True)
async def watchlist_export(context: Context, what: What = NOTHING) -> Document:
    """Write records as YAML: those edited here, a vendor's, or all; the packs take such in."""
    vendors = _chosen(context, what)
    if not vendors:
        return said("Nothing was edited here. `watchlist export all` writes every record.")
    texts = [context.texts.write(each) for each in vendors]
    shown: list[str] = []
    left: list[Vendor] = []
    room = MOST_EXPORTED
    for vendor, text in zip(vendors, texts, strict=True):
        if len(text) > room:
            left.append(vendor)
            continue
        room -= len(text)
        shown.append(text if len(vendors) == 1 else f"---\n{text}")
    lead = f"{counted(len(shown), 'record')} as YAML"
    blocks: list[Block] = [Paragraph(words(strong(lead))), *map(Preformatted, shown)]
    if left:
        blocks += _left_out(context, left)
    blocks.append(
        Footnote(spoken("`watchlist import` takes such in, and so does a pack's folder `vendors`."))
    )
    return Document(lead, tuple(blocks))


def _chosen(context: Context, what: str) -> tuple[Vendor, ...]:
    watched = context.watchlist.vendors
    match what.casefold():
        case "" | "changed":
            changed = sorted(context.edits.edition.laid.changed)
            return tuple(watched[each] for each in changed if each in watched)
        case "all":
            return tuple(watched.values())
    found = context.watchlist.find(what)
    if isinstance(found, Exactly):
        return (found.vendor,)
    raise WhichVendorError(candidates_document(what, found.vendors, "watchlist export {}"))


def _left_out(context: Context, left: Iterable[Vendor]) -> Iterable[Block]:
    """Name what does not fit into an answer, and what writes it."""
    named = [each.name for each in left]
    some = ", ".join(named[:10]) + (f" and {len(named) - 10} more" if len(named) > 10 else "")
    team = "" if context.team == DEFAULT_TEAM else f" --team {context.team}"
    told = f"Left out, as an answer holds no more: {some}. One by one: "
    told += "`watchlist export <vendor>`; all at once, in a shell where the bot runs: "
    yield Paragraph(spoken(f"{told}`vendorwatch watchlist export --edits{team} --folder DIR`."))
