"""Measures how well copies of one story are told from other stories on the same event.

    python -m tests.bench.stories

Over the pairs of tests/core/story_pairs.py: those with odd numbers, which the method was chosen by,
those with even numbers, set down with them and measured afterwards, and those written last of all.
Beside the bot's own method stand bare containment and the one that it had before: a 64-bit SimHash
of shingles and names, no more than eight bits apart, under the same rules for titles.
"""

import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from rich.console import Console
from rich.table import Table

from bot.core.headlines import Titles, compare, telling
from bot.core.shingles import in_common
from bot.core.stories import Fingerprint, fingerprint, same_story
from tests.bench.simhash import simhash
from tests.core.story_pairs import PAIRS, Half, Pair, Told

ROUNDS = 20
CLOSE, APART = 8, 22
"""Bits of 64 up to which texts were copies, and from which on an equal title was chance."""


@dataclass(frozen=True, slots=True)
class Entry:
    """What the methods are given of an entry."""

    print: Fingerprint
    simhash: int


Method = Callable[[Entry, Entry], bool]


def contained(share: float) -> Method:
    """Join what has so much of the shorter text's shingles in common, and the same addresses."""

    def joined(one: Entry, other: Entry) -> bool:
        found = in_common(one.print.words, other.print.words)
        return found is not None and found.of_shorter >= share

    return joined


def by_simhash(one: Entry, other: Entry) -> bool:
    """Join as the bot did before it looked at containment."""
    titles = compare(one.print.title, other.print.title)
    alike = titles is Titles.ALIKE
    says = alike and telling(one.print.title) and telling(other.print.title)
    apart = (one.simhash ^ other.simhash).bit_count() if one.simhash and other.simhash else None
    site = {(each.print.url or "").split("/")[2] for each in (one, other)}
    reach = {Titles.OPPOSED: -1, Titles.RIVAL: 0}.get(titles, CLOSE if says or not alike else 4)
    if apart is not None and apart <= (-1 if len(site) == 1 and not says else reach):
        return True
    return says and (apart < APART if apart is not None else len(site) == 2)


def as_built(one: Entry, other: Entry) -> bool:
    """Join as the bot does."""
    return same_story(one.print, other.print) is not None


METHODS: dict[str, Method] = {
    "SimHash and titles": by_simhash,
    "containment 0.5": contained(0.5),
    "containment 0.8": contained(0.8),
    "as built": as_built,
}


@dataclass(frozen=True, slots=True)
class Score:
    """How many pairs were joined rightly and wrongly, of how many that are one story."""

    right: int
    wrong: int
    same: int

    @property
    def precision(self) -> float:
        """The share of joins that are right; 1 where nothing was joined."""
        return self.right / (self.right + self.wrong) if self.right + self.wrong else 1.0

    @property
    def recall(self) -> float:
        """The share of one-story pairs that were joined."""
        return self.right / self.same


def score(pairs: Iterable[Pair], method: Method) -> tuple[Score, list[Pair]]:
    """Judge pairs; give the counts, and the pairs that were judged wrongly."""
    chosen = list(pairs)
    joined = {each.number: method(entry(each.one), entry(each.other)) for each in chosen}
    missed = [each for each in chosen if joined[each.number] != each.same]
    wrong = sum(not each.same for each in missed)
    same = sum(each.same for each in chosen)
    return Score(same - (len(missed) - wrong), wrong, same), missed


def entry(told: Told) -> Entry:
    """Take what the methods compare."""
    return Entry(fingerprint(told.url, told.title, told.text), simhash(told.text))


def microseconds(method: Method, entries: Sequence[Entry]) -> float:
    """Give the time of one comparison, of every entry with every other."""
    began = time.perf_counter()
    for one in entries:
        for other in entries:
            method(one, other)
    return (time.perf_counter() - began) / len(entries) ** 2 * 1e6


def main() -> None:
    """Print a table of all methods, and what the bot's own judged wrongly."""
    console = Console(width=110)
    entries = [entry(told) for pair in PAIRS for told in (pair.one, pair.other)]
    table = Table("method", *(f"{half}: precision, recall" for half in Half), "µs all with all",
                  "µs a pair")  # fmt: skip
    for name, method in METHODS.items():
        scores = [score((p for p in PAIRS if p.half is half), method)[0] for half in Half]
        alike = [(entry(each.one), entry(each.other)) for each in PAIRS if each.same]
        began = time.perf_counter()
        for one, other in alike * ROUNDS:
            method(one, other)
        each_pair = (time.perf_counter() - began) / len(alike) / ROUNDS * 1e6
        table.add_row(
            name,
            *(f"{s.precision:.3f}, {s.recall:.3f} ({s.right}+{s.wrong}/{s.same})" for s in scores),
            f"{microseconds(method, entries):.0f}",
            f"{each_pair:.0f}",
        )
    console.print(f"{len(PAIRS)} pairs, {sum(each.same for each in PAIRS)} of them one story")
    console.print("(joined rightly + wrongly / one story)")
    console.print(table)
    began = time.perf_counter()
    for pair in PAIRS:
        fingerprint(pair.one.url, pair.one.title, pair.one.text)
    console.print(f"a fingerprint: {(time.perf_counter() - began) / len(PAIRS) * 1e6:.0f} µs")
    for pair in score(PAIRS, as_built)[1]:
        verdict = "joined" if not pair.same else "missed"
        console.print(f"{pair.number} {verdict}: {pair.kind} ({pair.why})")


if __name__ == "__main__":
    main()
