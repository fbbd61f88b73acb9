"""What a card or a record states about a vendor, each statement named by what it is about.

A statement is named by the vendor and its place: `acme-cam measures/trade-list`. By that name it is
found again on what was posted, when the record says something else.
"""

from collections.abc import Mapping, Sequence
from datetime import date

from bot.core.answers import answers, responses
from bot.core.document import Inlines, Item, strong, words
from bot.core.editing.entered import NOBODY, Entries, entered
from bot.core.editing.stub import UNKNOWN_SEAT, is_stub
from bot.core.editing.tree import Path
from bot.core.vendor import Allegation, Measure, Vendor
from bot.core.wording import ALLEGATIONS, Standing, cite, marked, sentence, years

NAMED: Mapping[str, str] = {
    "in-force": "Also in force",
    "ended": "No longer in force",
    "uncounted": "Single buyers' decisions, instructions, inquiries",
}
"""How the lines begin that name measures which have none of their own."""
STUB = "Stub: no record yet."
"""What is said of a vendor that is watched by name alone: no sentence that reads as clearance."""
NO_ALLEGATION = "No allegation on record."
PROFILE: tuple[Path, ...] = (("makes",), ("control",), ("headquarters",))
"""What a card's second line tells."""


def about_of(vendor: Vendor, what: str, *, whole: bool = False) -> str:
    """Name a statement; those of the full record are told at more length than a card's."""
    return f"{vendor.id} {'record/' if whole else ''}{what}"


def status_words(vendor: Vendor, today: date) -> str:
    """Give the one sentence on sanctions; where nothing is recorded it says that instead."""
    return STUB if is_stub(vendor) else Standing.of(vendor).sentence(today)


def profile_words(vendor: Vendor, entries: Entries = NOBODY) -> Inlines:
    """Say where a vendor is, what it makes and who controls it, as far as is known."""
    text = "" if vendor.headquarters == UNKNOWN_SEAT else vendor.headquarters
    if vendor.makes.speaks:
        text += f"{'. ' if text else ''}{vendor.makes.text}"
    if vendor.control is not None and vendor.control.speaks:
        text += f"{'; ' if text else ''}{vendor.control.text}"
    return words(sentence(text), *entered(entries, *PROFILE)) if text else ()


def allegations_words(vendor: Vendor) -> str:
    """Say whether there are allegations, where they have no lines of their own."""
    count = sum(each.speaks for each in vendor.allegations)
    if not count:
        return NO_ALLEGATION
    some = "1 allegation is" if count == 1 else f"{count} allegations are"
    return f"{some} on record; the full record has the answers too."


def named(vendor: Vendor, group: str, measures: Sequence[Measure]) -> list[Item]:
    """Name measures by title and year in one line; the full record has the rest and the answers."""
    if not measures:
        return []
    told = "; ".join(f"{each.title} ({years(each)})" for each in measures)
    return [Item(words(strong(NAMED[group]), f": {told}."), about=f"{vendor.id} named/{group}")]


def allegation_item(
    vendor: Vendor, allegation: Allegation, entries: Entries = NOBODY, *, whole: bool = False
) -> Item:
    """Tell one allegation: status, who, when, what; what answers it below."""
    claim = allegation.text if whole else allegation.short or allegation.text
    told = words(
        strong(ALLEGATIONS[allegation.status]),
        f": {allegation.by}, {allegation.date.words()}: {sentence(claim)}",
        *cite(vendor, allegation.sources, whole=whole),
        *entered(entries, ("allegations", allegation.id)),
    )
    below = answers(vendor, allegation.id, whole=whole, entries=entries)
    said = responses(vendor, allegation.id)
    if not any(response.speaks for response in said):
        none = "No confirmed response on record" if said else "No response on record"
        if allegation.no_response is not None:
            none += f" ({allegation.no_response.text.rstrip('.')})"
        below = (words("↳ ", sentence(none)), *below)
    elif allegation.no_response is not None and whole:
        asked = words("↳ ", strong("Asked"), f": {sentence(allegation.no_response.text)}")
        below = (*below, asked)
    about = about_of(vendor, f"allegations/{allegation.id}", whole=whole)
    return Item(marked(told, allegation.confidence), below, about=about)


def marked_parts(
    vendor: Vendor, measures: Sequence[str], allegations: Sequence[Allegation]
) -> list[Path]:
    """Give the parts of a record that a card says of themselves whose word they are."""
    abouts = [each.rpartition(" ")[2] for each in measures]
    shown = {("measures", each.removeprefix("measures/")) for each in abouts}
    shown |= {("allegations", each.id) for each in allegations}
    ids = {part for _, part in shown}
    return [
        *PROFILE,
        *sorted(shown),
        *(("responses", each.id) for each in vendor.responses if ids & {*each.answers}),
        *(("proceedings", each.id) for each in vendor.proceedings if ids & {*each.affects}),
    ]
