"""What a search found, as it is told: by vendor, each line with whoever says it and when. Pure.

A claim that nobody confirmed is never shown, only that there is one. An allegation stands with its
answer, and an answer with what it answers.
"""

from collections.abc import Sequence

from bot.core.answers import answers
from bot.core.cards import Desk
from bot.core.document import (
    Actions,
    Block,
    Bullets,
    Button,
    Document,
    Footnote,
    Heading,
    Inlines,
    Item,
    Paragraph,
    quoted,
    spoken,
    strong,
    words,
)
from bot.core.search import Hit, Results
from bot.core.statements import allegation_item
from bot.core.vendor import (
    Allegation,
    Background,
    Claim,
    Measure,
    Name,
    Proceeding,
    Response,
    Statement,
    Vendor,
)
from bot.core.wording import (
    ALLEGATIONS,
    RESPONSES,
    STAGES,
    cite,
    counted,
    label,
    sentence,
    standing_words,
)

SHOWN = 10
A_VENDOR = 3
"""Results that one vendor gets at most, so that the others are seen."""
LONGEST_ASKED = 80
"""Characters of what was looked for that are said back."""
_NOT_CLEARANCE = "Nothing found is not clearance."
_UNVERIFIED = "Unverified lines match too; `vendor record` marks them."


def results(found: Results, desk: Desk) -> Document:
    """Write what was found, by vendor: the part, who says it and when, and the sentence."""
    lead = _lead(found)
    blocks: list[Block] = [Paragraph(words(strong(lead)))]
    if found.instead:
        said = "; ".join(f"{quoted(word)}: {' or '.join(near)}" for word, near in found.instead)
        blocks.append(
            Paragraph(words(f"No record has that as written. Looked for instead: {said}."))
        )
    shown = _chosen(found.hits)
    vendors = list(dict.fromkeys(hit.part.vendor.id for hit in shown))
    of = {hit.part.vendor.id: hit.part.vendor for hit in shown}
    for id_ in vendors:
        blocks.append(Heading(words(of[id_].name)))
        items = [_item(hit, desk) for hit in shown if hit.part.vendor.id == id_]
        blocks.append(Bullets(tuple(items)))
    more = len(found.hits) - len(shown)
    if more:
        others = {hit.part.vendor.id for hit in found.hits} - of.keys()
        told = f"And {counted(more, 'more line')}"
        told += f", some on {counted(len(others), 'more vendor')}" if others else ""
        blocks.append(Paragraph(words(f"{told}. More words find fewer.")))
    if found.unverified:
        blocks.append(Paragraph(spoken(_UNVERIFIED)))
    blocks.append(Footnote(words(_NOT_CLEARANCE if not found.hits else desk.disclaimer)))
    if vendors:
        buttons = (
            Button(f"{of[id_].name}: full record", f"vendor record {id_}") for id_ in vendors
        )
        blocks.append(Actions(tuple(buttons)))
    return Document(lead, tuple(blocks))


def _lead(found: Results) -> str:
    cut = len(found.asked) > LONGEST_ASKED
    asked = quoted(f"{found.asked[:LONGEST_ASKED]}…" if cut else found.asked)
    if not found.hits:
        return f"No confirmed line of any record holds {asked}."
    many = len({hit.part.vendor.id for hit in found.hits})
    return f"{counted(len(found.hits), 'line')} on {counted(many, 'vendor')} for {asked}"


def _chosen(hits: Sequence[Hit]) -> list[Hit]:
    """Choose what is shown: the best ones, and of one vendor only some."""
    taken: dict[str, int] = {}
    chosen: list[Hit] = []
    for hit in hits:
        id_ = hit.part.vendor.id
        if len(chosen) < SHOWN and taken.get(id_, 0) < A_VENDOR:
            chosen.append(hit)
            taken[id_] = taken.get(id_, 0) + 1
    return chosen


def _item(hit: Hit, desk: Desk) -> Item:  # noqa: PLR0911 - one return for each part of a record
    vendor, record, says = hit.part.vendor, hit.part.record, hit.snippet
    match record:
        case Name():
            return Item(words(strong("Name"), f" ({record.role}): {record.value}"))
        case Measure():
            standing = standing_words(record, desk.today)
            told = "" if says == record.title else f" {sentence(says)}"
            lead = words(strong(label(record)), f": {record.title}, {standing}.{told}")
            return Item((*lead, *_source(vendor, record)), answers(vendor, record.id))
        case Allegation():
            return Item(_alleged(vendor, record, says), allegation_item(vendor, record).answers)
        case Response():
            return Item(_answered(vendor, record, says), _what_it_answers(vendor, record))
        case Proceeding():
            when = record.decided_on or record.filed_on
            told = f", {STAGES[record.stage]}: {record.court}, {record.case}"
            told += f", {when.words()}" if when else ""
            says = record.outcome if says in {record.case, record.court} else says
            lead = words(strong("Court"), f"{told}: {sentence(says)}")
            return Item((*lead, *_source(vendor, record)), answers(vendor, record.id))
        case Background():
            parts = (record.by, record.date.words() if record.date else None)
            whose = "".join(f"{part}, " for part in parts if part).removesuffix(", ")
            told = f": {whose}: {sentence(says)}" if whose else f": {sentence(says)}"
            return Item(words(strong("Background"), told, *_source(vendor, record)))
        case _:
            cited = _source(vendor, record) if isinstance(record, Statement) else ()
            return Item(words(strong("Profile"), f": {sentence(says)}", *cited))


def _alleged(vendor: Vendor, claim: Allegation, says: str) -> Inlines:
    if says == claim.by:
        says = claim.short or claim.text
    told = f": {claim.by}, {claim.date.words()}: {sentence(says)}"
    return words(strong(ALLEGATIONS[claim.status]), told, *_source(vendor, claim))


def _answered(vendor: Vendor, response: Response, says: str) -> Inlines:
    if says == response.by:
        says = response.short or response.text
    when = response.date.words() if response.date else "undated"
    told = f" by {response.by}, {when}: {sentence(says)}"
    return words(strong(RESPONSES[response.kind]), told, *_source(vendor, response))


def _what_it_answers(vendor: Vendor, response: Response) -> tuple[Inlines, ...]:
    """Give what a response answers, as far as it is confirmed."""
    told: list[Inlines] = []
    for allegation in vendor.allegations:
        if allegation.id in response.answers and allegation.speaks:
            says = allegation.short or allegation.text
            told.append(words("↳ It answers: ", *_alleged(vendor, allegation, says)))
    told += [
        words("↳ It answers: ", strong(label(measure)), f": {measure.title}")
        for measure in vendor.measures
        if measure.id in response.answers and measure.speaks
    ]
    told += [
        words("↳ It answers: ", strong("Court"), f", {STAGES[each.stage]}: {each.case}")
        for each in vendor.proceedings
        if each.id in response.answers and each.speaks
    ]
    return tuple(told)


def _source(vendor: Vendor, claim: Claim) -> Inlines:
    """Name the first source, as a card does; the record has them all."""
    return cite(vendor, claim.sources, whole=False)
