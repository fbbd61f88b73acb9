"""Passing things on: a card to the channel, an error to those who mend it, a marked message."""

from bot.commands.context import Context
from bot.commands.declared import table
from bot.core.cards import card
from bot.core.commands import Answer, Rest
from bot.core.document import Actions, Button, Document, Footnote, Handle, Paragraph, said, words
from bot.core.vendor import Vendor
from bot.core.watchlist import Exactly

LONGEST_REPORT = 2_000
"""Characters of a report that are passed on."""


@table.command("vendor share")
async def vendor_share(context: Context, vendor: Exactly) -> Answer:
    """Show the card of a vendor to everybody here."""
    made = card(vendor.vendor, context.desk, sold_as=vendor.sold_as)
    by = Footnote(words("Shared by ", Handle(context.invocation.actor, "person"), "."))
    last = next(
        (n for n, block in enumerate(made.blocks) if isinstance(block, Actions)), len(made.blocks)
    )
    blocks = (*made.blocks[:last], by, *made.blocks[last:])
    return Answer(Document(made.summary, blocks), shared=True)


@table.command("vendor report")
async def vendor_report(context: Context, vendor: Vendor, correction: Rest) -> Document | Answer:
    """Tell the curators what is wrong in a vendor's record."""
    desk = context.desk.corrections
    write = f" You can also write to {desk}." if desk else ""
    if not context.reports_go_to:
        if not desk:
            return said("Nobody is named who receives reports. Ask whoever runs this bot.")
        return said(f"No channel receives reports here. Write to {desk}.")
    name = vendor.name
    by = context.invocation.actor
    more = "…" if len(correction) > LONGEST_REPORT else ""
    shown = f"{correction[:LONGEST_REPORT]}{more}"
    notice = Document(
        f"Somebody reports an error in the record of {name}.",
        (
            Paragraph(words(Handle(by, "person"), f" reports an error in the record of {name}:")),
            Paragraph(words(f"“{shown}”")),
            Actions((Button("Full record", f"vendor record {vendor.id}", "📄"),)),
        ),
    )
    told = said(f"Thank you: whoever keeps the record of {name} has been told.{write}")
    return Answer(told, posts=tuple((channel, notice) for channel in context.reports_go_to))


@table.command("vendor explain", listed=False)
async def vendor_explain(context: Context) -> Document | Answer:
    """Show the cards of the vendors that a marked message names."""
    on, channel = context.invocation.on, context.invocation.channel
    named = await context.records.named_before(channel, on, context.team) if on else frozenset()
    vendors = [
        context.watchlist.vendors[each]
        for each in sorted(named)
        if each in context.watchlist.vendors
    ]
    if not vendors:
        return Answer(None)
    if len(vendors) == 1:
        return card(vendors[0], context.desk, shareable=context.private_answers)
    told = f"That message names {len(vendors)} watched vendors."
    buttons = tuple(Button(f"{each.name}: card", f"vendor {each.id}") for each in vendors)
    return Document(told, (Paragraph(words(told)), Actions(buttons)))
