"""The words of a text as numbers, and what two texts have in common.

A copy is recognised by containment: the share of the shorter text's shingles (four words in a row)
that stand in the longer one; it does not mind what was cut off or added. What tells a copy from a
form letter or a follow-up is where the texts differ, so words are kept in line and not as a set.
"""

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from hashlib import blake2b
from itertools import pairwise
from typing import NamedTuple

from rapidfuzz.distance import LCSseq

MOST_WORDS = 2000
"""Words of a text that are looked at, from the first on; a character of Chinese is one."""
_LONGEST_TEXT = 12 * MOST_WORDS
_SHINGLE = 4
_PASSAGE = 4
"""Words in a row that two texts must share for a place to be the same in both."""
_CHANGE = 16
"""Words up to which what stands between two shared passages is a change, not another passage."""
_DENIAL = 4
"""Words up to which a change with a negation turns round what a sentence says."""
_OPENING_WORDS = 30
"""Words at the beginning of a text that tell what is new in it."""
_FOOT = 8
"""Words up to which the end of the shorter text is no text: "Continue reading at The Courier"."""
_ALIKE = 0.3
"""Containment under which nobody need know where two texts differ."""

# Scripts written without spaces are taken character by character.
_UNSPACED = "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff"
_UNSPACED += "\uf900-\ufaff\U00020000-\U0003ffff"
UNSPACED = _UNSPACED
TOKEN = re.compile(rf"[{_UNSPACED}]|[^\s{_UNSPACED}]+")
CHARACTER = re.compile(f"[{_UNSPACED}]")
_INSIDE = re.compile(r"['’ʼ]|(?<=[^\W\d_])\.(?=[^\W\d_])|(?<=\.[^\W\d_])\.")
_BETWEEN = re.compile(r"(?<![0-9])[.,]|[.,](?![0-9])")
_SENTENCE_END = re.compile(r"[.!?:…][\"'”’»)]*$")
_OPENING = "\"'“‘«([„"
_BRITISH = re.compile(
    r"(?<=[a-z]{2})(?:(?P<o>our)|(?P<z>[iy]s)(?=(?:e|ed|es|ers?|ing|ations?)$)"
    r"|(?P<e>[bt]re)(?=s?$)|(?P<s>nce)(?=[sd]?$)|(?P<g>ogue)(?=s?$)|(?P<m>mme)(?=s?$)"
    r"|(?P<l>ll)(?=(?:ed|ing|ers?)$))"
)
NEGATIONS = frozenset(
    "no not never none nor without cannot cant wont dont doesnt didnt isnt arent wasnt werent "  # noqa: SIM905 - forty lines shorter
    "hasnt havent hadnt shouldnt wouldnt couldnt nicht kein keine nie ohne pas sans ne non sin "
    "не нет без ни 不 没 沒 未 无 無 非 否".split()
)
DENIALS = frozenset(
    "deny denies denied denying reject rejects rejected refuse refuses refused dispute disputes "  # noqa: SIM905 - as above
    "disputed bestritt bestreitet dementiert dementierte leugnet leugnete verneint verneinte "
    "отрицает отрицал отрицала отрицают опроверг опровергла опровергает отверг отвергла".split()
)
CORRECTIONS = frozenset(
    "correction corrections corrected corrects correcting clarification "  # noqa: SIM905 - as above
    "retracted retraction retracts erratum amended berichtigt berichtigung korrektur korrigiert "
    "richtigstellung исправлено исправлена исправление уточнение опровержение поправка".split()
)
_NUMBER, _SIGN = 2, 4
"""Bits of a word that is a number, and of a character; the lowest says that a word is a name."""


_Line = tuple[int, ...]
_Change = tuple[_Line, _Line]


class _Block(NamedTuple):
    """A passage that stands in both texts: where in each, and how many words."""

    one: int
    other: int
    size: int


@dataclass(frozen=True, slots=True)
class Words:
    """The words of a text in line, each by a number of 32 bits, and which of them are names.

    A name is what begins with a capital within a sentence, or wherever it stands in the text.
    """

    line: _Line = ()
    names: frozenset[int] = frozenset()

    @property
    def length(self) -> float:
        """How many there are; two characters of a script without spaces are one."""
        return _weight(self.line)


@dataclass(frozen=True, slots=True)
class Common:
    """What two texts have in common; shares are from 0 to 1.

    `ahead` counts the words at the beginning that stand in one text alone: what is new comes first.
    `changes` counts passages in place of others, `figures` those where it is a number for another;
    `opposed` says that by one of them the texts tell of different things, or of the opposite.
    """

    of_shorter: float
    of_longer: float
    ahead: float = 0
    changes: int = 0
    figures: int = 0
    opposed: bool = False


def words(text: str) -> Words:
    """Take the words of a text; the same on every machine and in every process."""
    line: list[int] = []
    within: set[int] = set()
    first: set[int] = set()
    small: set[int] = set()
    numbers: dict[str, int] = {}
    begins = True
    for raw in unicodedata.normalize("NFKC", text[:_LONGEST_TEXT]).split():
        capital = raw.lstrip(_OPENING)[:1].isupper()
        for token in TOKEN.findall(plain_words(raw.casefold())):
            word = numbers.get(token) or numbers.setdefault(token, _number(token))
            line.append(word)
            (small if not capital else first if begins else within).add(word)
        begins = _SENTENCE_END.search(raw) is not None
        if len(line) >= MOST_WORDS:
            break
    return Words(tuple(line[:MOST_WORDS]), frozenset(within | (first - small)))


def _number(token: str) -> int:
    spelt = _BRITISH.sub(_american, token)
    digest = blake2b(spelt.encode(errors="replace"), digest_size=4).digest()
    number = any(map(str.isdigit, token)) * _NUMBER
    sign = (CHARACTER.match(token) is not None) * _SIGN
    return int.from_bytes(digest, "little") & ~7 | number | sign


def _american(found: re.Match[str]) -> str:
    part = found.lastgroup or ""
    there = {"o": "or", "e": found[0][0] + "er", "s": "nse", "g": "og", "m": "m", "l": "l"}
    return there.get(part, found[0][0] + "z")


def in_common(one: Words, other: Words) -> Common | None:
    """Compare two texts; None where one of them is shorter than a shingle."""
    first, second = _shingles(one.line), _shingles(other.line)
    if len(first) > len(second):
        one, other, first, second = other, one, second, first
    short, long = len(first), len(second)
    if not short:
        return None
    both = len(first & second)
    if both < _ALIKE * short:
        return Common(both / short, both / long)
    found = LCSseq.editops(one.line, other.line).as_matching_blocks()
    end = len(one.line), len(other.line)
    # The last words of both make a place as well: "X welcomed that."
    blocks = [
        _Block(each.a, each.b, each.size)
        for each in found
        if each.size >= _PASSAGE or (each.size and (each.a + each.size, each.b + each.size) == end)
    ]
    changes = list(_changes(one, other, blocks))
    ahead = max(
        _ahead(one.line, [(each.one, each.size) for each in blocks]),
        _ahead(other.line, [(each.other, each.size) for each in blocks]),
    )
    return Common(
        min(both / max(short - _foot(one.line, blocks), 1), 1),
        both / long,
        ahead,
        len(changes),
        sum(_recounted(one, other, *each) for each in changes),
        _corrected(one, other) or any(_opposed(one, other, *each) for each in changes),
    )


@lru_cache(maxsize=4)  # one text is compared with many
def _shingles(line: _Line) -> frozenset[_Line]:
    return frozenset(zip(*(line[at:] for at in range(_SHINGLE)), strict=False))


def _weight(line: _Line) -> float:
    """Count words; two characters of a script without spaces are one."""
    return len(line) - _signs(line) / 2


def _ahead(line: _Line, shared: list[tuple[int, int]]) -> float:
    """Count the words of a text's beginning that lie in no shared passage."""
    end = _OPENING_WORDS * 2 if line[0] & _SIGN else _OPENING_WORDS
    own = set(range(min(end, len(line))))
    for start, size in shared:
        own.difference_update(range(start, start + size))
    return _weight(tuple(line[at] for at in own))


def _foot(line: _Line, blocks: list[_Block]) -> int:
    """Count the words after the last shared passage of the shorter text, if they are but a foot."""
    left = len(line) - blocks[-1].one - blocks[-1].size if blocks else 0
    return left if left <= _FOOT else 0


def _changes(one: Words, other: Words, blocks: list[_Block]) -> Iterator[_Change]:
    """Give what stands between shared passages, a few words in one text and in the other."""
    for here, there in pairwise(blocks):
        gone = one.line[here.one + here.size : there.one]
        come = other.line[here.other + here.size : there.other]
        if len(gone) <= _CHANGE and len(come) <= _CHANGE:
            yield gone, come


def _opposed(one: Words, other: Words, gone: _Line, come: _Line) -> bool:
    """Whether a change puts a name for another, or denies what was said."""
    if one.names & (set(gone) - set(other.line)) and other.names & (set(come) - set(one.line)):
        return True
    # Names are not known there: any two characters may be one.
    if _signs(gone) > 1 and _signs(come) > 1:
        return True
    denied = bool(_DENIALS.intersection(gone)) != bool(_DENIALS.intersection(come))
    return denied and (bool(gone and come) or len(gone or come) <= _DENIAL)


def _signs(line: _Line) -> int:
    # Of a text that is compared with many, in a third of the time that asking each takes.
    return sum(map(_SIGN.__and__, line)) // _SIGN


def _recounted(one: Words, other: Words, gone: _Line, come: _Line) -> bool:
    """Whether a change puts a number for another."""
    out, new = set(gone) - set(other.line), set(come) - set(one.line)
    return any(word & _NUMBER for word in out) and any(word & _NUMBER for word in new)


def _corrected(one: Words, other: Words) -> bool:
    """Whether one text speaks of a correction that the other does not have."""
    return _CORRECTED.intersection(one.line) != _CORRECTED.intersection(other.line)


def plain_words(folded: str) -> str:
    """Leave letters, marks, digits and signs of money and share, with single spaces between."""
    text = _BETWEEN.sub(" ", _INSIDE.sub("", folded))
    return " ".join(text.translate(_KEPT).split())


class _Kept(dict[int, str]):
    """Characters that tell titles apart, as they are, and a space for any other."""

    def __missing__(self, code: int) -> str:
        character = chr(code)
        category = unicodedata.category(character)
        kept = category.startswith(("L", "M", "N")) or category == "Sc" or character in "%.,"
        self[code] = character if kept else " "
        return self[code]


_KEPT = _Kept()
_DENIALS = frozenset(map(_number, NEGATIONS | DENIALS))
_CORRECTED = frozenset(map(_number, CORRECTIONS))
