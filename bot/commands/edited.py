"""What whoever edits the watchlist is told: what was changed, what is weak, and how to undo it."""

from collections.abc import Iterable

from bot.commands.context import Context
from bot.core.addresses import redact
from bot.core.backsearch import searching
from bot.core.commands import Answer
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
    Struck,
    spoken,
    strong,
    words,
)
from bot.core.editing.change import Change
from bot.core.editing.done import Done
from bot.core.editing.overlay import ROUTES, TEAM
from bot.core.editing.revision import Revision
from bot.core.editing.tree import Fault, Value
from bot.core.editing.words import change_words, changes_bullets, place_words
from bot.core.mention import Channel
from bot.core.routes import Terms, shown


def edited(context: Context, done: Done, lead: str, more: Iterable[Block] = ()) -> Answer:
    """Tell of an edit: `lead` in a line, the changes, what is weak; offer the card and the undo.

    Where it waits for a second person, those who decide are told as well.
    """
    revision = done.revision
    number = revision.number
    summary = f"Proposed as {number}: {lead}" if done.waits else f"{lead} (revision {number})"
    blocks: list[Block] = [
        Paragraph(words(strong(summary))),
        changes_bullets(revision.changes),
        *weak_blocks(done.weak),
        *more,
        *searched_blocks(done),
    ]
    if done.waits:
        blocks.append(
            Paragraph(spoken(f"It holds once somebody else says so: `{_approve(number)}`"))
        )
        blocks.append(Actions((Button("Take it back", f"watchlist reject {number}"),)))
        asking = tuple(_asking(context, done, lead))
        return Answer(Document(summary, tuple(blocks)), posts=asking, revision=number)
    buttons = [Button("Undo", f"watchlist undo {number}", "↩️")]
    if done.record is not None:
        buttons.insert(0, Button("Show card", f"vendor {done.record.id}"))
    blocks.append(Actions(tuple(buttons)))
    return Answer(Document(summary, tuple(blocks)), revision=number)


def searched_blocks(done: Done) -> tuple[Block, ...]:
    """Say that stored entries are searched for what an edit added, if they are."""
    return (Paragraph(words(searching(done.searching))),) if done.searching else ()


def weak_blocks(weak: Iterable[Fault]) -> tuple[Block, ...]:
    """Say what is worth a look in a record that stands."""
    items = tuple(Item(words(f"{place_words(each.path)}: {each.message}")) for each in weak)
    if not items:
        return ()
    return (Paragraph(words("Worth a look:")), Bullets(items))


def vendor_name(context: Context, revision: Revision) -> str:
    """Name what a revision is about, also where it is not watched any more or not yet."""
    if revision.vendor == TEAM:
        return "the team's own settings"
    if revision.vendor == ROUTES:
        return "what comes to a channel"
    for change in revision.changes:
        for value in (change.new, change.old) if not change.path else ():
            if isinstance(value, dict) and revision.vendor not in context.watchlist.vendors:
                return str(value.get("name", revision.vendor))
    return context.name(revision.vendor)


def told_changes(context: Context, revision: Revision) -> tuple[Inlines, ...]:
    """Say each change of a revision in a line."""
    if revision.vendor != ROUTES:
        return tuple(map(change_words, revision.changes))
    return tuple(_route_words(context, each) for each in revision.changes)


def _route_words(context: Context, change: Change) -> Inlines:
    feed = redact(change.path[1])
    old, new = (_terms_words(context, each) for each in (change.old, change.new))
    if change.old is None:
        return words(f"{feed}: followed, {new}")
    return words(f"{feed}: ", Struck(old), f" → {new}")


def _terms_words(context: Context, text: Value | None) -> str:
    if not isinstance(text, str):
        return "not followed"
    return shown(Terms.read(text), context.name) or "all of it"


def _approve(number: int) -> str:
    return f"watchlist approve {number}"


def _asking(context: Context, done: Done, lead: str) -> Iterable[tuple[Channel, Document]]:
    """Ask those who mend the watchlist to decide, but for where it was said."""
    number, by = done.revision.number, Handle(done.revision.by, "person")
    told = f"An edit of the watchlist waits for a second person: {lead}"
    buttons = (
        Button("Approve", _approve(number), "✅"),
        Button("Reject", f"watchlist reject {number}", "❎"),
    )
    blocks = (
        Paragraph(words(by, f" proposes as {number}: {lead}")),
        changes_bullets(done.revision.changes),
        Actions(buttons),
    )
    here = context.invocation.channel
    for channel in context.reports_go_to:
        if channel.key != here.key and channel.team == here.team:
            yield channel, Document(told, blocks)
