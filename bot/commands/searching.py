"""Looking through all records, and back at what was heard of a vendor."""

from bot.commands.context import Context
from bot.commands.declared import table
from bot.commands.revising import revision_item
from bot.core.candidates import candidates_document
from bot.core.commands import Rest, Role
from bot.core.document import Document, Item
from bot.core.editing.revision import State
from bot.core.past import history
from bot.core.results import results
from bot.core.search import search
from bot.core.watchlist import Exactly
from bot.errors import UsageError

CHANGES = 5
CHANGES_LOOKED_AT = 50


@table.command("vendor search", long=True)
async def vendor_search(context: Context, text: Rest) -> Document:
    """Find words in all records: names, measures, allegations and the answers to them."""
    return results(search(context.watchlist, text), context.desk)


@table.command("vendor history", long=True)
async def vendor_history(context: Context, vendor: Rest) -> Document:
    """Show when a vendor was named in the last 30 days, what came of it, and the last alerts."""
    found = context.watchlist.find(vendor)
    if not isinstance(found, Exactly):
        return candidates_document(vendor, found.vendors, "vendor history {}")
    private = await context.tellable() | {context.invocation.channel.key}
    past = await context.people.past(found.vendor.id, private=private)
    return history(found.vendor, past, await _changes(context, found.vendor.id))


async def _changes(context: Context, vendor: str) -> tuple[Item, ...]:
    """Give a line for each of the last changes to a record.

    What was proposed, and what was changed into what, is for those who mend the watchlist: a
    claim that nobody confirmed is shown to no one else.
    """
    whole = await _mends(context)
    found = [
        each
        for each in await context.edits.log(vendor, CHANGES_LOOKED_AT)
        if whole or each.state is State.APPLIED
    ][:CHANGES]
    undone = await context.edits.undone_by([each.number for each in found])
    return tuple(
        revision_item(context, each, undone.get(each.number), whole=whole) for each in found
    )


async def _mends(context: Context) -> bool:
    try:
        return (await context.role()).reaches(Role.CURATOR)
    except UsageError:  # nobody can know who asks
        return False
