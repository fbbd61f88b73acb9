"""What people called a wrong match: seen, and approved or rejected, by curators."""

from collections.abc import Sequence

from bot.commands.context import Context
from bot.commands.declared import table
from bot.core.choices import Precision, WrongMatch
from bot.core.commands import Role
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
    spoken,
    strong,
    words,
)
from bot.core.mention import Channel
from bot.core.overview import moment
from bot.errors import UsageError

SHOWN = 20
WITH_BUTTONS = 5
"""More would be a wall of them, and reactions run out."""


@table.command("vendor wrong list", role=Role.CURATOR)
async def vendor_wrong_list(context: Context) -> Document:
    """List what was called a wrong match and waits for a curator."""
    waiting = await _waiting(context)
    if not waiting:
        return said("Nothing that was called a wrong match waits for a decision.")
    one = len(waiting) == 1
    lead = f"{len(waiting)} wrong match{'' if one else 'es'} to decide on"
    counted = await context.records.precision(context.team)
    shown = waiting[:SHOWN]
    items = tuple(
        Item(words(f"{each.id}. ", *_marked(context, each)), _how_often(each, counted))
        for each in shown
    )
    blocks: list[Block] = [Paragraph(words(strong(lead))), Bullets(items)]
    if len(waiting) > len(shown):
        blocks.append(Paragraph(words(f"And {len(waiting) - len(shown)} more, once these are.")))
    first = waiting[0].id
    how = f"`vendor wrong approve {first}`: the words alert nowhere any more. "
    how += f"`vendor wrong reject {first}`: they alert again."
    blocks.append(Paragraph(spoken(how)))
    buttons: list[Button] = []
    for each in shown[:WITH_BUTTONS]:
        buttons.append(Button(f"Approve {each.id}", f"vendor wrong approve {each.id}"))
        buttons.append(Button(f"Reject {each.id}", f"vendor wrong reject {each.id}"))
    blocks.append(Actions(tuple(buttons)))
    return Document(lead, tuple(blocks))


async def _what_approving_does(context: Context, number: int) -> Document | None:
    """Say what will alert no more."""
    proposal = await _theirs_to_approve(context, number)
    if not proposal.words:
        return None
    told = words("That would hold everywhere: ", *_meaning(context, proposal), ".")
    rest = words("Those words alert in no channel any more.")
    counted = _how_often(proposal, await context.records.precision(context.team))
    lines = (told, *counted, rest)
    return Document("That would hold everywhere.", tuple(map(Paragraph, lines)))


@table.command("vendor wrong approve", role=Role.CURATOR, preview=_what_approving_does)
async def vendor_wrong_approve(context: Context, number: int) -> Document:
    """Let words that were called a wrong match alert nowhere any more."""
    proposal = await _theirs_to_approve(context, number)
    settled = await _settle(context, proposal, approve=True)
    where = "; they alert nowhere any more."
    if settled.channel is not None:
        where = ". Its words are not known, so that holds in its own channel alone."
    document = words("Approved: ", *_meaning(context, settled), where)
    return Document("That is approved.", (Paragraph(document),))


@table.command("vendor wrong reject", role=Role.CURATOR)
async def vendor_wrong_reject(context: Context, number: int) -> Document:
    """Let words alert again that were called a wrong match and are none."""
    proposal = await _proposal(context, number)
    await _settle(context, proposal, approve=False)
    told = words("Rejected: ", _said(proposal), " alerts again as ", _vendor(context, proposal))
    return Document("That is rejected.", (Paragraph(words(*told, ".")),))


async def _waiting(context: Context) -> tuple[WrongMatch, ...]:
    seen = await context.tellable() | {context.invocation.channel.key}
    return await context.records.wrong_proposals(context.team, seen=seen)


async def _proposal(context: Context, number: int) -> WrongMatch:
    """Find what waits under a number; what the asker may not know of is not there."""
    for each in await _waiting(context):
        if each.id == number:
            return each
    raise UsageError(f"Nothing waits under the number {number}. Type `vendor wrong list`.")


async def _theirs_to_approve(context: Context, number: int) -> WrongMatch:
    """Find it if somebody else proposed it: nobody approves their own, but for admins."""
    proposal = await _proposal(context, number)
    own = proposal.by == context.invocation.actor
    if own and not (await context.role()).reaches(Role.ADMIN):
        raise UsageError(
            "You called that a wrong match yourself: another curator or an admin approves it. "
            "Nothing was done."
        )
    return proposal


async def _settle(context: Context, proposal: WrongMatch, *, approve: bool) -> WrongMatch:
    here = context.invocation.channel
    seen_from = here if proposal.channel is None else _channel(proposal.channel)
    settled = await context.records.settle_wrong_match(
        proposal.id, seen_from, approve=approve, team=context.team, everywhere=True
    )
    if settled is None:
        raise UsageError("Somebody has just decided that; nothing was done.")
    return settled


def _channel(key: str) -> Channel:
    platform, _, id_ = key.partition(":")
    return Channel(platform, id_)


def _marked(context: Context, marked: WrongMatch) -> Inlines:
    """Say what was marked, where, by whom and when."""
    where: Inlines = words("everywhere")
    if marked.channel is not None:
        where = words("in ", Handle(_channel(marked.channel).id, "channel"))
    by = Handle(marked.by, "person")
    at = moment(marked.created_at)
    return words(*_meaning(context, marked), ", ", *where, ", said by ", by, f" on {at}")


def _meaning(context: Context, marked: WrongMatch) -> Inlines:
    return words(_said(marked), " does not mean ", _vendor(context, marked))


def _said(marked: WrongMatch) -> str:
    if not marked.words:
        return f"whatever matched the name “{marked.name}”"
    return f"“{marked.words}”, which matched the name “{marked.name}”,"


def _vendor(context: Context, marked: WrongMatch) -> str:
    return context.name(marked.vendor)


def _how_often(marked: WrongMatch, counted: Sequence[Precision]) -> tuple[Inlines, ...]:
    """Say how often alerts by that name were called wrong, in open channels."""
    of = [each for each in counted if (each.vendor, each.name) == (marked.vendor, marked.name)]
    return tuple(
        words(f"Alerts by that name in open channels: {each.alerts}, called wrong: {each.wrong}.")
        for each in of
    )
