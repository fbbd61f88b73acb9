"""A vendor's record with a part added, changed, ended or taken out, as somebody typed it. Pure.

Every function gives the record as it would be and raises UsageError for what cannot be read;
whether it may stand is another's to judge.
"""

from dataclasses import dataclass, replace

from bot.core.document import quoted, said
from bot.core.editing.choosing import answered, missing, with_lead
from bot.core.editing.fieldwords import BECAUSE, FieldWords, Given, Specs, keys_told, laid, written
from bot.core.editing.filling import (
    checked,
    citing,
    filled,
    id_words,
    looked_up,
    newest_source,
    sources_of,
)
from bot.core.editing.parts import (
    ALLEGATION,
    MEASURE,
    SOURCE,
    SOURCES,
    Ground,
    Part,
    ids_of,
    item_line,
    items_of,
    values,
)
from bot.core.editing.removing import renamed
from bot.core.editing.sourcewords import cited, source_key
from bot.core.editing.tree import Fault, Tree, UnfitError, tree_of, vendor_of
from bot.core.forms import EMPTY as NEEDED
from bot.core.refused import RefusedError
from bot.core.template import SLUG_LENGTH, slug
from bot.errors import UsageError


@dataclass(frozen=True, slots=True)
class Made:
    """A record as it would be; `part` and `key` say what of it was written.

    `notes` say what was taken for granted, a sentence each.
    """

    tree: Tree
    part: Part | None = None
    key: str = ""
    notes: tuple[str, ...] = ()

    def with_notes(self, *more: str) -> "Made":
        """Give the same with more to say."""
        return replace(self, notes=(*self.notes, *more))


def added(ground: Ground, part: Part, line: FieldWords) -> Made:
    """Add an item. What it needs and does not have is told at once, with an example."""
    if part is SOURCE:
        return _source_added(ground, line)
    line = with_lead(part, line)
    item = written({}, line.fields, part.specs, ground.today)
    item = looked_up(ground, part, item)
    tree, item = citing(ground.tree, item, line.fields, part.specs)
    full = filled(ground, part, item)
    item = full.item
    _refuse_lacking(ground, part, item)
    key = _key(ground, part, item)
    if part.called == "id":
        item = {"id": key} | item
    if part.is_claim:
        may_speak = part is not ALLEGATION or "no_response" in item
        item = graded(None, item, explicit=line.has("confidence"), may_speak=may_speak)
    looked = checked(tree, item) if part is MEASURE else replace(full, item=item, notes=())
    made = normal(_with(tree, part, key, looked.item))
    return Made(made, part, key, (*full.notes, *looked.notes))


def _source_added(ground: Ground, line: FieldWords) -> Made:
    """Add a source that nothing cites yet: in one value, field by field, or both."""
    there = sources_of(ground.tree)
    item: Tree = {}
    key = ""
    if line.lead:
        found = cited(line.words, there)
        if found.new is None:
            raise UsageError(f"The record has it already, as {found.key}. Nothing was done.")
        item = found.new
    item = written(item, line.fields, SOURCE.specs, ground.today)
    _refuse_lacking(ground, SOURCE, item)
    named = item.pop("key", None)
    key = str(named) if named else source_key(item, there)
    if key in there:
        raise UsageError(f"The source {quoted(key)} is there already. Nothing was done.")
    cite = f"source={key}"
    note = f"Nothing cites it yet: give {cite} with what it says."
    return Made(normal(_with(ground.tree, SOURCE, key, item)), SOURCE, key, (note,))


def changed(ground: Ground, part: Part, key: str, line: FieldWords) -> Made:
    """Change an item: sources that are named come to those that it has."""
    old = items_of(ground.tree, part)[key]
    if not any(each != BECAUSE for each, _ in line.fields):
        told = f"What of it is to change? Write key=value; there are: {keys_told(part.specs)}."
        raise UsageError(told)
    item = written(old, line.fields, part.specs, ground.today)
    item = looked_up(ground, part, item)
    tree, item = citing(ground.tree, item, line.fields, part.specs)
    new = str(item.pop("key", key) if part is SOURCE else item.get(str(part.called), key))
    if part.is_claim:
        may_speak = part is not ALLEGATION or answered(_with(tree, part, key, item), key)
        item = graded(old, item, explicit=line.has("confidence"), may_speak=may_speak)
    notes: tuple[str, ...] = ()
    if part is MEASURE and not line.has("verified_on"):
        looked = checked(tree, item)
        item, notes = looked.item, looked.notes
    tree = _with(tree, part, key, item)
    if new != key:
        taken = {*items_of(tree, part), *(ids_of(tree) if part.called == "id" else ())}
        if new in taken:
            raise UsageError(f"{quoted(new)} is there already. Nothing was done.")
        tree = renamed(tree, part, key, new)
    return Made(normal(tree), part, new, notes)


def ended(ground: Ground, key: str, on: str, line: FieldWords) -> Made:
    """End a measure: it is kept as removed, or as what `status=` says, with the day."""
    had = values(items_of(ground.tree, MEASURE)[key], SOURCES)
    fields = line.fields
    if not line.has("status"):
        fields = (("status", Given("removed")), *fields)
    made = changed(ground, MEASURE, key, FieldWords((), (("ended_on", Given(on)), *fields)))
    item = items_of(made.tree, MEASURE)[key]
    new = [each for each in values(item, SOURCES) if each not in had]
    if new and not line.has("verified_on"):
        newest = newest_source(made.tree, new)
        if newest is not None:
            item = item | {"verified_on": newest}
            return replace(made, tree=normal(_with(made.tree, MEASURE, key, item)))
    return made


def withdrawn(ground: Ground, key: str, on: str, line: FieldWords) -> Made:
    """Mark an allegation as withdrawn; the day goes into its note."""
    old = items_of(ground.tree, ALLEGATION)[key]
    fields = (("status", Given("withdrawn")), *line.fields)
    if on and not line.has("note"):
        note = " ".join(filter(None, (str(old.get("note", "")), f"Withdrawn {on}.")))
        fields = (("note", Given(note, quoted=True)), *fields)
    return changed(ground, ALLEGATION, key, FieldWords((), fields))


def graded(old: Tree | None, new: Tree, *, explicit: bool, may_speak: bool) -> Tree:
    """Say how sure a claim is, where nobody did: without a source it is a draft.

    With its first source it is confirmed, if nothing else keeps it from speaking.
    """
    if explicit:
        return new
    has, had = bool(values(new, SOURCES)), bool(old and values(old, SOURCES))
    if not has or (old is None and not may_speak):
        return new | {"confidence": "unverified"}
    if not had and may_speak:
        return {key: value for key, value in new.items() if key != "confidence"}
    return new


def record_set(ground: Ground, line: FieldWords, specs: Specs) -> Made:
    """Change the fields that a record has once. A source is that of what is said beside it."""
    if not line.fields or line.lead:
        told = f"What is to change? Write key=value; there are: {keys_told(specs)}."
        raise UsageError(told)
    fields = tuple(_about(line, key, given) for key, given in line.fields)
    tree = written(ground.tree, fields, specs, ground.today)
    country = tree.get("country")
    if isinstance(country, str):
        tree = tree | {"country": country.upper()}
    sources = tree
    for name in ("makes", "control"):
        about = tuple(each for each in fields if each[0].startswith(f"{name}."))
        sources, tree = citing(sources, tree, about, specs)
        tree = tree | {SOURCES: dict(sources_of(sources))}
    for name in ("makes", "control"):
        old, new = ground.tree.get(name), tree.get(name)
        if isinstance(new, dict) and new != old:
            explicit = line.has(f"{name}.confidence")
            before = old if isinstance(old, dict) else None
            tree = tree | {name: graded(before, new, explicit=explicit, may_speak=True)}
    return Made(normal(tree))


def _about(line: FieldWords, key: str, given: Given) -> tuple[str, Given]:
    if key != "source":
        return key, given
    spoken = [each for each in ("makes", "control") if line.has(each) or line.has(f"{each}.text")]
    if len(spoken) != 1:
        told = "Write makes.source= or control.source=: which of the two does the source speak of?"
        raise UsageError(f"{told} Nothing was done.")
    return f"{spoken[0]}.source", given


def normal(tree: Tree) -> Tree:
    """Give a record in the form in which equal ones are equal; what is unfit stays as it is."""
    try:
        return tree_of(vendor_of(tree))
    except UnfitError:
        return tree


def _with(tree: Tree, part: Part, key: str, item: Tree) -> Tree:
    return laid(tree, (part.key, key), item)


def _refuse_lacking(ground: Ground, part: Part, item: Tree) -> None:
    lacking = missing(part, item)
    if lacking:
        told = " and ".join(filter(None, (", ".join(lacking[:-1]), lacking[-1])))
        noun = part.a[0].upper() + part.a[1:]
        example = part.add_example(ground.vendor)
        why = f"{noun} needs {told}. For example `{example}`. Nothing was done."
        raise RefusedError(said(why), (Fault((part.key, each), NEEDED) for each in lacking))


def _key(ground: Ground, part: Part, item: Tree) -> str:
    """Name an item: as it is called, or by an id that nothing in the record has."""
    there = items_of(ground.tree, part)
    if part.called != "id":
        key = str(item[str(part.called)])
        if key in there and there[key] != item:
            edit = item_line(part, "edit", ground.vendor, key, "key=value")
            raise UsageError(f"{quoted(key)} is there already. Change it: `{edit}`.")
        return key
    taken = set(ids_of(ground.tree))
    given = item.get("id")
    if isinstance(given, str):
        if given in taken:
            raise UsageError(f"The id {quoted(given)} is taken in this record. Nothing was done.")
        return given
    made = slug(id_words(ground, part, item))[:SLUG_LENGTH].strip("-") or part.word
    number, key = 1, made
    while key in taken:
        number += 1
        key = f"{made[: SLUG_LENGTH - 4].strip('-')}-{number}"
    return key
