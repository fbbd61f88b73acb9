"""What a new part of a record gets where nothing was typed: never a claim, and told. Pure."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from bot.core.clean import shortened
from bot.core.dates import LONG_AGO, PartialDate
from bot.core.document import quoted
from bot.core.editing.choosing import references
from bot.core.editing.fieldwords import Given, Kind, Specs, laid
from bot.core.editing.parts import (
    AFFECTED,
    ALLEGATION,
    ANSWERABLE,
    BACKGROUND,
    MEASURE,
    NAME,
    NOT_LISTED,
    PROCEEDING,
    RESPONSE,
    SOURCES,
    Ground,
    Part,
    item_line,
    speaks,
    values,
)
from bot.core.editing.sourcewords import cited
from bot.core.editing.stub import called
from bot.core.editing.tree import Tree, Value, at
from bot.core.spelling import suggestion
from bot.core.vendor import MatchMode, MeasureStatus
from bot.core.wording import NOT_COUNTED
from bot.errors import UsageError

LONGEST_SHOWN = 60
_ID_WORDS = 5
"""Words of a text that an id is made of."""


@dataclass(frozen=True, slots=True)
class Filled:
    """An item, and what was taken for granted: a sentence each."""

    item: Tree
    notes: tuple[str, ...] = ()


def filled(ground: Ground, part: Part, item: Tree) -> Filled:
    """Give a new item with what goes without saying."""
    fill = _FILLS.get(part.key)
    return Filled(item) if fill is None else fill(ground, item)


def _name(ground: Ground, item: Tree) -> Filled:
    value = item.get("value")
    if not isinstance(value, str):
        return Filled(item)
    usual = called(value)
    if "requires" in item:
        usual["match"] = MatchMode.CONTEXT
    notes: tuple[str, ...] = ()
    if usual.get("match") == MatchMode.EXACT and not {"match", "role"} & item.keys():
        more = 'match=context requires="camera, surveillance"'
        again = item_line(NAME, "edit", ground.vendor, value, more)
        told = "It is short, so it counts only as it is written, capitals and all. If other things"
        notes = (f"{told} are called so too, let it count only beside certain words: `{again}`",)
    return Filled(usual | item, notes)


def _measure(ground: Ground, item: Tree) -> Filled:
    program = ground.programs.get(str(item.get("program")))
    usual: Tree = {"status": MeasureStatus.IN_FORCE}
    if program is not None:
        usual |= {"title": program.name, "authority": program.authority}
    told = () if "status" in item else ("It counts as in force; status= says otherwise.",)
    return Filled(usual | item, told)


def _allegation(_ground: Ground, item: Tree) -> Filled:
    usual: Tree = {"status": "alleged"}
    told = "Its status is “alleged”, the weakest there is; status= says otherwise."
    return Filled(usual | item, () if "status" in item else (told,))


def _response(ground: Ground, item: Tree) -> Filled:
    usual: Tree = {"by": ground.name}
    return Filled(usual | item)


_FILLS: Mapping[str, Callable[[Ground, Tree], Filled]] = {
    NAME.key: _name,
    MEASURE.key: _measure,
    ALLEGATION.key: _allegation,
    RESPONSE.key: _response,
}


def looked_up(ground: Ground, part: Part, item: Tree) -> Tree:
    """Give an item with what it names in the record and in programs.yml as it is spelt there."""
    new = dict(item)
    if part in {MEASURE, NOT_LISTED} and "program" in item:
        new["program"] = _program(ground, str(item["program"]))
    for of, key, among in ((RESPONSE, "answers", ANSWERABLE), (PROCEEDING, "affects", AFFECTED)):
        if part is of and key in item:
            new[key] = list(references(ground, among, values(item, key)))
    return new


def _program(ground: Ground, asked: str) -> str:
    """Give a programme's key as it is spelt; raise UsageError if there is none."""
    for key in ground.programs:
        if key.casefold() == asked.casefold():
            return key
    meant = suggestion(asked.upper(), ground.programs)
    shown = quoted(shortened(asked, LONGEST_SHOWN))
    told = f"There is no programme {shown} in programs.yml{meant or '.'}"
    raise UsageError(f"{told} Without one: title= and authority=. Nothing was done.")


def citing(
    tree: Tree, item: Tree, fields: Iterable[tuple[str, Given]], specs: Specs
) -> tuple[Tree, Tree]:
    """Give a record with the sources that were typed, and the item that cites them."""
    for key, given in fields:
        spec = specs[key]
        if spec.kind is not Kind.SOURCE:
            continue
        there = at(item, spec.path)
        old = [str(each) for each in there] if isinstance(there, list) else []
        if given.nothing:
            item = laid(item, spec.path, None)
            continue
        found = cited(given.text, sources_of(tree))
        if found.new is not None:
            tree = laid(tree, (SOURCES, found.key), found.new)
        kept = [each for each in old if each != found.key]
        item = laid(item, spec.path, kept if given.sign == "-" else [*kept, found.key])
    return tree, item


def sources_of(tree: Tree) -> Mapping[str, Value]:
    """Give the sources of a record by their keys."""
    there = tree.get(SOURCES)
    return there if isinstance(there, dict) else {}


def checked(tree: Tree, item: Tree) -> Filled:
    """Give a measure in force with the day its status was checked: that of its newest source.

    Such a day is one of the evidence, not of the writing.
    """
    wants = item.get("status") == MeasureStatus.IN_FORCE and speaks(item)
    if not wants or "verified_on" in item or item.get("kind") in NOT_COUNTED:
        return Filled(item)
    newest = newest_source(tree, values(item, SOURCES))
    if newest is None:
        return Filled(item)
    told = f"Its status counts as checked {PartialDate.parse(newest).words()}, the date of its"
    note = f"{told} newest source; verified_on= says otherwise."
    return Filled(item | {"verified_on": newest}, (note,))


def newest_source(tree: Tree, keys: Iterable[str]) -> str | None:
    """Give the date of the newest of some sources; None if none has one."""
    dates: list[PartialDate] = []
    for key in keys:
        date = at(tree, (SOURCES, key, "date"))
        if isinstance(date, str):
            try:
                dates.append(PartialDate.parse(date))
            except ValueError:
                continue
    newest = max(dates, default=LONG_AGO)
    return None if newest is LONG_AGO else str(newest)


def id_words(ground: Ground, part: Part, item: Tree) -> str:
    """Give what an item's id is made of."""
    told = {key: str(value) for key, value in item.items()}
    if part is MEASURE:
        program = ground.programs.get(told.get("program", ""))
        by_program = program is not None and told["title"] == program.name
        return told["program"] if by_program else told["title"]
    if part is ALLEGATION:
        return f"{told['by']} {told['date'][:4]}"
    if part is RESPONSE:
        return f"r {values(item, 'answers')[0]}"
    if part is PROCEEDING:
        return told["case"]
    return " ".join(told["text"].split()[:_ID_WORDS]) if part is BACKGROUND else ""
