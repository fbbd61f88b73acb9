"""The short card: who the vendor is, why it is shown, what governments did, who says what.

An allegation or measure and the answers to it are one item: they are shown together or not at
all. What does not fit is named and stands in the full record.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

from bot.core.answers import answers
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
    link,
    plain,
    strong,
    words,
)
from bot.core.editing.entered import NOBODY, Entries, entered, others
from bot.core.editing.stub import is_stub
from bot.core.foot import foot
from bot.core.mention import Cause, Mention
from bot.core.statements import (
    NO_ALLEGATION,
    PROFILE,
    STUB,
    about_of,
    allegation_item,
    marked_parts,
    named,
    profile_words,
)
from bot.core.vendor import (
    Allegation,
    AllegationStatus,
    Measure,
    Program,
    Vendor,
)
from bot.core.wording import (
    Standing,
    cite,
    effect_words,
    label,
    marked,
    sentence,
    standing_words,
)

MEASURES_SHOWN = 3
"""Measures in force that get a line of their own; the others are named in one more line."""
ALLEGATIONS_SHOWN = 2
"""One where the measures alone fill the card."""
POLICY = "Your team's policy: "


@dataclass(frozen=True, slots=True)
class Desk:
    """What every card is written with: the programs explained, today, and the corrections desk.

    `entries` say by vendor where the team's word counts; `policy` is a line that the team wants on
    its cards, and nobody else is shown.
    """

    programs: Mapping[str, Program]
    today: date
    corrections: str | None = None
    entries: Mapping[str, Entries] = field(default_factory=dict)
    policy: str | None = None
    _written: dict[str, "_Written"] = field(default_factory=dict, compare=False, repr=False)

    def written(self, vendor: Vendor) -> "_Written":
        """Give what a vendor's card says whatever brings it; worked out once, as it takes long."""
        known = self._written.get(vendor.id)
        if known is None or known.vendor is not vendor:
            known = self._written[vendor.id] = _write(vendor, self)
        return known

    def by_team(self, vendor: Vendor) -> Entries:
        """Say where in a vendor's record the team's word counts."""
        return self.entries.get(vendor.id, NOBODY)

    def but(
        self, *, entries: Mapping[str, Entries] | None = None, policy: str | None = None
    ) -> "Desk":
        """Give a desk with other words of the team's; without any, none but the packs'."""
        return Desk(self.programs, self.today, self.corrections, entries or {}, policy)

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
    blocks += written.rest
    if desk.policy is not None and not (mention is not None and mention.channel.external):
        told_by_all = Paragraph(words(strong(POLICY), desk.policy))
        blocks.insert(len(blocks) - 1, told_by_all)  # above the small print
    told = (*blocks, Actions(_buttons(vendor, mention, shareable=shareable)))
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
    entries = desk.by_team(vendor)
    if is_stub(vendor):
        return _write_stub(vendor, desk)
    head = _head(vendor, entries)
    blocks: list[Block] = []
    told_status = words(strong("Sanctions status: "), standing.sentence(desk.today))
    blocks.append(Paragraph(told_status, about=f"{vendor.id} status"))
    measures = _measures(vendor, standing, desk)
    blocks.append(Bullets(measures))
    allegations = _newest(vendor)
    room = 1 if len(standing.in_force) > MEASURES_SHOWN else ALLEGATIONS_SHOWN
    shown = allegations[:room]
    if shown:
        blocks.append(Heading(words("Key allegations and the answers to them")))
        blocks.append(Bullets(tuple(allegation_item(vendor, each, entries) for each in shown)))
    else:
        blocks.append(Paragraph(words(NO_ALLEGATION), about=f"{vendor.id} allegations"))
    told_of = marked_parts(vendor, [item.about for item in measures], shown)
    untold = len(allegations) - len(shown)
    blocks.append(Footnote(foot(vendor, untold, desk.disclaimer, entries, told_of)))
    told = tuple(block for block in blocks if block != Bullets(()))
    return _Written(vendor, head, told, _summary(vendor, standing, allegations, desk))


def _write_stub(vendor: Vendor, desk: Desk) -> _Written:
    """Say of what is watched by name alone that nothing is recorded, which is no clearance."""
    unseen = words(strong(STUB), " Nobody has looked yet at what is on record elsewhere.")
    entries = desk.by_team(vendor)
    told = (
        Paragraph(unseen, about=f"{vendor.id} status"),
        Footnote(words(desk.disclaimer, *others(entries, PROFILE))),
    )
    return _Written(vendor, _head(vendor, entries), told, f"{vendor.name}: {STUB}")


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


def _head(vendor: Vendor, entries: Entries) -> tuple[Block, ...]:
    """Name a vendor; say where it sits, what it makes and who controls it, as far as is known."""
    profile = profile_words(vendor, entries)
    told = (Paragraph(profile, about=f"{vendor.id} profile"),) if profile else ()
    return (Heading(title(vendor)), *told)


def _measures(vendor: Vendor, standing: Standing, desk: Desk) -> tuple[Item, ...]:
    shown = _leading(standing.in_force)
    rest = [measure for measure in standing.in_force if measure not in shown]
    items = [measure_item(vendor, measure, desk) for measure in shown]
    items += named(vendor, "in-force", rest)
    items += [measure_item(vendor, measure, desk) for measure in standing.reported]
    room = MEASURES_SHOWN - len(shown)
    items += [measure_item(vendor, measure, desk) for measure in standing.ended[:room]]
    items += named(vendor, "ended", standing.ended[room:])
    items += named(vendor, "uncounted", standing.uncounted)
    return tuple(items)


def _leading(in_force: Sequence[Measure]) -> list[Measure]:
    """Choose what gets a line: one of each kind first, then whatever comes next."""
    firsts = list({measure.kind: measure for measure in reversed(in_force)}.values())
    firsts.sort(key=in_force.index)
    others = [measure for measure in in_force if measure not in firsts]
    return sorted([*firsts, *others][:MEASURES_SHOWN], key=in_force.index)


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
    entries, cited = desk.by_team(vendor), cite(vendor, measure.sources, whole=whole)
    by = entered(entries, ("measures", measure.id))
    told = marked(words(strong(label(measure)), text, *cited, *by), measure.confidence)
    below = answers(vendor, measure.id, whole=whole, entries=entries)
    return Item(told, below, about=about_of(vendor, f"measures/{measure.id}", whole=whole))


def _newest(vendor: Vendor) -> list[Allegation]:
    """Give the allegations for a card, newest first.

    An authority's reason comes last: the measure it was given for stands on the card already.
    """
    speaking = [allegation for allegation in vendor.allegations if allegation.speaks]
    speaking.sort(key=lambda each: each.date, reverse=True)
    return sorted(speaking, key=lambda each: each.status is AllegationStatus.OFFICIAL_REASON)


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
