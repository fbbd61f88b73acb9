"""Changing a record by YAML: the bot writes it, somebody changes it and pastes it back."""

import asyncio
import re
from typing import Annotated, TypeAlias

from bot.commands.context import Context
from bot.commands.declared import table
from bot.commands.edited import edited
from bot.core.commands import Answer, Explained, Role
from bot.core.commands import Block as Pasted
from bot.core.document import (
    Actions,
    Block,
    Bullets,
    Button,
    Document,
    Item,
    Paragraph,
    Preformatted,
    quoted,
    spoken,
    strong,
    words,
)
from bot.core.editing.block import FlawedError, Made, made_of
from bot.core.editing.overlay import Overlay
from bot.core.editing.parts import part_of
from bot.core.editing.remedies import draft
from bot.core.editing.standard import BelowStandardError
from bot.core.editing.tree import KEYS
from bot.core.editing.words import place_words
from bot.core.editing.written import Written, flawed
from bot.core.plainwords import keys_of
from bot.core.refused import RefusedError
from bot.core.spelling import suggestion
from bot.core.vendor import Vendor
from bot.core.wording import counted
from bot.errors import UsageError

NO_BLOCK = Pasted("")
LONGEST_SHOWN = 12_000
"""Characters of YAML that are shown to be changed; of a longer record it is one part at a time."""
_STAYS = frozenset({"schema", "id"})
"""Keys of a record that no edit changes."""
MOST_BUTTONS = 20
_SEEN = re.compile(r"^[ \t]*#[ \t]*revision[ \t]+([0-9]{1,9})\b", re.MULTILINE)

Yaml: TypeAlias = Annotated[
    Pasted,
    Explained(
        "YAML of what is to change, pasted; or the part of the record to show",
        "measures",
        keys_of(Vendor),
    ),
]


@table.command("watchlist edit", role=Role.CURATOR)
async def watchlist_edit(
    context: Context, vendor: Vendor, block: Yaml = NO_BLOCK
) -> Document | Answer:
    """Change a record by pasted YAML: only what changes, or all of it; without any, shows it.

    Keys that are written are set and the others stay; an item of a list is found by its id or name.
    With `schema:` it is the whole record, and what it lacks goes.
    """
    if "\n" not in block and ":" not in block:
        return _shown(context, vendor, block)
    written = await asyncio.to_thread(_one, context, block)
    record = context.edits.edition.record(vendor.id) or {}
    try:
        made = await asyncio.to_thread(made_of, written, record)
    except FlawedError as error:
        raise RefusedError(flawed(error.flaws)) from None
    seen = _SEEN.search(block)
    try:
        done = await context.edits.make(
            vendor.id, made.tree, seen=None if seen is None else int(seen[1])
        )
    except BelowStandardError as error:
        raise RefusedError(flawed(written.flaws_of(error.faults))) from None
    return edited(context, done, f"{vendor.name} is changed.", _drafts(vendor, made))


def _one(context: Context, block: str) -> Written:
    records = context.texts.read(block)
    if not records:
        raise UsageError("There is nothing in that. Paste the keys that are to change.")
    if len(records) > 1:
        raise UsageError(
            f"That is {len(records)} records, and this is about one. `watchlist import` takes "
            "several; nothing was changed."
        )
    return records[0]


def _drafts(vendor: Vendor, made: Made) -> tuple[Block, ...]:
    """Say what is kept off cards, why, and how it comes onto them."""
    items = []
    for path in made.drafts:
        part = part_of(path[0])
        kept = draft(vendor.id, made.tree, part, path[1]) if part and len(path) > 1 else None
        told = kept.told if kept else "It is a draft, and stays off cards until it has a source."
        items.append(Item(words(strong(place_words(path)), ". ", *spoken(told))))
    return (Bullets(tuple(items)),) if items else ()


# Showing what there is to change


def _shown(context: Context, vendor: Vendor, what: str) -> Document:
    """Write a record, a part of it or an item of one, to be changed and pasted back."""
    asked = what.split(maxsplit=1)
    if not asked:
        return _whole(context, vendor)
    part = asked[0].casefold().replace("-", "_")
    known = keys_of(Vendor)
    if part not in known:
        parts = ", ".join(known)
        raise UsageError(
            f"{quoted(asked[0][:60])} is no part of a record{suggestion(part, known) or '.'} "
            f"Write one of {parts}; or paste what is to change as `{_edit(vendor)}` and then YAML."
        )
    item = (KEYS[part], asked[1].strip()) if len(asked) > 1 and part in KEYS else None
    text = context.texts.write_part(vendor, part, item)
    if text is None:
        of = f"{part} {quoted(asked[1][:60])}" if item else part
        raise UsageError(f"{vendor.name} has no {of}. Paste some as YAML: `{_edit(vendor)}`.")
    if len(text) > LONGEST_SHOWN and item is None and part in KEYS:
        return _too_long(vendor, f"{vendor.name}: {part}", _items(vendor, part))
    stays = "Keys and items that you leave out stay as they are."
    return _to_copy(context, vendor, f"{vendor.name}: {' '.join(asked)}", text, stays)


def _whole(context: Context, vendor: Vendor) -> Document:
    text = context.texts.write(vendor)
    if len(text) > LONGEST_SHOWN:
        keys = (each for each in keys_of(Vendor) if each not in _STAYS)
        parts = [each for each in keys if context.texts.write_part(vendor, each)]
        return _too_long(vendor, f"{vendor.name}: the record", parts)
    goes = "It is the whole record: what you leave out goes. Or paste only what changes."
    return _to_copy(context, vendor, f"{vendor.name}: the record", text, goes)


def _to_copy(context: Context, vendor: Vendor, lead: str, text: str, rule: str) -> Document:
    """Write lines to be copied, with the number of the last revision that they know of."""
    number = _last_number(context.edits.edition.overlay, vendor)
    how = f"Copy this, change it, and paste it after `{_edit(vendor)}`. {rule}"
    lines = Preformatted(f"# revision {number}\n{text}")
    return Document(lead, (Paragraph(words(strong(lead))), lines, Paragraph(spoken(how))))


def _too_long(vendor: Vendor, lead: str, parts: list[str]) -> Document:
    """Offer the parts of what is too long to be changed at once."""
    told = f"{lead} is too long to change in one go. Choose a part of it:"
    buttons = tuple(Button(each, f"{_edit(vendor)} {each}") for each in parts[:MOST_BUTTONS])
    blocks: list[Block] = [Paragraph(words(told)), Actions(buttons)]
    if len(parts) > MOST_BUTTONS:
        left = parts[MOST_BUTTONS:]
        more = counted(len(left), "more item")
        blocks.append(Paragraph(spoken(f"And {more}, as `{_edit(vendor)} {left[0]}`.")))
    blocks.append(Paragraph(spoken(f"All of it: `watchlist export {vendor.id}`.")))
    return Document(told, tuple(blocks))


def _items(vendor: Vendor, part: str) -> list[str]:
    named = (getattr(each, KEYS[part]) for each in getattr(vendor, part))
    return [f"{part} {each}" for each in named]


def _last_number(overlay: Overlay, vendor: Vendor) -> int:
    entries = overlay.last.get(vendor.id, {}).values()
    return max((each.number for each in entries), default=0)


def _edit(vendor: Vendor) -> str:
    return f"watchlist edit {vendor.id}"
