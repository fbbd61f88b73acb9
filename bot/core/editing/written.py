"""A record, or a part of one, as somebody wrote it: plain data, and where each of it stands."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

from bot.core.document import Bullets, Document, Item, Paragraph, words
from bot.core.editing.tree import KEYS, Fault
from bot.core.editing.words import place_words
from bot.core.plainwords import Loc

Plain: TypeAlias = "dict[str, Plain] | list[Plain] | str | None"
MOST_TOLD = 20
"""Things to mend that one answer tells; the rest is counted."""


@dataclass(frozen=True, slots=True, order=True)
class Spot:
    """A place in a pasted text. Lines and columns count from 1; 0 means unknown."""

    line: int = 0
    column: int = 0


NOWHERE = Spot()


@dataclass(frozen=True, slots=True, order=True)
class Flaw:
    """One thing to mend in a pasted text. `about` says which part of the record it is, if known."""

    spot: Spot
    message: str
    about: str = ""

    def __str__(self) -> str:
        about = f"{self.about}: " if self.about else ""
        if self.spot.line == 0:
            return f"{about}{self.message}"
        return f"line {self.spot.line}, column {self.spot.column}: {about}{self.message}"


@dataclass(frozen=True, slots=True)
class Written:
    """What one document of a pasted text holds; nothing where it has `flaws` that hide it.

    `values` and `keys` say where the value and the key of each path are.
    """

    data: Plain = None
    values: Mapping[Loc, Spot] = field(default_factory=dict)
    keys: Mapping[Loc, Spot] = field(default_factory=dict)
    flaws: tuple[Flaw, ...] = ()

    def spot(self, loc: Loc, *, of_key: bool = False) -> Spot:
        """Say where `loc` stands; where it does not, where the nearest thing around it does."""
        if of_key and loc in self.keys:
            return self.keys[loc]
        for end in range(len(loc), -1, -1):
            if loc[:end] in self.values:
                return self.values[loc[:end]]
        return NOWHERE

    def flaw(self, loc: Loc, message: str, *, of_key: bool = False) -> Flaw:
        """Give a flaw at a place."""
        return Flaw(self.spot(loc, of_key=of_key), message)

    def flaws_of(self, faults: Iterable[Fault]) -> tuple[Flaw, ...]:
        """Find where what an edit would make wrong is written.

        What was not pasted has no place, and is named alone.
        """
        numbers: dict[Loc, dict[str, int]] = {}
        return tuple(self._flaw_of(each, numbers) for each in faults)

    def _flaw_of(self, fault: Fault, numbers: dict[Loc, dict[str, int]]) -> Flaw:
        """Follow a path of words as far as it was written."""
        loc: tuple[str | int, ...] = ()
        here: Plain = self.data
        for word in fault.path:
            if isinstance(here, dict) and word in here:
                loc = (*loc, word)
                here = here[word]
            elif isinstance(here, list):
                if loc not in numbers:
                    numbers[loc] = _numbers(here, fault.path[0])
                number = numbers[loc].get(word)
                if number is None:
                    break
                loc = (*loc, number)
                here = here[number]
            else:
                break
        about = place_words(fault.path) if fault.path else ""
        if not loc:
            return Flaw(NOWHERE, fault.message, about)
        is_key = fault.message.startswith("unknown key")
        return Flaw(self.spot(loc, of_key=is_key), fault.message, about)


def _numbers(items: list[Plain], part: str) -> dict[str, int]:
    """Say at which number of a list each word of a path leads."""
    numbers: dict[str, int] = {}
    for number, item in enumerate(items):
        named = item.get(KEYS.get(part, "")) if isinstance(item, dict) else item
        if isinstance(named, str):
            numbers.setdefault(named, number)
        numbers.setdefault(str(number), number)
    return numbers


def flaws_bullets(flaws: Iterable[Flaw]) -> Bullets:
    """List what is to be mended, in order of place."""
    ordered = sorted(set(flaws), key=lambda each: (each.spot.line == 0, each))
    items = [Item(words(str(each))) for each in ordered[:MOST_TOLD]]
    if len(ordered) > MOST_TOLD:
        items.append(Item(words(f"and {len(ordered) - MOST_TOLD} more")))
    return Bullets(tuple(items))


def flawed(flaws: Iterable[Flaw]) -> Document:
    """Say why a pasted text is not taken in, with all that is to be mended at once."""
    told = tuple(flaws)
    count = "one thing" if len(set(told)) == 1 else f"{len(set(told))} things"
    lead = f"Nothing was changed: there {'is' if count == 'one thing' else 'are'} {count} to mend."
    return Document(lead, (Paragraph(words(lead)), flaws_bullets(told)))
