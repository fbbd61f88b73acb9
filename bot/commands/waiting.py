"""What a record holds, with the ids that commands take, and what of it waits for a curator."""

from collections.abc import Iterator

from bot.commands.context import Context
from bot.commands.declared import table
from bot.commands.editforms import edits_here, part_buttons
from bot.core.commands import Role
from bot.core.document import (
    Actions,
    Block,
    Bullets,
    Button,
    Document,
    Heading,
    Item,
    Paragraph,
    Typed,
    said,
    spoken,
    strong,
    words,
)
from bot.core.editing.parts import ALLEGATION, MEASURE, PARTS, RESPONSE, PartWord, items_of
from bot.core.editing.remedies import CONFIRM
from bot.core.editing.telling import part_lines
from bot.core.editing.tree import Tree
from bot.core.todo import todo
from bot.core.vendor import Vendor
from bot.core.wording import counted

MOST = 40
"""Vendors, or lines of one, that are told at once."""


@table.command("watchlist show", role=Role.CURATOR, long=True)
async def watchlist_show(
    context: Context, vendor: Vendor, part: PartWord | None = None
) -> Document:
    """Show what a record holds, drafts too, with the ids that other commands take."""
    tree = context.edits.edition.record(vendor.id) or {}
    shown = PARTS.values() if part is None else (PARTS[part],)
    lead = f"The record of {vendor.name} ({vendor.id})"
    blocks: list[Block] = [Heading(words(lead))]
    buttons = await edits_here(context)
    if part is None:
        blocks.append(Bullets(tuple(_once(tree))))
        if buttons:
            edit = Button("Edit a vendor", f"watchlist set {vendor.id}")
            blocks.append(Actions((edit, *_new(vendor.id, tree))))
    for each in shown:
        items = tuple(
            Item(words(strong(key), f": {told}" if told else ""))
            for key, told in part_lines(tree, each)
        )
        if items:
            blocks += [Paragraph(words(strong(each.key.replace("_", " ")))), Bullets(items)]
        elif part is not None:
            blocks.append(Paragraph(words(f"No {each.noun} is on record.")))
        if buttons and (items or part is not None):
            keys = tuple(items_of(tree, each))
            blocks.append(part_buttons(each, vendor.id, keys, each=part is not None))
    word = part or PartWord.MEASURE
    how = f"`watchlist {word} edit {vendor.id} <id> key=value` changes one; what one takes: "
    blocks.append(Paragraph(spoken(f"{how}`vendor help {word} add`")))
    return Document(lead, tuple(blocks))


def _new(vendor: str, tree: Tree) -> Iterator[Button]:
    """Offer to add what a record has none of, of the parts that cards tell of."""
    for each in (MEASURE, ALLEGATION, RESPONSE):
        if not items_of(tree, each):
            yield Button(f"Add {each.a}", each.line("add", vendor))


def _once(tree: Tree) -> list[Item]:
    """Tell the fields that a record has once."""
    plain = ("name", "native_name", "country", "headquarters")
    told = [Item(words(strong(key), f": {tree[key]}")) for key in plain if key in tree]
    for key in ("makes", "control"):
        claim = tree.get(key)
        if isinstance(claim, dict):
            mark = " [draft]" if claim.get("confidence") == "unverified" else ""
            told.append(Item(words(strong(key), f":{mark} {claim.get('text', '')}")))
    for key in ("tags", "identifiers", "review"):
        some = tree.get(key)
        if isinstance(some, dict):
            told.append(Item(words(strong(key), f": {', '.join(_pairs(some))}")))
    return told


def _pairs(some: Tree) -> Iterator[str]:
    for name, value in some.items():
        plain = ", ".join(value) if isinstance(value, list) else str(value)
        yield plain if name == plain else f"{name} {plain}"


@table.command("watchlist todo", role=Role.CURATOR, long=True)
async def watchlist_todo(context: Context, vendor: Vendor | None = None) -> Document:
    """Say what waits for a curator: stubs, drafts, statuses to check again, of a vendor or all."""
    today = context.now.date()
    if vendor is not None:
        waiting = [each.message for each in todo(vendor, today)]
        if not waiting:
            return said(f"Nothing in the record of {vendor.name} waits for anybody.")
        lead = f"What waits in the record of {vendor.name} ({vendor.id})"
        more = len(waiting) - MOST
        lines = [*waiting[:MOST], *([f"and {more} more"] if more > 0 else [])]
        items = tuple(Item(words(each)) for each in lines)
        confirm = MEASURE.line("edit", vendor.id, f"<id> {CONFIRM}")
        told = f"What was read at its source: `{confirm}`. "
        how = Paragraph(spoken(f"{told}All there is, with ids: `watchlist show {vendor.id}`"))
        return Document(lead, (Paragraph(words(strong(lead))), Bullets(items), how))
    found = [(each, [*todo(each, today)]) for each in context.watchlist.vendors.values()]
    waits = sorted((one for one in found if one[1]), key=lambda one: -len(one[1]))
    if not waits:
        return said("Nothing in the watchlist waits for anybody.")
    lead = f"{counted(len(waits), 'record')} to be looked at by a curator"
    items = tuple(
        Item(
            words(
                strong(each.name),
                f": {findings[0].message}" if len(findings) == 1 else f": {len(findings)} lines, ",
                *(() if len(findings) == 1 else words(Typed(f"watchlist todo {each.id}"))),
            )
        )
        for each, findings in waits[:MOST]
    )
    return Document(lead, (Paragraph(words(strong(lead))), Bullets(items)))
