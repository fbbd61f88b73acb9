"""The watchlist for other programs: one row a claim, or FollowTheMoney entities.

Unverified claims are left out of the FollowTheMoney form, which has no word for them; rows carry
their confidence. Property names are those of the FollowTheMoney schemata Company, Sanction,
Article and Note (https://followthemoney.tech/explorer/).
"""

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from typing import TypeAlias

from bot.core.editorial import claims
from bot.core.vendor import (
    Allegation,
    Claim,
    Confidence,
    MatchMode,
    Measure,
    MeasureKind,
    MeasureStatus,
    NameRole,
    Program,
    Response,
    Vendor,
)
from bot.core.wording import NOT_COUNTED

Entity: TypeAlias = dict[str, str | dict[str, list[str]]]

COLUMNS = (
    "vendor", "part", "id", "status", "by", "date", "text", "answers", "confidence", "publisher",
    "published", "url",
)  # fmt: skip

UNKNOWN = "ZZ"
"""The country code of a record that does not know its country."""

_TOPICS: Mapping[MeasureKind, str] = {
    MeasureKind.EXPORT_CONTROL: "export.control",
    MeasureKind.INVESTMENT_BAN: "invest.ban",
    MeasureKind.ASSET_FREEZE: "sanction",
    MeasureKind.PROCUREMENT_BAN: "debarment",
    MeasureKind.EQUIPMENT_AUTHORISATION: "debarment",
}
_NAME_PROPERTIES: Mapping[NameRole, str] = {
    NameRole.LEGAL: "alias",
    NameRole.ALIAS: "alias",
    NameRole.FORMER: "previousName",
}


def rows(vendors: Iterable[Vendor]) -> Iterator[dict[str, str]]:
    """Give one row for each source of each claim, with the keys of `COLUMNS`, all text."""
    for vendor in vendors:
        for path, claim in claims(vendor):
            for key in claim.sources or ("",):
                source = vendor.sources.get(key)
                yield {
                    "vendor": vendor.id,
                    "part": str(path[0]),
                    "id": _text(claim, "id", "program", "name"),
                    "status": _text(claim, "status", "kind", "stage", "relation"),
                    "by": _text(claim, "by", "authority", "court"),
                    "date": _text(claim, "date", "since", "decided_on", "filed_on", "checked_on"),
                    "text": _text(claim, "text", "outcome", "effect", "title"),
                    "answers": " ".join(getattr(claim, "answers", ()) or ()),
                    "confidence": str(claim.confidence),
                    "publisher": source.publisher if source else "",
                    "published": str(source.date) if source and source.date else "",
                    "url": (source.url or "") if source else "",
                }


def entities(vendors: Iterable[Vendor], programs: Mapping[str, Program]) -> Iterator[Entity]:
    """Give FollowTheMoney entities: a Company a vendor, a Sanction a measure, Notes for claims."""
    for vendor in vendors:
        yield _company(vendor)
        yield from _sanctions(vendor, programs)
        yield from _notes(vendor)


def _company(vendor: Vendor) -> Entity:
    properties: dict[str, list[str]] = {
        "name": [vendor.name, *([vendor.native_name] if vendor.native_name else [])],
        "country": [] if vendor.country == UNKNOWN else [vendor.country.lower()],
        "topics": sorted({_TOPICS.get(each.kind, "") for each in _in_force(vendor)} - {""}),
        "uscCode": [vendor.identifiers.uscc] if vendor.identifiers.uscc else [],
        "leiCode": [vendor.identifiers.lei] if vendor.identifiers.lei else [],
        "isinCode": list(vendor.identifiers.isin),
        "ticker": list(vendor.identifiers.ticker),
        "summary": [vendor.makes.text] if vendor.makes.speaks else [],
    }
    for name in vendor.names:
        kind = _NAME_PROPERTIES.get(name.role)
        if name.confidence is Confidence.UNVERIFIED:
            continue
        if name.role is NameRole.DOMAIN:
            properties.setdefault("website", []).append(f"https://{name.value}")
        elif kind is not None:
            weak = name.match in {MatchMode.CONTEXT, MatchMode.NEVER} and kind == "alias"
            properties.setdefault("weakAlias" if weak else kind, []).append(name.value)
    return _entity(vendor.id, "Company", properties)


def _sanctions(vendor: Vendor, programs: Mapping[str, Program]) -> Iterator[Entity]:
    for measure in vendor.measures:
        if not measure.speaks or measure.kind in NOT_COUNTED:
            continue
        program = programs.get(measure.program or "")
        properties = {
            "entity": [_id(vendor.id, "Company")],
            "authority": [measure.authority],
            "authorityId": list(measure.citations),
            "program": [program.name if program else measure.title],
            "programId": [measure.program] if measure.program else [],
            "listingDate": [measure.since.plain],
            "startDate": [measure.effective_on.plain] if measure.effective_on else [],
            "endDate": [measure.ended_on.plain] if measure.ended_on else [],
            "status": [str(measure.status)],
            "provisions": [each for each in (measure.effect, measure.limits) if each],
            "recordId": [measure.record_id] if measure.record_id else [],
            "sourceUrl": _urls(vendor, measure),
        }
        yield _entity(f"{vendor.id}.{measure.id}", "Sanction", properties)


def _notes(vendor: Vendor) -> Iterator[Entity]:
    """Give allegations and responses as Notes; a response names the claims that it answers."""
    told: tuple[Allegation | Response, ...] = (*vendor.allegations, *vendor.responses)
    for claim in told:
        if claim.speaks:
            text = f"{claim.by}, {claim.date or 'undated'}: {claim.text} [{_standing(claim)}]"
            properties = {
                "entity": [_id(vendor.id, "Company")],
                "name": [claim.id],
                "description": [text],
                "sourceUrl": _urls(vendor, claim),
            }
            yield _entity(f"{vendor.id}.{claim.id}", "Note", properties)


def _standing(claim: Allegation | Response) -> str:
    if isinstance(claim, Allegation):
        return str(claim.status)
    return f"{claim.kind}; answers {', '.join(claim.answers)}"


def _in_force(vendor: Vendor) -> Iterator[Measure]:
    for measure in vendor.measures:
        in_force = measure.status is MeasureStatus.IN_FORCE
        if measure.speaks and in_force and measure.kind not in NOT_COUNTED:
            yield measure


def _urls(vendor: Vendor, claim: Claim) -> list[str]:
    found = (vendor.sources[key].url for key in claim.sources if key in vendor.sources)
    return [url for url in found if url]


def _entity(key: str, schema: str, properties: Mapping[str, list[str]]) -> Entity:
    kept = {name: values for name, values in properties.items() if values}
    return {"id": _id(key, schema), "schema": schema, "properties": kept}


def _id(key: str, schema: str) -> str:
    """Make an id that is the same in every export."""
    return "vw-" + hashlib.sha256(f"{schema}:{key}".encode()).hexdigest()[:20]


def _text(claim: Claim, *keys: str) -> str:
    for key in keys:
        value = getattr(claim, key, None)
        if value is not None:
            return str(value)
    return ""
