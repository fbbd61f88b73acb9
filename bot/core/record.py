"""The full record: everything the watchlist holds about a vendor, unverified lines marked so."""

from collections.abc import Iterator

from bot.core.answers import answers, ruling_words
from bot.core.cards import Desk, allegation_item, measure_item, status_words, title
from bot.core.document import (
    Block,
    Bullets,
    Document,
    FieldRow,
    Fields,
    Footnote,
    Heading,
    Inline,
    Item,
    Paragraph,
    link,
    strong,
    words,
)
from bot.core.editing.stub import is_stub
from bot.core.vendor import Confidence, NameRole, Statement, Vendor
from bot.core.wording import cite, marked, sentence, source_words

_NOT_CARRIED_OVER = (
    "A listing of one of these is not shown here as a listing of another; whether a measure also "
    "reaches affiliates depends on its law."
)


def record(vendor: Vendor, desk: Desk) -> Document:
    """Write the full record as one document."""
    status = status_words(vendor, desk.today)
    stub = is_stub(vendor)
    blocks: list[Block] = [
        Heading(words(*title(vendor), ": full record")),
        Paragraph(words(strong(status)) if stub else words(strong("Sanctions status: "), status)),
        Fields(tuple(_facts(vendor))),
    ]
    sections: tuple[tuple[str, list[Item]], ...] = (
        ("Measures", [measure_item(vendor, each, desk, whole=True) for each in vendor.measures]),
        ("Looked for and not listed", _not_listed(vendor, desk)),
        (
            "Allegations and answers",
            [allegation_item(vendor, each, whole=True) for each in vendor.allegations],
        ),
        (
            "Court proceedings",
            [
                Item(ruling_words(vendor, each, whole=True), answers(vendor, each.id, whole=True))
                for each in vendor.proceedings
            ],
        ),
        ("Background", _background(vendor)),
        ("Related companies", _related(vendor)),
        ("Sources", _sources(vendor)),
    )
    for heading, items in sections:
        if items:
            blocks += [Heading(words(heading)), Bullets(tuple(items))]
    reviewed = vendor.review.reviewed_by or "not yet reviewed by a person"
    foot = f"Record status: {vendor.review.status}; {reviewed}. "
    foot += desk.disclaimer
    blocks.append(Footnote(words(foot)))
    return Document(f"{vendor.name}: full record. {status}", tuple(blocks))


def _facts(vendor: Vendor) -> Iterator[FieldRow]:
    yield FieldRow("Seat", words(f"{vendor.headquarters} ({vendor.country})"))
    yield FieldRow("Makes", _statement(vendor, vendor.makes))
    if vendor.control is not None:
        yield FieldRow("Control", _statement(vendor, vendor.control))
    for role in NameRole:
        named = [name for name in vendor.names if name.role is role]
        if named:
            told = "; ".join(
                name.value + (" [unverified]" if name.confidence is Confidence.UNVERIFIED else "")
                for name in named
            )
            yield FieldRow(_ROLES[role], words(told))
    numbers = vendor.identifiers.model_dump(exclude_none=True, exclude_defaults=True)
    for kind, value in numbers.items():
        told = ", ".join(value) if isinstance(value, tuple | list) else str(value)
        yield FieldRow(_IDENTIFIERS.get(kind, kind), words(told))


_ROLES = {
    NameRole.LEGAL: "Legal names",
    NameRole.ALIAS: "Also called",
    NameRole.BRAND: "Brands",
    NameRole.PRODUCT: "Products",
    NameRole.SUBSIDIARY: "Subsidiaries",
    NameRole.FORMER: "Former names",
    NameRole.DOMAIN: "Domains",
    NameRole.MODEL: "Model numbers",
    NameRole.OEM: "Sold under the names",
}

_IDENTIFIERS = {
    "uscc": "Unified Social Credit Code",
    "lei": "LEI",
    "wikidata": "Wikidata",
    "opensanctions": "OpenSanctions",
    "ofac_uid": "OFAC entry",
    "isin": "ISIN",
    "ticker": "Ticker",
}


def _statement(vendor: Vendor, statement: Statement) -> tuple[Inline, ...]:
    text = words(sentence(statement.text), *cite(vendor, statement.sources))
    return marked(text, statement.confidence)


def _not_listed(vendor: Vendor, desk: Desk) -> list[Item]:
    items = []
    for each in vendor.not_listed:
        program = desk.programs.get(each.program)
        name = program.name if program else each.program
        text = f"{name}: no entry found when looked at, {each.checked_on.words()}."
        if each.text:
            text += f" {sentence(each.text)}"
        items.append(Item(marked(words(text, *cite(vendor, each.sources)), each.confidence)))
    return items


def _background(vendor: Vendor) -> list[Item]:
    items = []
    for each in vendor.background:
        lead = ", ".join(
            part for part in (each.by, each.date.words() if each.date else None) if part
        )
        text = (f"{lead}: " if lead else "") + sentence(each.text)
        items.append(Item(marked(words(text, *cite(vendor, each.sources)), each.confidence)))
    return items


def _related(vendor: Vendor) -> list[Item]:
    items = []
    for each in vendor.related:
        text = f"{each.name} ({each.relation})." + (f" {sentence(each.text)}" if each.text else "")
        items.append(Item(marked(words(text, *cite(vendor, each.sources)), each.confidence)))
    if items:
        items.append(Item(words(_NOT_CARRIED_OVER)))
    return items


def _sources(vendor: Vendor) -> list[Item]:
    items = []
    for key, source in vendor.sources.items():
        tail = f" ({source.tier})"
        if source.via:
            tail += f", read via {source.via}"
        if source.url is None:
            tail += ", no address known"
        named = source_words(source) + (f": {source.title}" if source.title else "")
        items.append(Item(words(f"{key}: ", link(named, source.url), tail)))
    return items
