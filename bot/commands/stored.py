"""Searching the stored entries again, for a vendor that is watched for since they came."""

from bot.commands.context import Context
from bot.commands.declared import table
from bot.core.backsearch import findings, searching, told
from bot.core.commands import Answer, Role
from bot.core.document import Document, said
from bot.core.vendor import Vendor
from bot.errors import UsageError


@table.command("watchlist backsearch", role=Role.CURATOR)
async def watchlist_backsearch(
    context: Context, vendor: Vendor, days: int | None = None
) -> Document:
    """Search stored feed entries for a vendor, some days back or all; tell what is found."""
    if days is not None and days < 1:
        raise UsageError("It goes back one day at least. Nothing was done.")
    back = await context.backsearch.begin(vendor.id, days)
    if not back:
        return said("No feed that this channel may know of has brought an entry that is kept.")
    return told(f"{vendor.name}: {searching(back)}")


@table.command("watchlist backsearch post", role=Role.CURATOR, listed=False)
async def watchlist_backsearch_post(context: Context, number: int) -> Answer:
    """Show what a search of stored entries found to everybody here."""
    found = await context.backsearch.findings(number)
    return Answer(findings(found, by=context.invocation.actor), shared=True)
