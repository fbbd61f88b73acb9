"""A record in which a part is called otherwise, or is gone with all that speaks of it. Pure."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from bot.core.document import quoted
from bot.core.editing.fieldwords import laid
from bot.core.editing.parts import (
    PROCEEDING,
    RESPONSE,
    SOURCE,
    SOURCES,
    Ground,
    Part,
    items_of,
    values,
)
from bot.core.editing.tree import Path, Tree, Value
from bot.core.editing.words import place_words
from bot.errors import UsageError

_REFERRING = ((RESPONSE, "answers"), (PROCEEDING, "affects"))
MOST_NAMED = 6


@dataclass(frozen=True, slots=True)
class Removed:
    """A record without a part, and what of it goes with that one, in words."""

    tree: Tree
    also: tuple[str, ...] = ()


def renamed(tree: Tree, part: Part, old: str, new: str) -> Tree:
    """Give a record in which an item is called otherwise, also by what speaks of it."""
    items = items_of(tree, part)
    called: Tree = {(new if key == old else key): item for key, item in items.items()}
    made: Tree = tree | {part.key: called}
    if part is SOURCE:
        return {key: _citing_anew(value, old, new) for key, value in made.items()}
    if part.called != "id":
        return made
    for of, key in _REFERRING:
        for name, item in items_of(made, of).items():
            if old in values(item, key):
                anew: list[str] = [new if each == old else each for each in values(item, key)]
                made = laid(made, (of.key, name, key), anew)
    return made


def _citing_anew(value: Value, old: str, new: str) -> Value:
    if not isinstance(value, dict):
        return value
    made: Tree = {}
    for key, inner in value.items():
        cites = key == SOURCES and isinstance(inner, list)
        anew: list[str] = [new if each == old else str(each) for each in inner]
        made[key] = anew if cites else _citing_anew(inner, old, new)
    return made


def removed(ground: Ground, part: Part, key: str) -> Removed:
    """Take an item out, with what answers it alone and the sources that nothing else uses.

    Raise UsageError for a source that something cites.
    """
    before = dict(_cited(ground.tree))
    if part is SOURCE:
        citing = [path for path, keys in before.items() if key in keys]
        if citing:
            named = "; ".join(place_words(path) for path in citing[:MOST_NAMED])
            told = f"The source {quoted(key)} is cited by {named}"
            raise UsageError(f"{told}. Give that another source first. Nothing was done.")
        return Removed(laid(ground.tree, (part.key, key), None))
    tree = laid(ground.tree, (part.key, key), None)
    also: list[str] = []
    for of, field in _REFERRING if part.called == "id" else ():
        for name, item in items_of(tree, of).items():
            if key not in values(item, field):
                continue
            left: list[str] = [each for each in values(item, field) if each != key]
            if left or of is PROCEEDING:
                tree = laid(tree, (of.key, name, field), left)
            else:
                tree = laid(tree, (of.key, name), None)
                also.append(f"the {of.noun} {name}, which answers nothing else")
    used = {each for keys in dict(_cited(tree)).values() for each in keys}
    unused = {each for keys in before.values() for each in keys} - used
    for each in sorted(unused & items_of(tree, SOURCE).keys()):
        tree = laid(tree, (SOURCES, each), None)
        also.append(f"the source {each}, which nothing else cites")
    return Removed(tree, tuple(also))


def _cited(tree: Mapping[str, Value], around: Path = ()) -> Iterator[tuple[Path, list[str]]]:
    """Give each part of a record that cites sources, and their keys."""
    for key, value in tree.items():
        if isinstance(value, dict):
            yield from _cited(value, (*around, key))
        elif key == SOURCES and isinstance(value, list):
            yield around, [str(each) for each in value]
