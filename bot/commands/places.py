"""Where the bot listens, and what it says of itself."""

from dataclasses import replace

from bot.commands.context import Context
from bot.commands.declared import table
from bot.commands.editforms import edits_here
from bot.core.about import about
from bot.core.commands import Answer, Role
from bot.core.document import Actions, Button, Document, Handle, Paragraph, said, words
from bot.core.mention import Channel
from bot.core.overview import Watched, overview
from bot.core.places import Listening, listens
from bot.errors import UsageError


@table.command("vendor about")
async def vendor_about(context: Context) -> Document:
    """Say what the bot reads, keeps and answers here."""
    channel = context.invocation.channel
    decided = await context.records.listening(channel)
    _, settings = await context.chosen()
    return about(channel, decided, context.watch, settings, len(context.watchlist.vendors))


@table.command("vendor overview")
async def vendor_overview(context: Context) -> Document:
    """Show what is watched where, the mutes, the feeds and the last alerts."""
    private = await context.tellable()
    seen = await context.records.overview(context.now, context.team, private=private)
    feeds = tuple(each for each in seen.feeds if _is_for(context, each.url, private))
    count = len(context.watchlist.vendors)

    def how(each: Watched) -> str:
        if not listens(each.channel, each.decided, context.watch):
            return "not listening"
        return f"mode {each.mode or context.settings.mode}"

    page = overview(replace(seen, feeds=feeds), count, context.name, how, context.now)
    if not await edits_here(context):
        return page
    lead, *rest = page.blocks
    return Document(
        page.summary, (lead, Actions((Button("Add a vendor", "watchlist add"),)), *rest)
    )


def _is_for(context: Context, feed: str, private: frozenset[str]) -> bool:
    """Say whether a feed may be told of: one of the team's that not only private channels have."""
    ours = [each for each in context.routes.get(feed, ()) if each.team == context.team]
    return any(not each.private or each.key in private for each in ours)


async def _what_watching_off_does(
    context: Context, state: Listening, channel: Channel | None = None
) -> Document | None:
    """Say what it means not to listen any more."""
    there = _where(context, state, channel)
    if state is Listening.ON:
        return None
    where = words(Handle(there.id, "channel"))
    told = words("The bot would listen no more in ", *where, ": no vendor named there is told.")
    return Document("The bot would listen no more.", (Paragraph(told),))


def _where(context: Context, state: Listening, channel: Channel | None) -> Channel:
    """Say where the bot is to listen, or not. Raise UsageError."""
    here = context.invocation.channel
    there = channel or here
    if state is Listening.ON and there.encrypted and there.key != here.key:
        raise UsageError("That room is encrypted: type this there, so that its people see it.")
    return there


@table.command("vendor watch", role=Role.ADMIN, local=True, preview=_what_watching_off_does)
async def vendor_watch(
    context: Context, state: Listening, channel: Channel | None = None
) -> Answer:
    """Let the bot listen in a channel, or not: watch on, watch off."""
    here = context.invocation.channel
    there = _where(context, state, channel)
    await context.records.listen(there, state, context.invocation.actor, context.now)
    how = "The bot listens" if state is Listening.ON else "The bot does not listen any more"
    told = words(f"{how} in ", Handle(there.id, "channel"), ".")
    where = "here" if there == here else f"in {there.key}"
    document = Document(f"{how} {where}.", (Paragraph(told),))
    # Whoever is read, or no more, is told so wherever it was decided.
    news = said(f"{how} here. Type `vendor about` to see what that means.")
    return Answer(document, posts=((there, news),))
