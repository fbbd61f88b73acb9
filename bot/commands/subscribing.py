"""What a channel follows: feeds added, removed, listed, looked at and handed on."""

from collections.abc import Iterator
from datetime import timedelta

from bot.commands.choosing import as_told
from bot.commands.context import Context
from bot.commands.declared import table
from bot.commands.feedwords import about, cut, fits, named, state, whence
from bot.commands.routewords import as_well, limits, preview, through
from bot.core.commands import Answer, Rest, Role, Url, plain_line
from bot.core.document import (
    Actions,
    Block,
    Bullets,
    Button,
    Document,
    Footnote,
    Handle,
    Item,
    Paragraph,
    Quote,
    Typed,
    is_web_address,
    link,
    quoted,
    said,
    spoken,
    strong,
    words,
)
from bot.core.duration import write_duration
from bot.core.feed import CHAT
from bot.core.feedlook import Followed, Found, NoFeed
from bot.core.routes import AS_IT_COMES, EVERYTHING, Terms, read_span
from bot.core.wording import counted
from bot.errors import FeedError, UsageError

MOST_FEEDS = 200
"""Feeds that one channel follows by chat."""
LONGEST_ADDRESS = 1_000
"""As in the configuration."""
MOST_OFFERED = 5
MOST_LISTED = 50
MOST_EXPORTED = 200
LONGEST_QUOTE = 1_500
NOTHING = Rest("")
_WITH = "backfill"
_ADD = "watchlist feed add"


@table.command("watchlist feed add", role=Role.CURATOR, local=True)
async def feed_add(context: Context, url: Url, backfill: Rest = NOTHING) -> Document | Answer:
    """Follow a feed here, or see which a page has; “backfill 7d” also searches its last 7 days."""
    back = _span(backfill)
    with_ = f" {_WITH} {write_duration(back)}" if back else ""
    return await follow(context, url, Terms(backfill=back), _ADD, with_)


async def follow(
    context: Context, url: str, terms: Terms, command: str, more: str
) -> Document | Answer:
    """Follow a feed here and say what it is; of a page, offer `command` for each of its feeds."""
    address = _address(url)
    here = await context.feeds.here()
    meant = next((each for each in here if each.feed.url == address), None)
    known = None if meant is None else meant.by_chat
    if known is None:
        room_for_more(here)
    found = await _look(context, address)
    if isinstance(found, NoFeed):
        return _instead(found, command, more)
    if known is not None:
        terms = Terms(known.filter, terms.backfill or known.backfill)
    by = context.invocation.actor
    (change,) = await context.feeds.put({address: terms}, by, context.now)
    new = change.old is None
    lead = "Followed here" if new else "Already followed here"
    blocks: list[Block] = [*about(lead, found, context.now)]
    blocks += [*named(context, found), *await preview(context, found, terms)]
    limited = ""
    if terms.filter != EVERYTHING:
        limited = f"; it lets through {through(context, terms)}"
        blocks.append(Paragraph(words(strong("Lets through"), f": {through(context, terms)}")))
        blocks += as_well(meant)
    if new:
        blocks.append(Footnote(words(_first(terms.backfill))))
    undo = fit_button("Do not follow it", "watchlist feed remove", address, found.shown)
    document = Document(f"{lead}: {cut(found.title) or found.shown}.", (*blocks, *actions([undo])))
    if not new or not context.private_answers:
        return document
    title = link(cut(found.title) or found.shown, found.shown)
    news = words("This channel now follows the feed ", title, ", added by ", Handle(by, "person"))
    news = (*news, *words(f"{limited}."))
    told = Document("This channel now follows another feed.", (Paragraph(news),))
    # Others would not know why its news comes here.
    return Answer(document, posts=((context.invocation.channel, told),))


@table.command("watchlist feed remove", role=Role.CURATOR, local=True)
async def feed_remove(context: Context, url: str) -> Document | Answer:
    """Follow a feed here no more that was added by chat."""
    meant = meant_by(url, await context.feeds.here())
    others = whence(meant.origins - {CHAT})
    if CHAT not in meant.origins:
        raise UsageError(f"{meant.shown} was not added by chat but by {others}; end it there.")
    await context.feeds.put({meant.feed.url: None}, context.invocation.actor, context.now)
    title = link(cut(meant.feed.title or "") or meant.shown, meant.shown)
    left = f" It still comes here by {others}." if others else ""
    done = "Not followed by chat any more" if others else "Not followed here any more"
    document = Document(f"{done}.", (Paragraph(words(f"{done}: ", title, ".", left)),))
    if others or not context.private_answers:
        return document
    by = Handle(context.invocation.actor, "person")
    news = words("This channel follows the feed ", title, " no more, removed by ", by, ".")
    told = Document("This channel follows a feed no more.", (Paragraph(news),))
    return Answer(document, posts=((context.invocation.channel, told),))


@table.command("watchlist feed list")
async def feed_list(context: Context) -> Document:
    """List the feeds that this channel follows, and how each is doing."""
    here = await context.feeds.here()
    other = await context.feeds.elsewhere()
    lead = f"{counted(len(here), 'feed')} followed here"
    blocks: list[Block] = [Paragraph(words(strong(lead)))]
    if not here:
        blocks.append(Paragraph(spoken("Add one with `watchlist feed add <url>`.")))
    # What needs somebody to look stands first.
    order = sorted(here, key=lambda each: (not (each.feed.gone or each.feed.failures), each.shown))
    if order:
        shown = order[:MOST_LISTED]
        blocks.append(
            Bullets(tuple(Item((*state(each), *words(limits(context, each)))) for each in shown))
        )
        if len(order) > len(shown):
            more = f"And {len(order) - len(shown)} more, all of which `vendorwatch feeds list` has."
            blocks.append(Paragraph(spoken(more)))
    if other.feeds:
        channels = f"{other.channels} other public channel{'' if other.channels == 1 else 's'}"
        blocks.append(Paragraph(words(f"{counted(other.feeds, 'feed')} in {channels}.")))
    blocks.append(Footnote(words("What private channels follow is told only there.")))
    return Document(lead, tuple(blocks))


@table.command("watchlist feed check", role=Role.CURATOR, local=True)
async def feed_check(context: Context, url: Url) -> Document:
    """Read a feed once and say what is in it and whom it names; follows nothing."""
    address = _address(url)
    found = await _look(context, address)
    if isinstance(found, NoFeed):
        return _instead(found)
    lead = "A feed"
    blocks = [*about(lead, found, context.now), *named(context, found)]
    blocks += await preview(context, found, AS_IT_COMES)
    blocks.append(Footnote(words("Nothing is followed by this.")))
    add = fit_button("Follow it here", "watchlist feed add", address, found.shown)
    summary = f"{lead}: {cut(found.title) or found.shown}."
    return Document(summary, (*blocks, *actions([add])))


@table.command("watchlist feed export", role=Role.CURATOR, local=True, long=True)
async def feed_export(context: Context) -> Document:
    """Write this channel's feeds as OPML; watchlist feed import takes such in."""
    here = await context.feeds.here()
    # What is secret in an address is not everybody's here who may read along.
    plain = [each.feed for each in here if each.shown == each.feed.url][:MOST_EXPORTED]
    left = len(here) - len(plain)
    if not here:
        return said("This channel follows no feed. Add one with `watchlist feed add <url>`.")
    lead = f"{counted(len(plain), 'feed')} as OPML"
    blocks: list[Block] = [Paragraph(words(strong(lead)))]
    if plain:
        lines = context.feeds.outlines(plain, context.now)
        blocks += [Quote(words(Typed(each, in_chat=False))) for each in _joined(lines)]
    if left:
        told = f"{counted(left, 'feed')} left out: with a password or a token in the address, or "
        told += f"beyond the first {MOST_EXPORTED}. `vendorwatch feeds export` writes all."
        blocks.append(Paragraph(spoken(told)))
    blocks.append(Footnote(spoken("A list is taken in by `watchlist feed import`.")))
    return Document(lead, tuple(blocks))


def _joined(lines: tuple[str, ...]) -> Iterator[str]:
    """Give lines of XML several in one, which it does not mind: a message has so many blocks."""
    some = ""
    for line in map(str.strip, lines):
        if some and len(some) + len(line) > LONGEST_QUOTE:
            yield some
            some = ""
        some = f"{some} {line}".strip()
    yield some


def room_for_more(here: tuple[Followed, ...]) -> int:
    """Say how many more feeds may be followed by chat; raise UsageError if none."""
    room = MOST_FEEDS - sum(each.by_chat is not None for each in here)
    if room <= 0:
        raise UsageError(
            f"This channel follows {MOST_FEEDS} feeds by chat, and that is the most; remove one "
            "first with `watchlist feed remove <url>`."
        )
    return room


def _address(url: str) -> str:
    if not is_web_address(url) or len(url) > LONGEST_ADDRESS:
        raise UsageError(
            f"{quoted(cut(url))} is no address of a feed; it starts with http:// or https:// and "
            f"has at most {LONGEST_ADDRESS:,} characters."
        )
    return url


def _span(text: str) -> timedelta | None:
    """Read `backfill 7d`, or `7d` alone. Raise UsageError."""
    given = text.strip()
    word, _, rest = given.partition(" ")
    if word.casefold() == _WITH:
        given = rest
    if not given:
        if text.strip():
            raise UsageError(f"How far back? Write for example {_WITH} 7d.")
        return None
    try:
        return read_span(given)
    except ValueError as error:
        raise UsageError(as_told(error)) from None


async def _look(context: Context, url: str) -> Found:
    try:
        return await context.feeds.look(url)
    except FeedError as error:
        raise UsageError(f"{str(error).rstrip('.')}.") from None


def _first(back: timedelta | None) -> str:
    """Say what the first reading does, whoever else may have followed it before."""
    if back is None:
        return (
            "It is read at once. What it lists now counts as known: news alerts, the past does not."
        )
    return (
        f"It is read at once. If nobody followed it before, its last {write_duration(back)} "
        "alert as well."
    )


def _instead(found: NoFeed, add: str = _ADD, more: str = "") -> Document:
    """Offer the feeds of a page. Raise UsageError if it has none."""
    if found.listed:
        raise UsageError(
            f"{found.shown} is a list of {counted(found.listed, 'feed')}; "
            "take them with `watchlist feed import <url>`."
        )
    if not found.feeds:
        raise UsageError(f"{found.why.rstrip('.')}.")
    lead = "That is no feed; nothing is followed yet. Feeds of that site:"
    shown = found.feeds[:MOST_OFFERED]
    items = tuple(
        Item(words(link(cut(each.title) or each.shown, each.shown), *_at(each.title, each.shown)))
        for each in shown
    )
    buttons = []
    for number, each in enumerate(shown, 1):
        label = f"Follow {cut(each.title) or number}"
        buttons.append(fit_button(label, add, each.url, each.shown, more))
    return Document(lead, (Paragraph(words(lead)), Bullets(items), *actions(buttons)))


def _at(title: str, shown: str) -> tuple[str, ...]:
    return (f", {shown}",) if title else ()


def fit_button(label: str, line: str, url: str, shown: str, more: str = "") -> Button | None:
    """Give a button, unless the address has a secret or cannot be read from a line as it is."""
    whole = f"{line} {url}{more}"
    fit = shown == url and plain_line(whole) == whole and fits(url)
    return Button(label, whole) if fit else None


def actions(buttons: list[Button | None]) -> tuple[Block, ...]:
    """Give those of the buttons that there are, if any."""
    there = tuple(each for each in buttons if each is not None)
    return (Actions(there),) if there else ()


def meant_by(url: str, here: tuple[Followed, ...]) -> Followed:
    """Find what is followed here by its address, or as the list shows it. Raise UsageError."""
    for each in here:
        if each.feed.url == url:
            return each
    alike = [each for each in here if each.shown == url]
    if len(alike) > 1:
        raise UsageError(f"{len(alike)} feeds are listed as that; give the whole address.")
    if not alike:
        raise UsageError(f"{quoted(cut(url))} is not followed here. Type `watchlist feed list`.")
    return alike[0]
