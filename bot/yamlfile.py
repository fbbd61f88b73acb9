"""YAML files as plain data with the place of every value, for errors that lead to the line.

Every scalar stays the text that was written: YAML 1.1 would turn `on` and `NO` into booleans,
`002415` into a number and `2019-10-09` into a date. Only an empty value, `~` and `null` are None.
Types are the models' business. Anchors, tags and several documents in a file are refused, so what
is read is no larger than what was written.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol, TypeAlias, TypeVar

import yaml
from pydantic import BaseModel, ValidationError
from yaml.events import (
    DocumentStartEvent,
    Event,
    MappingEndEvent,
    MappingStartEvent,
    ScalarEvent,
    SequenceEndEvent,
    SequenceStartEvent,
)

from bot.core.plainwords import Loc, explain_all
from bot.errors import InvalidFileError, Problem

Plain: TypeAlias = "dict[str, Plain] | list[Plain] | str | None"
M = TypeVar("M", bound=BaseModel)

MAX_BYTES = 2 * 1024 * 1024
MAX_DEPTH = 32
MAX_VALUES = 50_000

_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_ABSENT = {"", "~", "null"}
# Control characters, half surrogate pairs, and the marks that make text read in another order
# than it is stored: none has a place in a name or a sentence.
_FORBIDDEN = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\ud800-\udfff\u202a-\u202e\u2066-\u2069]"
)
# What the parser says, and what a person can do about it.
_ADVICE = {
    "mapping values are not allowed": "a second ': ' in one value; use quotes, or mend the indent",
    "cannot start any token": "no value can start with this; use quotes, and spaces to indent",
    "unexpected end of stream": "this quote is never closed",
    "',' or ']'": "this [ is not closed, or a comma is missing in it",
    "',' or '}'": "this { is not closed, or a comma is missing in it",
    "could not find expected ':'": "a key without ': ' after it",
}
# Of these, the ones to mend where the thing began, not where the parser gave up.
_WHERE_IT_BEGAN = {*_ADVICE} - {"mapping values are not allowed", "cannot start any token"}


@dataclass(frozen=True, slots=True)
class Place:
    """Where something is written. Lines and columns count from 1; 0 means unknown."""

    file: str
    line: int = 0
    column: int = 0

    def problem(self, message: str) -> Problem:
        """Give the problem at this place."""
        return Problem(self.file, self.line, self.column, message)


@dataclass(frozen=True, slots=True)
class Loaded:
    """A file's data. `values` and `keys` give the place of what stands at each path in it."""

    file: str
    data: Plain = None
    values: Mapping[Loc, Place] = field(default_factory=dict)
    keys: Mapping[Loc, Place] = field(default_factory=dict)

    def place(self, loc: Loc, *, of_key: bool = False) -> Place:
        """Say where `loc` is written; where it is not, where the nearest thing around it is."""
        if of_key and loc in self.keys:
            return self.keys[loc]
        for end in range(len(loc), -1, -1):
            if loc[:end] in self.values:
                return self.values[loc[:end]]
        return Place(self.file)


def read(path: Path) -> Loaded:
    """Read a file; raise InvalidFileError with every problem that can be found at once."""
    file = str(path)
    try:
        with path.open("rb") as stream:
            content = stream.read(MAX_BYTES + 1)
    except FileNotFoundError:
        message = "there is no such file"
    except IsADirectoryError:
        message = "this is a folder, not a file"
    except PermissionError:
        message = "the file may not be read: permission denied"
    except (OSError, ValueError) as error:
        # ValueError: a path with a null character in it.
        message = f"the file cannot be read: {getattr(error, 'strerror', None) or error}"
    else:
        return parse(content, file)
    raise InvalidFileError([Problem(file, 0, 0, message)])


def parse(content: bytes, file: str, first_line: int = 1) -> Loaded:
    """Read YAML; raise InvalidFileError as `read` does.

    `file` is what problems call it, `first_line` the number that its first line has in there.
    """
    if len(content) > MAX_BYTES:
        raise InvalidFileError([Problem(file, 0, 0, "the file is larger than 2 MiB")])
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        before = error.object[: error.start].decode("utf-8", "replace")
        place = _place_in(file, before, first_line)
        raise InvalidFileError([place.problem("this is not UTF-8 text")]) from None
    forbidden = _FORBIDDEN.search(text)
    if forbidden is not None:
        place = _place_in(file, text[: forbidden.start()], first_line)
        raise InvalidFileError([place.problem(_character_words(forbidden))])
    return _Composer(file, first_line).compose(text)


def comments(text: str) -> tuple[int, ...]:
    """Give the lines, from 1, on which a comment begins, in text that `parse` reads."""
    bare = list(text)
    for event in yaml.parse(text, Loader=_LOADER):
        begin, end = event.start_mark, event.end_mark
        if isinstance(event, ScalarEvent) and begin and end:
            for index in range(begin.index, end.index):
                if bare[index] != "\n":
                    bare[index] = " "
    lines = "".join(bare).split("\n")
    return tuple(number for number, line in enumerate(lines, 1) if "#" in line)


def validate(model: type[M], loaded: Loaded) -> M:
    """Make a model of a file's data; raise InvalidFileError with every problem in plain words."""
    if loaded.data is None:
        raise InvalidFileError([Problem(loaded.file, 0, 0, "the file is empty")])
    try:
        return model.model_validate(loaded.data)
    except ValidationError as error:
        raise InvalidFileError(
            [
                loaded.place(each.loc, of_key=each.at_key).problem(each.message)
                for each in explain_all(model, error)
            ]
        ) from None


class _Mark(Protocol):
    """A place as either of the two parsers gives it; both count from 0."""

    line: int
    column: int


class _Composer:
    """Builds plain data from the parser's events, noting places and problems on the way."""

    def __init__(self, file: str, first_line: int) -> None:
        self._file = file
        self._first_line = first_line
        self._values: dict[Loc, Place] = {}
        self._keys: dict[Loc, Place] = {}
        self._problems: list[Problem] = []

    def compose(self, text: str) -> Loaded:
        data: Plain = None
        documents = 0
        try:
            events: Iterator[Event] = yaml.parse(text, Loader=_LOADER)
            for event in events:
                if not isinstance(event, DocumentStartEvent):
                    continue
                documents += 1
                if documents == 2:
                    self._note(event, "a second document starts here; write one for each file")
                    break
                data = self._value(next(events), events, ())
        except yaml.MarkedYAMLError as error:
            self._problems.append(self._syntax(error))
        except (yaml.YAMLError, ValueError) as error:
            # The parser's own limits, such as an escape that is no character.
            self._problems.append(Problem(self._file, 0, 0, f"this is not YAML: {error}"))
        if self._problems:
            raise InvalidFileError(self._problems)
        return Loaded(self._file, data, self._values, self._keys)

    def _value(self, event: Event, events: Iterator[Event], loc: Loc) -> Plain:
        self._refuse_tricks(event)
        self._values[loc] = self._place(event)
        if len(loc) > MAX_DEPTH or len(self._values) > MAX_VALUES:
            too = "nested too deeply" if len(loc) > MAX_DEPTH else "too many values in one file"
            raise InvalidFileError([*self._problems, self._place(event).problem(too)])
        if isinstance(event, MappingStartEvent):
            return self._mapping(events, loc)
        if isinstance(event, SequenceStartEvent):
            items: list[Plain] = []
            while not isinstance(event := next(events), SequenceEndEvent):
                items.append(self._value(event, events, (*loc, len(items))))
            return items
        if isinstance(event, ScalarEvent):
            if not event.style and event.value in _ABSENT:
                return None
            return str(event.value)
        return None  # an alias, already noted

    def _mapping(self, events: Iterator[Event], loc: Loc) -> Plain:
        result: dict[str, Plain] = {}
        while not isinstance(event := next(events), MappingEndEvent):
            key = self._value(event, events, (*loc, "?"))
            if not isinstance(key, str):
                self._note(event, "a key must be plain text")
                key = "?"  # reading goes on for the problems further down
            elif key in result:
                first = self._keys[(*loc, key)].line
                self._note(event, f"the key '{key}' is already used, in line {first}")
            there = (*loc, key)
            self._keys.setdefault(there, self._place(event))
            result[key] = self._value(next(events), events, there)
        return result

    def _refuse_tricks(self, event: Event) -> None:
        if getattr(event, "anchor", None):
            self._note(event, "anchors and aliases (&x, *x) are not used here; repeat the value")
        if getattr(event, "tag", None):
            self._note(event, "tags (!x) are not used here")
        forbidden = _FORBIDDEN.search(getattr(event, "value", ""))
        if forbidden is not None:
            self._note(event, _character_words(forbidden))

    def _note(self, event: Event, message: str) -> None:
        self._problems.append(self._place(event).problem(message))

    def _place(self, event: Event) -> Place:
        return self._at(event.start_mark)

    def _at(self, mark: _Mark | None) -> Place:
        if mark is None:
            return Place(self._file)
        return Place(self._file, mark.line + self._first_line, mark.column + 1)

    def _syntax(self, error: yaml.MarkedYAMLError) -> Problem:
        said = error.problem or "it cannot be read"
        mark = error.problem_mark or error.context_mark
        for sign, advice in _ADVICE.items():
            if sign in said:
                began = error.context_mark if sign in _WHERE_IT_BEGAN else None
                return self._at(began or mark).problem(advice)
        return self._at(mark).problem(f"this is not YAML: {said}")


def _place_in(file: str, before: str, first_line: int) -> Place:
    return Place(file, before.count("\n") + first_line, len(before) - before.rfind("\n"))


def _character_words(found: re.Match[str]) -> str:
    return f"the control character U+{ord(found[0]):04X} has no place here"
