"""Quieting the bot: mutes with an end, and alerts that were wrong."""

import re
from dataclasses import dataclass
from datetime import timedelta

from bot.commands.context import Context
from bot.commands.declared import table
from bot.commands.lookup import candidates_document
from bot.core.choices import Mute, Report
from bot.core.commands import Answer, Rest, Role
from bot.core.document import (
    Actions,
    Bullets,
    Button,
    Document,
    Item,
    Paragraph,
    said,
    words,
)
from bot.core.duration import parse_duration, write_duration
from bot.core.overview import muted
from bot.core.watchlist import Exactly
from bot.errors import UsageError

READERS_MOST = timedelta(days=7)
"""How long somebody without another role may mute a vendor."""
OFFERED = ("1h", "1d", "7d")
ALL = "all"
_FOR = re.compile(r"\s+for\s+((?:\d+\s?[wdhms]\s?)+)$", re.IGNORECASE)
_WHERE = re.compile(r"\s+(here|everywhere)$", re.IGNORECASE)
_BECAUSE = re.compile(r"\s+because\s+(.{1,200})$", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class _Wish:
    """What somebody wants muted: `span` None where they did not say how long."""

    name: str
    span: timedelta | None
    everywhere: bool
    reason: str


@table.command("vendor mute")
async def vendor_mute(context: Context, vendor: Rest) -> Document | Answer:
    """Quiet a vendor here, or `all`; then perhaps: for 7d, everywhere, because ..."""
    wish = _wish(vendor)
    slug: str | None = None
    if wish.name.casefold() != ALL:
        found = context.watchlist.find(wish.name)
        if not isinstance(found, Exactly):
            return candidates_document(wish.name, found.vendors, "vendor mute {}")
        slug = found.vendor.id
    if wish.span is None:
        return _how_long(context, slug, wish)
    await _allow(context, wish)
    where = None if wish.everywhere else context.invocation.channel.key
    by = context.invocation.actor
    private = where is not None and context.invocation.channel.private
    new = Mute(0, slug, where, context.now + wish.span, wish.reason, by, context.now, private)
    made = await context.records.mute(new, context.team)
    told = words("Muted: ", *muted(made, context.name), ".")
    undo = Actions((Button("Undo this mute", f"vendor unmute {made.id}"),))
    document = Document("Muted", (Paragraph(told), undo))
    # Nobody else would know why the bot is silent.
    return Answer(document, posts=((context.invocation.channel, document),))


def _wish(text: str) -> _Wish:
    """Read what follows `vendor mute`; raise UsageError for a span that nobody can read."""
    span, everywhere, reason, rest = None, False, "", f" {text}"
    if found := _BECAUSE.search(rest):
        reason, rest = found[1].strip(), rest[: found.start()]
    for _ in range(2):  # in either order
        if found := _WHERE.search(rest):
            everywhere, rest = found[1].casefold() == "everywhere", rest[: found.start()]
        if found := _FOR.search(rest):
            try:
                span = parse_duration(found[1])
            except ValueError as error:
                raise UsageError(f"{error}.") from None
            rest = rest[: found.start()]
    if not rest.strip():
        raise UsageError("That needs a vendor. Type: vendor mute <vendor> [for 7d]")
    if span is not None and span <= timedelta(0):
        raise UsageError("A mute lasts at least a second.")
    return _Wish(rest.strip(), span, everywhere, reason)


def _how_long(context: Context, slug: str | None, wish: _Wish) -> Document:
    name = context.name(slug) if slug else "all vendors"
    where = "everywhere" if wish.everywhere else "here"
    told = f"For how long is {name} to be muted {where}?"
    line = f"vendor mute {slug or ALL} for {{}} {where}"
    buttons = tuple(
        Button(f"{write_duration(parse_duration(each))}", line.format(each)) for each in OFFERED
    )
    return Document(told, (Paragraph(words(told)), Actions(buttons)))


async def _allow(context: Context, wish: _Wish) -> None:
    modest = not wish.everywhere and wish.span is not None and wish.span <= READERS_MOST
    if modest or (await context.role()).reaches(Role.CURATOR):
        return
    if wish.everywhere:
        raise UsageError("Only curators may mute a vendor everywhere. You may mute it here.")
    most = write_duration(READERS_MOST)
    raise UsageError(f"You may mute for at most {most}; curators may for longer.")


@table.command("vendor unmute")
async def vendor_unmute(context: Context, vendor: Rest) -> Document | Answer:
    """Undo a mute, by the vendor's name or the mute's number."""
    mutes = await _visible(context)
    if vendor.isascii() and vendor.isdigit():
        meant = [each for each in mutes if each.id == int(vendor)]
    else:
        found = context.watchlist.find(vendor)
        slug = found.vendor.id if isinstance(found, Exactly) else None
        here = {None, context.invocation.channel.key}
        wanted = None if vendor.casefold() == ALL else slug or vendor
        meant = [each for each in mutes if each.vendor == wanted and each.channel in here]
    if not meant:
        return said("No such mute is in force. Type: vendor mutes")
    for mute in meant:
        if mute.channel is None and not (await context.role()).reaches(Role.CURATOR):
            raise UsageError("Only curators may undo a mute that holds everywhere.")
        await context.records.unmute(mute.id, context.invocation.actor, context.now, context.team)
    items = tuple(Item(words("Undone: ", *muted(each, context.name))) for each in meant)
    document = Document("Mute undone", (Bullets(items),))
    here_now = context.invocation.channel
    told = any(each.channel == here_now.key for each in meant)
    return Answer(document, posts=((here_now, document),) if told else ())


@table.command("vendor mutes")
async def vendor_mutes(context: Context) -> Document:
    """Say what is muted, where, until when and by whom."""
    mutes = await _visible(context)
    if not mutes:
        return said("Nothing is muted.")
    lead = f"{len(mutes)} mute{'' if len(mutes) == 1 else 's'} in force"
    items = tuple(Item(words(f"{each.id}. ", *muted(each, context.name))) for each in mutes)
    how = "Undo one by its number: vendor unmute 12"
    return Document(lead, (Paragraph(words(lead)), Bullets(items), Paragraph(words(how))))


async def _visible(context: Context) -> tuple[Mute, ...]:
    private = await context.private_keys()
    return await context.records.mutes(context.now, context.team, private=private)


@table.command("vendor wrong")
async def vendor_wrong(
    context: Context, vendor: str | None = None, message: str | None = None
) -> Document:
    """Say that a card is a wrong match: it is taken back, and the words are quiet here."""
    on = message or context.invocation.on
    if on is None:
        raise UsageError("Press “Wrong match” under the card that is wrong.")
    channel, by = context.invocation.channel, context.invocation.actor
    if vendor is None:
        told_of = await context.records.told_in(channel, on, context.team)
        if len(told_of) > 1:
            return _which(context, told_of, on)
    found = context.watchlist.find(vendor) if vendor else None
    slug = found.vendor.id if isinstance(found, Exactly) else vendor
    report = Report(channel, on, by, slug)
    changed = await context.records.wrong_match(report, context.now, context.team)
    if not changed:
        return said("There is nothing to take back: it is gone already, or it was no alert.")
    told = "Thank you. The card is taken back, and the words that matched alert no more here. "
    told += "A curator decides whether they stay quiet; the watchlist itself is not changed."
    return said(told)


def _which(context: Context, vendors: tuple[str, ...], on: str) -> Document:
    told = "Which of them does the message not mean?"
    buttons = tuple(Button(context.name(each), f"vendor wrong {each} {on}") for each in vendors)
    return Document(told, (Paragraph(words(told)), Actions(buttons)))
