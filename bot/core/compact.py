"""Messages smaller than a card: several vendors at once, "also in", and notices."""

from collections.abc import Sequence
from dataclasses import replace

from bot.core.cards import Desk, why
from bot.core.document import (
    Actions,
    Block,
    Bullets,
    Button,
    Document,
    Footnote,
    Inline,
    Inlines,
    Item,
    Paragraph,
    link,
    plain,
    spoken,
    strong,
    words,
)
from bot.core.mention import Cause, Mention
from bot.core.policy import History
from bot.core.statements import status_words
from bot.core.vendor import Vendor

SHOWN = 8
"""Vendors that get a line each in one message; the others are counted."""
BUTTONS = 25
"""Buttons that Slack takes in one row; more vendors than that are only counted."""
ALSO_SHOWN = 5
_CARD = ": card"
_AS_WELL = "Named as well: "
ALSO = "Also in: "
TAKEN_OUT = " What was a wrong match is taken out."


def several(told: Sequence[tuple[Vendor, Mention]], desk: Desk) -> Document:
    """Write one message about several vendors that one text names: a line and a button each."""
    first = told[0][1]
    place = _place(first)
    lead = words(strong(f"{len(told)} watched vendors"), " in ", *place, ".")
    shown = told[:SHOWN]
    items = tuple(_line(vendor, mention, desk) for vendor, mention in shown)
    blocks: list[Block] = [Paragraph(lead), Bullets(items)]
    buttons = tuple(
        Button(f"{vendor.name}{_CARD}", _show(vendor.id)) for vendor, _ in told[:BUTTONS]
    )
    if len(told) > SHOWN:
        blocks.append(_as_well(buttons[SHOWN:], len(told) - len(buttons)))
    blocks.append(Footnote(words(desk.disclaimer)))
    blocks.append(Actions(buttons))
    # Not among the others, each of which stands for a vendor.
    blocks.append(Actions((Button("Wrong match", "vendor wrong", "❌"),)))
    names = ", ".join(vendor.name for vendor, _ in told)
    return Document(f"{len(told)} watched vendors named: {names}", tuple(blocks))


def line(vendor: Vendor, desk: Desk, mention: Mention, history: History, revision: str) -> Document:
    """Write the one line that stands for a card shown before.

    `revision` is the record's present one: the line says whether it is still that of the card.
    """
    status = status_words(vendor, desk.today)
    parts: list[str | Inline] = [strong(vendor.name), " · ", *why(mention)]
    if history.card_at is not None:
        shown = f"card of {history.card_at.day} {history.card_at:%b %Y}"
        same = history.card_revision == revision
        lead = "Nothing in the record has changed" if same else "The record has changed"
        parts += [f" {lead} since the ", link(shown, history.card_link), "."]
    blocks: tuple[Block, ...] = (
        Paragraph(words(*parts)),
        Actions((Button("Show card", f"vendor {vendor.id}"),)),
    )
    return Document(f"{vendor.name}: {plain(why(mention))} {status}", blocks)


def _as_well(buttons: Sequence[Button], more: int) -> Paragraph:
    """Name the vendors that have a button and no line; count those that have neither."""
    names = ", ".join(button.label.removesuffix(_CARD) for button in buttons)
    rest = f" and {more} more" if more else ""
    return Paragraph(words(f"{_AS_WELL}{names}{rest}."))


def _line(vendor: Vendor, mention: Mention, desk: Desk) -> Item:
    # Words from an encrypted room are kept nowhere, and what is said is kept until it is posted.
    matched = ": " if mention.channel.encrypted else f" (“{mention.match.matched}”): "
    status = status_words(vendor, desk.today)
    return Item(words(strong(vendor.name), matched, status), about=f"{vendor.id} status")


def _place(mention: Mention) -> Inlines:
    if mention.cause is Cause.MESSAGE:
        return words("a message")
    return words(link(f"“{mention.title or 'an entry without a title'}”", mention.link))


def _show(vendor: str) -> str:
    return f"vendor {vendor}"


def mark(told: Sequence[tuple[Vendor, Mention]]) -> Document:
    """Word a mark on a message, for platforms and moments that need words for it."""
    names = ", ".join(vendor.name for vendor, _ in told)
    buttons = tuple(Button(f"{vendor.name}: card", _show(vendor.id)) for vendor, _ in told[:SHOWN])
    text = f"Named here: {names}."
    return Document(text, (Paragraph(words(text)), Actions(buttons)))


def also_in(document: Document, places: Sequence[tuple[str, str | None]]) -> Document:
    """Add where else the story stands; `places` are titles with their addresses, newest last.

    What an earlier call added is replaced.
    """
    blocks = [block for block in document.blocks if not _says_also(block)]
    shown = places[-ALSO_SHOWN:]
    parts: list[Inlines] = [
        words(link(f"“{title or 'an entry without a title'}”", url)) for title, url in shown
    ]
    text = [strong(ALSO), *(inline for part in _separated(parts) for inline in part)]
    if len(places) > len(shown):
        text.append(strong(f" and {len(places) - len(shown)} more"))
    at = next(
        (n for n, block in enumerate(blocks) if isinstance(block, Footnote | Actions)), len(blocks)
    )
    blocks.insert(at, Paragraph(words(*text)))
    return replace(document, blocks=tuple(blocks))


def _separated(parts: Sequence[Inlines]) -> Sequence[Inlines]:
    return [words(*("; ", *part)) if index else part for index, part in enumerate(parts)]


def _says_also(block: Block) -> bool:
    return isinstance(block, Paragraph) and plain(block.text).startswith(ALSO)


def without(document: Document, vendor: str) -> Document | None:
    """Take a vendor out of a message about several; None where it is about that vendor alone."""
    actions = next((each for each in document.blocks if isinstance(each, Actions)), None)
    bullets = next((each for each in document.blocks if isinstance(each, Bullets)), None)
    lines = [button.line for button in actions.buttons] if actions else []
    if actions is None or bullets is None or _show(vendor) not in lines or len(lines) < 2:
        return None
    if len(lines) < len(bullets.items):
        return None
    lined = len(bullets.items)
    at = lines.index(_show(vendor))
    blocks: list[Block] = []
    for block in document.blocks:
        if block is actions:
            blocks.append(Actions(actions.buttons[:at] + actions.buttons[at + 1 :]))
        elif isinstance(block, Paragraph) and plain(block.text).startswith(_AS_WELL):
            left = [each for each in actions.buttons[lined:] if each.line != _show(vendor)]
            if left:
                blocks.append(_as_well(left, 0))
        elif block is bullets and at < lined:
            blocks.append(Bullets(bullets.items[:at] + bullets.items[at + 1 :]))
        elif isinstance(block, Paragraph) and block is document.blocks[0]:
            blocks.append(Paragraph(_less(block.text, len(lines) - 1)))
        else:
            blocks.append(block)
    names = "Watched vendors named; one was a wrong match and is gone"
    return Document(names, tuple(blocks))


def _less(lead: Inlines, left: int) -> Inlines:
    """Say that something was taken out, and still where it all stands."""
    told = plain(lead).endswith(TAKEN_OUT)
    count = strong(f"{left} watched vendor{'' if left == 1 else 's'}")
    return words(count, *lead[1:], "" if told else TAKEN_OUT)


def channel_failed(place: str, reason: str) -> Document:
    """Tell admins that a channel takes nothing any more. `place` is how it may be named."""
    text = f"Alerts to {place} cannot be posted: {reason}."
    todo = "What was to be posted is kept. Mend it, then run `vendorwatch outbox retry`."
    return Document(text, (Paragraph(words(strong(text), " ", *spoken(todo))),))
