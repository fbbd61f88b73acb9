"""The parts that a vendor's record has several of: what each is called, needs and is found by."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum

from bot.core.editing.fieldwords import Kind, Spec, Specs, specs_of
from bot.core.editing.tree import KEYS, Tree, Value
from bot.core.line import written as in_line
from bot.core.vendor import (
    Allegation,
    Background,
    Claim,
    Measure,
    Name,
    NotListed,
    NotThis,
    Proceeding,
    Program,
    Record,
    Related,
    Response,
    Source,
)

SOURCES = "sources"


class PartWord(StrEnum):
    """What a part is called in a command."""

    NAME = "name"
    LOOK_ALIKE = "look-alike"
    MEASURE = "measure"
    ALLEGATION = "allegation"
    RESPONSE = "response"
    PROCEEDING = "proceeding"
    BACKGROUND = "background"
    RELATED = "related"
    NOT_LISTED = "not-listed"
    SOURCE = "source"


@dataclass(frozen=True, slots=True)
class Part:
    """One of them. `lead` is the field that the words before the first `key=` are.

    `example` is what may follow `watchlist measure add <vendor>`.
    """

    word: PartWord
    key: str
    model: type[Record]
    lead: str
    example: str
    noun: str
    specs: Specs = field(init=False, compare=False)

    def __post_init__(self) -> None:
        specs = specs_of(self.model)
        if self.called is None:  # its key stands beside it
            specs = {"key": Spec(Kind.TEXT, ("key",), ("key",))} | specs
        object.__setattr__(self, "specs", specs)

    @property
    def called(self) -> str | None:
        """The field that names an item; sources have their keys beside them."""
        return KEYS.get(self.key)

    @property
    def is_claim(self) -> bool:
        """Whether an item of it says something that needs a source."""
        return issubclass(self.model, Claim)

    @property
    def a(self) -> str:
        """The noun with its article."""
        return f"{'an' if self.noun[0] in 'aeiou' else 'a'} {self.noun}"

    def line(self, verb: str, vendor: str, more: str = "") -> str:
        """Write a command about this part."""
        return " ".join(filter(None, ("watchlist", self.word, verb, vendor, more)))

    def add_example(self, vendor: str) -> str:
        """Write a command that adds one, as somebody might give it."""
        return self.line("add", vendor, self.example)


_SOURCE = 'source="Example Times, 2023-11, press, https://example.org/article"'
NAME = Part(PartWord.NAME, "names", Name, "value", "Acme Cam role=brand", "name")
LOOK_ALIKE = Part(
    PartWord.LOOK_ALIKE,
    "not_this",
    NotThis,
    "phrase",
    'Acme Bakery why="a bakery in Springfield"',
    "look-alike",
)
MEASURE = Part(
    PartWord.MEASURE,
    "measures",
    Measure,
    "title",
    'US Entity List kind=export_control authority="US Department of Commerce" since=2019-10-09 '
    'source="Federal Register, 2019-10-09, official, https://www.federalregister.gov/d/2019-22210"',
    "measure",
)
ALLEGATION = Part(
    PartWord.ALLEGATION,
    "allegations",
    Allegation,
    "text",
    f'by=IPVM date=2023-11 text="Its cameras were sold with a minority alert" {_SOURCE}',
    "allegation",
)
RESPONSE = Part(
    PartWord.RESPONSE,
    "responses",
    Response,
    "answers",
    f'ipvm-2023 kind=denial date=2023-11 text="It never sold that function" {_SOURCE}',
    "response",
)
PROCEEDING = Part(
    PartWord.PROCEEDING,
    "proceedings",
    Proceeding,
    "case",
    'Acme v FCC, 23-1032 court="US Court of Appeals, D.C. Circuit" stage=merits '
    'decided_on=2024-04-02 outcome="The listing stands" affects=us-fcc-covered-list '
    'source="D.C. Circuit, 2024-04-02, court, https://www.cadc.uscourts.gov/23-1032"',
    "court proceeding",
)
BACKGROUND = Part(
    PartWord.BACKGROUND,
    "background",
    Background,
    "text",
    f"Sold two million cameras in 2022 date=2022 {_SOURCE}",
    "background fact",
)
RELATED = Part(
    PartWord.RELATED,
    "related",
    Related,
    "name",
    f'Acme Holdings relation=parent text="owns 42%" {_SOURCE}',
    "related company",
)
NOT_LISTED = Part(
    PartWord.NOT_LISTED,
    "not_listed",
    NotListed,
    "program",
    "US-BIS-EL checked_on=2024-05-03 "
    'source="US Commerce, 2024-05-03, official, https://www.trade.gov/consolidated-screening-list"',
    "list that does not name it",
)
SOURCE = Part(
    PartWord.SOURCE,
    SOURCES,
    Source,
    "",
    "Example Times, 2023-11, press, https://example.org/article",
    "source",
)
PARTS: Mapping[PartWord, Part] = {
    each.word: each
    for each in (
        NAME, LOOK_ALIKE, MEASURE, ALLEGATION, RESPONSE, PROCEEDING, BACKGROUND, RELATED,
        NOT_LISTED, SOURCE,
    )
}  # fmt: skip
_BY_KEY = {each.key: each for each in PARTS.values()}
ANSWERABLE = (ALLEGATION, MEASURE, PROCEEDING)
AFFECTED = (MEASURE, ALLEGATION)


@dataclass(frozen=True, slots=True)
class Ground:
    """What a part is written into: a vendor's record as it stands, the programs, and today."""

    vendor: str
    name: str
    tree: Tree
    programs: Mapping[str, Program]
    today: date


def part_of(key: str) -> Part | None:
    """Give the part whose items stand under a key of the record."""
    return _BY_KEY.get(key)


def items_of(tree: Tree, part: Part) -> dict[str, Tree]:
    """Give a record's items of a part by what names them."""
    there = tree.get(part.key)
    items = there if isinstance(there, dict) else {}
    return {key: item for key, item in items.items() if isinstance(item, dict)}


def ids_of(tree: Tree) -> Iterator[str]:
    """Give all ids of a record: one stands for one thing in all of it."""
    for part in PARTS.values():
        if part.called == "id":
            yield from items_of(tree, part)


def values(item: Tree, key: str) -> list[str]:
    """Give a list of an item; empty if it has none."""
    there: Value | None = item.get(key)
    return [str(each) for each in there] if isinstance(there, list) else []


def speaks(item: Tree) -> bool:
    """Whether an item counts as confirmed."""
    return item.get("confidence") != "unverified"


def item_line(part: Part, verb: str, vendor: str, key: str, more: str = "") -> str:
    """Write a command about one item."""
    return part.line(verb, vendor, " ".join(filter(None, (in_line(key), more))))
