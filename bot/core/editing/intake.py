"""Records that come in as text: what each of them would change, and which do not meet the rules."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from bot.core.document import (
    Block,
    Bullets,
    Document,
    Inlines,
    Item,
    Paragraph,
    strong,
    words,
)
from bot.core.editing.block import FlawedError, is_whole, over, whole
from bot.core.editing.change import Change
from bot.core.editing.edition import Edition
from bot.core.editing.tree import Fault, Path, Tree, UnfitError, path_words, tree_of, vendor_of
from bot.core.editing.words import change_words
from bot.core.editing.written import MOST_TOLD, Flaw, Written
from bot.core.editorial import check, check_all
from bot.core.finding import Finding
from bot.core.vendor import Vendor
from bot.core.watchlist import Watchlist
from bot.core.wording import counted

CHANGES_TOLD = 5
"""Changes of one record that a preview tells."""
_PROGRAMMES = "programmes are taken in with the packs only: put them into programs.yml there"
_NOT_WHOLE = "this is no whole record, as it has no 'schema'; watchlist edit takes parts of one"
_NO_RECORD = "this is no record"


@dataclass(frozen=True, slots=True)
class Incoming:
    """A record that would change something. `weak` is worth a look and no reason to refuse."""

    vendor: Vendor
    tree: Tree
    changes: tuple[Change, ...]
    written: Written
    is_new: bool
    weak: tuple[Fault, ...] = ()


@dataclass(frozen=True, slots=True)
class Refused:
    """A record that is not taken in, as it calls itself, and why."""

    name: str
    flaws: tuple[Flaw, ...]


@dataclass(frozen=True, slots=True)
class Intake:
    """What comes of records: those to take in, those that say nothing new, and the refused."""

    incoming: tuple[Incoming, ...] = ()
    same: tuple[str, ...] = ()
    refused: tuple[Refused, ...] = ()


def intake(edition: Edition, documents: Sequence[Written]) -> Intake:
    """Work out what records would change, each held to the standard with all the others there."""
    incoming: dict[str, Incoming] = {}
    same: list[str] = []
    refused: list[Refused] = []
    for written in documents:
        try:
            made = _incoming(edition, written, incoming)
        except FlawedError as error:
            refused.append(Refused(_called(written), error.flaws))
            continue
        if made.changes:
            incoming[made.vendor.id] = made
        else:
            same.append(made.vendor.name)
    faults = _judged(edition.watchlist, {id_: each.vendor for id_, each in incoming.items()})
    kept: list[Incoming] = []
    for id_, each in incoming.items():
        wrong = [fault for fault, is_error in faults[id_] if is_error]
        if wrong:
            flaws = each.written.flaws_of(wrong)
            refused.append(Refused(each.vendor.name, flaws))
        else:
            kept.append(replace(each, weak=tuple(fault for fault, _ in faults[id_])))
    return Intake(tuple(kept), tuple(same), tuple(refused))


def _incoming(edition: Edition, written: Written, before: Mapping[str, Incoming]) -> Incoming:
    """Read one record and compare it with what stands. Raise FlawedError."""
    if written.flaws:
        raise FlawedError(written.flaws)
    if isinstance(written.data, dict) and "programs" in written.data:
        raise FlawedError([written.flaw(("programs",), _PROGRAMMES, of_key=True)])
    if not is_whole(written):
        told = _NOT_WHOLE if isinstance(written.data, dict) else _NO_RECORD
        raise FlawedError([written.flaw((), told)])
    vendor = whole(written)
    if vendor.id in before:
        told = f"the record '{vendor.id}' comes twice"
        raise FlawedError([written.flaw(("id",), told, of_key=True)])
    record = edition.record(vendor.id)
    tree = over(record, tree_of(vendor))
    try:
        vendor = vendor_of(tree)  # as it will be
    except UnfitError as error:
        raise FlawedError(written.flaws_of(error.faults)) from None
    changes = edition.edited(vendor.id, tree)
    return Incoming(vendor, tree, changes, written, is_new=record is None)


def _called(written: Written) -> str:
    data = written.data if isinstance(written.data, dict) else {}
    named = next((each for key in ("name", "id") if isinstance(each := data.get(key), str)), None)
    return named or "a record"


def _judged(
    watchlist: Watchlist, records: Mapping[str, Vendor]
) -> dict[str, list[tuple[Fault, bool]]]:
    """Hold records to the standard all at once; say of each fault whether it is an error.

    What was wrong before is not held against them.
    """
    before = [watchlist.vendors[id_] for id_ in records if id_ in watchlist.vendors]
    after = Watchlist({**watchlist.vendors, **records}, watchlist.programs)
    known = {_told(watchlist, each) for each in _findings(watchlist, before)}
    found: dict[str, list[tuple[Fault, bool]]] = {id_: [] for id_ in records}
    for each in _findings(after, records.values()):
        told = _told(after, each)
        if told in known:
            continue
        if each.vendor in records:
            found[each.vendor].append((Fault(told[1], each.message), each.is_error))
            continue
        # It shows in another's record, which names the one that made it so.
        meant = [id_ for id_ in records if f"'{id_}'" in each.message] or [*records]
        other = f"{after.vendors[each.vendor].name}: {each.message}"
        for id_ in meant:
            found[id_].append((Fault((), other), each.is_error))
    return found


def _findings(watchlist: Watchlist, vendors: Iterable[Vendor]) -> Iterator[Finding]:
    for vendor in vendors:
        yield from check(vendor, watchlist.programs)
    yield from check_all(watchlist.vendors.values())


def _told(watchlist: Watchlist, finding: Finding) -> tuple[str, Path, str]:
    path = path_words(watchlist.vendors[finding.vendor], finding.path)
    return finding.vendor, path, finding.message


# In words


def intake_document(found: Intake) -> Document:
    """Say what taking records in would change, and what is not taken in and why."""
    lead = (
        f"That would change {counted(len(found.incoming), 'record')}."
        if found.incoming
        else "Nothing to take in."
    )
    blocks: list[Block] = [Paragraph(words(strong(lead)))]
    if found.incoming:
        blocks.append(Bullets(tuple(map(_item, found.incoming))))
    if found.same:
        blocks.append(Paragraph(words(f"As it is already: {', '.join(found.same)}.")))
    return Document(lead, (*blocks, *refused_blocks(found.refused)))


def refused_blocks(refused: Sequence[Refused]) -> tuple[Block, ...]:
    """Say which records are not taken in, with all that is to be mended in each."""
    if not refused:
        return ()
    items = []
    for each in refused:
        flaws = sorted(set(each.flaws))
        told = [words(str(flaw)) for flaw in flaws[:MOST_TOLD]]
        if len(flaws) > MOST_TOLD:
            told.append(words(f"and {len(flaws) - MOST_TOLD} more"))
        items.append(Item(words(strong(each.name)), tuple(told)))
    return (Paragraph(words("Not taken in:")), Bullets(tuple(items)))


def _item(incoming: Incoming) -> Item:
    name = strong(incoming.vendor.name)
    if incoming.is_new:
        held = [
            counted(len(several), noun)
            for several, noun in (
                (incoming.vendor.measures, "measure"),
                (incoming.vendor.allegations, "allegation"),
                (incoming.vendor.responses, "response"),
            )
        ]
        return Item(words(name, f": new, with {', '.join(held)}"), _looks(incoming))
    told = [change_words(each) for each in incoming.changes[:CHANGES_TOLD]]
    if len(incoming.changes) > CHANGES_TOLD:
        told.append(words(f"and {len(incoming.changes) - CHANGES_TOLD} more"))
    changed = counted(len(incoming.changes), "change")
    return Item(words(name, f": {changed}"), (*told, *_looks(incoming)))


def _looks(incoming: Incoming) -> tuple[Inlines, ...]:
    if not incoming.weak:
        return ()
    (first,) = incoming.written.flaws_of(incoming.weak[:1])
    more = len(incoming.weak) - 1
    return (words(f"worth a look: {first}" + (f"; and {more} more" if more else "")),)
