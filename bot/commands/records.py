"""Putting vendors on the watchlist and taking them off, by name alone."""

from bot.commands.context import NOTHING, Context
from bot.commands.declared import table
from bot.commands.edited import edited
from bot.commands.editforms import vendor_form
from bot.core.clean import shortened
from bot.core.commands import Answer, Rest, Role
from bot.core.document import Document, Paragraph, quoted, spoken, words
from bot.core.editing.stub import stub
from bot.core.template import slug
from bot.core.vendor import Vendor
from bot.core.watchlist import Exactly, Several
from bot.errors import UsageError

LONGEST_NAME = 200


@table.command("watchlist add", role=Role.CURATOR, form=vendor_form)
async def watchlist_add(context: Context, name: Rest) -> Document | Answer:
    """Watch a vendor from now on, by its name alone; the record can be filled in later."""
    called, given = _parted(" ".join(name.split()))
    if len(called) > LONGEST_NAME:
        raise UsageError(f"A name has at most {LONGEST_NAME} characters. Nothing was done.")
    match context.watchlist.find(called):
        case Exactly(vendor=there):
            raise UsageError(f"{there.name} is watched already. Type `vendor {there.id}`.")
        case Several(vendors=some):
            names = " and ".join(each.name for each in some)
            raise UsageError(f"{names} are called that already; nothing was done.")
    id_ = _free_id(context, called, given)
    done = await context.edits.make(id_, stub(called, id_), f"added by name: {called}")
    more = (
        Paragraph(
            spoken(
                "It is watched for from now on, and its card says that nothing is recorded yet. "
                f"Next: `watchlist name add {id_} <name>`, `watchlist measure add {id_} ...`, "
                f"or all of it as YAML after `watchlist edit {id_}`."
            )
        ),
    )
    return edited(context, done, f"{called} is watched.", more)


def _parted(name: str) -> tuple[str, str]:
    """Part a name from the id that is given for it at the end; raise UsageError if it is none."""
    called, given, id_ = name.rpartition(" id=")
    if not given:
        return name, ""
    if slug(id_) != id_:
        raise UsageError(f"{quoted(shortened(id_, 80))} is no id; write it as acme-cam.")
    return called, id_


def _free_id(context: Context, name: str, given: str) -> str:
    """Make an id that no record has; that of one that was taken off may be had again.

    Raise UsageError where it is a pack's, whose record would come back half.
    """
    made = given or slug(name)
    if not made:
        raise UsageError(
            f"{quoted(shortened(name, 80))} has no Latin letter to make an id of. Give one, as in "
            f"`watchlist add {shortened(name, 80)} id=acme-cam`."
        )
    taken = set(context.watchlist.vendors)
    packs = context.edits.edition.packs.vendors
    gone = packs.get(made) if made not in taken else None
    if gone is not None:
        raise UsageError(
            f"{gone.name} was taken off the watchlist. `watchlist restore {made}` brings it back."
        )
    taken |= set(packs)
    number, id_ = 1, made
    while id_ in taken:
        number += 1
        id_ = f"{made[:55]}-{number}"
    return id_


async def _what_removing_does(
    _context: Context, vendor: Vendor, because: Rest = NOTHING
) -> Document:
    """Say what the watchlist loses."""
    del because
    told = (
        f"That would take {vendor.name} off the watchlist: no mention of it alerts any more, and "
        f"its record with {len(vendor.measures)} measures and {len(vendor.allegations)} "
        "allegations is shown nowhere. It stays in the log and can be restored."
    )
    return Document(told, (Paragraph(words(told)),))


@table.command("watchlist remove", role=Role.CURATOR, preview=_what_removing_does)
async def watchlist_remove(
    context: Context, vendor: Vendor, because: Rest = NOTHING
) -> Document | Answer:
    """Take a vendor off the watchlist; then perhaps why."""
    done = await context.edits.make(vendor.id, None, because)
    return edited(context, done, f"{vendor.name} is not watched any more.")
