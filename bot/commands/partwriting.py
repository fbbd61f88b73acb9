"""What all commands share that write a part of a record: reading, judging, telling."""

from collections.abc import Iterator

from bot.commands.context import Context
from bot.commands.edited import edited
from bot.core.commands import Answer
from bot.core.document import Actions, Block, Button, Document, Paragraph, spoken
from bot.core.editing.fieldwords import FieldWords, typed
from bot.core.editing.judgement import judged
from bot.core.editing.parts import NAME, RESPONSE, Ground, Part
from bot.core.editing.remedies import Draft, draft, published, remedies
from bot.core.editing.tree import Tree
from bot.core.editing.words import refusal
from bot.core.editing.writing import Made
from bot.core.refused import RefusedError
from bot.core.vendor import Vendor
from bot.core.watchlist import Exactly, Several, Watchlist


def ground_of(context: Context, vendor: Vendor) -> Ground:
    """Give what a part of a vendor's record is written into."""
    tree = context.edits.edition.record(vendor.id) or {}
    programs = context.edits.edition.packs.programs
    return Ground(vendor.id, vendor.name, tree, programs, context.now.date())


def line_of(part: Part, text: str) -> FieldWords:
    """Read what was typed of a part; raise UsageError."""
    return typed(text, part.specs, part.a)


async def write(
    context: Context, ground: Ground, made: Made, lead: str, line: FieldWords
) -> Answer:
    """Let a vendor's record be as it was made; raise RefusedError with what to type instead."""
    _refuse_unfit(context, ground, made)
    done = await context.edits.make(ground.vendor, made.tree, line.reason, seen=line.seen)
    if done.again:  # what was read is what it came to, not what it came from
        return edited(context, done, f"The record of {ground.name} is changed.")
    drafts = tuple(_drafts(ground, made))
    blocks: list[Block] = [
        Paragraph(spoken(each)) for each in (*made.notes, *(each.told for each in drafts))
    ]
    publish = tuple(Button("Publish", each.publish) for each in drafts if each.publish)
    if publish and not done.waits:
        blocks.append(Actions(publish))
    return edited(context, done, lead, blocks)


def _drafts(ground: Ground, made: Made) -> Iterator[Draft]:
    if made.part is None:
        return
    own = draft(ground.vendor, made.tree, made.part, made.key)
    if own is not None:
        yield own
    if made.part is RESPONSE:
        yield from published(ground.vendor, made.tree, made.key)


def _refuse_unfit(context: Context, ground: Ground, made: Made) -> None:
    """Hold a record to the standard beside those it speaks of, so as to say what to type."""
    among = context.watchlist.vendors
    near = {ground.vendor, *_related(made.tree), *_called_so(context, made)}
    some = Watchlist.of((among[each] for each in near if each in among), ground.programs)
    found = judged(some, ground.vendor, made.tree).refused
    if not found:
        return
    document = refusal(found)
    told = tuple(Paragraph(spoken(each)) for each in remedies(ground, made.tree, found))
    raise RefusedError(Document(document.summary, (*document.blocks, *told)), found)


def _related(tree: Tree) -> Iterator[str]:
    there = tree.get("related")
    for each in there.values() if isinstance(there, dict) else ():
        if isinstance(each, dict) and "vendor" in each:
            yield str(each["vendor"])


def _called_so(context: Context, made: Made) -> Iterator[str]:
    """Give the vendors that have the name that was written."""
    if made.part is NAME:
        match context.watchlist.find(made.key):
            case Exactly(vendor=there):
                yield there.id
            case Several(vendors=some):
                yield from (each.id for each in some)
