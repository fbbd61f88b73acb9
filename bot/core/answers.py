"""What answers a measure or an allegation: the vendor's responses and the courts' rulings."""

from bot.core.dates import LONG_AGO
from bot.core.document import Inlines, strong, words
from bot.core.editing.entered import NOBODY, Entries, entered
from bot.core.vendor import Proceeding, Response, Stage, Vendor
from bot.core.wording import RESPONSES, STAGES, cite, marked, sentence


def answers(
    vendor: Vendor, to: str, *, whole: bool = False, entries: Entries = NOBODY
) -> tuple[Inlines, ...]:
    """Give the answers to an allegation or measure, newest first, then the rulings.

    A card shows the newest of each and says how many more there are.
    """
    told, judged = _told(vendor, to, entries, whole=whole)
    if whole:
        return (*told, *judged)
    more = len(told[1:]) + len(judged[1:])
    shown = [*told[:1], *judged[:1]]
    if more:
        noun = "answer or ruling" if more == 1 else "answers and rulings"
        shown[-1] = words(*shown[-1], f" ({more} more {noun} in the full record)")
    return tuple(shown)


def all_answers(vendor: Vendor, to: str) -> tuple[Inlines, ...]:
    """Give every answer as a card would show it."""
    told, judged = _told(vendor, to, NOBODY, whole=False)
    return (*told, *judged)


def _told(
    vendor: Vendor, to: str, entries: Entries, *, whole: bool
) -> tuple[list[Inlines], list[Inlines]]:
    said = [each for each in responses(vendor, to) if whole or each.speaks]
    rulings = _rulings(vendor, to, whole=whole)
    return (
        [_answer(vendor, each, entries, whole=whole) for each in said],
        [ruling_words(vendor, each, whole=whole, entries=entries) for each in rulings],
    )


def ruling_words(
    vendor: Vendor, ruling: Proceeding, *, whole: bool = False, entries: Entries = NOBODY
) -> Inlines:
    """Tell what a court did, and whether that was for the time being or on the merits."""
    when = ruling.decided_on or ruling.filed_on
    outcome = ruling.outcome if whole else ruling.short or ruling.outcome
    case = f", {ruling.case}" if whole else ""
    told = f", {STAGES[ruling.stage]}: {ruling.court}{case}"
    told += f", {when.words()}" if when else ""
    ruled = words(
        strong("Court"),
        f"{told}: {sentence(outcome)}",
        *cite(vendor, ruling.sources, whole=whole),
        *entered(entries, ("proceedings", ruling.id)),
    )
    return words("↳ ", *marked(ruled, ruling.confidence))


def _answer(vendor: Vendor, response: Response, entries: Entries, *, whole: bool) -> Inlines:
    said = response.text if whole else response.short or response.text
    when = f", {response.date.words()}" if response.date else ", undated"
    who = "" if response.by == vendor.name else f" by {response.by}"
    if response.translated_from:
        when += f", translated from {response.translated_from}"
    answered = words(
        strong(RESPONSES[response.kind]),
        f"{who}{when}: {sentence(said)}",
        *cite(vendor, response.sources, whole=whole),
        *entered(entries, ("responses", response.id)),
    )
    return words("↳ ", *marked(answered, response.confidence))


def responses(vendor: Vendor, to: str) -> list[Response]:
    """Give the responses that answer an item, newest first, undated last."""
    found = [each for each in vendor.responses if to in each.answers]
    return sorted(found, key=lambda each: each.date or LONG_AGO, reverse=True)


def _rulings(vendor: Vendor, to: str, *, whole: bool) -> list[Proceeding]:
    """Give the proceedings about an item: rulings on the merits first, then the newest ones."""
    found = [each for each in vendor.proceedings if to in each.affects and (whole or each.speaks)]
    found.sort(key=lambda each: each.decided_on or each.filed_on or LONG_AGO, reverse=True)
    order = (Stage.MERITS, Stage.INTERIM, Stage.PENDING)
    return sorted(found, key=lambda each: order.index(each.stage))
