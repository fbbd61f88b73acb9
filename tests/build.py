"""Builders of records for tests: invented companies, complete enough to pass the editorial check.

Every builder gives a valid record of its own accord; a test names only what it is about.
"""

import json
from pathlib import Path
from typing import TypeVar

from bot.core.vendor import (
    Allegation,
    Background,
    Claim,
    Confidence,
    Measure,
    Name,
    Proceeding,
    Program,
    Programs,
    Record,
    Response,
    Source,
    Vendor,
)

ClaimT = TypeVar("ClaimT", bound=Claim)


def vendor(id: str = "acme-cam", **changes: object) -> Vendor:  # noqa: A002 - the field's own name
    """Give a vendor called after its id, with one source; `sources` are added to that one."""
    called = " ".join(word.capitalize() for word in id.split("-"))
    sources = {
        "own-site": source(publisher=called, tier="subject", url=f"https://{id}.example/news")
    }
    added = changes.pop("sources", {})
    assert isinstance(added, dict)
    plain: dict[str, object] = {
        "schema": "vendorwatch/1",
        "id": id,
        "name": called,
        "country": "ZZ",
        "headquarters": "Springfield",
        "makes": {"text": "Surveillance cameras", "sources": ["own-site"]},
        "names": [
            {"value": called, "role": "brand"},
            {"value": f"{called} Co., Ltd.", "role": "legal"},
        ],
        "sources": sources | added,
    }
    return Vendor.model_validate(plain | changes)


def name(value: str = "Acme Cam", **changes: object) -> Name:
    """Give a brand name, matched as a word."""
    return Name.model_validate({"value": value, "role": "brand"} | changes)


def source(**changes: object) -> Source:
    """Give an article in an invented newspaper."""
    plain = {
        "publisher": "The Springfield Shopper",
        "date": "2024-03-01",
        "tier": "press",
        "url": "https://shopper.example/acme",
    }
    return Source.model_validate(plain | changes)


def measure(id: str = "trade-list", **changes: object) -> Measure:  # noqa: A002 - as above
    """Give an export control in force since 9 October 2019; its source is `own-site`."""
    plain = {
        "id": id,
        "kind": "export_control",
        "status": "in_force",
        "title": "Zedland Trade List",
        "authority": "Zedland Ministry of Trade",
        "since": "2019-10-09",
        "binds": "exporters under Zedland law",
        "effect": "A licence is needed to send it listed items.",
        "limits": "Does not forbid buying from it.",
        "verified_on": "2024-03-01",
        "sources": ["own-site"],
    }
    return Measure.model_validate(plain | changes)


def allegation(id: str = "tender", **changes: object) -> Allegation:  # noqa: A002 - as above
    """Give a reported allegation of November 2023 that nobody is known to have answered."""
    plain = {
        "id": id,
        "by": "The Springfield Shopper",
        "date": "2023-11",
        "status": "reported",
        "text": "The Springfield Shopper reported that its cameras count hats without a permit.",
        "no_response": {"text": "Did not answer The Springfield Shopper."},
        "sources": ["own-site"],
    }
    return Allegation.model_validate(plain | changes)


def response(id: str = "denial", **changes: object) -> Response:  # noqa: A002 - as above
    """Give a denial that answers the allegation `tender`."""
    plain = {
        "id": id,
        "by": "Acme Cam",
        "date": "2023-12-01",
        "kind": "denial",
        "text": 'Acme Cam says that its cameras "never counted hats".',
        "answers": ["tender"],
        "sources": ["own-site"],
    }
    return Response.model_validate(plain | changes)


def proceeding(id: str = "appeal", **changes: object) -> Proceeding:  # noqa: A002 - as above
    """Give a pending court case that affects the measure `trade-list`."""
    plain = {
        "id": id,
        "court": "Zedland Court of Appeal",
        "case": "Acme Cam v Ministry of Trade",
        "filed_on": "2020-01-15",
        "stage": "pending",
        "outcome": "Pending.",
        "affects": ["trade-list"],
        "sources": ["own-site"],
    }
    return Proceeding.model_validate(plain | changes)


def background(id: str = "sales", **changes: object) -> Background:  # noqa: A002 - as above
    """Give a neutral fact of 2022."""
    plain = {
        "id": id,
        "text": "Reported sales of 2 million cameras.",
        "date": "2022",
        "sources": ["own-site"],
    }
    return Background.model_validate(plain | changes)


def program(**changes: object) -> Program:
    """Give a programme of Zedland's; its record has no sources."""
    plain = {
        "name": "Zedland Trade List",
        "authority": "Zedland Ministry of Trade",
        "does": "A licence is needed to send listed companies items under Zedland law.",
        "does_not": "It does not forbid buying from them.",
    }
    return Program.model_validate(plain | changes)


def full_vendor(id: str = "acme-cam", **changes: object) -> Vendor:  # noqa: A002 - as above
    """Give a vendor with one of everything: measure, allegation, denial, case, background."""
    plain: dict[str, object] = {
        "native_name": "阿珂美",
        "control": {"text": "Privately owned", "sources": ["own-site"]},
        "tags": ["cameras"],
        "measures": [measure()],
        "allegations": [allegation(no_response=None)],
        "responses": [response()],
        "proceedings": [proceeding()],
        "background": [background()],
    }
    return vendor(id, **(plain | changes))


def unverified(claim: ClaimT) -> ClaimT:
    """Give the same claim, not to be said aloud."""
    return claim.model_copy(update={"confidence": Confidence.UNVERIFIED})


def as_yaml(record: Record) -> str:
    """Write a record as a watchlist file (JSON, which is YAML)."""
    plain = record.model_dump(mode="json", by_alias=True, exclude_defaults=True)
    return json.dumps(plain, ensure_ascii=False, indent=2) + "\n"


def write_pack(folder: Path, *vendors: Vendor, programs: dict[str, Program] | None = None) -> Path:
    """Write vendors and programmes as a pack folder; give the folder."""
    (folder / "vendors").mkdir(parents=True, exist_ok=True)
    for each in vendors:
        (folder / "vendors" / f"{each.id}.yml").write_text(as_yaml(each), encoding="utf-8")
    if programs is not None:
        record = Programs.model_validate({"schema": "vendorwatch/1", "programs": programs})
        (folder / "programs.yml").write_text(as_yaml(record), encoding="utf-8")
    return folder
