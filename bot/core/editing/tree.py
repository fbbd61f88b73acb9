"""A vendor's record as a tree in which everything that can be changed has a path of words.

What is a list in a file is keyed here by what names its items, so that two people who change two
measures do not meet, and an edit still finds its place when a newer pack has put another before it.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import TypeAlias, Union

from pydantic import ValidationError

from bot.core.plainwords import explain_all
from bot.core.vendor import Vendor

Value: TypeAlias = Union[str, list[str], "Tree"]
Tree: TypeAlias = dict[str, Value]
Path: TypeAlias = tuple[str, ...]

KEYS: Mapping[str, str] = {
    "names": "value",
    "not_this": "phrase",
    "related": "name",
    "measures": "id",
    "not_listed": "program",
    "allegations": "id",
    "responses": "id",
    "proceedings": "id",
    "background": "id",
}
"""The parts of a record that are lists, and the field that names an item of each."""

_LINES: tuple[Path, ...] = (("tags",), ("examples", "match"), ("examples", "no_match"))
"""Lists of plain lines, each of which comes and goes by itself."""
HOLDERS: frozenset[Path] = frozenset(
    {*_LINES, *((key,) for key in (*KEYS, "sources", "identifiers", "examples", "review"))}
)
"""What holds things and is nothing by itself: it comes and goes with what it holds."""
_DATES = ("since", "date", "filed_on", "decided_on", "checked_on")


@dataclass(frozen=True, slots=True)
class Fault:
    """What makes a tree no record; `path` leads to it."""

    path: Path
    message: str


class UnfitError(ValueError):
    """A tree is no vendor's record."""

    def __init__(self, faults: Iterable[Fault]) -> None:
        self.faults = tuple(faults)
        super().__init__("; ".join(each.message for each in self.faults))


def tree_of(vendor: Vendor) -> Tree:
    """Take a record apart; what is left at its default, or holds nothing, is not in it."""
    plain = vendor.model_dump(mode="json", by_alias=True, exclude_defaults=True)
    return _holding(_keyed(plain))


def vendor_of(tree: Tree) -> Vendor:
    """Put a record together. Raise UnfitError with all that is wrong with it, in plain words."""
    data, words = _listed(tree)
    try:
        return Vendor.model_validate(data)
    except ValidationError as error:
        faults = [Fault(words(each.loc), each.message) for each in explain_all(Vendor, error)]
    raise UnfitError(faults)


def path_words(vendor: Vendor, path: Iterable[str | int]) -> Path:
    """Give the path of words for one of the model's own, in which lists are numbered."""
    parts = tuple(path)
    said: list[str] = []
    here: object = vendor
    for part in parts:
        if isinstance(part, int):
            items = here if isinstance(here, tuple) else ()
            here = items[part] if part < len(items) else None
            key = KEYS.get(said[-1]) if said else None
            said.append(str(getattr(here, key, part)) if key else str(here or part))
        else:
            here = here.get(part) if isinstance(here, dict) else getattr(here, part, None)
            said.append(part)
    return tuple(said)


def at(tree: Value | None, path: Path) -> Value | None:
    """Give what stands at a path; None if nothing does."""
    here = tree
    for key in path:
        if not isinstance(here, dict):
            return None
        here = here.get(key)
    return here


def put(tree: Tree | None, path: Path, value: Value | None) -> Tree | None:
    """Give the tree with something else at a path, or nothing there; the old one stays as it was.

    Raise KeyError if what is around the path is not there.
    """
    if path:
        if tree is None:
            raise KeyError(path)
        return _put(tree, path, value, 0)
    if value is not None and not isinstance(value, dict):
        raise KeyError(path)
    return None if value is None else _holding(value)


def _holding(tree: Tree) -> Tree:
    """Leave out what would hold things and holds none: it would tell two equal records apart."""
    return {key: value for key, value in tree.items() if value or (key,) not in HOLDERS}


def _put(tree: Tree, path: Path, value: Value | None, depth: int) -> Tree:
    key, new = path[depth], dict(tree)
    if depth == len(path) - 1:
        if value is None:
            new.pop(key, None)
        else:
            new[key] = value
        return new
    holds = path[: depth + 1] in HOLDERS
    inner = tree.get(key, {} if holds else None)
    if not isinstance(inner, dict):
        raise KeyError(path)
    new[key] = inner = _put(inner, path, value, depth + 1)
    if holds and not inner:
        del new[key]
    return new


def ordered(tree: Tree, like: Tree | None = None) -> Tree:
    """Give a tree with its lists in the order that its record has: those of `like` first, as there.

    What is new follows by date and name, so that the order does not tell who came when, and a
    record that was changed and changed back is the one it was.
    """
    new: Tree = {}
    for key in [*(like or {}), *tree]:
        value = tree.get(key)
        if value is None or key in new:
            continue
        theirs = (like or {}).get(key)
        old = theirs if isinstance(theirs, dict) else {}
        if not isinstance(value, dict):
            new[key] = value
        elif key in KEYS or key in {"tags", "sources"}:
            first = [each for each in old if each in value]
            rest = sorted((_when(value[each]), each) for each in set(value) - set(old))
            new[key] = {each: value[each] for each in (*first, *(each for _, each in rest))}
        else:
            new[key] = ordered(value, old)
    return new


def _when(item: Value) -> str:
    dates = (item.get(key) for key in _DATES) if isinstance(item, dict) else ()
    return next((date for date in dates if isinstance(date, str)), "")


def _keyed(plain: Mapping[str, object], path: Path = ()) -> Tree:
    tree: Tree = {}
    for key, value in plain.items():
        here = (*path, key)
        if here in _LINES and isinstance(value, list):
            tree[key] = {str(line): str(line) for line in value}
        elif not path and key in KEYS and isinstance(value, list):
            tree[key] = dict(_items(value, KEYS[key]))
        elif isinstance(value, dict):
            tree[key] = _keyed(value, here)
        elif isinstance(value, list):
            tree[key] = [str(each) for each in value]
        elif value is not None:
            tree[key] = str(value)
    return tree


def _items(items: list[object], key: str) -> Iterator[tuple[str, Tree]]:
    seen: set[str] = set()
    for item in items:
        plain = item if isinstance(item, dict) else {}
        name, number = str(plain.get(key, "")), 1
        while (called := name if number == 1 else f"{name} ({number})") in seen:
            number += 1
        seen.add(called)
        yield called, _keyed(plain, ("",))


def _listed(tree: Tree) -> "tuple[dict[str, object], _Words]":
    """Give the record's own form, and what turns its paths into ours."""
    data: dict[str, object] = {"sources": {}}  # a record may have none yet, or none any more
    lists: dict[Path, list[str]] = {}
    for key, value in tree.items():
        if key in KEYS and isinstance(value, dict):
            data[key] = list(value.values())
            lists[key,] = list(value)
        elif (key,) in _LINES and isinstance(value, dict):
            data[key] = list(value)
            lists[key,] = list(value)
        elif key == "examples" and isinstance(value, dict):
            data[key] = {kind: _plain_lines(lines) for kind, lines in value.items()}
        else:
            data[key] = value
    return data, _Words(lists)


def _plain_lines(lines: Value) -> object:
    return list(lines) if isinstance(lines, dict) else lines


@dataclass(frozen=True, slots=True)
class _Words:
    """Turns the model's path into one of words."""

    lists: Mapping[Path, list[str]]

    def __call__(self, loc: Iterable[str | int]) -> Path:
        said: list[str] = []
        for part in loc:
            names = self.lists.get(tuple(said))
            known = isinstance(part, int) and names is not None and part < len(names)
            said.append(names[int(part)] if known and names is not None else str(part))
        return tuple(said)
