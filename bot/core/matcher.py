"""Finding watched vendors in text: one scan over all names at once.

This first version finds names as they are listed. Spellings with typos are the matcher's next
room: it will add matches of kind `variant` and `possible` behind the same `find`.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from ahocorasick_rs import AhoCorasick

from bot.core.mention import Match, MatchKind
from bot.core.text import bounded, fold
from bot.core.vendor import MatchMode, NameRole, Vendor

CONTEXT_REACH = 200
"""How far from a weak name its context word may stand, in characters to either side."""


@dataclass(frozen=True, slots=True)
class _Pattern:
    """A name to look for, or a look-alike that `blocks`. `vendor` is whose record has it."""

    vendor: str
    name: str
    mode: MatchMode
    requires: tuple[str, ...] = ()
    blocks: bool = False


@dataclass(frozen=True, slots=True)
class _Hit:
    start: int
    end: int
    pattern: _Pattern

    @property
    def tells(self) -> bool:
        """Whether it is a mention, and not the look-alike of one."""
        return not self.pattern.blocks


class Matcher:
    """The names of a watchlist, compiled. Immutable: an edited watchlist gets a new one."""

    def __init__(
        self,
        vendors: Iterable[Vendor],
        over: "Matcher | None" = None,
        without: frozenset[str] = frozenset(),
    ) -> None:
        """Compile the names of vendors, and find those of another matcher as well.

        But for the names of the vendors `without`. So a team that edited three records out of a
        thousand takes the memory and the time of three.
        """
        self._over, self._without = over, without
        by_folded: dict[str, list[_Pattern]] = {}
        for vendor in vendors:
            for pattern in _patterns(vendor):
                by_folded.setdefault(fold(pattern.name), []).append(pattern)
        self._patterns = tuple(tuple(patterns) for patterns in by_folded.values())
        self._automaton = AhoCorasick(list(by_folded)) if by_folded else None

    def find(self, text: str) -> tuple[Match, ...]:
        """Give every mention of a watched vendor, in order, none overlapping another.

        Where names overlap the longest wins. Offsets are code points into `text`.
        """
        return tuple(_match(hit, text) for hit in _longest(self._hits(text)) if hit.tells)

    def _hits(self, text: str) -> list[_Hit]:
        hits: list[_Hit] = []
        if self._over is not None:
            theirs = self._over._hits(text)  # noqa: SLF001 - one of our own
            hits = [hit for hit in theirs if hit.pattern.vendor not in self._without]
        if self._automaton is None:
            return hits
        folded = fold(text)
        hits += [
            _Hit(start, end, pattern)
            for index, start, end in self._automaton.find_matches_as_indexes(
                folded, overlapping=True
            )
            for pattern in self._patterns[index]
            if _counts(pattern, text, folded, start, end)
        ]
        return hits


def _patterns(vendor: Vendor) -> Iterable[_Pattern]:
    for name in vendor.names:
        if name.match is not MatchMode.NEVER and name.role is not NameRole.OEM:
            requires = tuple(fold(word) for word in name.requires)
            yield _Pattern(vendor.id, name.value, name.match, requires)
    for look_alike in vendor.not_this:
        mode = _block_mode(look_alike.phrase)
        yield _Pattern(vendor.id, look_alike.phrase, mode, blocks=True)


def _block_mode(phrase: str) -> MatchMode:
    return MatchMode.WORD if phrase.isascii() else MatchMode.SUBSTRING


def _counts(pattern: _Pattern, text: str, folded: str, start: int, end: int) -> bool:
    """Whether the automaton's hit is a mention under the name's match mode."""
    match pattern.mode:
        case MatchMode.SUBSTRING:
            return True
        case MatchMode.EXACT:
            return text[start:end] == pattern.name and bounded(folded, start, end)
        case MatchMode.CONTEXT:
            return bounded(folded, start, end) and _has_context(pattern, folded, start, end)
        case MatchMode.WORD | MatchMode.FUZZY:
            return bounded(folded, start, end)
        case MatchMode.NEVER:
            return False


def _has_context(pattern: _Pattern, folded: str, start: int, end: int) -> bool:
    near = folded[max(0, start - CONTEXT_REACH) : start] + " " + folded[end : end + CONTEXT_REACH]
    for word in pattern.requires:
        at = near.find(word)
        while at >= 0:
            if bounded(near, at, at + len(word)):
                return True
            at = near.find(word, at + 1)
    return False


def _longest(hits: list[_Hit]) -> list[_Hit]:
    """Pick hits that do not overlap, longer ones first; equal ones from the left."""
    taken: list[_Hit] = []
    occupied: set[int] = set()
    for hit in sorted(hits, key=_rank):
        span = range(hit.start, hit.end)
        if occupied.isdisjoint(span):
            occupied.update(span)
            taken.append(hit)
    return sorted(taken, key=lambda hit: hit.start)


def _rank(hit: _Hit) -> tuple[int, int, bool, str]:
    """Order hits: the longer first; a look-alike before the name that it is none of."""
    return hit.start - hit.end, hit.start, hit.tells, hit.pattern.vendor


def _match(hit: _Hit, text: str) -> Match:
    pattern = hit.pattern
    reason = f"the listed name {pattern.name!r}"
    if pattern.mode is MatchMode.CONTEXT:
        reason += " beside words of the trade"
    return Match(
        vendor=pattern.vendor,
        matched=text[hit.start : hit.end],
        start=hit.start,
        end=hit.end,
        kind=MatchKind.EXACT,
        score=1.0,
        name=pattern.name,
        reason=reason,
    )
