"""How the bot is doing: what waits, what was given up, who stopped it."""

from datetime import timedelta

from bot.commands.context import Context
from bot.commands.declared import table
from bot.core.document import (
    Block,
    Bullets,
    Document,
    Heading,
    Item,
    Paragraph,
    spoken,
    strong,
    words,
)
from bot.core.duration import write_duration
from bot.core.overview import policy_words, proposals_words
from bot.core.status import State, Status


@table.command("vendor status")
async def vendor_status(context: Context) -> Document:
    """Say what waits to be posted, what was given up, and whether posting is stopped."""
    status = await context.records.status(context.now, context.invocation.channel.key, context.team)
    lead = _lead(status)
    blocks: list[Block] = [Paragraph(words(strong(lead))), Bullets(_counts(context, status))]
    if status.proposals:
        blocks.append(Paragraph(spoken(proposals_words(status.proposals))))
    if status.policy:
        blocks.append(Paragraph(policy_words(status.policy)))
    facts = tuple(Item(words(each)) for each in context.facts())
    if facts:
        blocks += [Heading(words("Connections")), Bullets(facts)]
    if status.parked:
        blocks.append(Heading(words("Given up, newest first")))
        items = tuple(
            Item(words(f"{each.place}: {each.reason} ({each.created_at:%d %b %Y, %H:%M} UTC)"))
            for each in status.parked
        )
        blocks.append(Bullets(items))
        blocks.append(Paragraph(spoken("They go again with `vendorwatch outbox retry`.")))
    return Document(lead, tuple(blocks))


def _lead(status: Status) -> str:
    if status.paused is not None:
        since = f"{status.paused.since:%d %b %Y, %H:%M} UTC"
        return f"Posting is stopped, by {status.paused.by} since {since}."
    failed = status.outbox[State.FAILED]
    if failed:
        return f"{failed} message{'' if failed == 1 else 's'} could not be posted."
    return "All is well."


def _counts(context: Context, status: Status) -> tuple[Item, ...]:
    waiting = sum(status.outbox[each] for each in (State.PENDING, State.SENDING))
    lines = [
        f"To be posted: {waiting}",
        f"Of unknown outcome, being asked for: {status.outbox[State.UNCERTAIN]}",
        f"Given up: {status.outbox[State.FAILED]}",
        f"Waiting for a digest or the end of quiet hours: {status.waiting}",
        f"Mutes in force: {status.mutes}",
        f"Watched vendors: {len(context.watchlist.vendors)}",
    ]
    if status.oldest_open is not None:
        age = max(context.now - status.oldest_open, timedelta(0))
        lines.insert(1, f"The oldest of them has waited {write_duration(age)}")
    return tuple(Item(words(line)) for line in lines)
