"""What somebody types of a part of a record: `US Entity List kind=export_control since=2019`. Pure.

Words before the first `key=` come first: which part is meant, or its main text. A value of several
words stands in quotation marks; without them it goes on to the next `key=`.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from enum import Enum, StrEnum, auto
from typing import Literal, get_args, get_origin

from pydantic import BaseModel

from bot.core.clean import shortened
from bot.core.dates import PartialDate
from bot.core.document import quoted
from bot.core.editing.tree import Path, Tree, Value
from bot.core.editing.tree import at as at_path
from bot.core.forms import SEEN
from bot.core.line import Word, first_word, plain_line
from bot.core.plainwords import bare
from bot.core.spelling import suggestion
from bot.errors import UsageError

BECAUSE = "because"
"""The field that says why, for the log."""
NOTHING = "none"
"""The value that takes a field away; in quotation marks it is a word like any other."""
LONGEST_SHOWN = 60
_KEY = re.compile(r"(?<!\S)([A-Za-z][A-Za-z0-9_.-]*?)([+-]?)=")
_DASHES = str.maketrans(dict.fromkeys("\u2010\u2011\u2012\u2013\u2212", "-"))
# Lists that a record holds line by line; see `bot.core.editing.tree`.
_LINES = frozenset({("tags",), ("examples", "match"), ("examples", "no_match")})
# Where a comma is likely to stand inside of an item.
BY_SEMICOLON = frozenset({"citations", "match", "no_match"})


class Kind(Enum):
    """What the value of a field is read as."""

    TEXT = auto()
    DATE = auto()
    CHOICE = auto()
    LIST = auto()
    LINES = auto()
    SOURCE = auto()
    REASON = auto()


@dataclass(frozen=True, slots=True)
class Spec:
    """A field that can be typed: where its value stands, and what `none` takes away."""

    kind: Kind
    path: Path = ()
    whole: Path = ()
    choices: tuple[str, ...] = ()


Specs = Mapping[str, Spec]


@dataclass(frozen=True, slots=True)
class Given:
    """A value as it was typed. `sign`: to be added to a list (+), or taken from it (-)."""

    text: str
    quoted: bool = False
    sign: str = ""

    @property
    def nothing(self) -> bool:
        """Whether it takes the field away."""
        return not self.quoted and self.text.casefold() == NOTHING


@dataclass(frozen=True, slots=True)
class FieldWords:
    """A line of fields: the words before them, and each key with its value, in order.

    `seen` is the number of the last revision that its giver had seen, where a form says so.
    """

    lead: tuple[str, ...] = ()
    fields: tuple[tuple[str, Given], ...] = ()
    seen: int | None = None

    @property
    def words(self) -> str:
        """What stands before the first field, as one."""
        return " ".join(self.lead)

    def has(self, key: str) -> bool:
        """Whether a field was typed."""
        return any(each == key for each, _ in self.fields)

    def before(self, key: str) -> "FieldWords":
        """Give the same with its first words as a field."""
        return FieldWords((), ((key, Given(self.words, quoted=True)), *self.fields))

    @property
    def reason(self) -> str:
        """Say why, as it was typed."""
        return next((given.text for key, given in self.fields if key == BECAUSE), "")


def specs_of(model: type[BaseModel], without: Iterable[str] = ()) -> dict[str, Spec]:
    """Give the fields of a model by what is typed for them, nested ones with dots.

    What holds a `text` is also that text: `no_response="did not answer"`.
    """
    made: dict[str, Spec] = {}
    left_out = {*without, "schema_"}
    for name, field in model.model_fields.items():
        if name not in left_out:
            made |= _specs(name, field.annotation, ())
    return made | {BECAUSE: Spec(Kind.REASON)}


def _specs(name: str, annotation: object, around: Path) -> dict[str, Spec]:
    wanted, path = bare(annotation), (*around, name)
    key = ".".join(path)
    if isinstance(wanted, type) and issubclass(wanted, BaseModel):
        made: dict[str, Spec] = {}
        for inner, field in wanted.model_fields.items():
            made |= _specs(inner, field.annotation, path)
        if f"{key}.text" in made:
            made = {key: Spec(Kind.TEXT, (*path, "text"), path)} | made
        return made
    made = {key: _spec(wanted, path)}
    if name == "sources":
        made[key.removesuffix("s")] = Spec(Kind.SOURCE, path)
    return made


def _spec(wanted: object, path: Path) -> Spec:
    if wanted is PartialDate:
        return Spec(Kind.DATE, path, path)
    if isinstance(wanted, type) and issubclass(wanted, StrEnum):
        return Spec(Kind.CHOICE, path, path, tuple(wanted))
    if get_origin(wanted) is Literal:
        return Spec(Kind.CHOICE, path, path, get_args(wanted))
    if get_origin(wanted) is tuple:
        return Spec(Kind.LINES if path in _LINES else Kind.LIST, path, path)
    return Spec(Kind.TEXT, path, path)


def keys_told(specs: Specs) -> str:
    """Name the fields there are; of those within another, that one if it can be typed."""
    return ", ".join(
        each for each in specs if each.partition(".")[0] not in specs or "." not in each
    )


def typed(text: str, specs: Specs, noun: str) -> FieldWords:
    """Read an even line of fields; raise UsageError with what is wrong and what to type instead.

    Only sources may come several times.
    """
    lead: list[str] = []
    fields: list[tuple[str, Given]] = []
    at = 0
    while (word := first_word(text, at)) is not None:
        found = _KEY.match(text, word.start)
        if found is not None:
            last = fields[-1] if fields else None
            key = _known(found[1], specs, noun, last)
            given, at = _value(text, found, key)
            if any(each == key for each, _ in fields) and specs[key].kind is not Kind.SOURCE:
                raise UsageError(f"{key}= is given twice. Nothing was done.")
            fields.append((key, given))
            continue
        at = word.end
        if not fields:
            lead.append(word.text)
        else:
            fields[-1] = (fields[-1][0], _longer(*fields[-1], text, word))
    for key, given in fields:
        if not given.text:
            told = f"{key}= has no value; {key}={NOTHING} takes it away. Nothing was done."
            raise UsageError(told)
    seen = next((given.text for key, given in fields if key == SEEN), "")
    return FieldWords(
        tuple(lead),
        tuple(each for each in fields if each[0] != SEEN),
        int(seen) if seen.isdecimal() else None,
    )


def _known(key: str, specs: Specs, noun: str, last: tuple[str, Given] | None) -> str:
    """Give a field as it is spelt; raise UsageError with the one that may be meant."""
    spelt = key.casefold().replace("-", "_")
    if spelt in specs or spelt == SEEN:
        return spelt
    shown = quoted(shortened(key, LONGEST_SHOWN))
    told = f"{shown} is no field of {noun}{suggestion(spelt, specs)}"
    end = "" if told.endswith("?") else "."
    told = f"{told}{end} There are: {keys_told(specs)}."
    if last is not None and not last[1].quoted:
        told += f' If it belongs to {last[0]}, put all of that in quotation marks: {last[0]}="…".'
    raise UsageError(told)


def _value(text: str, found: re.Match[str], key: str) -> tuple[Given, int]:
    at, sign = found.end(), found[2]
    if at == len(text) or text[at].isspace():
        return Given("", sign=sign), at
    word = first_word(text, at)
    if word is None:
        return Given("", sign=sign), len(text)
    if text[at] == '"' and not word.quoted:
        told = f'The quotation mark after {key}= is not closed; write {key}="several words".'
        raise UsageError(f"{told} Nothing was done.")
    return Given(word.text, word.quoted, sign), word.end


def _longer(key: str, given: Given, text: str, word: Word) -> Given:
    """Give a value without quotation marks with one more word."""
    raw = plain_line(text[word.start : word.end])
    if given.quoted:
        more = quoted(shortened(raw, LONGEST_SHOWN))
        raise UsageError(
            f"{more} comes after the quotation mark that ends {key}=; the next thing has to be "
            "another key=value. Nothing was done."
        )
    return Given(f"{given.text} {raw}".strip(), sign=given.sign)


def written(item: Tree, fields: Iterable[tuple[str, Given]], specs: Specs, today: date) -> Tree:
    """Give an item with its fields as they were typed; sources and reasons are left to others.

    Raise UsageError for a sign where no list is.
    """
    new = item
    for key, given in fields:
        spec = specs[key]
        if spec.kind in {Kind.SOURCE, Kind.REASON}:
            continue
        if given.sign and spec.kind not in {Kind.LIST, Kind.LINES}:
            raise UsageError(f"{key} is no list: write {key}=… to set it. Nothing was done.")
        if given.nothing:
            new = laid(new, spec.whole, None)
        else:
            new = laid(new, spec.path, _read(spec, given, at_path(new, spec.path), today))
    return new


def _read(spec: Spec, given: Given, there: Value | None, today: date) -> Value:
    text = given.text
    match spec.kind:
        case Kind.DATE:
            text = text.translate(_DASHES)
            return today.isoformat() if text.casefold() == "today" else text
        case Kind.CHOICE:
            return _chosen(text, spec.choices)
        case Kind.LIST | Kind.LINES:
            old = list(there or ())
            items = _items(spec, text)
            if given.sign == "+":
                items = [*old, *(each for each in items if each not in old)]
            elif given.sign == "-":
                items = [each for each in old if each not in items]
            return {each: each for each in items} if spec.kind is Kind.LINES else items
        case _:
            return text


def _chosen(text: str, choices: Iterable[str]) -> str:
    """Give a choice as it is spelt; what is none stays as it is, for the model to refuse."""
    asked = "_".join(text.casefold().replace("-", " ").replace("_", " ").split())
    return next((each for each in choices if each == asked), text)


def _items(spec: Spec, text: str) -> list[str]:
    """Part a list at its commas; at its semicolons alone where an item may well have a comma."""
    parted = ";" if spec.path[-1] in BY_SEMICOLON else "[,;]"
    return list(dict.fromkeys(each.strip() for each in re.split(parted, text) if each.strip()))


def laid(item: Tree, path: Path, value: Value | None) -> Tree:
    """Give an item with something else at a path; what is around it comes and goes with it."""
    new, key = dict(item), path[0]
    if len(path) > 1:
        around = item.get(key)
        value = laid(around if isinstance(around, dict) else {}, path[1:], value)
    if value is None or value in ({}, []):
        new.pop(key, None)
    else:
        new[key] = value
    return new
