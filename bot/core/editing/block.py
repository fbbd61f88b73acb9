"""What a pasted record, or a part of one, makes of a vendor's record.

A whole record (it has `schema`) replaces the one that is there: what it lacks goes. Otherwise what
is written is set and all else stays: items of the record's lists are told by what names them, an
item that is not written stays, and a list of plain lines is set as a whole.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import cast

from pydantic import ValidationError

from bot.core.editing.change import differences
from bot.core.editing.choosing import answered
from bot.core.editing.parts import ALLEGATION, PARTS, speaks
from bot.core.editing.tree import KEYS, Path, Tree, UnfitError, Value, at, put, tree_of, vendor_of
from bot.core.editing.writing import graded
from bot.core.editing.written import Flaw, Plain, Written
from bot.core.line import evened
from bot.core.plainwords import Loc, explain_all, keys_of
from bot.core.spelling import suggestion
from bot.core.vendor import Vendor

_PARTS = {each.key: each for each in PARTS.values() if each.is_claim}
_STATEMENTS = ("makes", "control")
_LINES: frozenset[Path] = frozenset({("tags",), ("examples", "match"), ("examples", "no_match")})


class FlawedError(ValueError):
    """A pasted text makes no record; `flaws` say where and why."""

    def __init__(self, flaws: Iterable[Flaw]) -> None:
        self.flaws = tuple(flaws)
        super().__init__("; ".join(map(str, self.flaws)))


@dataclass(frozen=True, slots=True)
class Made:
    """A record as a pasted text would have it.

    `drafts` are the claims in it that are kept off cards for want of a source or of an answer.
    """

    tree: Tree
    drafts: tuple[Path, ...] = ()


def whole(written: Written) -> Vendor:
    """Read a whole record. Raise FlawedError with all that is wrong with it."""
    if written.flaws:
        raise FlawedError(written.flaws)
    try:
        return Vendor.model_validate(written.data)
    except ValidationError as error:
        raise FlawedError(
            written.flaw(each.loc, each.message, of_key=each.at_key)
            for each in explain_all(Vendor, error)
        ) from None


def is_whole(written: Written) -> bool:
    """Whether somebody wrote a whole record, not only what is to change."""
    return isinstance(written.data, dict) and "schema" in written.data


def made_of(written: Written, record: Tree) -> Made:
    """Say what a pasted text makes of a record. Raise FlawedError with all that is wrong in it."""
    if written.flaws:
        raise FlawedError(written.flaws)
    if is_whole(written):
        return Made(over(record, tree_of(whole(written))))
    if not isinstance(written.data, dict) or not written.data:
        told = "write the keys that are to change, each in a line of its own as 'key: value'"
        raise FlawedError([written.flaw((), told)])
    merging = _Merging(written)
    merged = merging.part(written.data, record)
    if merging.flaws:
        raise FlawedError(merging.flaws)
    try:
        vendor = vendor_of(merging.weighed(merged))
    except UnfitError as error:
        raise FlawedError(written.flaws_of(error.faults)) from None
    return Made(over(record, tree_of(vendor)), tuple(merging.drafts))


def over(record: Tree | None, new: Tree) -> Tree:
    """Give a record with what is otherwise in the new one: the rest stays as it is spelt."""
    if record is None:
        return new
    try:
        before = tree_of(vendor_of(record))
    except UnfitError:
        return new
    result: Tree | None = record
    for change in differences(before, new):
        there = at(before, change.path)
        if change.new is not None and _pasted(there) == change.new:
            continue  # odd spaces are plain ones in whatever is pasted
        result = put(result, change.path, change.new)
    return new if result is None else result


def _pasted(value: Value | None) -> Value | None:
    """Give a value as it comes back from having been copied and pasted."""
    if isinstance(value, list):
        return [evened(each) for each in value]
    return evened(value) if isinstance(value, str) else value


@dataclass(slots=True)
class _Merging:
    """Sets what is written in a record, noting what cannot be."""

    written: Written
    flaws: list[Flaw] = field(default_factory=list)
    drafts: list[Path] = field(default_factory=list)
    _claims: list[tuple[Path, Tree, Tree | None]] = field(init=False, default_factory=list)

    def part(self, data: Mapping[str, Plain], record: Tree) -> Tree:
        """Set each key that is written."""
        known = keys_of(Vendor)
        new = dict(record)
        for key, value in data.items():
            if key not in known:
                told = f"unknown key '{key}'{suggestion(key, known)}"
                self.flaws.append(self.written.flaw((key,), told, of_key=True))
                continue
            old = record.get(key)
            if key in KEYS and isinstance(value, str | dict):
                told = "this must be a list: each item in a line of its own after '- '"
                self.flaws.append(self.written.flaw((key,), told))
            elif key in KEYS and isinstance(value, list):
                items = self._items(key, value, old if isinstance(old, dict) else {})
                if items:
                    new[key] = items
            elif (set_ := self._value(value, old, (key,))) is not None:
                new[key] = set_
                sure = isinstance(value, dict) and "confidence" in value
                if key in _STATEMENTS and isinstance(set_, dict) and not sure:
                    self._claims.append(((key,), set_, old if isinstance(old, dict) else None))
        return new

    def _items(self, key: str, items: list[Plain], old: Tree) -> Tree:
        """Merge the items of a list into those that are there, each by what names it."""
        name, new = KEYS[key], dict(old)
        seen: dict[str, int] = {}
        for number, item in enumerate(items):
            loc: Loc = (key, number)
            called = item.get(name) if isinstance(item, dict) else None
            if not isinstance(item, dict) or not isinstance(called, str):
                told = f"each item needs '{name}', which says which one is meant"
                self.flaws.append(self.written.flaw(loc, told))
            elif called in seen:
                told = f"the {name} '{called}' is already in line {seen[called]}"
                self.flaws.append(self.written.flaw((*loc, name), told))
            else:
                seen[called] = self.written.spot((*loc, name)).line
                made = self._value(item, old.get(called), loc)
                if isinstance(made, dict):
                    new[called] = made
                    if key in _PARTS and "confidence" not in item:
                        before = old.get(called)
                        known = before if isinstance(before, dict) else None
                        self._claims.append(((key, called), made, known))
        return new

    def weighed(self, record: Tree) -> Tree:
        """Say how sure each claim is that is written, where that is not: see `graded`."""
        new = dict(record)
        for path, item, old in self._claims:
            part = _PARTS.get(path[0])
            may_speak = part is not ALLEGATION or answered(record, path[1])
            made = graded(old, item, explicit=False, may_speak=may_speak)
            holder = new[path[0]]
            if part is None:
                new[path[0]] = made
            elif isinstance(holder, dict):
                new[path[0]] = {**holder, path[1]: made}
            if not speaks(made) and (old is None or speaks(old)):
                self.drafts.append(path)
        return new

    def _value(self, value: Plain, old: Value | None, loc: Loc) -> Value | None:
        if value is None:
            told = "there must be a value here; what is to go is left out of a whole record (with "
            told += "'schema:'), or taken away by key=none in watchlist set and the like"
            self.flaws.append(self.written.flaw(loc, told, of_key=True))
            return None
        if isinstance(value, str):
            return value
        if isinstance(value, list):
            lines = [each for each in value if isinstance(each, str)]
            if len(lines) != len(value):
                return cast("list[str]", value)  # the model says what is wrong with it
            return {each: each for each in lines} if loc in _LINES else lines
        new = dict(old) if isinstance(old, dict) else {}
        for key, each in value.items():
            set_ = self._value(each, new.get(key), (*loc, key))
            if set_ is not None:
                new[key] = set_
        return new
