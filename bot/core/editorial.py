"""The editorial standard, as far as a machine can hold a record to it.

A model says what a record may hold; this says what it must: that every claim has a source, every
allegation its answer, every measure in force the day it was checked, and that no name alerts for
what it does not mean. Findings lead into the record by path.
"""

from calendar import monthrange
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from itertools import chain

from bot.core.dates import PartialDate
from bot.core.finding import Finding, Path
from bot.core.matcher import Matcher
from bot.core.naming import check_names, shared_names
from bot.core.spelling import suggestion
from bot.core.vendor import (
    Allegation,
    AllegationStatus,
    Background,
    Claim,
    Measure,
    MeasureKind,
    MeasureStatus,
    Proceeding,
    Program,
    Response,
    Tier,
    Vendor,
)
from bot.core.voice import SANCTIONED, loaded_words, says_sanctioned

_ENDED = {MeasureStatus.REMOVED, MeasureStatus.EXPIRED, MeasureStatus.VACATED}
_MUST_SAY_WHEN = {MeasureStatus.REMOVED, MeasureStatus.EXPIRED}
_NO_MEASURES = {MeasureKind.BUYER_DECISION, MeasureKind.INSTRUCTION, MeasureKind.INQUIRY}
_AUTHORITIES = {Tier.COURT, Tier.OFFICIAL}


def check(vendor: Vendor, programs: Mapping[str, Program]) -> tuple[Finding, ...]:
    """Hold one record to the standard, as far as it can be judged alone."""
    rules = (_ids, _sources, _references, _answers, _measures, _court_findings, check_names, _voice)
    found = chain.from_iterable(rule(vendor) for rule in rules)
    return (*found, *_programs(vendor, programs))


def check_all(vendors: Iterable[Vendor]) -> tuple[Finding, ...]:
    """Find what only shows between records, and what the names of all make of the examples."""
    ordered = sorted(vendors, key=lambda vendor: vendor.id)
    return (*shared_names(ordered), *_related(ordered), *_examples(ordered))


def _examples(vendors: Sequence[Vendor]) -> Iterator[Finding]:
    """Try every vendor's example lines against the names of all."""
    matcher = Matcher(vendors)
    for vendor in vendors:
        for kind, lines in (
            ("match", vendor.examples.match),
            ("no_match", vendor.examples.no_match),
        ):
            for index, line in enumerate(lines):
                named = any(match.vendor == vendor.id for match in matcher.find(line))
                if named != (kind == "match"):
                    told = "this line does not name it" if kind == "match" else "this line names it"
                    yield Finding(vendor.id, ("examples", kind, index), told)


def _related(vendors: Sequence[Vendor]) -> Iterator[Finding]:
    known = {vendor.id for vendor in vendors}
    for vendor in vendors:
        for index, other in enumerate(vendor.related):
            if other.vendor is not None and other.vendor not in known:
                told = f"there is no vendor '{other.vendor}'{suggestion(other.vendor, known)}"
                yield Finding(vendor.id, ("related", index, "vendor"), told)


def _ids(vendor: Vendor) -> Iterator[Finding]:
    seen: dict[str, str] = {}
    for kind, records in _identified(vendor).items():
        for index, record in enumerate(records):
            if record.id in seen:
                told = f"the id '{record.id}' is already one of the {seen[record.id]}"
                yield Finding(vendor.id, (kind, index, "id"), told)
            seen.setdefault(record.id, kind)


def _identified(
    vendor: Vendor,
) -> dict[str, Sequence[Measure | Allegation | Response | Proceeding | Background]]:
    return {
        "measures": vendor.measures,
        "allegations": vendor.allegations,
        "responses": vendor.responses,
        "proceedings": vendor.proceedings,
        "background": vendor.background,
    }


def claims(vendor: Vendor) -> Iterator[tuple[Path, Claim]]:
    """Give every sourced statement of a record with the path that leads to it."""
    yield ("makes",), vendor.makes
    if vendor.control is not None:
        yield ("control",), vendor.control
    several: dict[str, Sequence[Claim]] = {
        "related": vendor.related,
        "not_listed": vendor.not_listed,
        **_identified(vendor),
    }
    for kind, claims in several.items():
        for index, claim in enumerate(claims):
            yield (kind, index), claim


def _sources(vendor: Vendor) -> Iterator[Finding]:
    """Match claims with sources: no confirmed claim without one, no source without a claim."""
    cited: list[tuple[Path, tuple[str, ...]]] = []
    for path, claim in claims(vendor):
        cited.append((path, claim.sources))
        if claim.speaks and not claim.sources:
            yield Finding(vendor.id, path, "a confirmed claim needs at least one source")
        if isinstance(claim, Allegation) and claim.no_response is not None:
            cited.append(((*path, "no_response"), claim.no_response.sources))
    cited += [(("names", index), name.sources) for index, name in enumerate(vendor.names)]
    for path, keys in cited:
        for index, key in enumerate(keys):
            if key not in vendor.sources:
                yield Finding(
                    vendor.id, (*path, "sources", index), f"there is no source '{key}' in this file"
                )
    used = {key for _, keys in cited for key in keys}
    for key in vendor.sources:
        if key not in used:
            yield Finding(
                vendor.id, ("sources", key), f"no claim uses the source '{key}'", is_error=False
            )


def _references(vendor: Vendor) -> Iterator[Finding]:
    """Look up what responses answer and rulings affect: all of it is in the same record."""
    ids = {kind: {each.id for each in several} for kind, several in _identified(vendor).items()}
    answerable = ids["allegations"] | ids["measures"] | ids["proceedings"]
    for index, response in enumerate(vendor.responses):
        for at, key in enumerate(response.answers):
            if key not in answerable:
                told = f"there is no allegation, measure or proceeding '{key}' to answer"
                yield Finding(vendor.id, ("responses", index, "answers", at), told)
    affectable = ids["allegations"] | ids["measures"]
    for index, proceeding in enumerate(vendor.proceedings):
        for at, key in enumerate(proceeding.affects):
            if key not in affectable:
                told = f"there is no measure or allegation '{key}' to affect"
                yield Finding(vendor.id, ("proceedings", index, "affects", at), told)


def _answers(vendor: Vendor) -> Iterator[Finding]:
    """Look for the answer to every allegation: there is one, or it is said that there is none.

    Both may stand: a company that did not answer one who asked may have answered elsewhere. One
    that does not speak may wait for its answer.
    """
    answered = {key for response in vendor.responses for key in response.answers}
    aloud = {key for each in vendor.responses if each.speaks for key in each.answers}
    for index, allegation in enumerate(vendor.allegations):
        path: Path = ("allegations", index)
        if allegation.no_response is None and allegation.id not in answered:
            told = "an allegation needs a response that answers it, or 'no_response'"
            if not allegation.speaks:
                told += ", before it can be confirmed"
            yield Finding(vendor.id, path, told, is_error=allegation.speaks)
        elif allegation.id in answered - aloud and allegation.speaks:
            told = "the only response to it is unverified, so the card shows it without one"
            yield Finding(vendor.id, path, told, is_error=False)


def _measures(vendor: Vendor) -> Iterator[Finding]:
    for index, measure in enumerate(vendor.measures):
        path: Path = ("measures", index)
        status, ended = measure.status, measure.ended_on
        counted = measure.kind not in _NO_MEASURES and measure.speaks
        if counted and status is MeasureStatus.IN_FORCE and measure.verified_on is None:
            told = "a measure in force needs 'verified_on', the day the evidence was read"
            yield Finding(vendor.id, path, told)
        if status in _MUST_SAY_WHEN and ended is None:
            yield Finding(vendor.id, path, f"a measure that is {status} needs 'ended_on'")
        if ended is not None and status not in _ENDED:
            yield Finding(
                vendor.id, (*path, "ended_on"), f"a measure that is {status} has not ended"
            )
        if ended is not None and _last_day(ended) < measure.since.first_day:
            yield Finding(
                vendor.id, (*path, "ended_on"), f"it ended before it began, {measure.since}"
            )


def _last_day(when: PartialDate) -> date:
    month = when.month or 12
    return date(when.year, month, when.day or monthrange(when.year, month)[1])


def _programs(vendor: Vendor, programs: Mapping[str, Program]) -> Iterator[Finding]:
    named: dict[str, Sequence[str | None]] = {
        "measures": [measure.program for measure in vendor.measures],
        "not_listed": [entry.program for entry in vendor.not_listed],
    }
    for kind, keys in named.items():
        for index, key in enumerate(keys):
            if key is not None and key not in programs:
                told = f"there is no programme '{key}' in programs.yml{suggestion(key, programs)}"
                yield Finding(vendor.id, (kind, index, "program"), told)


def _court_findings(vendor: Vendor) -> Iterator[Finding]:
    for index, allegation in enumerate(vendor.allegations):
        if allegation.status is AllegationStatus.COURT_FINDING:
            tiers = {
                vendor.sources[key].tier for key in allegation.sources if key in vendor.sources
            }
            if not tiers & _AUTHORITIES:
                told = "a court's finding needs a source of tier court or official"
                yield Finding(vendor.id, ("allegations", index), told)


def _voice(vendor: Vendor) -> Iterator[Finding]:
    """Read the record's own words: it tells who said what and does not judge."""
    frozen = any(
        measure.kind is MeasureKind.ASSET_FREEZE
        and measure.status is MeasureStatus.IN_FORCE
        and measure.speaks
        for measure in vendor.measures
    )
    for path, text in _texts(vendor):
        if not frozen and says_sanctioned(text):
            yield Finding(vendor.id, path, SANCTIONED)
        for told in loaded_words(text):
            yield Finding(vendor.id, path, told, is_error=False)


def _texts(vendor: Vendor) -> Iterator[tuple[Path, str]]:
    """Give every sentence that the record says in its own words."""
    for path, claim in claims(vendor):
        for key in ("text", "short", "outcome", "binds", "effect", "limits"):
            text = getattr(claim, key, None)
            if isinstance(text, str):
                yield (*path, key), text
        if isinstance(claim, Allegation) and claim.no_response is not None:
            yield (*path, "no_response", "text"), claim.no_response.text
