"""Ending measures, withdrawing allegations, and what a record says once."""

from collections.abc import Iterator
from typing import Annotated

from bot.commands.context import Context
from bot.commands.declared import table
from bot.commands.editforms import setting
from bot.commands.partwriting import ground_of, line_of, write
from bot.core.commands import Answer, Explained, Fields, Role
from bot.core.dates import PartialDate
from bot.core.editing.choosing import find
from bot.core.editing.fieldwords import FieldWords, Kind, Spec, specs_of, typed
from bot.core.editing.parts import (
    ALLEGATION,
    MEASURE,
    SOURCES,
    Ground,
    item_line,
    items_of,
    speaks,
    values,
)
from bot.core.editing.remedies import CONFIRM
from bot.core.editing.sourcewords import EXAMPLE
from bot.core.editing.tree import KEYS, Tree
from bot.core.editing.writing import ended, record_set, withdrawn
from bot.core.vendor import Vendor
from bot.errors import UsageError

RECORD = specs_of(Vendor, (*KEYS, "id", SOURCES)) | {"source": Spec(Kind.SOURCE, ("source",))}


@table.command("watchlist measure end", role=Role.CURATOR)
async def measure_end(
    context: Context,
    vendor: Vendor,
    entry_and_date: Annotated[
        Fields,
        Explained("its id or words of it, and the day it ended", "us-entity-list 2024-10-21"),
    ],
) -> Answer:
    """Say that a measure is over, and since when; it stays on record as ended.

    It is kept as removed, unless status=expired or status=vacated says otherwise. A source= that
    says so belongs to it.
    """
    ground, line = ground_of(context, vendor), line_of(MEASURE, entry_and_date)
    asked, on = _with_date(context, line)
    key = find(ground, MEASURE, asked)
    if not on:
        again = item_line(MEASURE, "end", vendor.id, key, "2024-10-21")
        raise UsageError(f"Since when? For example `{again}`. Nothing was done.")
    made = ended(ground, key, on, line)
    had = values(items_of(ground.tree, MEASURE)[key], SOURCES)
    if had == values(items_of(made.tree, MEASURE)[key], SOURCES):
        cite = item_line(MEASURE, "edit", vendor.id, key, EXAMPLE)
        made = made.with_notes(f"No source was given that says so; to add one: `{cite}`")
    lead = f"The measure {key} of {vendor.name} is recorded as ended."
    return await write(context, ground, made, lead, line)


@table.command("watchlist allegation withdraw", role=Role.CURATOR)
async def allegation_withdraw(
    context: Context,
    vendor: Vendor,
    entry_and_date: Annotated[
        Fields, Explained("its id or words of it, and the day if it is known", "ipvm-2023 2024-05")
    ],
) -> Answer:
    """Say that whoever made an allegation took it back; it stays on record as withdrawn."""
    ground, line = ground_of(context, vendor), line_of(ALLEGATION, entry_and_date)
    asked, on = _with_date(context, line)
    key = find(ground, ALLEGATION, asked)
    made = withdrawn(ground, key, on, line)
    if not (line.has("text") or line.has("short")):
        again = item_line(ALLEGATION, "edit", vendor.id, key, 'text="Withdrawn in May 2024: …"')
        made = made.with_notes(f"Its end belongs into its first words: `{again}`")
    lead = f"The allegation {key} of {vendor.name} is recorded as withdrawn."
    return await write(context, ground, made, lead, line)


def _with_date(context: Context, line: FieldWords) -> tuple[str, str]:
    """Part the day from what it is said of; empty if none was given."""
    *before, last = line.lead or ("",)
    if last.casefold() == "today":
        return " ".join(before), context.now.date().isoformat()
    try:
        day = PartialDate.parse(last)
    except ValueError:
        return line.words, ""
    return " ".join(before), str(day)


@table.command("watchlist set", role=Role.CURATOR, form=setting(RECORD))
async def watchlist_set(
    context: Context,
    vendor: Vendor,
    change: Annotated[Fields, Explained("what is to be set, as key=value", "country=CN")],
) -> Answer:
    """Change what a record says once: name, seat, what it makes, who controls it, its tags."""
    ground = ground_of(context, vendor)
    line = typed(change, RECORD, "a vendor's record")
    made = record_set(ground, line, RECORD)
    lead = f"The record of {vendor.name} is changed."
    made = made.with_notes(*_silent(ground, made.tree))
    return await write(context, ground, made, lead, line)


def _silent(ground: Ground, tree: Tree) -> Iterator[str]:
    """Say of what was set and does not speak what it lacks."""
    for name in ("makes", "control"):
        claim = tree.get(name)
        if isinstance(claim, dict) and not speaks(claim) and claim != ground.tree.get(name):
            lacks = f"{name}.{EXAMPLE}" if not values(claim, SOURCES) else f"{name}.{CONFIRM}"
            again = f"watchlist set {ground.vendor} {lacks}"
            yield f"What is said of `{name}` is a draft and stays off cards until: `{again}`"
