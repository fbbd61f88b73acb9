"""Quieting the bot: mutes with an end, and alerts that were wrong."""

import re
from dataclasses import dataclass
from datetime import timedelta
from typing import Annotated, TypeAlias

from bot.commands.context import Context
from bot.commands.declared import table
from bot.core.candidates import candidates_document
from bot.core.choices import Mute, Report
from bot.core.commands import Answer, Explained, Kind, Rest, Role
from bot.core.document import (
    Actions,
    Bullets,
    Button,
    Document,
    Handle,
    Item,
    Paragraph,
    said,
    spoken,
    words,
)
from bot.core.duration import parse_duration, write_duration
from bot.core.mention import Channel
from bot.core.overview import moment, muted
from bot.core.watchlist import Exactly
from bot.errors import DeniedError, UsageError

READERS_MOST = timedelta(days=7)
"""How long somebody without another role may mute a vendor."""
OFFERED = ("1h", "1d", "7d")
ALL = "all"
LONGEST_REASON = 200
Quieted: TypeAlias = Annotated[
    Rest,
    Explained(
        "a vendor, by any of its names, or all; then for how long, where, and because of what",
        "hikvision for 7d",
        ("for", "here", "everywhere", "because"),
        Kind.VENDOR,
    ),
]
Undo: TypeAlias = Annotated[
    Rest,
    Explained("a vendor, by any of its names, the number of a mute, or all", like=Kind.VENDOR),
]
_FOR = re.compile(r"\s+for\s+(\d.*)$", re.IGNORECASE)
_WHERE = re.compile(r"\s+(here|everywhere)$", re.IGNORECASE)
_BECAUSE = re.compile(r"\s+because\s+(.+)$", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class _Wish:
    """What somebody wants muted: `span` None where they did not say how long."""

    name: str
    span: timedelta | None
    everywhere: bool
    reason: str


async def _what_muting_does(context: Context, vendor: Quieted) -> Document | None:
    """Say what a mute of all vendors, or in all channels, means."""
    wish = _wish(vendor)
    all_of_them = wish.name.casefold() == ALL
    found = None if all_of_them else context.watchlist.find(wish.name)
    broad = all_of_them or (wish.everywhere and isinstance(found, Exactly))
    if wish.span is None or not broad:
        return None
    await _allow(context, wish)
    name = found.vendor.name if isinstance(found, Exactly) else "all vendors"
    where = "everywhere" if wish.everywhere else "here"
    until = moment(context.now + wish.span)
    return said(
        f"That would mute {name} {where} until {until}: no such alert is posted until then."
    )


@table.command("vendor mute", preview=_what_muting_does)
async def vendor_mute(context: Context, vendor: Quieted) -> Document | Answer:
    """Quiet a vendor here, or “all”; then perhaps: for 7d, everywhere, because ..."""
    wish = _wish(vendor)
    slug: str | None = None
    if wish.name.casefold() != ALL:
        found = context.watchlist.find(wish.name)
        if not isinstance(found, Exactly):
            return candidates_document(wish.name, found.vendors, "vendor mute {}")
        slug = found.vendor.id
    await _allow(context, wish)
    if wish.span is None:
        return _how_long(context, slug, wish)
    where = None if wish.everywhere else context.invocation.channel.key
    by = context.invocation.actor
    private = where is not None and context.invocation.channel.private
    new = Mute(0, slug, where, context.now + wish.span, wish.reason, by, context.now, private)
    made = await context.records.mute(new, context.team)
    told = words("Muted: ", *muted(made, context.name), ".")
    undo = Actions((Button("Undo this mute", f"vendor unmute {made.id}"),))
    what = f"{context.name(slug)} is" if slug else "All vendors are"
    there = "everywhere" if wish.everywhere else "here"
    summary = f"{what} muted {there} until {moment(context.now + wish.span)}."
    document = Document(summary, (Paragraph(told), undo))
    # Nobody else would know why the bot is silent.
    return Answer(document, posts=((context.invocation.channel, document),))


def _wish(text: str) -> _Wish:
    """Read what follows `vendor mute`; raise UsageError for a span that nobody can read."""
    span, everywhere, reason, rest = None, False, "", f" {text}"
    if found := _BECAUSE.search(rest):
        reason, rest = found[1].strip().rstrip("."), rest[: found.start()]
        if len(reason) > LONGEST_REASON:
            raise UsageError(f"A reason has at most {LONGEST_REASON} characters.")
    for _ in range(2):  # in either order
        if found := _WHERE.search(rest):
            everywhere, rest = found[1].casefold() == "everywhere", rest[: found.start()]
        if found := _FOR.search(rest):
            try:
                span = parse_duration(found[1])
            except ValueError as error:
                # It repeats what was typed, of which nothing is to be typed again.
                raise UsageError(f"{error}.".replace("`", "'")) from None
            rest = rest[: found.start()]
    if not rest.strip():
        raise UsageError("That needs a vendor. Type `vendor mute <vendor> [for 7d]`.")
    if span is not None and span <= timedelta(0):
        raise UsageError("A mute lasts at least a second.")
    return _Wish(rest.strip(" \"'"), span, everywhere, reason)


def _how_long(context: Context, slug: str | None, wish: _Wish) -> Document:
    name = context.name(slug) if slug else "all vendors"
    where = "everywhere" if wish.everywhere else "here"
    told = f"For how long is {name} to be muted {where}?"
    why = f" because {wish.reason}" if wish.reason else ""
    buttons = tuple(
        Button(each, f"vendor mute {slug or ALL} for {each} {where}{why}") for each in OFFERED
    )
    return Document(told, (Paragraph(words(told)), Actions(buttons)))


async def _allow(context: Context, wish: _Wish) -> None:
    modest = not wish.everywhere and (wish.span is None or wish.span <= READERS_MOST)
    if modest or (await context.role()).reaches(Role.CURATOR):
        return
    if not wish.everywhere and await context.moderates():
        return
    if wish.everywhere:
        raise DeniedError("Only curators may mute a vendor everywhere. You may mute it here.")
    most = write_duration(READERS_MOST)
    raise UsageError(f"You may mute for at most {most}; curators may for longer.")


@table.command("vendor unmute")
async def vendor_unmute(context: Context, vendor: Undo) -> Document | Answer:
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
        return said("No such mute is in force. Type `vendor mutes`.")
    others: list[Mute] = []
    everywhere = [each for each in meant if each.channel is None]
    if everywhere and not (await context.role()).reaches(Role.CURATOR):
        others = everywhere
        meant = [each for each in meant if each.channel is not None]
    if not meant:
        raise DeniedError("Only curators may undo a mute that holds everywhere.")
    by = context.invocation.actor
    for mute in meant:
        await context.records.unmute(mute.id, by, context.now, context.team)
    left = "The mute that holds everywhere stays; only curators may undo it." if others else ""
    # Nobody there would know why the bot speaks again.
    posts = tuple((place, _undone(context, told)) for place, told in _by_place(context, meant))
    document = _undone(context, meant)
    blocks = (*document.blocks, Paragraph(words(left))) if left else document.blocks
    return Answer(Document(document.summary, blocks), posts=posts)


def _by_place(context: Context, mutes: list[Mute]) -> list[tuple[Channel, list[Mute]]]:
    """Give each channel that hears of it with what is undone there; of one everywhere, here."""
    here = context.invocation.channel
    found: dict[str, tuple[Channel, list[Mute]]] = {}
    for mute in mutes:
        place = here
        if mute.channel not in {None, here.key}:
            platform, _, id_ = (mute.channel or "").partition(":")
            place = Channel(platform, id_, private=mute.private, team=context.team)
        found.setdefault(place.key, (place, []))[1].append(mute)
    return list(found.values())


def _undone(context: Context, mutes: list[Mute]) -> Document:
    by = Handle(context.invocation.actor, "person")
    items = tuple(
        Item(words("Undone by ", by, ". It was: ", *muted(each, context.name), "."))
        for each in mutes
    )
    names = [context.name(each.vendor) if each.vendor else "all vendors" for each in mutes]
    what = f"The mute of {names[0]} is" if len(names) == 1 else f"{len(names)} mutes are"
    return Document(f"{what} undone.", (Bullets(items),))


@table.command("vendor mutes")
async def vendor_mutes(context: Context) -> Document:
    """Say what is muted, where, until when and by whom."""
    mutes = await _visible(context)
    if not mutes:
        return said("Nothing is muted.")
    lead = f"{len(mutes)} mute{'' if len(mutes) == 1 else 's'} in force"
    items = tuple(Item(words(f"{each.id}. ", *muted(each, context.name))) for each in mutes)
    how = spoken(f"Undo one by its number: `vendor unmute {mutes[0].id}`.")
    return Document(lead, (Paragraph(words(lead)), Bullets(items), Paragraph(how)))


async def _visible(context: Context) -> tuple[Mute, ...]:
    private = await context.tellable()
    return await context.records.mutes(context.now, context.team, private=private)


@table.command("vendor wrong", listed=False)
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
    told = "Thank you. That is taken back, and the words that matched alert no more here. "
    told += "A curator decides whether they stay quiet; the watchlist itself is not changed."
    return said(told)


def _which(context: Context, vendors: tuple[str, ...], on: str) -> Document:
    told = "Which of them does the message not mean?"
    buttons = tuple(Button(context.name(each), f"vendor wrong {each} {on}") for each in vendors)
    return Document(told, (Paragraph(words(told)), Actions(buttons)))
