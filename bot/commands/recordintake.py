"""Records that somebody pastes as YAML: what they would change is shown, then each is one edit."""

import asyncio
from dataclasses import dataclass, field
from typing import Annotated, TypeAlias

from bot.commands.context import Context
from bot.commands.declared import table
from bot.commands.edited import edited
from bot.commands.edits import Edits
from bot.core.commands import Answer, Explained, Role
from bot.core.commands import Block as Pasted
from bot.core.document import (
    Actions,
    Block,
    Bullets,
    Button,
    Document,
    Item,
    Paragraph,
    strong,
    words,
)
from bot.core.editing.done import Done
from bot.core.editing.edition import Edition
from bot.core.editing.intake import (
    Incoming,
    Intake,
    Refused,
    intake,
    intake_document,
    refused_blocks,
)
from bot.core.editing.standard import BelowStandardError
from bot.core.editing.written import NOWHERE, Flaw
from bot.core.wording import counted
from bot.errors import UsageError

MOST_AT_ONCE = 50
"""Records that one command takes in."""
Records: TypeAlias = Annotated[
    Pasted, Explained("records as YAML, pasted; several with a line --- between", "schema: ...")
]


@dataclass(slots=True)
class Taken:
    """What came of taking records in: the edits that were made, and what was refused after all."""

    done: list[tuple[Incoming, Done]] = field(default_factory=list)
    refused: list[Refused] = field(default_factory=list)


async def _what_it_changes(context: Context, records: Records) -> Document | None:
    """Show what would change; where that is nothing there is nothing to confirm."""
    found = await _intake(context, records)
    return intake_document(found) if found.incoming else None


@table.command("watchlist import", role=Role.CURATOR, preview=_what_it_changes)
async def watchlist_import(context: Context, records: Records) -> Document | Answer:
    """Take in whole records as YAML, pasted, as export writes them; shows first what changes."""
    found = await _intake(context, records)
    if not found.incoming:
        return intake_document(found)
    taken = await take_in(context.edits, found.incoming)
    refused = refused_blocks([*found.refused, *taken.refused])
    if len(taken.done) == 1:
        incoming, done = taken.done[0]
        return edited(context, done, f"{incoming.vendor.name} is taken in.", refused)
    waits = any(done.waits for _, done in taken.done)
    count = counted(len(taken.done), "record")
    lead = f"{count} proposed." if waits else f"{count} taken in."
    blocks: list[Block] = [Paragraph(words(strong(lead)))]
    if taken.done:
        blocks.append(Bullets(tuple(_item(incoming, done) for incoming, done in taken.done)))
    log = Button("Proposals", "watchlist proposals") if waits else Button("Log", "watchlist log")
    document = Document(lead, (*blocks, *refused, Actions((log,))))
    told = [edited(context, done, f"{each.vendor.name}, as YAML.") for each, done in taken.done]
    posts = tuple(post for answer in told for post in answer.posts)
    last = max((done.revision.number for _, done in taken.done), default=None)
    return Answer(document, posts=posts, revision=last)


async def take_in(edits: Edits, incoming: tuple[Incoming, ...]) -> Taken:
    """Make an edit of each record; those that rest on another one come after it."""
    taken = Taken()
    waiting, moved = list(incoming), True
    while waiting and moved:
        moved, refused, left = False, [], list[Incoming]()
        for each in waiting:
            try:
                done = await edits.make(each.vendor.id, each.tree, "taken in as YAML")
            except BelowStandardError as error:
                # Another one may mend it, such as a vendor that it names.
                left.append(each)
                flaws = each.written.flaws_of(error.faults)
                refused.append(Refused(each.vendor.name, flaws))
            except UsageError as error:
                flaw = Flaw(NOWHERE, str(error))
                taken.refused.append(Refused(each.vendor.name, (flaw,)))
            else:
                taken.done.append((each, done))
                moved = True
        waiting = left
        if not moved:
            taken.refused += refused
    return taken


async def _intake(context: Context, text: str) -> Intake:
    """Read what was pasted and work out what it changes, off the event loop. Raise UsageError."""
    return await asyncio.to_thread(_worked_out, context, context.edits.edition, text)


def _worked_out(context: Context, edition: Edition, text: str) -> Intake:
    documents = context.texts.read(text)
    if not documents:
        raise UsageError("There is no record in that. Paste what `watchlist export` writes.")
    if len(documents) > MOST_AT_ONCE:
        raise UsageError(
            f"That is {len(documents)} records, and {MOST_AT_ONCE} are taken in at once at most. "
            "In a shell `vendorwatch watchlist import --edits FILE` takes more."
        )
    return intake(edition, documents)


def _item(incoming: Incoming, done: Done) -> Item:
    number = done.revision.number
    told = f": proposed as {number}" if done.waits else f": revision {number}"
    changes = "new" if incoming.is_new else counted(len(done.revision.changes), "change")
    return Item(words(strong(incoming.vendor.name), f"{told} ({changes})"))
