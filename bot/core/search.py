"""Finding words in the records: what each part says, whole, with whoever says it. Pure.

All words must be found in one part of a record or among the vendor's names, one of them at least in
the part. `results` writes it.
"""

import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

from rapidfuzz import fuzz, process

from bot.core.dates import LONG_AGO, PartialDate
from bot.core.vendor import (
    Allegation,
    Background,
    Measure,
    Name,
    Proceeding,
    Record,
    Response,
    Statement,
    Vendor,
)
from bot.core.watchlist import Watchlist
from bot.errors import UsageError

MOST_WORDS = 12
SHORTEST_PREFIX = 3
SHORTEST_TYPO = 5
NEAR = 80.0
"""How alike (0 to 100) a word must be to be taken for another one."""
MOST_NEAR = 3
LONGEST_SNIPPET = 360
# Where a sentence ends: after a word of four letters or more, so not after “Co.” or “Ltd.”.
_END = re.compile(r"(?<=[^\W\d_]{4}[.!?])\s+|(?<=[^\W\d_]{3}[.!?][”\"'])\s+|(?<=[。！？])")


@dataclass(frozen=True, slots=True)
class Part:
    """A part of a vendor's record: what is searched in it, the most telling text first."""

    vendor: Vendor
    record: Record
    texts: tuple[str, ...]
    speaks: bool


@dataclass(frozen=True, slots=True)
class Hit:
    """A part in which all was found; `snippet` is the sentence that says most of it."""

    part: Part
    snippet: str
    rank: tuple[int, int, int]


@dataclass(frozen=True, slots=True)
class Results:
    """What was found, best first. `instead` has the words that stood in for unknown ones.

    `unverified`: something that nobody confirmed matches as well.
    """

    asked: str
    hits: tuple[Hit, ...]
    unverified: bool = False
    instead: tuple[tuple[str, tuple[str, ...]], ...] = ()


def search(watchlist: Watchlist, asked: str) -> Results:
    """Find the parts that hold all words; raise UsageError where there is no word to look for.

    A word is found where one is the same or, from three letters on, begins with it; words that are
    only alike count where nothing else is found.
    """
    wanted = list(dict.fromkeys(folded(asked).split()))
    if not wanted:
        raise UsageError("Say which words to look for. Type `vendor search <text>`.")
    if len(wanted) > MOST_WORDS:
        raise UsageError(f"That is more than {MOST_WORDS} words; look for fewer.")
    parts = [part for vendor in watchlist.vendors.values() for part in _parts(vendor)]
    found = _found(parts, [(word,) for word in wanted])
    instead: tuple[tuple[str, tuple[str, ...]], ...] = ()
    if not found:
        meant = _meant(parts, wanted)
        instead = tuple((word, near) for word, near in meant if near != (word,))
        if instead and all(near for _, near in meant):
            found = _found(parts, [near for _, near in meant])
    hits = tuple(hit for hit in found if hit.part.speaks)
    return Results(" ".join(asked.split()), hits, len(hits) < len(found), instead if hits else ())


def folded(text: str) -> str:
    """Reduce a text to its words as `fold_name` does with names: letters and digits, no case.

    Each word has a space before it and behind it: ` acme cam `.
    """
    plain = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).casefold())
    words = "".join(ch if _is_letter(ch) else " " for ch in plain).split()
    return f" {' '.join(words)} " if words else ""


_known = lru_cache(20_000)(folded)
"""For the texts of records, which are searched again and again."""


def _is_letter(character: str) -> bool:
    return character.isalnum() or unicodedata.category(character).startswith("M")


def _parts(vendor: Vendor) -> Iterator[Part]:
    for name in _names(vendor):
        yield Part(vendor, name, (name.value,), speaks=name.confidence == "confirmed")
    for profile in (vendor.makes, vendor.control):
        if profile is not None:
            yield Part(vendor, profile, (profile.text,), profile.speaks)
    told = {each.id for each in vendor.measures if each.speaks}
    told |= {each.id for each in vendor.allegations if each.speaks}
    for measure in vendor.measures:
        yield Part(vendor, measure, _measure_texts(measure), measure.speaks)
    for allegation in vendor.allegations:
        yield Part(vendor, allegation, (allegation.text, allegation.by), allegation.speaks)
    cases = {each.id for each in vendor.proceedings if each.speaks and _may(each.affects, told)}
    for ruling in vendor.proceedings:
        texts = (ruling.outcome, ruling.case, ruling.court)
        yield Part(vendor, ruling, texts, ruling.id in cases)
    for response in vendor.responses:
        speaks = response.speaks and _may(response.answers, told | cases)
        yield Part(vendor, response, (response.text, response.by), speaks)
    for fact in vendor.background:
        yield Part(vendor, fact, (fact.text, fact.by or ""), fact.speaks)


def _may(about: Sequence[str], told: set[str]) -> bool:
    """Whether what is about these may be shown: not if all of them are unconfirmed."""
    return not about or not told.isdisjoint(about)


def _names(vendor: Vendor) -> Iterator[Name]:
    """Give all names once; those of the head of the record first."""
    known = {name.value for name in vendor.names}
    for value in (vendor.name, vendor.native_name):
        if value is not None and value not in known:
            yield Name.model_validate({"value": value, "role": "alias"})
    yield from vendor.names


def _measure_texts(measure: Measure) -> tuple[str, ...]:
    given = (
        measure.title,
        measure.effect,
        measure.limits,
        measure.binds,
        measure.authority,
        measure.listed_as,
        measure.group_company,
        *measure.citations,
    )
    return tuple(filter(None, given))


def _found(parts: Sequence[Part], wanted: Sequence[tuple[str, ...]]) -> list[Hit]:
    names: dict[str, str] = {}
    for part in parts:
        if isinstance(part.record, Name) and part.speaks:
            names[part.vendor.id] = names.get(part.vendor.id, "") + _known(part.texts[0])
    found = (_hit(part, wanted, names.get(part.vendor.id, "")) for part in parts)
    hits = [hit for hit in found if hit is not None]
    hits.sort(key=lambda hit: (hit.rank, -_when(hit.part.record), hit.part.vendor.id))
    return _one_name_each(hits)


def _one_name_each(hits: Iterable[Hit]) -> list[Hit]:
    """Keep the best of a vendor's names: the others say the same."""
    named: set[tuple[str, bool]] = set()
    kept = []
    for hit in hits:
        key = (hit.part.vendor.id, hit.part.speaks)
        if not isinstance(hit.part.record, Name) or key not in named:
            kept.append(hit)
        if isinstance(hit.part.record, Name):
            named.add(key)
    return kept


def _hit(part: Part, wanted: Sequence[tuple[str, ...]], names: str) -> Hit | None:
    """Look for all words in a part, and for what is not there among the vendor's names."""
    there = "".join(map(_known, part.texts))
    within = exact = 0
    for word in wanted:
        if any(_is_in(each, there) for each in word):
            within += 1
            exact += any(f" {each} " in there for each in word)
        elif not any(_is_in(each, names) for each in word):
            return None
    if not within:
        return None
    rank = (len(wanted) - within, len(wanted) - exact, _ORDER.index(type(part.record)))
    return Hit(part, _snippet(part.texts, wanted), rank)


def _is_in(word: str, there: str) -> bool:
    """Whether a word is in a folded text, or begins one; without spaces in its script, anywhere."""
    if not word.isascii():
        return word in there
    return (f" {word}" if len(word) >= SHORTEST_PREFIX else f" {word} ") in there


_ORDER = (Name, Measure, Allegation, Response, Proceeding, Statement, Background)


def _when(record: Record) -> int:
    """Give a number for the date of a part, the later the greater; undated last."""
    when: object = None
    match record:
        case Proceeding():
            when = record.decided_on or record.filed_on
        case Measure(since=when) | Allegation(date=when) | Response(date=when):
            pass
        case Background(date=when):
            pass
    return (when if isinstance(when, PartialDate) else LONG_AGO).first_day.toordinal()


def _snippet(texts: Sequence[str], wanted: Sequence[tuple[str, ...]]) -> str:
    """Give the sentence that holds most of the words, shortened around the first of them."""

    def held(text: str) -> int:
        there = _known(text)
        return sum(any(_is_in(each, there) for each in word) for word in wanted)

    sentences = [each for text in texts[:1] for each in _END.split(text) if each]
    sentences += [text for text in texts[1:] if text]
    best = max(sentences, key=held)
    return best if len(best) <= LONGEST_SNIPPET else _cut(best, wanted)


def _cut(text: str, wanted: Sequence[tuple[str, ...]]) -> str:
    """Shorten a long sentence to the words around the first that was looked for."""
    said = text.split(" ")
    first = next(
        (
            at
            for at, each in enumerate(said)
            if any(_is_in(one, folded(each)) for word in wanted for one in word)
        ),
        0,
    )
    begin, end, room = first, first, LONGEST_SNIPPET
    while room > 0 and (begin > 0 or end < len(said)):
        if begin > 0:
            begin -= 1
            room -= len(said[begin]) + 1
        if end < len(said):
            room -= len(said[end]) + 1
            end += 1
    return ("… " if begin else "") + " ".join(said[begin:end]) + (" …" if end < len(said) else "")


def _meant(parts: Sequence[Part], wanted: Sequence[str]) -> list[tuple[str, tuple[str, ...]]]:
    """Give what each word may be meant to be: itself if it is known, else the nearest ones."""
    texts = "".join(_known(text) for part in parts if part.speaks for text in part.texts)
    vocabulary = sorted({each for each in texts.split() if len(each) >= SHORTEST_TYPO})
    meant = []
    for word in wanted:
        near: tuple[str, ...] = (word,)
        if not _is_in(word, texts):
            scored = process.extract(
                word, vocabulary, scorer=fuzz.ratio, limit=MOST_NEAR, score_cutoff=NEAR
            )
            near = tuple(each for each, _, _ in scored) if len(word) >= SHORTEST_TYPO else ()
        meant.append((word, near))
    return meant
