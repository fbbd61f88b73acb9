"""What channels are told of an edit: that measures changed, and what a card of long ago said."""

from collections.abc import Iterator
from datetime import date

from bot.core.answers import answers
from bot.core.cards import card, measure_item
from bot.core.corrections import corrected
from bot.core.document import (
    Actions,
    Block,
    Bullets,
    Button,
    Document,
    Footnote,
    Handle,
    Item,
    Paragraph,
    Struck,
    strong,
    words,
)
from bot.core.restated import Correction
from bot.core.statements import status_words
from bot.core.vendor import Measure, Vendor
from bot.core.wording import cite, label, sentence, standing_words


def announcement(correction: Correction, by: str) -> Document | None:
    """Tell whoever follows a vendor how its measures changed; None if they did not.

    That is what began, ended, or stands otherwise since other days, not how it is worded. `by` made
    the edit. A vendor that comes or goes as a whole changes no measure.
    """
    before, after, desk = correction.before, correction.after, correction.desk
    if before is None or after is None:
        return None
    items = tuple(_changes(correction, before, after))
    if not items:
        return None
    old, new = (status_words(each, desk.today) for each in (before, after))
    told = words(strong(f"{after.name}: status changed."))
    status = words(strong("Sanctions status: "), Struck(old), f" → {new}")
    reason = f": {sentence(correction.reason)}" if correction.reason else "."
    blocks: list[Block] = [Paragraph(told)]
    blocks += [Paragraph(status)] if old != new else []
    blocks.append(Bullets(items))
    blocks.append(Paragraph(words("Team entry by ", Handle(by, "person"), reason)))
    blocks.append(Footnote(words(desk.disclaimer)))
    mute = Button("Mute here", f"vendor mute {after.id}", "🔇")
    blocks.append(Actions((_record(after.id), mute)))
    return Document(f"{after.name}: status changed. {new}", tuple(blocks))


def note(correction: Correction, on: date) -> Document | None:
    """Tell below a card whose words are forgotten what it said and what holds; None: nothing."""
    if correction.before is None:
        return None
    said = card(correction.before, correction.desk)
    told = corrected(said, correction, on)
    if told is None:
        return None
    mark = correction.marks(on)
    lead = words(strong(mark), f": what this card of {correction.name} said has changed.")
    blocks: list[Block] = [Paragraph(lead)]
    old = [item for block in said.blocks if isinstance(block, Bullets) for item in block.items]
    for block in told.blocks:
        if isinstance(block, Paragraph) and block not in said.blocks:
            blocks.append(block)
        elif isinstance(block, Bullets) and correction.after is not None:
            items = tuple(item for item in block.items if item not in old)
            blocks += [Bullets(items)] if items else []
    blocks.append(Footnote(words(correction.desk.disclaimer)))
    if correction.after is not None:
        blocks.append(Actions((_record(correction.vendor),)))
    return Document(told.summary, tuple(blocks))


def _record(vendor: str) -> Button:
    return Button("Full record", f"vendor record {vendor}", "📄")


def _changes(correction: Correction, before: Vendor, after: Vendor) -> Iterator[Item]:
    was = {each.id: each for each in before.measures if each.speaks}
    now = {each.id: each for each in after.measures if each.speaks}
    for id_ in dict.fromkeys((*now, *was)):
        old, new = was.get(id_), now.get(id_)
        if old is None and new is not None:
            item = measure_item(after, new, correction.desk)
            yield Item(words(strong("New: "), *item.text), item.answers)
        elif new is None and old is not None:
            gone = words(_where(old), " → taken out of the record")
            yield Item(words(strong(old.title), ": ", *gone), answers(before, id_))
        elif old is not None and new is not None and _stands(old) != _stands(new):
            told = words(_where(old), f" → {_place(new)}", *cite(after, new.sources, whole=False))
            yield Item(words(strong(new.title), ": ", *told), answers(after, id_))


def _stands(measure: Measure) -> tuple[object, ...]:
    """Give what makes a measure's standing; when somebody last looked is no news."""
    return measure.kind, measure.status, measure.since, measure.ended_on


def _where(measure: Measure) -> Struck:
    return Struck(_place(measure))


def _place(measure: Measure) -> str:
    unchecked = measure.model_copy(update={"verified_on": None})
    return f"{label(measure)}, {standing_words(unchecked, date.max)}"
