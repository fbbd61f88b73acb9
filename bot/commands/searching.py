"""Looking through all records, and back at what was heard of a vendor."""

from bot.commands.context import Context
from bot.commands.declared import table
from bot.core.candidates import candidates_document
from bot.core.commands import Rest
from bot.core.document import Document, Item
from bot.core.past import history
from bot.core.results import results
from bot.core.search import search
from bot.core.watchlist import Exactly


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
    """Give a line for each of the last changes to a record; changes are not kept yet."""
    del context, vendor
    return ()
