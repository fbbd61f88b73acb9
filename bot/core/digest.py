"""Many alerts told at once: what quiet hours and digests held back, and what a trial would post.

One bullet a vendor, and a button to its card. However long the names and titles are, a digest
keeps within every platform's budget by itself and is never shortened by a renderer.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from html import escape

from bot.core.clean import shortened
from bot.core.document import (
    Actions,
    Block,
    Bullets,
    Button,
    Document,
    Footnote,
    Heading,
    Inline,
    Item,
    Link,
    Paragraph,
    link,
    runs,
    strong,
    words,
)
from bot.core.signs import KEYCAPS
from bot.core.wording import counted

VENDORS_SHOWN = 10
LONGEST_LEAD = 300
LONGEST_REASON = 60
"""Characters; what is longer is cut and ends in an ellipsis."""
LONGEST_ID = 100
"""Characters. A record's id has 60 at most; a longer one gets no button."""

_TRIAL = (
    "Trial: nothing of this was posted. It is what alerts would have brought here. "
    "An admin can turn them on."
)
_MOST_BYTES = 15_000
"""Below the 16 KiB of Matrix, which has each text twice; what fits there is also within the 9,000
characters and 12,000 of JSON that Slack may have."""


@dataclass(frozen=True, slots=True)
class Held:
    """An alert that was held back: `vendor` is the record's id and `name` what it is called.

    `at` has a time zone. `title` is None for a message, whose words are not kept; `link` leads to
    the entry or the message.
    """

    vendor: str
    name: str
    reason: str
    at: datetime
    title: str | None
    link: str | None


@dataclass(frozen=True, slots=True)
class _Room:
    """How much is told of each vendor: how many titles and reasons, and characters of each part."""

    titles: int
    reasons: int
    title: int
    address: int
    name: int


_ROOMS = (
    _Room(titles=3, reasons=2, title=120, address=500, name=60),
    _Room(titles=3, reasons=2, title=90, address=250, name=60),
    _Room(titles=3, reasons=1, title=60, address=120, name=60),
    _Room(titles=2, reasons=1, title=60, address=0, name=60),
    _Room(titles=1, reasons=0, title=50, address=0, name=40),
    _Room(titles=0, reasons=0, title=0, address=0, name=30),
)
"""From the most to the least; the last one fits whatever the words are."""


def digest(held: Sequence[Held], *, lead: str) -> Document:
    """Tell of held alerts in one document; `lead` is the sentence that says why it comes.

    The vendors with most mentions come first, at most `VENDORS_SHOWN`; the rest are counted.
    """
    vendors: dict[str, list[Held]] = {}
    for each in sorted(held, key=lambda each: each.at, reverse=True):
        vendors.setdefault(each.vendor, []).append(each)
    ranked = sorted(vendors.values(), key=len, reverse=True)
    told = (_told(ranked, shortened(lead, LONGEST_LEAD), room) for room in _ROOMS[:-1])
    least = _told(ranked, shortened(lead, LONGEST_LEAD), _ROOMS[-1])
    return next((document for document in told if _fits(document)), least)


def trial(held: Sequence[Held]) -> Document:
    """Tell what would have been posted, and how to turn alerts on."""
    return digest(held, lead=_TRIAL)


def _told(ranked: Sequence[Sequence[Held]], lead: str, room: _Room) -> Document:
    shown, rest = ranked[:VENDORS_SHOWN], ranked[VENDORS_SHOWN:]
    heading = counted(sum(map(len, ranked)), "mention") + " of " + counted(len(ranked), "vendor")
    blocks: list[Block] = [Heading(words(heading)), Paragraph(words(lead))]
    if shown:
        blocks.append(Bullets(tuple(_item(each, room) for each in shown)))
    if rest:
        more = f"And {counted(len(rest), 'more vendor')} with "
        blocks.append(Paragraph(words(more + counted(sum(map(len, rest)), "mention") + ".")))
    if room.titles and shown:
        blocks.append(Footnote(words("Times are in UTC.")))
    buttons = tuple(
        Button(
            f"Show card: {shortened(newest.name, 30) or newest.vendor}", f"vendor {newest.vendor}"
        )
        for newest, *_ in shown
        if len(newest.vendor) <= LONGEST_ID
    )
    if buttons:
        blocks.append(Actions(buttons))
    return Document(f"{lead} {heading}.".strip(), tuple(blocks))


def _item(mentions: Sequence[Held], room: _Room) -> Item:
    """Tell one vendor's mentions, which are sorted newest first."""
    name = shortened(mentions[0].name, room.name) or shortened(mentions[0].vendor, room.name)
    reasons = list(dict.fromkeys(each.reason for each in mentions))[: room.reasons]
    why = "; ".join(shortened(reason, LONGEST_REASON) for reason in reasons)
    text = f": {counted(len(mentions), 'mention')}" + (f" ({why})" if why else "")
    places: dict[object, Held] = {}
    for each in mentions:
        places.setdefault(_place(each), each)
    shown = list(places.values())[: room.titles]
    if not shown:
        return Item(words(strong(name), f"{text}."))
    parts: list[str | Inline] = [text + (": " if len(shown) == len(mentions) else ", newest: ")]
    for number, each in enumerate(shown):
        when = each.at.astimezone(UTC)
        parts += ["; " if number else "", _where(each, room)]
        parts.append(f" ({when.day} {when:%b %H:%M})")
    return Item(words(strong(name), *parts, "."))


def _place(mention: Held) -> object:
    """Give what is the same for two mentions in one entry; each message stands for itself."""
    return mention if mention.title is None else (mention.title, mention.link)


def _where(mention: Held, room: _Room) -> Inline:
    address = mention.link if len(mention.link or "") <= room.address else None
    if mention.title is None:
        return link("in a message", address)
    title = shortened(mention.title, room.title)
    return link(f"“{title}”" if title else "an entry without a title", address)


def _fits(document: Document) -> bool:
    """Whether every renderer will take it whole; counts more than any of them makes of it."""
    blocks = document.blocks
    buttons = [each for block in blocks if isinstance(block, Actions) for each in block.buttons]
    texts = [
        text
        for block in blocks
        for run in runs(block)
        for part in run
        for text in ((part.label, part.url) if isinstance(part, Link) else (part.value,))
    ]
    texts += [f"{KEYCAPS[0]} {button.label}: {button.line}" for button in buttons]
    return sum(map(_bytes, texts)) + 2 * _bytes(document.summary) <= _MOST_BYTES


def _bytes(text: str) -> int:
    """Count the bytes of a text in both forms of a Matrix message, mentions broken up."""
    breaks = sum(text.count(mark) for mark in "@#!") + text.lower().count("matrix")
    written = len(text.encode(errors="replace")) + len(escape(text).encode(errors="replace"))
    return written + 6 * breaks + 30
