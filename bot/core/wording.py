"""The fixed words of cards and records: labels, attributions and the sanctions sentence.

"Sanctioned" and its kin are printed for nothing but an asset freeze in force.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from bot.core.dates import PartialDate
from bot.core.document import Inline, Inlines, link, words
from bot.core.vendor import (
    AllegationStatus,
    Confidence,
    Measure,
    MeasureKind,
    MeasureStatus,
    Program,
    ResponseKind,
    Source,
    Stage,
    Vendor,
)

STALE_AFTER = timedelta(days=90)
"""A status checked longer ago than this is told as of the day it was last checked."""

KINDS: Mapping[MeasureKind, str] = {
    MeasureKind.PROCUREMENT_BAN: "Procurement ban",
    MeasureKind.ASSET_FREEZE: "Asset freeze",
    MeasureKind.TRANSACTION_BAN: "Transaction ban",
    MeasureKind.IMPORT_RESTRICTION: "Import restriction",
    MeasureKind.EQUIPMENT_AUTHORISATION: "Equipment authorisation",
    MeasureKind.CLOSURE_ORDER: "Closure order",
    MeasureKind.REGULATOR_ORDER: "Regulator's order or fine",
    MeasureKind.EXPORT_CONTROL: "Export control",
    MeasureKind.INVESTMENT_BAN: "Investment ban",
    MeasureKind.DESIGNATION: "Designation",
    MeasureKind.INSTRUCTION: "Instruction",
    MeasureKind.BUYER_DECISION: "Buyer's decision",
    MeasureKind.INQUIRY: "Inquiry",
}
"""What a kind is called; the order is that of cards, procurement first."""

NOT_COUNTED = frozenset({MeasureKind.BUYER_DECISION, MeasureKind.INSTRUCTION, MeasureKind.INQUIRY})
"""Acts that are told but never counted as measures in force."""

ALLEGATIONS: Mapping[AllegationStatus, str] = {
    AllegationStatus.ALLEGED: "Alleged",
    AllegationStatus.REPORTED: "Reported",
    AllegationStatus.UNDER_INVESTIGATION: "Under investigation",
    AllegationStatus.CHARGED: "Charged",
    AllegationStatus.OFFICIAL_REASON: "Reason given by an authority, not tested in court",
    AllegationStatus.ADVISORY_FINDING: "Finding of an advisory body",
    AllegationStatus.COURT_FINDING: "Court finding",
    AllegationStatus.SETTLED: "Settled",
    AllegationStatus.WITHDRAWN: "Withdrawn",
    AllegationStatus.DISPROVED: "Disproved",
}

RESPONSES: Mapping[ResponseKind, str] = {
    ResponseKind.DENIAL: "Denial",
    ResponseKind.STATEMENT: "Statement",
    ResponseKind.ADMISSION: "Admission",
    ResponseKind.REMEDIATION: "Remedy",
    ResponseKind.LEGAL_ACTION: "Legal action",
}

STAGES: Mapping[Stage, str] = {
    Stage.PENDING: "filed, outcome not seen",
    Stage.INTERIM: "interim ruling, not on the merits",
    Stage.MERITS: "ruling on the merits",
}

_ENDED: Mapping[MeasureStatus, str] = {
    MeasureStatus.REMOVED: "removed",
    MeasureStatus.EXPIRED: "expired",
    MeasureStatus.STAYED: "stayed",
    MeasureStatus.VACATED: "vacated",
}


@dataclass(frozen=True, slots=True)
class Standing:
    """What a vendor's confirmed measures come to, sorted for telling."""

    in_force: tuple[Measure, ...]
    reported: tuple[Measure, ...]
    ended: tuple[Measure, ...]
    uncounted: tuple[Measure, ...]

    @classmethod
    def of(cls, vendor: Vendor) -> "Standing":
        """Sort the measures that may speak. Within a kind the record's own order stands."""
        order = tuple(KINDS)
        told = sorted(
            (measure for measure in vendor.measures if measure.speaks),
            key=lambda measure: order.index(measure.kind),
        )
        counted = [measure for measure in told if measure.kind not in NOT_COUNTED]
        open_ = {MeasureStatus.REPORTED, MeasureStatus.PROPOSED}
        return cls(
            in_force=tuple(m for m in counted if m.status is MeasureStatus.IN_FORCE),
            reported=tuple(m for m in counted if m.status in open_),
            ended=tuple(m for m in counted if m.status in _ENDED),
            uncounted=tuple(m for m in told if m.kind in NOT_COUNTED),
        )

    def sentence(self, today: date) -> str:
        """Give the one plain sentence on sanctions, from a fixed set, with the day of its check.

        The day is that of the least recently checked measure: a sentence is as old as its oldest
        part.
        """
        own = [m for m in self.in_force if not m.group_company]
        group = [m for m in self.in_force if m.group_company]
        freezes = [m for m in own if m.kind is MeasureKind.ASSET_FREEZE]
        others = [m for m in own if m.kind is not MeasureKind.ASSET_FREEZE]
        group_freeze = bool(_freezes_among(group))
        if freezes:
            named = "; ".join(f"{m.title} since {m.since.words()}" for m in freezes)
            text = f"Asset freeze in force: {named}"
            if others:
                text += f"; {_count(len(others), 'other government measure')} in force"
        elif others:
            told = _count(len(others), "other government measure")
            found = " against the company itself" if group_freeze else ""
            text = f"No asset freeze found{found}; {told} in force"
        elif group:
            text = "No government measure in force on record against the company itself"
        elif self.ended or self.reported:
            text = "No government measure in force on record"
        else:
            text = "No government measure on record"
        if group:
            whom = "a group company" if len(group) == 1 else "group companies"
            count = f" and {len(group)}" if others else f"; {len(group)} in force"
            text += f"{count} against {whom}{_freezes_among(group)}"
        return text + _as_of((m.verified_on for m in self.in_force), today)


def _freezes_among(measures: Sequence[Measure]) -> str:
    frozen = sum(measure.kind is MeasureKind.ASSET_FREEZE for measure in measures)
    if not frozen:
        return ""
    if len(measures) == 1:
        return ", an asset freeze"
    return ", one of them an asset freeze," if frozen == 1 else f", {frozen} of them asset freezes,"


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" + ("" if number == 1 else "s")


def _as_of(checks: Iterable[PartialDate | None], today: date) -> str:
    dates = [day for day in checks if day is not None]
    if not dates:
        return "."
    oldest = min(dates)
    if is_stale(oldest, today):
        return f" when last checked; the oldest check is of {oldest.words()}."
    return f" (checked {oldest.words()})."


def is_stale(checked: PartialDate, today: date) -> bool:
    """Whether a check is too old to be told as the present state."""
    return today - checked.first_day > STALE_AFTER


def standing_words(measure: Measure, today: date) -> str:
    """Say when a measure began and where it stands: `since 9 Oct 2019`."""
    since = measure.since.words()
    match measure.status:
        case MeasureStatus.IN_FORCE if measure.kind in NOT_COUNTED:
            return since
        case MeasureStatus.IN_FORCE:
            checked = measure.verified_on
            if checked is None or not is_stale(checked, today):
                return f"since {since}"
            return f"since {since} (last checked {checked.words()})"
        case MeasureStatus.REPORTED | MeasureStatus.PROPOSED:
            return since
        case ended:
            until = f" to {measure.ended_on.words()}" if measure.ended_on else ""
            return f"{since}{until}, {_ENDED[ended]}"


def years(measure: Measure) -> str:
    """Say from which year on, or from which to which, a measure stood: `2019`, `2020 to 2021`."""
    first, last = measure.since.year, measure.ended_on.year if measure.ended_on else None
    return str(first) if last is None or last == first else f"{first} to {last}"


def label(measure: Measure) -> str:
    """Give the first words of a measure's line: its kind only where it is in force."""
    match measure.status:
        case MeasureStatus.IN_FORCE:
            return KINDS[measure.kind]
        case MeasureStatus.REPORTED:
            return "Reported, not enacted as far as our sources show"
        case MeasureStatus.PROPOSED:
            return "Proposed, not in force"
        case _:
            return f"No longer in force ({KINDS[measure.kind].lower()})"


def effect_words(measure: Measure, programs: Mapping[str, Program]) -> tuple[str, str]:
    """Give what a measure does and what it does not do, its own words before its program's."""
    program = programs.get(measure.program or "")
    does = measure.effect or (program.does if program else "")
    does_not = measure.limits or (program.does_not if program else "")
    return does, does_not


def sentence(text: str) -> str:
    """End a phrase as a sentence, once."""
    return text if not text or text.endswith((".", "!", "?", '."', ".”")) else text + "."


def cite(vendor: Vendor, sources: Iterable[str], *, whole: bool = True) -> tuple[Inline, ...]:
    """Name the sources, as links where they have addresses: ` [CNA, 28 Jun 2025]`.

    A card names the first one's publisher; the date beside the claim is the claim's own.
    """
    named = [vendor.sources[key] for key in sources if key in vendor.sources]
    if not whole:
        return words(" [", link(named[0].publisher, named[0].url), "]") if named else ()
    return tuple(
        part
        for source in named
        for part in words(" [", link(source_words(source), source.url), "]")
    )


def source_words(source: Source) -> str:
    """Name a source by publisher and date: `CNA, 28 Jun 2025`."""
    return source.publisher + (f", {source.date.words()}" if source.date else ", undated")


def marked(text: Inlines, confidence: Confidence) -> Inlines:
    """Mark what nobody has confirmed."""
    mark = "" if confidence is Confidence.CONFIRMED else "[unverified] "
    return words(mark, *text)


def counted(number: int, noun: str) -> str:
    """Say how many: `1 feed`, `2 feeds`."""
    return f"{number} {noun}{'' if number == 1 else 's'}"
