"""The short card: who the vendor is, why it is shown, what governments did, who says what.

An allegation or measure and the answers to it are one item: they are shown together or not at
all. What does not fit is named and stands in the full record.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

from bot.core.answers import answers, responses
from bot.core.dates import LONG_AGO
from bot.core.document import (
    Actions,
    Block,
    Bullets,
    Button,
    Document,
    Footnote,
    Heading,
    Inline,
    Inlines,
    Item,
    Paragraph,
    link,
    plain,
    strong,
    words,
)
from bot.core.editing.stub import UNKNOWN_SEAT, is_stub
from bot.core.editorial import claims
from bot.core.mention import Cause, Mention
from bot.core.policy import History
from bot.core.vendor import (
    Allegation,
    AllegationStatus,
    Measure,
    Program,
    Vendor,
)
from bot.core.wording import (
    ALLEGATIONS,
    Standing,
    cite,
    effect_words,
    label,
    marked,
    sentence,
    source_words,
    standing_words,
    years,
)

MEASURES_SHOWN = 3
"""Measures in force that get a line of their own; the others are named in one more line."""
STUB = "Stub: no record yet."
"""What is said of a vendor that is watched by name alone: no sentence that reads as clearance."""
ALLEGATIONS_SHOWN = 2
"""One where the measures alone fill the card."""


@dataclass(frozen=True, slots=True)
class Desk:
    """What every card is written with: the programs explained, today, and the corrections desk."""

    programs: Mapping[str, Program]
    today: date
    corrections: str | None = None
    _written: dict[str, "_Written"] = field(default_factory=dict, compare=False, repr=False)

    def written(self, vendor: Vendor) -> "_Written":
        """Give what a vendor's card says whatever brings it; worked out once, as it takes long."""
        known = self._written.get(vendor.id)
        if known is None or known.vendor is not vendor:
            known = self._written[vendor.id] = _write(vendor, self)
        return known

    @property
    def disclaimer(self) -> str:
        """What a card and a record are not, and whom to tell of an error."""
        text = "Not legal advice. Absence from a list is not clearance."
        return f"{text} Corrections: {self.corrections}" if self.corrections else text


def card(
    vendor: Vendor,
    desk: Desk,
    mention: Mention | None = None,
    sold_as: str | None = None,
    *,
    shareable: bool = False,
) -> Document:
    """Write the short card; with a mention it says why it is here.

    `sold_as` is another seller's name that was asked for: the card says whose record this is. A
    `shareable` one is seen by its asker alone and can be shown to all.
    """
    written = desk.written(vendor)
    blocks: list[Block] = [*written.head]
    if mention is not None:
        blocks.append(Paragraph(why(mention)))
    if sold_as is not None:
        seller = f"Goods of {vendor.name} are sold under the name “{sold_as}”. "
        seller += f"This is the record of {vendor.name}, not of that seller."
        blocks.append(Paragraph(words(seller)))
    told = (*blocks, *written.rest, Actions(_buttons(vendor, mention, shareable=shareable)))
    summary = written.summary if mention is None else f"{written.summary} {plain(why(mention))}"
    return Document(summary, told)


def _buttons(vendor: Vendor, mention: Mention | None, *, shareable: bool) -> tuple[Button, ...]:
    buttons = [Button("Full record", f"vendor record {vendor.id}", "📄")]
    if mention is not None:
        buttons.append(Button("Mute here", f"vendor mute {vendor.id}", "🔇"))
        buttons.append(Button("Wrong match", f"vendor wrong {vendor.id}", "❌"))
    elif shareable:
        buttons.append(Button("Share here", f"vendor share {vendor.id}", "↗️"))
    buttons.append(Button("Report an error", f"vendor report {vendor.id}", "✉️"))
    return tuple(buttons)


@dataclass(frozen=True, slots=True)
class _Written:
    """A card without what brings it: the blocks before that and those after it."""

    vendor: Vendor
    head: tuple[Block, ...]
    rest: tuple[Block, ...]
    summary: str


def _write(vendor: Vendor, desk: Desk) -> _Written:
    standing = Standing.of(vendor)
    if is_stub(vendor):
        return _write_stub(vendor, desk)
    head = _head(vendor)
    blocks: list[Block] = []
    blocks.append(Paragraph(words(strong("Sanctions status: "), standing.sentence(desk.today))))
    blocks.append(Bullets(_measures(vendor, standing, desk)))
    allegations = _newest(vendor)
    room = 1 if len(standing.in_force) > MEASURES_SHOWN else ALLEGATIONS_SHOWN
    shown = allegations[:room]
    if shown:
        blocks.append(Heading(words("Key allegations and the answers to them")))
        blocks.append(Bullets(tuple(allegation_item(vendor, each) for each in shown)))
    else:
        blocks.append(Paragraph(words("No allegation on record.")))
    blocks.append(Footnote(words(_foot(vendor, len(allegations) - len(shown), desk))))
    told = tuple(block for block in blocks if block != Bullets(()))
    return _Written(vendor, head, told, _summary(vendor, standing, allegations, desk))


def _write_stub(vendor: Vendor, desk: Desk) -> _Written:
    """Say of what is watched by name alone that nothing is recorded, which is no clearance."""
    told = (
        Paragraph(words(strong(STUB), " Nobody has looked yet at what is on record elsewhere.")),
        Footnote(words(desk.disclaimer)),
    )
    return _Written(vendor, _head(vendor), told, f"{vendor.name}: {STUB}")


def status_words(vendor: Vendor, today: date) -> str:
    """Give the one sentence on sanctions; where nothing is recorded it says that instead."""
    return STUB if is_stub(vendor) else Standing.of(vendor).sentence(today)


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


def why(mention: Mention) -> Inlines:
    """Say which words brought the card here, how they matched, and where they stand."""
    match = mention.match
    how = f"Here because of “{match.matched}” ({match.kind}: {match.reason})"
    if mention.channel.encrypted:  # its words are kept nowhere, and a card is kept for a while
        how = f"Here because of {match.reason} ({match.kind})"
    if mention.cause is Cause.MESSAGE:
        return words(f"{how} in a message.")
    title = mention.title or "an entry without a title"
    return words(f"{how} in ", link(f"“{title}”", mention.link), ".")


def title(vendor: Vendor) -> Inlines:
    """Name a vendor, with its name in its own script."""
    native = f" ({vendor.native_name})" if vendor.native_name else ""
    return words(strong(vendor.name), native)


def _head(vendor: Vendor) -> tuple[Block, ...]:
    """Name a vendor; say where it sits, what it makes and who controls it, as far as is known."""
    text = "" if vendor.headquarters == UNKNOWN_SEAT else vendor.headquarters
    if vendor.makes.speaks:
        text += f"{'. ' if text else ''}{vendor.makes.text}"
    if vendor.control is not None and vendor.control.speaks:
        text += f"{'; ' if text else ''}{vendor.control.text}"
    profile = (Paragraph(words(sentence(text))),) if text else ()
    return (Heading(title(vendor)), *profile)


def _measures(vendor: Vendor, standing: Standing, desk: Desk) -> tuple[Item, ...]:
    shown = _leading(standing.in_force)
    rest = [measure for measure in standing.in_force if measure not in shown]
    items = [measure_item(vendor, measure, desk) for measure in shown]
    items += _named("Also in force", rest)
    items += [measure_item(vendor, measure, desk) for measure in standing.reported]
    room = MEASURES_SHOWN - len(shown)
    items += [measure_item(vendor, measure, desk) for measure in standing.ended[:room]]
    items += _named("No longer in force", standing.ended[room:])
    items += _named("Single buyers' decisions, instructions, inquiries", standing.uncounted)
    return tuple(items)


def _leading(in_force: Sequence[Measure]) -> list[Measure]:
    """Choose what gets a line: one of each kind first, then whatever comes next."""
    firsts = list({measure.kind: measure for measure in reversed(in_force)}.values())
    firsts.sort(key=in_force.index)
    others = [measure for measure in in_force if measure not in firsts]
    return sorted([*firsts, *others][:MEASURES_SHOWN], key=in_force.index)


def _named(lead: str, measures: Sequence[Measure]) -> list[Item]:
    """Name measures by title and year in one line; the full record has the rest and the answers."""
    if not measures:
        return []
    named = "; ".join(f"{each.title} ({years(each)})" for each in measures)
    return [Item(words(strong(lead), f": {named}."))]


def measure_item(vendor: Vendor, measure: Measure, desk: Desk, *, whole: bool = False) -> Item:
    """Tell one measure: what, since when, what it does and does not do; its answers below."""
    does, does_not = effect_words(measure, desk.programs)
    phrases = [f": {measure.title}, {standing_words(measure, desk.today)}", does, does_not]
    if whole:
        phrases += [
            f"Authority: {measure.authority}",
            f"Binds: {measure.binds}" if measure.binds else "",
            f"Names {measure.group_company}" if measure.group_company else "",
            f"Listed as: {measure.listed_as}" if measure.listed_as else "",
            f"In effect from {measure.effective_on.words()}" if measure.effective_on else "",
            f"Citation: {', '.join(measure.citations)}" if measure.citations else "",
            f"Status checked {measure.verified_on.words()}" if measure.verified_on else "",
        ]
    text = " ".join(sentence(phrase) for phrase in phrases if phrase)
    told = words(strong(label(measure)), text, *cite(vendor, measure.sources, whole=whole))
    return Item(marked(told, measure.confidence), answers(vendor, measure.id, whole=whole))


def allegation_item(vendor: Vendor, allegation: Allegation, *, whole: bool = False) -> Item:
    """Tell one allegation: status, who, when, what; what answers it below."""
    claim = allegation.text if whole else allegation.short or allegation.text
    told = words(
        strong(ALLEGATIONS[allegation.status]),
        f": {allegation.by}, {allegation.date.words()}: {sentence(claim)}",
        *cite(vendor, allegation.sources, whole=whole),
    )
    below = answers(vendor, allegation.id, whole=whole)
    said = responses(vendor, allegation.id)
    if not any(response.speaks for response in said):
        none = "No confirmed response on record" if said else "No response on record"
        if allegation.no_response is not None:
            none += f" ({allegation.no_response.text.rstrip('.')})"
        below = (words("↳ ", sentence(none)), *below)
    elif allegation.no_response is not None and whole:
        asked = words("↳ ", strong("Asked"), f": {sentence(allegation.no_response.text)}")
        below = (*below, asked)
    return Item(marked(told, allegation.confidence), below)


def _newest(vendor: Vendor) -> list[Allegation]:
    """Give the allegations for a card, newest first.

    An authority's reason comes last: the measure it was given for stands on the card already.
    """
    speaking = [allegation for allegation in vendor.allegations if allegation.speaks]
    speaking.sort(key=lambda each: each.date, reverse=True)
    return sorted(speaking, key=lambda each: each.status is AllegationStatus.OFFICIAL_REASON)


def _foot(vendor: Vendor, untold: int, desk: Desk) -> str:
    spoken = {key for _, claim in claims(vendor) if claim.speaks for key in claim.sources}
    told = [vendor.sources[key] for key in sorted(spoken & vendor.sources.keys())]
    dated = [source for source in told if source.date is not None]
    newest = max(dated, key=lambda source: source.date or LONG_AGO, default=None)
    parts = [f"Newest source: {source_words(newest)}."] if newest else []
    review = vendor.review
    if review.reviewed_by and review.reviewed_on:
        parts.append(f"Reviewed {review.reviewed_on.words()} by {review.reviewed_by}.")
    else:
        parts.append("Not yet reviewed by a person.")
    more = _more(vendor, untold)
    if more:
        parts.append(f"The full record also holds {more}.")
    return " ".join([*parts, desk.disclaimer])


def _more(vendor: Vendor, untold: int) -> str:
    counts = (
        (untold, "more allegation", "more allegations"),
        (sum(each.speaks for each in vendor.background), "background fact", "background facts"),
    )
    told = [f"{number} {one if number == 1 else many}" for number, one, many in counts if number]
    return " and ".join(told)


def _summary(
    vendor: Vendor,
    standing: Standing,
    allegations: Sequence[Allegation],
    desk: Desk,
) -> str:
    text = f"{vendor.name}: {standing.sentence(desk.today)}"
    if allegations:
        noun = "allegation" if len(allegations) == 1 else "allegations"
        text += f" {len(allegations)} {noun} on record, shown with the answers."
    return text
