"""Reading feeds: how fast against feedparser, and whether both say the same.

`python -m tests.bench.parse` builds 200 feeds as the usual publishing systems write them, 45 MB in
all, most of them small and a few of them megabytes, eight of them broken. `python -m
tests.bench.parse FOLDER` takes the files of a folder instead. Times are of the processor, one
process, of each feed the best of `--rounds`; the readers take turns with every feed.

- *default* is `feedparser.parse` as it comes, *plain* without its cleaning: what the forgiving
  reader uses.
- *whole* makes an entry with all its words of every item. In the other two one item in ten is new:
  *later* is a poll as the bot does it, with what it remembers of the last body; *anew* is one
  where every byte around the known items has changed, so that each has to be read to be known.
- Agreement is by field, between the strict reader and the forgiving one, over the feeds that the
  strict one took.
"""

import argparse
import io
import re
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from random import Random

import feedparser
from rich.console import Console
from rich.table import Table

from bot.core.mention import Entry
from bot.errors import FeedError
from bot.feeds import listing
from bot.feeds.formats import loosefeed, xmlfeed
from bot.feeds.formats.parse import Listed, parse, sort_items
from bot.feeds.formats.raw import NotStrictError, UnreadableError
from bot.feeds.jobs import FeedJob
from bot.feeds.remembered import prints_of
from tests.feeds.feeds import LANGUAGES, SYSTEMS, broken, stories

FEEDS = 200
TOTAL = 45_000_000
BROKEN = 25
"""One feed in so many is broken."""

WELL_FORMED_FACTOR, WHOLE_FACTOR = 40, 10
NEW = 10
"""One item in so many is new to a poll."""

URL = "https://news.shopper.example/feed"
NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
_START = re.compile(rb"<(?:\w+:)?(?:item|entry)[\s>]")
_FIELDS = ("id", "url", "title", "published", "summary")


@dataclass(frozen=True, slots=True)
class Sample:
    """A feed to read. `strict` says that the strict reader takes it."""

    name: str
    body: bytes
    strict: bool


def built(count: int = FEEDS, total: int = TOTAL, seed: int = 1) -> Iterator[tuple[str, bytes]]:
    """Make feeds of many systems and languages; their sizes are spread as those of real ones.

    A feed is big because its articles are long: real ones have some 30 items, of 7 kB each.
    """
    rng = Random(seed)  # noqa: S311 - no secret
    sizes = [rng.lognormvariate(0, 1.4) for _ in range(count)]
    scale = total * 1.31 / sum(sizes)  # a part of the systems tell leads only, whatever the size
    systems = list(SYSTEMS)
    for number, share in enumerate(sizes):
        system = systems[number % len(systems)]
        language = "en" if number % 3 else LANGUAGES[number % len(LANGUAGES)]
        items = rng.choice((10, 15, 20, 20, 25, 30, 50, 100))
        small, big = (
            len(SYSTEMS[system](stories(rng, 1, long, language)).encode()) for long in (40, 80)
        )
        paragraph = (big - small) / 40
        wanted = (min(share * scale, 6_000_000) / items) / paragraph if paragraph > 50 else 1
        told = stories(rng, items, max(1, min(800, int(wanted))), language)
        text = SYSTEMS[system](told)
        if number % BROKEN == 0:
            system, text = f"broken {system}", broken(text, number // BROKEN)
        yield f"{number:03d} {system} {language}", text.encode()


def samples(feeds: Iterator[tuple[str, bytes]]) -> list[Sample]:
    """Sort the feeds out: which are for the strict reader; those that are no feeds are dropped."""
    found = []
    for name, body in feeds:
        try:
            xmlfeed.read(body, URL)
        except NotStrictError:
            found.append(Sample(name, body, strict=False))
        except UnreadableError:
            continue
        else:
            found.append(Sample(name, body, strict=True))
    return found


def costs(
    readers: dict[str, Callable[[bytes], object]], feeds: list[Sample], rounds: int
) -> dict[str, float]:
    """Give the processor's seconds that each reader takes, of each feed the best of the rounds.

    They take turns with every feed, so that all of them meet the machine in the same mood.
    """
    spent = dict.fromkeys(readers, 0.0)
    for feed in feeds:
        best = dict.fromkeys(readers, float("inf"))
        for _ in range(rounds):
            for name, read in readers.items():
                started = time.process_time()
                read(feed.body)
                best[name] = min(best[name], time.process_time() - started)
        for name, seconds in best.items():
            spent[name] += seconds
    return spent


def whole(body: bytes) -> object:
    """Read a feed with all its words."""
    try:
        return parse(body, URL, None, NOW)
    except FeedError:
        return None


def polled(feeds: list[Sample], *, changed: bool) -> Callable[[bytes], object]:
    """Give what reads a feed of which all but one item in ten is known.

    `changed`: nothing of it is as it was, so that no item can be known by its bytes.
    """
    known: dict[int, bytes] = {}
    for feed in feeds:
        try:
            listed = listing.read(FeedJob(_earlier(feed), URL, URL, None, NOW, b"")).listed
        except FeedError:
            continue
        known[id(feed.body)] = prints_of(listed) if changed else listed

    def read(body: bytes) -> object:
        try:
            return listing.read(FeedJob(body, URL, URL, None, NOW, known.get(id(body), b"")))
        except FeedError:
            return None

    return read


def _earlier(feed: Sample) -> bytes:
    """Take the first of a feed's items away: publishers put the newest first."""
    starts = [found.start() for found in _START.finditer(feed.body)]
    newest = max(1, len(starts) // NEW)
    if newest >= len(starts):
        return feed.body
    return feed.body[: starts[0]] + feed.body[starts[newest] :]


def agreement(feeds: list[Sample]) -> tuple[Counter[str], int, list[str]]:
    """Count by field how many entries both readers read alike, and name feeds that differ."""
    alike: Counter[str] = Counter()
    entries, differing = 0, []
    for feed in feeds:
        ours = _entries(sort_items(xmlfeed.read(feed.body, URL)))
        try:
            theirs = _entries(sort_items(loosefeed.read(feed.body, URL, None, most_tags=None)))
        except UnreadableError:
            theirs = []
        entries += max(len(ours), len(theirs))
        for field in _FIELDS:
            same = sum(
                getattr(a, field) == getattr(b, field) for a, b in zip(ours, theirs, strict=False)
            )
            alike[field] += same
        if ours != theirs:
            differing.append(feed.name)
    return alike, entries, differing


def _entries(listed: Listed) -> list[Entry]:
    return [item.entry(URL, identity, NOW) for identity, item in listed.items]


def _default(body: bytes) -> object:
    return feedparser.parse(io.BytesIO(body))


def _plain(body: bytes) -> object:
    return feedparser.parse(io.BytesIO(body), sanitize_html=False, resolve_relative_uris=False)


def main(arguments: list[str]) -> int:
    """Measure, print, and give 1 where a target is missed."""
    options = argparse.ArgumentParser(prog="python -m tests.bench.parse", description=__doc__)
    options.add_argument("folder", nargs="?", type=Path)
    options.add_argument("--rounds", type=int, default=2)
    chosen = options.parse_args(arguments)
    if chosen.folder:
        files = sorted(path for path in chosen.folder.rglob("*") if path.is_file())
        feeds = samples((str(path.relative_to(chosen.folder)), path.read_bytes()) for path in files)
    else:
        feeds = samples(built())
    strict = [feed for feed in feeds if feed.strict]
    console = Console(width=100)
    size = sum(len(feed.body) for feed in feeds)
    console.print(
        f"{len(feeds)} feeds, {size / 1e6:.1f} MB; the strict reader takes {len(strict)}, "
        f"{1 - len(strict) / len(feeds):.1%} fall back"
    )
    readers = {
        "default": _default,
        "plain": _plain,
        "whole": whole,
        "anew": polled(feeds, changed=True),
        "later": polled(feeds, changed=False),
    }
    well, rest = (
        costs(readers, group, chosen.rounds)
        for group in (strict, [feed for feed in feeds if not feed.strict])
    )
    table = Table("over", "reader", "seconds", "MB/s", "times default")
    both = {name: well[name] + rest[name] for name in readers}
    for over, spent, count in (
        ("well-formed", well, sum(len(feed.body) for feed in strict)),
        ("all", both, size),
    ):
        for name, seconds in spent.items():
            factor = spent["default"] / seconds
            speed = count / 1e6 / seconds
            table.add_row(over, name, f"{seconds:.2f}", f"{speed:.0f}", f"{factor:.1f}")
    console.print(table)
    alike, entries, differing = agreement(strict)
    for field in _FIELDS:
        console.print(f"{field}: {alike[field]} of {entries} alike ({alike[field] / entries:.2%})")
    for name in differing:
        console.print(f"differs: {name}")
    fast = well["default"] / well["later"], both["default"] / both["later"]
    console.print(
        f"later: x{fast[0]:.0f} well-formed (target {WELL_FORMED_FACTOR}), x{fast[1]:.0f} all "
        f"(target {WHOLE_FACTOR})"
    )
    return 0 if fast[0] >= WELL_FORMED_FACTOR and fast[1] >= WHOLE_FACTOR else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
