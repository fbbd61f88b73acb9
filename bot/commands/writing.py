"""The commands that add, change and take out each part of a vendor's record."""

from collections.abc import Mapping
from typing import Annotated

from bot.commands.context import Context
from bot.commands.declared import table
from bot.commands.editforms import adding, changing
from bot.commands.partwriting import ground_of, line_of, write
from bot.core.commands import Answer, Explained, Fields, Role
from bot.core.document import Document, Paragraph, words
from bot.core.editing.choosing import find
from bot.core.editing.parts import PARTS, Part, PartWord, items_of, speaks
from bot.core.editing.removing import removed
from bot.core.editing.telling import fields_told, item_words
from bot.core.editing.writing import Made, added, changed, normal
from bot.core.vendor import Vendor

_ADD: Mapping[PartWord, str] = {
    PartWord.NAME: "Look for a vendor under one more name.",
    PartWord.LOOK_ALIKE: "Say which text only looks like a vendor's name, and why.",
    PartWord.MEASURE: "Record what a government did: an act, with its source.",
    PartWord.ALLEGATION: "Record what is said against a vendor: by whom, when, and its source.",
    PartWord.RESPONSE: "Record a vendor's answer to an allegation, measure or court case.",
    PartWord.PROCEEDING: "Record a court case, and what it affects.",
    PartWord.BACKGROUND: "Record a neutral fact with its source.",
    PartWord.RELATED: "Record a company beside a vendor; measures are never inherited.",
    PartWord.NOT_LISTED: "Record that a list was looked at and does not name a vendor.",
    PartWord.SOURCE: "Record where something is printed, for claims to cite.",
}
_REMOVE: Mapping[PartWord, str] = {
    PartWord.NAME: "Look for a vendor under a name no more.",
    PartWord.MEASURE: "Take out a measure that never was; one that is over is ended.",
    PartWord.ALLEGATION: "Take out an allegation that nobody made; one taken back is withdrawn.",
}
_UNASKED = frozenset({PartWord.NAME, PartWord.LOOK_ALIKE})
"""What is taken out without being asked whether that is meant."""
_HOW = (
    "A value of several words stands in quotation marks. Items of a list stand between commas, "
    "those of citations and examples between semicolons; += adds to a list, -= takes from it, and "
    'key=none takes a field away. A source is typed as source="IPVM, 2023-11, research, '
    'https://…" (publisher, date, whose word it is, address), or by its key or address where the '
    'record has it. because="…" says in the log why.'
)


def _declare_add(part: Part) -> None:
    hint = "what it says, as key=value; words before that are its "
    hint += part.lead or "publisher, date, tier and address"

    async def add(
        context: Context, vendor: Vendor, entry: Annotated[Fields, Explained(hint, part.example)]
    ) -> Answer:
        ground, line = ground_of(context, vendor), line_of(part, entry)
        made = added(ground, part, line)
        item = items_of(made.tree, part).get(made.key, {})
        as_draft = "" if speaks(item) or not part.is_claim else " as a draft"
        lead = f"The {_of(part, made.key)} of {vendor.name} is recorded{as_draft}."
        return await write(context, ground, made, lead, line)

    add.__doc__ = f"{_ADD[part.word]}\n\n{_explained(part)}"
    table.command(f"watchlist {part.word} add", role=Role.CURATOR, form=adding(part))(add)


def _declare_edit(part: Part) -> None:
    async def edit(
        context: Context,
        vendor: Vendor,
        entry_and_change: Annotated[Fields, Explained("its id or words of it, then key=value")],
    ) -> Answer:
        ground, line = ground_of(context, vendor), line_of(part, entry_and_change)
        key = find(ground, part, line.words)
        made = changed(ground, part, key, line)
        before, after = (
            items_of(ground.tree, part)[key],
            items_of(made.tree, part).get(made.key, {}),
        )
        confirmed = part.is_claim and speaks(after) and not speaks(before)
        done = "is confirmed, and speaks from now on" if confirmed else "is changed"
        lead = f"The {_of(part, made.key)} of {vendor.name} {done}."
        return await write(context, ground, made, lead, line)

    edit.__doc__ = f"Change what a record says of {part.a}.\n\n{_explained(part)}"
    table.command(f"watchlist {part.word} edit", role=Role.CURATOR, form=changing(part))(edit)


def _declare_remove(part: Part) -> None:
    async def preview(context: Context, vendor: Vendor, entry: Fields) -> Document:
        ground = ground_of(context, vendor)
        key = find(ground, part, line_of(part, entry).words)
        item = items_of(ground.tree, part)[key]
        told = f"That would take the {_of(part, key)} out of the record of {vendor.name}"
        also = removed(ground, part, key).also
        more = f", and with it {'; '.join(also)}" if also else ""
        return Document(f"{told}.", (Paragraph(words(f"{told}: {item_words(item)}{more}.")),))

    async def remove(
        context: Context,
        vendor: Vendor,
        entry: Annotated[Fields, Explained('its id or words of it; because="…" says why')],
    ) -> Answer:
        ground, line = ground_of(context, vendor), line_of(part, entry)
        key = find(ground, part, line.words)
        left = removed(ground, part, key)
        lead = f"The {_of(part, key)} of {vendor.name} is taken out."
        made = Made(normal(left.tree), part, key)
        return await write(context, ground, made, lead, line)

    remove.__doc__ = _REMOVE.get(part.word, f"Take {part.a} out of a record.")
    asked = None if part.word in _UNASKED else preview
    table.command(f"watchlist {part.word} remove", role=Role.CURATOR, preview=asked)(remove)


def _explained(part: Part) -> str:
    return f"The fields: {fields_told(part.specs)}.\n\n{_HOW}"


def _of(part: Part, key: str) -> str:
    return f"{part.noun} {key}"


for _each in PARTS.values():
    _declare_add(_each)
    _declare_edit(_each)
    _declare_remove(_each)
