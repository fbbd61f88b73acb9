"""What a command asks for, field by field, where a platform can draw that as a form. Pure.

What is filled in becomes the command's line, as if it had been typed: there is no other way in.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum

from bot.core.dates import PartialDate
from bot.core.document import is_web_address
from bot.core.editing.tree import Fault, Path
from bot.core.editing.words import place_words
from bot.core.line import in_marks, plain_line

SEEN = "seen"
"""The key by which a line says which revision was the last that its giver had seen."""
NOTHING = "none"
"""The value that takes a field away; in quotation marks it is a word like any other."""
BETWEEN = ", "
"""What stands between several values, and between the parts of one."""
EMPTY = "Please fill this in."
_BARE = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.:/~-]*", re.ASCII)
_DASHES = str.maketrans(dict.fromkeys("\u2010\u2011\u2012\u2013\u2212", "-"))


class FieldKind(StrEnum):
    """What is written into a field, or chosen. A date may be a month, a year, or `today`."""

    LINE = "line"
    TEXT = "text"
    CHOICE = "choice"
    CHOICES = "choices"
    DATE = "date"
    ADDRESS = "address"


@dataclass(frozen=True, slots=True)
class Option:
    """Something that can be chosen; shown as its `label`, or as itself."""

    value: str
    label: str = ""

    @property
    def words(self) -> str:
        """What is shown of it."""
        return self.label or self.value.replace("_", " ")


@dataclass(frozen=True, slots=True)
class Field:
    """One thing that is asked for. `value` is what stands there now; several with commas between.

    With `part_of` it is a part of the value of that key, `required` if another part is filled in.
    `leads` are words of the path in a record that its value has; without any, those of its name.
    """

    name: str
    label: str
    kind: FieldKind = FieldKind.LINE
    options: tuple[Option, ...] = ()
    required: bool = False
    value: str = ""
    hint: str = ""
    example: str = ""
    part_of: str = ""
    leads: Path = ()


@dataclass(frozen=True, slots=True)
class Form:
    """What a command asks for. Its fields are the command's parameters by their names.

    With `into` they are the `key=value` words of that parameter, after the words of `lead`. `seen`
    is the number of the last revision of what is edited; a field that stays as it is goes unsaid.
    """

    title: str
    fields: tuple[Field, ...]
    into: str = ""
    lead: str = ""
    told: str = ""
    seen: int | None = None


def label_of(name: str) -> str:
    """Give a name in words, as a label."""
    return name.replace("_", " ").capitalize()


def wrong(form: Form, values: Mapping[str, str]) -> dict[str, str]:
    """Say what is wrong with what was filled in, by field, as far as that is plain to see."""
    begun = {each.part_of for each in form.fields if plain_line(values.get(each.name, ""))}
    found: dict[str, str] = {}
    for field in form.fields:
        if field.name not in values:
            continue
        value = plain_line(values[field.name])
        needed = field.required and (not field.part_of or field.part_of in begun)
        told = _wrong(field, value) if value else EMPTY if needed else ""
        if told:
            found[field.name] = told
    return found


def _wrong(field: Field, value: str) -> str:
    match field.kind:
        case FieldKind.DATE if value.casefold() != "today":
            try:
                PartialDate.parse(value.translate(_DASHES))
            except ValueError as error:
                return f"{error}."
        case FieldKind.CHOICE | FieldKind.CHOICES:
            there = {each.value for each in field.options}
            gone = [each for each in _several(field, value) if each not in there]
            if gone:
                return f"“{gone[0]}” is not there any more: choose again."
        case FieldKind.ADDRESS if not is_web_address(value):
            return "That is no web address; it begins with https://."
        case _:
            pass
    if field.part_of and ";" in value:
        return "Please write this without a semicolon."
    return ""


def _several(field: Field, value: str) -> list[str]:
    if field.kind is not FieldKind.CHOICES:
        return [value]
    return [each for part in value.split(",") if (each := part.strip())]


def arguments(
    form: Form, values: Mapping[str, str], shown: Mapping[str, str], seen: int | None = None
) -> dict[str, str] | None:
    """Give the arguments that a filled-in form stands for; None if nothing was filled in.

    `shown` is what stood in its fields, `seen` the form's own when it was drawn.
    """
    if not form.into:
        plain = {each.name: plain_line(values.get(each.name, "")) for each in form.fields}
        return {name: value for name, value in plain.items() if value} or None
    said = [*_pairs(form, values, shown)]
    if not said:
        return None
    if seen is not None:
        said.append(pair(SEEN, str(seen)))
    return {form.into: " ".join((*form.lead.split(), *said))}


def _pairs(form: Form, values: Mapping[str, str], shown: Mapping[str, str]) -> Iterator[str]:
    """Give `key=value` for each field that is otherwise than it was; without one it is none."""
    done: set[str] = set()
    for field in form.fields:
        if field.part_of:
            if field.part_of not in done:
                done.add(field.part_of)
                parts = (each for each in form.fields if each.part_of == field.part_of)
                told = (plain_line(values.get(each.name, "")) for each in parts)
                value = BETWEEN.join(filter(None, told))
                if value:
                    yield pair(field.part_of, value)
            continue
        if field.name not in values:
            continue
        new = plain_line(values[field.name])
        if new == plain_line(shown.get(field.name, field.value)):
            continue
        yield pair(field.name, new) if new else f"{field.name}={NOTHING}"


def pair(key: str, value: str) -> str:
    """Write a key with a value of one line, so that it is read back as exactly that."""
    bare = _BARE.fullmatch(value) and value.casefold() != NOTHING
    return f"{key}={value if bare else in_marks(value)}"


def placed(form: Form, faults: Iterable[Fault], among: Iterable[str]) -> dict[str, str]:
    """Say each fault at the field that it is about; at the first of those shown if at none.

    `among` are the names of the fields that are shown, in any order.
    """
    shown = set(among)
    fields = [each for each in form.fields if each.name in shown]
    told: dict[str, list[str]] = {}
    for fault in faults:
        field = _at(fields, fault.path) or _named(fields, fault.message)
        if field is not None:
            told.setdefault(field.name, []).append(fault.message)
        elif fields:
            where = f"{place_words(fault.path)}: " if fault.path else ""
            told.setdefault(fields[0].name, []).append(f"{where}{fault.message}")
    return {name: " ".join(dict.fromkeys(map(_ended, some))) for name, some in told.items()}


def _at(fields: Iterable[Field], path: Path) -> Field | None:
    """Give the field that a path leads to; of several the one with the most words of it."""
    best = max(fields, key=lambda each: _nearness(each, path), default=None)
    return best if best is not None and _nearness(best, path) else None


def _named(fields: Iterable[Field], message: str) -> Field | None:
    """Give the field that a message names first, as people type it (`since=`) or in quotes."""
    places: dict[int, Field] = {}
    for field in fields:
        found = re.search(
            rf"\b{re.escape(field.part_of or field.name)}=|'{re.escape(field.name)}'", message
        )
        if found is not None:
            places.setdefault(found.start(), field)
    return places[min(places)] if places else None


def _nearness(field: Field, path: Path) -> int:
    """Say how many of a field's words a path has in order; 0 unless it has all."""
    leads = field.leads or tuple(field.name.split("."))
    rest = iter(path)
    return len(leads) if all(word in rest for word in leads) else 0


def _ended(sentence: str) -> str:
    return sentence if sentence.endswith((".", "?", "!", "`")) else f"{sentence}."
