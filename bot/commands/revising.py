"""The log of the watchlist: what was changed by whom, and taking it back."""

from bot.commands.context import Context
from bot.commands.declared import table
from bot.commands.edited import edited, told_changes, vendor_name
from bot.core.addresses import redact
from bot.core.commands import Answer, Role
from bot.core.document import (
    Actions,
    Block,
    Bullets,
    Button,
    Document,
    Handle,
    Inlines,
    Item,
    Paragraph,
    said,
    strong,
    words,
)
from bot.core.editing.edition import Stale
from bot.core.editing.overlay import ROUTES
from bot.core.editing.revision import Revision, State
from bot.core.editing.words import stale_words
from bot.core.overview import moment
from bot.core.refused import RefusedError
from bot.core.routes import Terms
from bot.core.vendor import Vendor
from bot.errors import UsageError

SHOWN = 10
TOLD = 3
"""Changes of a revision that the log tells; `watchlist diff` has them all."""


@table.command("watchlist log", role=Role.CURATOR)
async def watchlist_log(context: Context, vendor: Vendor | None = None) -> Document:
    """Say what was changed in the watchlist lately, by whom and why; of a vendor, or all."""
    return await _log(context, vendor, None)


@table.command("watchlist older", role=Role.CURATOR, listed=False)
async def watchlist_older(context: Context, than: int, vendor: Vendor | None = None) -> Document:
    """Go on in the log, with what is older than a revision."""
    return await _log(context, vendor, than)


async def _log(context: Context, vendor: Vendor | None, before: int | None) -> Document:
    of = None if vendor is None else vendor.id
    found = await context.edits.log(of, SHOWN + 1, before)
    if not found:
        return said("Nothing older." if before else "Nothing was changed by chat.")
    # What comes to a private channel is nothing that others know of.
    shown = [each for each in found[:SHOWN] if _may_be_told(context, each)]
    undone = await context.edits.undone_by([each.number for each in shown])
    lead = "What was changed" + ("" if vendor is None else f" in the record of {vendor.name}")
    items = tuple(revision_item(context, each, undone.get(each.number)) for each in shown)
    blocks: list[Block] = [Paragraph(words(strong(lead))), Bullets(items)]
    if len(found) > SHOWN:
        about = "" if vendor is None else f" {vendor.id}"
        older = f"watchlist older {found[SHOWN - 1].number}{about}"
        blocks.append(Actions((Button("Older", older),)))
    return Document(lead, tuple(blocks))


@table.command("watchlist diff", role=Role.CURATOR)
async def watchlist_diff(context: Context, revision: int) -> Document:
    """Show a revision: each change with what stood there before."""
    found = await _told_revision(context, revision)
    undone = await context.edits.undone_by([revision])
    lead = f"Revision {revision}: {vendor_name(context, found)}"
    blocks: list[Block] = [
        Paragraph(words(strong(lead), ". ", *_who(context, found, undone.get(revision)))),
        Bullets(tuple(map(Item, told_changes(context, found)))),
    ]
    if found.state is State.APPLIED and revision not in undone:
        blocks.append(Actions((Button("Undo", f"watchlist undo {revision}", "↩️"),)))
    return Document(lead, tuple(blocks))


@table.command("watchlist undo", role=Role.CURATOR)
async def watchlist_undo(context: Context, revision: int) -> Document | Answer:
    """Take a revision back, whichever it is, unless the same was changed since."""
    found = await _told_revision(context, revision)
    if found.state is not State.APPLIED:
        raise UsageError(f"{revision} is {found.state}, so there is nothing to take back.")
    if found.vendor == ROUTES:
        return await _undo_route(context, found)
    back = context.edits.edition.undone(found)
    if isinstance(back, Stale):
        last = context.edits.edition.overlay.last_change(found.vendor, back.path)
        raise RefusedError(stale_words(back.path, back.then, back.now, last))
    done = await context.edits.change(found.vendor, back, f"undo of {revision}", undoes=revision)
    name = vendor_name(context, found)
    return edited(context, done, f"{revision} is taken back: {name}.")


@table.command("watchlist restore", role=Role.CURATOR)
async def watchlist_restore(context: Context, id: str) -> Document | Answer:  # noqa: A002 - what it is
    """Put a vendor back on the watchlist that was taken off, by its id."""
    if id in context.watchlist.vendors:
        raise UsageError(f"{id} is on the watchlist. Type `vendor {id}`.")
    for each in await context.edits.log(id, 1_000):
        gone = any(change.path == () and change.new is None for change in each.changes)
        if gone and each.state is State.APPLIED:
            return await watchlist_undo(context, each.number)
    raise UsageError(f"No vendor of the id {id[:60]} was taken off. Type `watchlist log`.")


async def _told_revision(context: Context, number: int) -> Revision:
    """Find a revision that whoever asks may know of; raise UsageError."""
    found = await context.edits.find(number)
    if not _may_be_told(context, found):
        raise UsageError(f"There is no revision {number}. Type `watchlist log`.")
    return found


def _may_be_told(context: Context, revision: Revision) -> bool:
    here = context.invocation.channel.key
    return revision.vendor != ROUTES or not revision.private or revision.channel == here


async def _undo_route(context: Context, revision: Revision) -> Document:
    """Let feeds come to this channel as they did before, unless that was changed since."""
    if revision.channel != context.invocation.channel.key:
        raise UsageError("That is about another channel: give the command there.")
    now = {each.feed.url: each.by_chat for each in await context.feeds.here()}
    wanted: dict[str, Terms | None] = {}
    for change in revision.changes:
        feed = change.path[1]
        known = now.get(feed)
        there = None if known is None else known.terms.text
        if there != change.new:
            raise UsageError(
                f"What comes of {redact(feed)} was changed since. Type `watchlist route list`."
            )
        wanted[feed] = Terms.read(str(change.old)) if change.old is not None else None
    by = context.invocation.actor
    await context.feeds.put(wanted, by, context.now, undoes=revision.number)
    return said(f"{revision.number} is taken back: what comes here is as it was before.")


def revision_item(
    context: Context, revision: Revision, undone: int | None, *, whole: bool = True
) -> Item:
    """Say in the log what a revision is; if not the `whole`, not what it changed into what."""
    name = vendor_name(context, revision)
    lead = words(strong(f"{revision.number} · {name}"), ". ", *_who(context, revision, undone))
    changes = told_changes(context, revision) if whole else ()
    more = len(changes) - TOLD
    rest = (words(f"and {more} more"),) if more > 0 else ()
    return Item(lead, (*changes[:TOLD], *rest))


def _who(context: Context, revision: Revision, undone: int | None) -> Inlines:
    """Say who made a revision, when, where, why, and what became of it."""
    here = context.invocation.channel.key
    _, _, channel = revision.channel.partition(":")
    shown = not revision.private or revision.channel == here
    where = words(" in ", Handle(channel, "channel")) if shown else words()
    why = f": {revision.reason}" if revision.reason else ""
    state = ""
    if revision.state is State.PROPOSED:
        state = " Waits for approval."
    elif revision.state is State.REJECTED:
        state = " Rejected."
    elif undone is not None:
        state = f" Taken back by {undone}."
    by = Handle(revision.by, "person")
    decided = words()
    if revision.decided_by and revision.state is State.APPLIED:
        decided = words(", approved by ", Handle(revision.decided_by, "person"))
    return words(by, f", {moment(revision.at)}", *where, *decided, f"{why}.{state}")
