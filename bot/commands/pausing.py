"""Stopping all posting at once, and letting it go on."""

from bot.commands.context import NOTHING, Context
from bot.commands.declared import table
from bot.core.commands import Answer, Rest, Role
from bot.core.document import Actions, Button, Document, Handle, Paragraph, said, spoken, words
from bot.core.overview import moment
from bot.errors import UsageError

LONGEST_REASON = 200


async def _what_pausing_does(context: Context, reason: Rest = NOTHING) -> Document | None:
    """Say that every channel falls silent, where it is not so already."""
    _check(reason)
    if await context.records.paused(context.team) is not None:
        return None
    return said(
        "That would stop all posting at once, in every channel: what comes meanwhile waits until "
        "`vendor resume`. Commands are answered as ever."
    )


@table.command("vendor pause", role=Role.ADMIN, preview=_what_pausing_does)
async def vendor_pause(context: Context, reason: Rest = NOTHING) -> Document | Answer:
    """Stop all posting at once, in every channel; what comes meanwhile waits."""
    _check(reason)
    by = context.invocation.actor
    if not await context.records.pause(by, context.now, context.team):
        return await _stopped_already(context)
    why = f": {reason.rstrip('.')}" if reason else ""
    told = words("Posting is stopped in every channel, by ", Handle(by, "person"), f"{why}.")
    how = Paragraph(spoken("What comes waits. An admin lets it go on with `vendor resume`."))
    go_on = Actions((Button("Resume", "vendor resume"),))
    return _announced(
        context, Document("Posting is stopped in every channel.", (Paragraph(told), how, go_on))
    )


def _check(reason: str) -> None:
    if len(reason) > LONGEST_REASON:
        raise UsageError(f"A reason has at most {LONGEST_REASON} characters.")


async def _stopped_already(context: Context) -> Document:
    paused = await context.records.paused(context.team)
    if paused is None:
        return said("Posting goes on: somebody has just resumed it.")
    who = Handle(paused.by, "person")
    told = words("Posting is stopped already, by ", who, f" since {moment(paused.since)}.")
    how = Paragraph(spoken("Type `vendor resume` to let it go on."))
    return Document("Posting is stopped already.", (Paragraph(told), how))


@table.command("vendor resume", role=Role.ADMIN)
async def vendor_resume(context: Context) -> Document | Answer:
    """Let posting go on; what waited comes as one digest a channel."""
    waited = await context.records.resume(context.now, context.team, context.settings)
    if waited is None:
        return said("Posting is not stopped.")
    by = Handle(context.invocation.actor, "person")
    if not waited:
        rest = "Nothing waited in open channels."
    else:
        many = "1 alert waited" if waited == 1 else f"{waited} alerts waited"
        rest = f"{many} in open channels; each gets one digest, after its quiet hours."
    told = words("Posting goes on, resumed by ", by, f". {rest}")
    return _announced(context, Document(f"Posting goes on. {rest}", (Paragraph(told),)))


def _announced(context: Context, document: Document) -> Answer:
    """Tell the admins' channels of the same team too: what one team does is none of another's."""
    here = context.invocation.channel
    # Where all see the answer they are told by it.
    desks = [
        each
        for each in context.reports_go_to
        if each.team == context.team and (context.private_answers or each.key != here.key)
    ]
    return Answer(document, posts=tuple((each, document) for each in desks))
