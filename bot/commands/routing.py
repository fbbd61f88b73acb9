"""Routes: which feeds come to a channel, and which vendors each of them brings."""

from typing import Annotated, TypeAlias

from bot.commands.choosing import as_told, tag_names, vendor_ids
from bot.commands.context import NOTHING, Context
from bot.commands.declared import table
from bot.commands.feedwords import cut, state, whence
from bot.commands.routewords import as_well, asked_for, changes, through
from bot.commands.subscribing import (
    MOST_LISTED,
    actions,
    feed_remove,
    fit_button,
    follow,
    meant_by,
)
from bot.core.commands import Answer, Explained, Rest, Role, Url
from bot.core.document import (
    Block,
    Bullets,
    Document,
    Footnote,
    Handle,
    Item,
    Paragraph,
    link,
    said,
    spoken,
    strong,
    words,
)
from bot.core.feedlook import Followed
from bot.core.mention import MatchKind
from bot.core.routes import EMPTY, EVERYTHING, EXAMPLES, Terms, read_terms, typed, way_back
from bot.core.wording import counted
from bot.errors import UsageError

Only: TypeAlias = Annotated[
    Rest,
    Explained(
        "what comes: vendors=, tags=, not=, min=, backfill=, or all",
        "vendors=hikvision, dahua",
        (*(f"{each}=" for each in EXAMPLES), EMPTY[0]),
    ),
]
_ADD = "watchlist route add"
_HOW = (
    "Write for example `watchlist route edit <url> vendors=hikvision, dahua tags=cameras "
    "not=huawei min=exact`, or all for everything."
)


@table.command("watchlist route list")
async def route_list(context: Context) -> Document:
    """List the feeds that come here, what of each does, and who asked for it when."""
    here = await context.feeds.here()
    other = await context.feeds.elsewhere()
    lead = f"{counted(len(here), 'route')} to this channel"
    blocks: list[Block] = [Paragraph(words(strong(lead)))]
    if not here:
        blocks.append(Paragraph(spoken("Add one with `watchlist route add <url>`.")))
    # What needs somebody to look stands first.
    order = sorted(here, key=lambda each: (not (each.feed.gone or each.feed.failures), each.shown))
    shown = order[:MOST_LISTED]
    if shown:
        items = (
            Item(state(each), tuple(asked_for(context, route) for route in each.routes))
            for each in shown
        )
        blocks.append(Bullets(tuple(items)))
    if len(order) > len(shown):
        blocks.append(Paragraph(words(f"And {len(order) - len(shown)} more.")))
    if other.feeds:
        channels = counted(other.channels, "other public channel")
        blocks.append(Paragraph(words(f"{counted(other.feeds, 'feed')} in {channels}.")))
    blocks.append(Footnote(words("What private channels follow is told only there.")))
    return Document(lead, tuple(blocks))


@table.command("watchlist route add", role=Role.CURATOR, local=True)
async def route_add(context: Context, url: Url, only: Only = NOTHING) -> Document | Answer:
    """Follow a feed here for some vendors: vendors=hikvision tags=cameras not=huawei min=exact."""
    here = await context.feeds.here()
    meant = next((each for each in here if url in {each.feed.url, each.shown}), None)
    known = None if meant is None else meant.by_chat
    # What is said of nothing is as it comes; only how far back, which is over, stays.
    before = Terms(backfill=None if known is None else known.backfill)
    terms = await _terms(context, only, before)
    if meant is not None and known is not None:
        return await _change(context, meant_by(url, here), terms)
    more = f" {typed(terms)}" if only else ""
    # What is listed lacks what is secret in an address.
    address = url if meant is None else meant.feed.url
    return await follow(context, address, terms, _ADD, more)


@table.command("watchlist route edit", role=Role.CURATOR, local=True)
async def route_edit(context: Context, url: str, only: Only = NOTHING) -> Document | Answer:
    """Change what of a feed comes here: vendors=dahua, not=none, min=exact, or all of it."""
    meant = meant_by(url, await context.feeds.here())
    known = meant.by_chat
    if known is None:
        raise UsageError(
            f"{meant.shown} was not added by chat but by {whence(meant.origins)}, and all of it "
            "comes; end it there first."
        )
    if not only:
        raise UsageError(f"What is to change? {_HOW}")
    return await _change(context, meant, await _terms(context, only, known.terms))


@table.command("watchlist route remove", role=Role.CURATOR, local=True)
async def route_remove(context: Context, url: str) -> Document | Answer:
    """Let a feed come here no more that was added by chat."""
    return await feed_remove(context, url)


async def _terms(context: Context, text: str, before: Terms) -> Terms:
    """Read what is to come. Raise UsageError, also if nothing would."""
    watchlist = context.watchlist
    try:
        terms = read_terms(
            text,
            lambda given: vendor_ids(watchlist, given),
            lambda given: tag_names(watchlist, given),
            before,
        )
    except ValueError as error:
        raise UsageError(f"{as_told(error)} Nothing was changed.") from None
    if terms.filter == EVERYTHING:
        return terms
    left = [
        each
        for each in watchlist.vendors.values()
        if terms.filter.wants(each.id, frozenset(each.tags), MatchKind.EXACT)
    ]
    if not left:
        raise UsageError(
            "That lets no watched vendor through: those come that vendors= or tags= names, less "
            "those that not= names. Nothing was changed."
        )
    _, settings = await context.chosen()
    if not any(settings.wants(each.id, frozenset(each.tags)) for each in left):
        raise UsageError(
            "Of the vendors that this lets through none alerts here: `vendor alerts` leaves them "
            "out. Nothing was changed."
        )
    return terms


async def _change(context: Context, meant: Followed, terms: Terms) -> Document | Answer:
    """Let a feed that is followed here come on other terms."""
    by = context.invocation.actor
    (change,) = await context.feeds.put({meant.feed.url: terms}, by, context.now)
    old = Terms() if change.old is None else Terms.read(change.old)
    if old == terms and change.old is not None:
        return said("That is how it is already; nothing was changed.")
    title = link(cut(meant.feed.title or "") or meant.shown, meant.shown)
    news = words("What comes here of ", title, " was changed by ", Handle(by, "person"))
    run = (*news, *words(f": {changes(context, old, terms)}."))
    told = Document("What comes here of a feed was changed.", (Paragraph(run),))
    more = f" {way_back(old, terms)}"
    line = "watchlist route edit"
    undo = fit_button("Undo this change", line, meant.feed.url, meant.shown, more)
    comes = Paragraph(words(strong("Lets through"), f": {through(context, terms)}"))
    document = Document(
        f"What comes here of {cut(meant.feed.title or '') or meant.shown} was changed.",
        (*told.blocks, comes, *as_well(meant), *actions([undo])),
    )
    # Where all see the answer they are told by it.
    posts = ((context.invocation.channel, told),) if context.private_answers else ()
    return Answer(document, posts=posts)
