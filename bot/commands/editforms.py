"""The forms that commands ask with which edit the watchlist: what is asked for, and what stands."""

from collections.abc import Sequence

from bot.commands.context import NOTHING, Context
from bot.commands.partwriting import ground_of, line_of
from bot.core.commands import Asks, Fields, Rest, Role
from bot.core.document import Actions, Button
from bot.core.editing.choosing import find
from bot.core.editing.fieldwords import Specs
from bot.core.editing.partforms import item_options, part_fields, record_fields
from bot.core.editing.parts import SOURCE, Ground, Part, item_line, items_of
from bot.core.forms import Field, FieldKind, Form
from bot.core.line import written
from bot.core.vendor import Vendor

NOTHING_YET = Fields("")
WHICH = Field("vendor", "Vendor", required=True, hint="By any of its names.", example="hikvision")
MOST_EACH = 20
"""Items that get a button each."""
LONGEST_TITLE = 24
"""Characters of a title that a window shows."""


async def edits_here(context: Context) -> bool:
    """Whether buttons that ask for edits are for whoever reads an answer.

    Where others see it as well they would mostly be refused.
    """
    return context.private_answers and (await context.role()).reaches(Role.CURATOR)


def part_buttons(part: Part, vendor: str, keys: Sequence[str], *, each: bool) -> Actions:
    """Offer to edit and to add items of a part; with `each` a button an item, as far as it goes."""
    made = [Button(_title("Add", part), part.line("add", vendor))]
    if keys and each:
        some = keys[:MOST_EACH]
        made += [Button(f"Edit {key}", item_line(part, "edit", vendor, key)) for key in some]
    elif keys:
        made.append(Button(_title("Edit", part), part.line("edit", vendor)))
    return Actions(tuple(made))


async def vendor_form(_context: Context, name: Rest = NOTHING) -> Form | None:
    """Ask for the name of a vendor that is to be watched."""
    if name:
        return None
    told = "It is watched for from then on; its record can be filled in later."
    field = Field("name", "Name", required=True, hint="As texts write it.", example="Acme Cam")
    return Form("Watch a vendor", (field,), told=told)


def adding(part: Part) -> Asks:
    """Give what asks for a new item of a part; words that were typed already lead it."""
    title = _title("Add", part)

    async def form(
        context: Context, vendor: Vendor | None = None, entry: Fields = NOTHING_YET
    ) -> Form | None:
        if vendor is None:
            return Form(title, (WHICH,))
        line = line_of(part, entry)
        ground = ground_of(context, vendor)
        asked = part_fields(ground, part, None)
        if line.lead:
            asked = tuple(each for each in asked if each.name != part.lead)
        if line.fields or (line.lead and not any(each.required for each in _whole(asked))):
            return None
        if part is SOURCE and line.lead:
            return None
        told = f"A new {part.noun} of {vendor.name}. What has no source is kept as a draft."
        return Form(title, asked, "entry", _lead(line.words), told)

    return form


def changing(part: Part) -> Asks:
    """Give what asks which item of a part is to be changed, and then what of it."""
    title, into = _title("Edit", part), "entry_and_change"

    async def form(
        context: Context, vendor: Vendor | None = None, entry_and_change: Fields = NOTHING_YET
    ) -> Form | None:
        if vendor is None:
            return Form(title, (WHICH,))
        line = line_of(part, entry_and_change)
        if line.fields:
            return None
        ground = ground_of(context, vendor)
        if not line.lead and items_of(ground.tree, part):
            choice = item_options(ground, part)
            field = Field(into, f"Which {part.noun}", FieldKind.CHOICE, choice, required=True)
            return Form(title, (field,))
        key = find(ground, part, line.words)
        fields = part_fields(ground, part, items_of(ground.tree, part)[key])
        told = f"The {part.noun} {key} of {vendor.name}. What you leave as it is stays so."
        return Form(title, fields, into, _lead(key), told, _seen(context, ground))

    return form


def setting(specs: Specs) -> Asks:
    """Give what asks for the fields that a record has once."""

    async def form(
        context: Context, vendor: Vendor | None = None, change: Fields = NOTHING_YET
    ) -> Form | None:
        if vendor is None:
            return Form("Edit a vendor", (WHICH,))
        if change:
            return None
        ground = ground_of(context, vendor)
        told = f"The record of {vendor.name}. What you leave as it is stays so."
        seen = _seen(context, ground)
        return Form("Edit a vendor", record_fields(ground, specs), "change", "", told, seen)

    return form


def _title(verb: str, part: Part) -> str:
    long = f"{verb} {part.a}"
    return long if len(long) <= LONGEST_TITLE else f"{verb} {part.word}"


def _lead(words: str) -> str:
    return written(words) if words else ""


def _whole(fields: tuple[Field, ...]) -> tuple[Field, ...]:
    """Give the fields that are no parts of another."""
    return tuple(each for each in fields if not each.part_of)


def _seen(context: Context, ground: Ground) -> int:
    """Give the number of a vendor's last revision; 0 if it has none."""
    last = context.edits.edition.overlay.last.get(ground.vendor, {})
    return max((each.number for each in last.values()), default=0)
