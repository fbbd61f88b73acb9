"""Where the bot listens, and what it says of itself."""

from bot.commands.context import Context
from bot.commands.declared import table
from bot.core.about import about
from bot.core.commands import Answer, Role
from bot.core.document import Document, Handle, Paragraph, said, words
from bot.core.mention import Channel
from bot.core.overview import Watched, overview
from bot.core.places import Listening, listens
from bot.errors import UsageError


@table.command("vendor about")
async def vendor_about(context: Context) -> Document:
    """Say what the bot reads, keeps and answers here."""
    channel = context.invocation.channel
    decided = await context.records.listening(channel)
    vendors = len(context.watchlist.vendors)
    return about(channel, decided, context.watch, context.settings, vendors)


@table.command("vendor overview")
async def vendor_overview(context: Context) -> Document:
    """Show what is watched where, the mutes, the feeds and the last alerts."""
    private = await context.private_keys()
    seen = await context.records.overview(context.now, context.team, private=private)
    count = len(context.watchlist.vendors)

    def how(each: Watched) -> str:
        if not listens(each.channel, each.decided, context.watch):
            return "not listening"
        return each.mode or str(context.settings.mode)

    return overview(seen, count, context.name, how, context.now)


@table.command("vendor watch", role=Role.ADMIN)
async def vendor_watch(
    context: Context, state: str, channel: str | None = None
) -> Document | Answer:
    """Let the bot listen in a channel, or not: watch on, watch off."""
    try:
        wanted = Listening(state.casefold())
    except ValueError:
        raise UsageError(f"{state!r} is neither on nor off. Type: vendor watch on") from None
    here = context.invocation.channel
    there = here if channel is None else _channel(channel, here)
    await context.records.listen(there, wanted, context.invocation.actor, context.now)
    how = "The bot listens" if wanted is Listening.ON else "The bot does not listen any more"
    told = words(f"{how} in ", Handle(there.id, "channel"), ".")
    document = Document(f"{how} there", (Paragraph(told),))
    if there.key != here.key:
        return document
    news = said(f"{how} here. Type `vendor about` to see what that means.")
    return Answer(document, posts=((here, news),))


def _channel(key: str, here: Channel) -> Channel:
    """Read a channel's key; of another platform or of nothing at all is refused."""
    platform, _, id_ = key.rpartition(":")
    if not id_ or platform not in {"", here.platform}:
        raise UsageError(f"{key!r} is no channel of this chat; write {here.platform}:ID")
    return Channel(here.platform, id_, private=True, team=here.team)
