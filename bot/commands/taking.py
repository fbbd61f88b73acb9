"""Lists of feeds by chat: OPML that somebody pastes, or that stands at an address."""

from dataclasses import dataclass
from typing import Annotated, TypeAlias

from bot.commands.context import Context
from bot.commands.declared import table
from bot.commands.feedwords import cut
from bot.commands.subscribing import room_for_more
from bot.core.commands import Answer, Explained, Role
from bot.core.commands import Block as Pasted
from bot.core.document import (
    Block,
    Bullets,
    Document,
    Footnote,
    Handle,
    Item,
    Paragraph,
    is_web_address,
    link,
    quoted,
    words,
)
from bot.core.feedlook import FeedAt, FeedList
from bot.core.routes import AS_IT_COMES
from bot.core.wording import counted
from bot.errors import BotError, UsageError

List: TypeAlias = Annotated[
    Pasted,
    Explained("an OPML list of feeds, pasted, or its address", "https://example.org/feeds.opml"),
]
MOST_AT_ONCE = 50
"""Feeds of one list that are followed by one command."""
MOST_REFUSED = 5
"""What is no address is told so often, and counted beyond that."""


@dataclass(frozen=True, slots=True)
class _Plan:
    """What of a list is new here, what of that is added now, and how many are followed already."""

    listed: FeedList
    new: tuple[FeedAt, ...]
    now: tuple[FeedAt, ...]
    known: int


async def _what_it_adds(context: Context, what: List) -> Document | None:
    """Show what would be followed; where that is nothing there is nothing to confirm."""
    plan = await _plan(context, what)
    if not plan.now:
        return None
    lead = f"That would follow {counted(len(plan.now), 'feed')} here."
    blocks: list[Block] = [Paragraph(words(lead)), Bullets(tuple(map(_item, plan.now)))]
    blocks += _left_out(plan)
    return Document(lead, tuple(blocks))


@table.command("watchlist feed import", role=Role.CURATOR, local=True, preview=_what_it_adds)
async def feed_import(context: Context, what: List) -> Document | Answer:
    """Follow here what an OPML list has: paste it, or give its address; shows it first."""
    plan = await _plan(context, what)
    if not plan.now:
        lead = "Nothing to add: the list has no feed that is not followed here."
        return Document(lead, (Paragraph(words(lead)), *_left_out(plan)))
    by = context.invocation.actor
    wanted = {each.url: AS_IT_COMES for each in plan.now}
    changed = await context.feeds.put(wanted, by, context.now)
    count = counted(sum(each.old is None for each in changed), "feed")
    lead = f"{count} followed here from the list."
    first = "They are read at once. What they list now counts as known: news alerts, not the past."
    blocks = (Paragraph(words(lead)), *_left_out(plan), Footnote(words(first)))
    document = Document(lead, blocks)
    if not context.private_answers:
        return document
    news = words(f"This channel now follows {count} more, added by ", Handle(by, "person"), ".")
    told = Document(f"This channel now follows {count} more.", (Paragraph(news),))
    return Answer(document, posts=((context.invocation.channel, told),))


async def _plan(context: Context, what: str) -> _Plan:
    """Read a list and part it. Raise UsageError if it is none, or no more feeds may come here."""
    given = what.strip()
    bare = given.removeprefix("<").removesuffix(">")
    given = bare if is_web_address(bare) else given
    if not (given.startswith("<") or is_web_address(given)):
        raise UsageError(
            f"{quoted(cut(given))} is no list of feeds. Paste OPML, which begins with <opml, or "
            "give the address of such a list."
        )
    here = await context.feeds.here()
    room = room_for_more(here)
    try:
        listed = await context.feeds.listed(given)
    except UsageError:
        raise
    except BotError as error:
        raise UsageError(f"{str(error).rstrip('.')}.".replace("`", "'")) from None
    followed = {each.feed.url for each in here}
    new = tuple(each for each in listed.feeds if each.url not in followed)
    return _Plan(listed, new, new[: min(room, MOST_AT_ONCE)], len(listed.feeds) - len(new))


def _item(feed: FeedAt) -> Item:
    title = cut(feed.title)
    return Item(words(link(title or feed.shown, feed.shown), f" ({feed.shown})" if title else ""))


def _left_out(plan: _Plan) -> list[Block]:
    """Say what of a list is not added, and why."""
    told = []
    if plan.known:
        is_ = "is" if plan.known == 1 else "are"
        told.append(f"{counted(plan.known, 'feed')} of the list {is_} followed here already.")
    refused = plan.listed.refused
    if refused:
        some = ", ".join(quoted(cut(each)) for each in refused[:MOST_REFUSED])
        more = f" and {len(refused) - MOST_REFUSED} more" if len(refused) > MOST_REFUSED else ""
        told.append(f"Not the address of a feed: {some}{more}.")
    if len(plan.new) > len(plan.now):
        left = counted(len(plan.new) - len(plan.now), "feed")
        told.append(f"{left} more: at most {len(plan.now)} now; then give the command again.")
    if plan.listed.fault:
        told.append(f"The list is broken in {plan.listed.fault}; what stands there may be missing.")
    return [Paragraph(words(each)) for each in told]
