"""What a command is given after its words: each parameter has a kind, by its type. Pure."""

import inspect
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from types import NoneType, UnionType
from typing import Annotated, NewType, Union, get_args, get_origin, get_type_hints

from bot.core.dates import PartialDate
from bot.core.mention import Channel
from bot.core.refused import RefusedError
from bot.core.vendor import Vendor
from bot.core.watchlist import Exactly, Found, Nearest

Rest = NewType("Rest", str)
"""A parameter that takes the rest of the line, in one line with plain quotation marks."""
Block = NewType("Block", str)
"""A parameter that takes all that follows as it stands, with its line breaks; a pasted text.

The fence of backticks around it is left out.
"""
Fields = NewType("Fields", str)
"""A parameter that takes the rest of the line as `key=value` words, with their quotation marks."""
Url = NewType("Url", str)
"""A parameter that is a web address, http or https; without a scheme it is https."""


class Kind(StrEnum):
    """What a parameter is read as."""

    WORD = "word"
    NUMBER = "number"
    CHOICE = "choice"
    VENDOR = "vendor"
    CHANNEL = "channel"
    DURATION = "duration"
    DATE = "date"
    URL = "address"
    FIELDS = "fields"
    BLOCK = "block"
    REST = "text"


_OPEN = frozenset({Kind.FIELDS, Kind.BLOCK, Kind.REST})
EXAMPLES: dict[Kind, str] = {
    Kind.NUMBER: "12",
    Kind.VENDOR: "hikvision",
    Kind.CHANNEL: "here",
    Kind.DURATION: "7d",
    Kind.DATE: "2019-10-09",
    Kind.URL: "https://example.org/feed.xml",
}
HINTS: dict[Kind, str] = {
    Kind.NUMBER: "a number, as a list shows it",
    Kind.CHOICE: "one of these",
    Kind.VENDOR: "a vendor, by any of its names",
    Kind.CHANNEL: "a channel: here, #name or its id",
    Kind.DURATION: "a span of time: 7d, 12h or 2 weeks",
    Kind.DATE: "a day, a month or a year: 2019-10-09, 2019-10, 2019~ (inferred) or today",
    Kind.URL: "a web address",
    Kind.FIELDS: 'what is to be set: key=value, or key="several words"',
    Kind.BLOCK: "a pasted text, on lines of its own",
}


@dataclass(frozen=True, slots=True)
class Explained:
    """What a parameter means, beside its type: `Annotated[str, Explained("why")]`.

    `words` may stand in it, and are offered to whoever types; `like` is what the rest of a line
    begins with.
    """

    hint: str = ""
    example: str = ""
    words: tuple[str, ...] = ()
    like: Kind | None = None


NOT_EXPLAINED = Explained()


@dataclass(frozen=True, slots=True)
class Parameter:
    """One argument of a command. `of` is the type of a choice, or `Exactly` for a vendor's name."""

    name: str
    kind: Kind = Kind.WORD
    required: bool = True
    of: type = str
    explained: Explained = NOT_EXPLAINED

    @property
    def takes_rest(self) -> bool:
        """Whether nothing can follow it."""
        return self.kind in _OPEN

    @property
    def choices(self) -> tuple[str, ...]:
        """What may be chosen; empty if it is no choice."""
        return tuple(map(str, self.of)) if issubclass(self.of, StrEnum) else ()

    @property
    def label(self) -> str:
        """Its name in words."""
        return self.name.strip("_").replace("_", " ")

    @property
    def hint(self) -> str:
        """What is to be typed for it, in a few words; empty where its name says all."""
        return self.explained.hint or HINTS.get(self.like, "")

    @property
    def example(self) -> str:
        """Something that can be typed for it; empty if its kind has none."""
        return self.explained.example or next(iter(self.choices), EXAMPLES.get(self.like, ""))

    @property
    def words(self) -> tuple[str, ...]:
        """What may stand in it, for whoever types."""
        return self.explained.words

    @property
    def like(self) -> Kind:
        """What it begins with."""
        return self.explained.like or self.kind

    def __str__(self) -> str:
        return f"<{self.label}>" if self.required else f"[{self.label}]"


@dataclass(frozen=True, slots=True)
class Known:
    """What the words of a line mean to whoever reads it.

    `find` finds a vendor, `at` gives a channel of the kind that it is; `here` and `today` are those
    of whoever types.
    """

    find: Callable[[str], Found]
    here: Channel
    at: Callable[[Channel], Channel]
    today: date


STRANGER = Known(lambda _: Nearest(()), Channel("", ""), lambda channel: channel, date.min)
"""Who knows no vendor and no channel: for the outline of a line."""


class WhichVendorError(RefusedError):
    """A name means none of the watched vendors, or several; `document` asks which."""


_KINDS: dict[object, Kind] = {
    str: Kind.WORD,
    int: Kind.NUMBER,
    Vendor: Kind.VENDOR,
    Exactly: Kind.VENDOR,
    Channel: Kind.CHANNEL,
    timedelta: Kind.DURATION,
    PartialDate: Kind.DATE,
    Url: Kind.URL,
    Fields: Kind.FIELDS,
    Block: Kind.BLOCK,
    Rest: Kind.REST,
}


def parameters_of(handler: Callable[..., object]) -> tuple[Parameter, ...]:
    """Give what a handler takes after the context; raise TypeError for what no line can give."""
    hints = get_type_hints(handler, include_extras=True)
    declared = list(inspect.signature(handler).parameters.values())[1:]
    made = tuple(_parameter(each, hints.get(each.name)) for each in declared)
    if any(each.takes_rest for each in made[:-1]):
        raise TypeError("what takes the rest of the line comes last")
    return made


def _parameter(declared: inspect.Parameter, hint: object) -> Parameter:
    explained = NOT_EXPLAINED
    if get_origin(hint) is Annotated:
        hint, *said = get_args(hint)
        explained = next((each for each in said if isinstance(each, Explained)), explained)
    required = declared.default is inspect.Parameter.empty
    union = get_origin(hint) in {Union, UnionType}
    types = [each for each in (get_args(hint) if union else (hint,)) if each is not NoneType]
    plain = types[0] if len(types) == 1 else None
    kind, of = _KINDS.get(plain), plain if isinstance(plain, type) else str
    if issubclass(of, StrEnum):
        kind = Kind.CHOICE
    if kind is None:
        told = f"parameter {declared.name!r} has a type that no command can read: {hint}"
        raise TypeError(told)
    return Parameter(declared.name, kind, required, of, explained)
