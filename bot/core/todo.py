"""What a record still waits for: claims and names to confirm, statuses to look at again."""

from collections.abc import Iterator
from datetime import date

from bot.core.editing.stub import UNTOLD, is_stub
from bot.core.editorial import claims
from bot.core.finding import Finding
from bot.core.vendor import Confidence, MeasureStatus, Vendor
from bot.core.wording import NOT_COUNTED, is_stale


def todo(vendor: Vendor, today: date) -> Iterator[Finding]:
    """Give every unverified line, and every measure in force that was checked too long ago.

    Where nothing is recorded yet that comes first, in place of what such a record has to say.
    """
    if is_stub(vendor):
        yield Finding(vendor.id, (), "stub: no record yet", is_error=False)
    for path, claim in claims(vendor):
        if not claim.speaks and claim != UNTOLD:
            sources = ", ".join(claim.sources) or "no source"
            told = f"unverified {path[0]} '{_called(claim)}' ({sources})"
            yield Finding(vendor.id, path, told, is_error=False)
    for index, name in enumerate(vendor.names):
        if name.confidence is Confidence.UNVERIFIED:
            told = f"unverified name '{name.value}'"
            yield Finding(vendor.id, ("names", index), told, is_error=False)
    for index, measure in enumerate(vendor.measures):
        counted = measure.kind not in NOT_COUNTED and measure.speaks
        checked = measure.verified_on
        in_force = measure.status is MeasureStatus.IN_FORCE
        if counted and in_force and checked is not None and is_stale(checked, today):
            told = f"'{measure.id}' was last checked {checked.words()}; look again"
            yield Finding(vendor.id, ("measures", index), told, is_error=False)
    if vendor.review.reviewed_by is None:
        told = "no person has reviewed this record"
        yield Finding(vendor.id, ("review",), told, is_error=False)


def _called(claim: object) -> str:
    for key in ("id", "name", "program", "text"):
        value = getattr(claim, key, None)
        if isinstance(value, str):
            return value if len(value) <= 60 else value[:60] + "…"
    return ""
