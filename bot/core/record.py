"""The full record: everything the watchlist holds about a vendor, unverified lines marked so."""

from collections.abc import Iterable, Iterator

from bot.core.answers import answers, ruling_words
from bot.core.cards import Desk, measure_item, title
from bot.core.document import (
    Block,
    Bullets,
    Document,
    FieldRow,
    Fields,
    Footnote,
    Heading,
    Inline,
    Inlines,
    Item,
    Paragraph,
    link,
    strong,
    words,
)
from bot.core.editing.entered import Entries, entered, others
from bot.core.editing.stub import is_stub
from bot.core.editing.tree import Path
from bot.core.statements import about_of, allegation_item, status_words
from bot.core.vendor import Confidence, Name, NameRole, Statement, Vendor
from bot.core.wording import cite, marked, sentence, source_words

_NOT_CARRIED_OVER = (
    "A listing of one of these is not shown here as a listing of another; whether a measure also "
    "reaches affiliates depends on its law."
)


def record(vendor: Vendor, desk: Desk) -> Document:
    """Write the full record as one document."""
    status, entries = status_words(vendor, desk.today), desk.by_team(vendor)
    lead = words(strong(status)) if is_stub(vendor) else words(strong("Sanctions status: "), status)
    blocks: list[Block] = [
        Heading(words(*title(vendor), ": full record")),
        Paragraph(lead, about=f"{vendor.id} status"),
        Fields(tuple(_facts(vendor, entries))),
    ]
    sections: tuple[tuple[str, list[Item]], ...] = (
        ("Measures", [measure_item(vendor, each, desk, whole=True) for each in vendor.measures]),
        ("Looked for and not listed", _not_listed(vendor, desk, entries)),
        (
            "Allegations and answers",
            [allegation_item(vendor, each, entries, whole=True) for each in vendor.allegations],
        ),
        (
            "Court proceedings",
            [
                Item(
                    ruling_words(vendor, each, whole=True, entries=entries),
                    answers(vendor, each.id, whole=True, entries=entries),
                    about=about_of(vendor, f"proceedings/{each.id}", whole=True),
                )
                for each in vendor.proceedings
            ],
        ),
        ("Background", _background(vendor, entries)),
        ("Related companies", _related(vendor, entries)),
        ("Sources", _sources(vendor)),
    )
    for heading, items in sections:
        if items:
            blocks += [Heading(words(heading)), Bullets(tuple(items))]
    reviewed = vendor.review.reviewed_by or "not yet reviewed by a person"
    foot = f"Record status: {vendor.review.status}; {reviewed}. "
    team = others(entries, _MARKED)
    small = words(foot.rstrip(), *team, f" {desk.disclaimer}")
    blocks.append(Footnote(small if team else words(foot + desk.disclaimer)))
    return Document(f"{vendor.name}: full record. {status}", tuple(blocks))


def _facts(vendor: Vendor, entries: Entries) -> Iterator[FieldRow]:
    seat = entered(entries, ("headquarters",), ("country",))
    yield FieldRow("Seat", words(f"{vendor.headquarters} ({vendor.country})", *seat))
    makes = entered(entries, ("makes",))
    yield FieldRow("Makes", (*_statement(vendor, vendor.makes), *makes))
    if vendor.control is not None:
        control = entered(entries, ("control",))
        yield FieldRow("Control", (*_statement(vendor, vendor.control), *control))
    for role in NameRole:
        named = [name for name in vendor.names if name.role is role]
        if named:
            yield FieldRow(_ROLES[role], _names(named, entries))
    numbers = vendor.identifiers.model_dump(exclude_none=True, exclude_defaults=True)
    for kind, value in numbers.items():
        told = ", ".join(value) if isinstance(value, tuple | list) else str(value)
        yield FieldRow(_IDENTIFIERS.get(kind, kind), words(told))


def _names(names: Iterable[Name], entries: Entries) -> Inlines:
    """List names, those that the team gave with who did."""
    parts: list[Inline] = []
    text = ""
    for number, name in enumerate(names):
        mark = " [unverified]" if name.confidence is Confidence.UNVERIFIED else ""
        text += f"{'; ' if number else ''}{name.value}{mark}"
        by = entered(entries, ("names", name.value))
        if by:
            parts += [*words(text), *by]
            text = ""
    return words(*parts, text)


_MARKED: tuple[Path, ...] = (
    *((part,) for part in ("headquarters", "country", "makes", "control", "names", "measures")),
    *((part,) for part in ("not_listed", "allegations", "responses", "proceedings")),
    *((part,) for part in ("background", "related")),
)
"""What a record says of itself whose word it is."""
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


def _not_listed(vendor: Vendor, desk: Desk, entries: Entries) -> list[Item]:
    items = []
    for each in vendor.not_listed:
        program = desk.programs.get(each.program)
        name = program.name if program else each.program
        text = f"{name}: no entry found when looked at, {each.checked_on.words()}."
        if each.text:
            text += f" {sentence(each.text)}"
        by = entered(entries, ("not_listed", each.program))
        items.append(Item(marked(words(text, *cite(vendor, each.sources), *by), each.confidence)))
    return items


def _background(vendor: Vendor, entries: Entries) -> list[Item]:
    items = []
    for each in vendor.background:
        lead = ", ".join(
            part for part in (each.by, each.date.words() if each.date else None) if part
        )
        text = (f"{lead}: " if lead else "") + sentence(each.text)
        told = words(text, *cite(vendor, each.sources), *entered(entries, ("background", each.id)))
        about = about_of(vendor, f"background/{each.id}", whole=True)
        items.append(Item(marked(told, each.confidence), about=about))
    return items


def _related(vendor: Vendor, entries: Entries) -> list[Item]:
    items = []
    for each in vendor.related:
        text = f"{each.name} ({each.relation})." + (f" {sentence(each.text)}" if each.text else "")
        by = entered(entries, ("related", each.name))
        items.append(Item(marked(words(text, *cite(vendor, each.sources), *by), each.confidence)))
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
