"""What waits for a second person: edits that were proposed, and packs that say otherwise."""

import hashlib
from collections.abc import Sequence

from bot.commands.context import NOTHING, Context
from bot.commands.declared import table
from bot.commands.edited import edited, vendor_name
from bot.core.commands import Answer, Rest, Role
from bot.core.document import (
    Actions,
    Block,
    Bullets,
    Button,
    Document,
    Handle,
    Item,
    Paragraph,
    quoted,
    said,
    strong,
    words,
)
from bot.core.editing.overlay import TEAM, Conflict
from bot.core.editing.revision import Revision
from bot.core.editing.tree import put
from bot.core.editing.words import change_words, place_words, value_words
from bot.core.overview import moment
from bot.errors import UsageError

SHOWN = 10
WITH_BUTTONS = 3
"""More would be a wall of them, and reactions run out."""
TOLD = 3
LONGEST_POLICY = 300


@table.command("watchlist proposals", role=Role.CURATOR)
async def watchlist_proposals(context: Context) -> Document:
    """List the edits that wait for a second person, and where packs and your edits disagree."""
    waiting = await context.edits.proposals()
    conflicts = _conflicts(context)
    if not waiting and not conflicts:
        return said("Nothing waits for a decision.")
    blocks: list[Block] = []
    if waiting:
        blocks += _proposed(context, waiting)
    if conflicts:
        blocks += _disagreeing(context, conflicts)
    told = f"{len(waiting)} proposed, {len(conflicts)} conflicts with a newer pack"
    return Document(told, tuple(blocks))


@table.command("watchlist approve", role=Role.CURATOR)
async def watchlist_approve(context: Context, number: str) -> Document | Answer:
    """Let a proposed edit hold; nobody approves their own. Or take what a newer pack says."""
    if (conflict := _conflict(context, number)) is not None:
        return await _settle(context, conflict, team=False)
    done = await context.edits.approve(_number(number))
    name = vendor_name(context, done.revision)
    return edited(context, done, f"{done.revision.number} is approved: {name}.")


@table.command("watchlist reject", role=Role.CURATOR)
async def watchlist_reject(context: Context, number: str) -> Document | Answer:
    """Let a proposed edit not hold; whoever proposed it may as well. Or keep yours over a pack."""
    if (conflict := _conflict(context, number)) is not None:
        return await _settle(context, conflict, team=True)
    revision = await context.edits.reject(_number(number))
    name = vendor_name(context, revision)
    return said(f"{revision.number} is rejected: {name} stays as it is.")


@table.command("watchlist policy", role=Role.CURATOR, shows=True)
async def watchlist_policy(context: Context, line: Rest = NOTHING) -> Document | Answer:
    """Say the team's policy note, or set the line that stands on its cards; “none” ends it."""
    now = context.edits.edition.overlay.policy()
    if not line:
        if now is None:
            return said("There is no policy note. A line after `watchlist policy` sets one.")
        return said(f"On this team's cards: {now}")
    if len(line) > LONGEST_POLICY:
        raise UsageError(f"A policy note has at most {LONGEST_POLICY} characters.")
    new = None if line.casefold() == "none" else line
    edition = context.edits.edition
    changes = edition.edited(TEAM, put(edition.record(TEAM), ("policy",), new))
    done = await context.edits.change(TEAM, changes)
    lead = "The policy note is gone." if new is None else "The policy note stands on every card."
    return edited(context, done, lead)


def _proposed(context: Context, waiting: Sequence[Revision]) -> list[Block]:
    lead = f"{len(waiting)} edit{'' if len(waiting) == 1 else 's'} to decide on"
    items = []
    for each in waiting[:SHOWN]:
        name = vendor_name(context, each)
        why = f": {each.reason}" if each.reason else ""
        by = Handle(each.by, "person")
        told = words(strong(f"{each.number} · {name}"), ", by ", by, f", {moment(each.at)}{why}")
        changes = [change_words(change) for change in each.changes[:TOLD]]
        if len(each.changes) > TOLD:
            changes.append(words(f"and {len(each.changes) - TOLD} more"))
        items.append(Item(told, tuple(changes)))
    blocks: list[Block] = [Paragraph(words(strong(lead))), Bullets(tuple(items))]
    if len(waiting) > SHOWN:
        blocks.append(Paragraph(words(f"And {len(waiting) - SHOWN} more, once these are.")))
    buttons: list[Button] = []
    for each in waiting[:WITH_BUTTONS]:
        buttons.append(Button(f"Approve {each.number}", f"watchlist approve {each.number}"))
        buttons.append(Button(f"Reject {each.number}", f"watchlist reject {each.number}"))
    return [*blocks, Actions(tuple(buttons))]


def _disagreeing(context: Context, conflicts: Sequence[Conflict]) -> list[Block]:
    """Say where a pack has moved under an edit: what stands is the team's word."""
    lead = "The packs say otherwise by now than what was edited here. What was edited stands."
    items, buttons = [], list[Button]()
    for each in conflicts[:SHOWN]:
        code = _code(each)
        place = place_words(each.path)
        told = words(strong(f"{code} · {context.name(each.vendor)}"), f", {place}")
        by = Handle(each.entry.by, "person")
        yours = words(f"here: {value_words(each.team)}, by ", by, f" in {each.entry.number}")
        pack = "it is not there any more" if each.lost else value_words(each.pack)
        items.append(Item(told, (yours, words(f"the packs: {pack}"))))
        if len(items) <= WITH_BUTTONS:
            buttons.append(Button(f"Take the pack's ({code})", f"watchlist approve {code}"))
            if not each.lost:
                buttons.append(Button(f"Keep ours ({code})", f"watchlist reject {code}"))
    blocks: list[Block] = [Paragraph(words(lead)), Bullets(tuple(items))]
    if len(conflicts) > SHOWN:
        blocks.append(Paragraph(words(f"And {len(conflicts) - SHOWN} more, once these are.")))
    return [*blocks, Actions(tuple(buttons))]


async def _settle(context: Context, conflict: Conflict, *, team: bool) -> Document | Answer:
    if team and conflict.lost:
        raise UsageError(
            "What was edited is not in the packs any more, so it cannot be kept. "
            f"`watchlist approve {_code(conflict)}` lets it go; nothing was done."
        )
    edition = context.edits.edition
    changes = edition.settled(conflict.vendor, conflict.path, team=team)
    reason = "kept over a newer pack" if team else "taken from a newer pack"
    done = await context.edits.change(conflict.vendor, changes, reason)
    return edited(context, done, f"{context.name(conflict.vendor)}: {reason}.")


def _conflicts(context: Context) -> tuple[Conflict, ...]:
    return context.edits.edition.laid.conflicts


def _conflict(context: Context, code: str) -> Conflict | None:
    return next((each for each in _conflicts(context) if _code(each) == code.casefold()), None)


def _code(conflict: Conflict) -> str:
    """Name a conflict by what it is about, so that another one is not meant by the same name."""
    about = f"{conflict.vendor} {conflict.path} {conflict.team} {conflict.pack}"
    return f"p{hashlib.sha256(about.encode()).hexdigest()[:4]}"


def _number(text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) < 10):
        raise UsageError(f"Nothing waits under {quoted(text)}. Type `watchlist proposals`.")
    return int(text)
