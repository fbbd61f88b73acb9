"""The small print of a card: how new it is, who looked at it, whose word it is, what is left."""

from collections.abc import Iterable

from bot.core.dates import LONG_AGO
from bot.core.document import Inlines, words
from bot.core.editing.entered import Entries, others
from bot.core.editing.tree import Path
from bot.core.editorial import claims
from bot.core.vendor import Vendor
from bot.core.wording import source_words


def foot(
    vendor: Vendor, untold: int, disclaimer: str, entries: Entries, told: Iterable[Path]
) -> Inlines:
    """Write it; `untold` allegations are not on the card, of the team's entries `told` are."""
    spoken = {key for _, claim in claims(vendor) if claim.speaks for key in claim.sources}
    sources = [vendor.sources[key] for key in sorted(spoken & vendor.sources.keys())]
    dated = [source for source in sources if source.date is not None]
    newest = max(dated, key=lambda source: source.date or LONG_AGO, default=None)
    parts = [f"Newest source: {source_words(newest)}."] if newest else []
    review = vendor.review
    if review.reviewed_by and review.reviewed_on:
        parts.append(f"Reviewed {review.reviewed_on.words()} by {review.reviewed_by}.")
    else:
        parts.append("Not yet reviewed by a person.")
    team = others(entries, told)
    more = _more(vendor, untold)
    rest = [f"The full record also holds {more}."] if more else []
    rest.append(disclaimer)
    if not team:
        return words(" ".join([*parts, *rest]))
    return words(" ".join(parts), *team, " ", " ".join(rest))


def _more(vendor: Vendor, untold: int) -> str:
    counts = (
        (untold, "more allegation", "more allegations"),
        (sum(each.speaks for each in vendor.background), "background fact", "background facts"),
    )
    told = [f"{number} {one if number == 1 else many}" for number, one, many in counts if number]
    return " and ".join(told)
