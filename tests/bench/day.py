"""A day of simulated time with feeds that behave as feeds do: each new entry is told once.

`python -m tests.bench.day` lets the bot poll 2,000 feeds of all the kinds of `feedkinds.py` for a
day in steps of five minutes and delivers after each; the clock is set on, so that this takes some
minutes. Another hour and a half lets everything be asked for that was published at the end.

What must come is read off what the server showed, and not off the bot: each entry that names a
company, in its title, its text or its page's article, that was in some body which the bot got
whole, and not yet in the first one, nor older than 30 days. It must have been told in exactly one
post, which names just those companies; what is shown with more than ten others, in a flood's one
summary, if not in a post. All
else must have stayed unsaid: what a first poll brought, what was edited, listed again, given
another guid, or imported from an archive, and companies that only a page's teasers name.

*Not shown* are entries that no body had which the bot got: listed too briefly, or behind a server
that did not give them. Where the server never failed and the entry was listed for an hour and a
half, that counts as missed.
"""

import argparse
import asyncio
import random
import re
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import count
from pathlib import Path
from statistics import median

from rich.console import Console
from rich.progress import track
from rich.table import Table

from bot.feeds.polled import FEWEST_FLOOD
from tests.bench.feedbot import ADMINS, Fed, fed
from tests.bench.feedkinds import KINDS, Made, Paper, Shown, listing, write, written
from tests.bench.feedrig import START, Asked, Reply, doors, hosts, named, numbered
from tests.bench.feeds import logging_to
from tests.bench.load import percentile
from tests.bench.rig import report

STEP = timedelta(minutes=5)
TAIL = timedelta(minutes=90)
"""Longer than any feed is left alone for that is well."""
OLD = timedelta(days=30)
ON_A_HOST = 4
NAMING = 0.12
DELIVERY_S = 60.0
WIDTH = 150
"""Columns of the table where nobody says how many there are."""
_SUMMARY = re.compile(r"(\d+) mentions? of \d+ vendors?")
_NOTICES = {
    "gone": "is gone for good",
    "moved": "has moved for good to another site",
    "failing": "has not been read since",
    "recovered": "works again",
    "stale": "has brought nothing new since",
}


# ---------------------------------------------------------------------------------- the world


@dataclass(slots=True)
class World:
    """All papers, and what time it is there."""

    papers: list[Paper]
    now: datetime = START
    pages: int = 0
    _bodies: dict[int, tuple[list[Shown], bytes]] = field(default_factory=dict)
    _made: dict[int, Made] = field(default_factory=dict)

    def index(self) -> None:
        """Know every entry by its number."""
        self._made = {made.number: made for paper in self.papers for made in paper.entries}

    def answer(self, asked: Asked) -> Reply:
        """Answer for whatever host is asked."""
        *way, number = asked.path.split("/")
        if way[-1] == "feed":
            return self._feed(self.papers[int(number)], asked)
        made = self._made.get(int(number)) if way[-1] == "note" else None
        if made is None:
            return Reply(404)
        self.pages += 1
        return Reply(body=made.page(), headers=(("Content-Type", "text/html; charset=utf-8"),))

    def _feed(self, paper: Paper, asked: Asked) -> Reply:
        paper.asked += 1
        shown = listing(paper, self.now)
        before = self._bodies.get(paper.number)
        body = before[1] if before and before[0] == shown else written(paper, shown)
        self._bodies[paper.number] = (shown, body)
        reply = paper.kind.serve(paper, self.now, asked, body)
        zipped = ("Content-Encoding", "gzip") in reply.headers
        if reply.status == 200 and not reply.cut and (reply.body is body or zipped):
            self._note(paper, shown)
        return reply

    def _note(self, paper: Paper, shown: list[Shown]) -> None:
        """Note that the bot was shown all this."""
        if paper.seeded_at is not None:
            new = sum(made.shown_at is None for _, made in shown)
            paper.at_once = max(paper.at_once, new)
        for _, made in shown:
            if made.shown_at is None:
                made.shown_at = self.now
                made.silent = paper.seeded_at is None
        if paper.seeded_at is None:
            paper.seeded_at = self.now


def papers(feeds: int, names: Sequence[str]) -> list[Paper]:
    """Make feeds of all kinds, those of one kind together on hosts; the last host has no server."""
    shares = sum(kind.share for kind in KINDS)
    each_kind = [kind for kind in KINDS for _ in range(max(1, round(feeds * kind.share / shares)))]
    resting: dict[str, datetime] = {}
    return [
        Paper(
            number,
            kind,
            names[-1] if kind is NOWHERE else names[number // ON_A_HOST],
            away=names[-2],
            resting=resting,
        )
        for number, kind in enumerate(each_kind)
    ]


def channel(paper: Paper) -> str:
    """Name the channel that a feed goes to, which is its own."""
    return f"#f{paper.number}"


# ----------------------------------------------------------------------------- what came of it


@dataclass(slots=True)
class Told:
    """What a feed's channel has seen: posts by entry, whom each named, and pairs in summaries."""

    posts: Counter[int] = field(default_factory=Counter)
    names: dict[int, set[frozenset[str]]] = field(default_factory=dict)
    summed: int = 0
    odd: int = 0

    def take(self, text: str) -> None:
        """Take a post."""
        summary = _SUMMARY.search(text)
        numbers = set(numbered(text))
        if summary is not None:
            self.summed += int(summary[1])
        elif len(numbers) != 1:
            self.odd += 1
        else:
            (number,) = numbers
            self.posts[number] += 1
            self.names.setdefault(number, set()).add(named(text))


@dataclass(slots=True)
class Account:
    """What came of the feeds of a kind. `wrong`: told of something that was no news, or wrongly."""

    feeds: int = 0
    polls: int = 0
    unchanged: int = 0
    rude: int = 0
    entries: int = 0
    expected: int = 0
    told: int = 0
    missed: int = 0
    doubled: int = 0
    wrong: int = 0
    not_shown: int = 0

    def add(self, paper: Paper, told: Told, end: datetime) -> None:
        """Take a feed into account."""
        self.feeds += 1
        self.polls += paper.asked
        self.unchanged += paper.told["unchanged"]
        self.rude += paper.told["rude"]
        self.entries += sum(made.born >= START for made in paper.entries)
        self.wrong += told.odd
        unsaid = 0
        for made in paper.entries:
            posts = told.posts[made.number]
            if _is_due(made):
                self.expected += 1
                unsaid += len(made.names) if not posts else 0
                self.told += bool(posts)
                self.doubled += max(posts - 1, 0)
                self.wrong += bool(posts) and told.names[made.number] != {made.names}
            else:
                self.wrong += posts
                if made.names and made.shown_at is None and made.born >= START:
                    late = paper.kind.steady and _listed_for(paper, made, end) > TAIL
                    self.missed += late
                    self.not_shown += not late
        # A summary counts names, of entries that it shows a few of.
        floods = paper.at_once > FEWEST_FLOOD
        summed = told.summed if floods else 0
        self.missed += max(unsaid - summed, 0)
        self.wrong += max(told.summed - (unsaid if floods else 0), 0)
        if floods and summed:
            self.told += sum(_is_due(m) and not told.posts[m.number] for m in paper.entries)


def _is_due(made: Made) -> bool:
    """Whether an entry must have been told."""
    shown = made.shown_at is not None and not made.silent
    return bool(made.names) and shown and made.born >= START - OLD


def _listed_for(paper: Paper, made: Made, end: datetime) -> timedelta:
    place = paper.entries.index(made) + paper.kind.lists
    left = paper.entries[place].born if place < len(paper.entries) else end
    return left - made.born


@dataclass(slots=True)
class Outcome:
    """What came of a day."""

    kinds: dict[str, Account]
    notices: Counter[str]
    due_notices: dict[str, int]
    waits: list[float]
    pages: int
    odd: int
    complaints: list[str]
    seconds: float

    def good(self) -> bool:
        """Whether each entry was told once, and nothing else."""
        accounts = self.kinds.values()
        wrong = sum(each.missed + each.doubled + each.wrong + each.rude for each in accounts)
        noticed = all(self.notices[name] == due for name, due in self.due_notices.items())
        return not wrong and not self.odd and noticed and not self.complaints

    def figures(self) -> dict[str, object]:
        """Give what is worth telling."""
        totals = {
            name: sum(getattr(each, name) for each in self.kinds.values())
            for name in Account.__dataclass_fields__
        }
        waits = sorted(self.waits)
        return {
            **totals,
            "pages": self.pages,
            "minutes_to_alert_p50": round(median(waits), 1) if waits else None,
            "minutes_to_alert_p99": round(percentile(waits, 99), 1) if waits else None,
            "notices": ", ".join(f"{count} {name}" for name, count in self.notices.items()),
            "notices_due": ", ".join(f"{due} {name}" for name, due in self.due_notices.items()),
            "posts_elsewhere": self.odd,
            "complaints": len(self.complaints),
            "seconds": round(self.seconds),
        }


def judge(world: World, posts: Sequence[tuple[str, str]], end: datetime) -> dict[str, Account]:
    """Compare what was told, as (channel, text), with what must have been, by kind."""
    by_channel: dict[str, Told] = {}
    for where, text in posts:
        by_channel.setdefault(where, Told()).take(text)
    accounts: dict[str, Account] = {}
    for paper in world.papers:
        told = by_channel.get(channel(paper), Told())
        accounts.setdefault(paper.kind.name, Account()).add(paper, told, end)
    return accounts


def _waits(world: World, told_at: dict[int, datetime]) -> Iterator[float]:
    for paper in world.papers:
        if paper.kind.steady:
            for made in paper.entries:
                if _is_due(made) and made.born >= START and made.number in told_at:
                    yield (told_at[made.number] - made.born) / timedelta(minutes=1)


# ------------------------------------------------------------------------------------ the day


async def live(
    folder: Path,
    feeds: int,
    hours: float,
    *,
    seed: int = 0,
    naming: float = NAMING,
    quiet: bool = True,
) -> Outcome:
    """Let a bot live through so many hours and the tail of them.

    It logs into `bot.log` in the folder. One entry in so many, `naming`, names a company.
    """
    began = time.monotonic()
    length = timedelta(hours=hours)
    names = hosts(feeds // ON_A_HOST + len(KINDS) + 3)
    world = World(papers(feeds, names))
    rng, numbers = random.Random(seed), count(1)  # noqa: S311 - a script, no secret
    steps = [START + STEP * n for n in range(int((length + TAIL) / STEP) + 1)]
    told_at: dict[int, datetime] = {}
    async with doors(names[:-1], world.answer) as port:
        for paper in world.papers:
            paper.port = port
            write(paper, rng, numbers, naming, length)
        world.index()
        routes = {paper.url: channel(paper) for paper in world.papers}
        async with fed(folder, routes) as bot:
            for now in track(steps, "living", console=Console(stderr=True), disable=quiet):
                world.now = bot.clock.now = now
                await _step(bot, told_at)
    posts = [(each.channel, each.text) for each in bot.platform.posted]
    notices = Counter(
        next((name for name, said in _NOTICES.items() if said in text), "other")
        for where, text in posts
        if where == ADMINS
    )
    here = {ADMINS, *routes.values()}
    return Outcome(
        kinds=judge(world, [each for each in posts if each[0] != ADMINS], steps[-1]),
        notices=notices,
        due_notices=_due_notices(world.papers),
        waits=list(_waits(world, told_at)),
        pages=world.pages,
        odd=sum(where not in here for where, _ in posts),
        complaints=complaints(folder),
        seconds=time.monotonic() - began,
    )


async def _step(bot: Fed, told_at: dict[int, datetime]) -> None:
    before = len(bot.platform.posted)
    await bot.poller.poll_once(bot.clock.now)
    await bot.app.settle(DELIVERY_S)
    for each in bot.platform.posted[before:]:
        for number in numbered(each.text):
            told_at.setdefault(number, bot.clock.now)


def _due_notices(papers: Sequence[Paper]) -> dict[str, int]:
    """Say how many feeds have shown often enough that they are gone or have moved elsewhere."""
    return {
        "gone": sum(paper.told["gone"] > 0 for paper in papers),
        "moved": sum(
            paper.told["sent on"] >= 3 for paper in papers if paper.kind.name == ELSEWHERE
        ),
    }


ELSEWHERE = "moved to another site"
NOWHERE = next(kind for kind in KINDS if kind.name == "never there")


def complaints(folder: Path) -> list[str]:
    """Give what the bot logged as errors, and tracebacks."""
    lines = (folder / "bot.log").read_text(encoding="utf-8").splitlines()
    return [line for line in lines if '"level": "error"' in line or not line.startswith("{")]


def table(outcome: Outcome) -> Table:
    """Lay the accounts out, a kind a line."""
    names = list(Account.__dataclass_fields__)
    laid = Table("kind of feed", *(name.replace("_", " ") for name in names))
    for kind, account in outcome.kinds.items():
        laid.add_row(kind, *(str(getattr(account, name) or "") for name in names))
    return laid


def main(words: Sequence[str] | None = None) -> int:
    """Prove it; give the exit code: 0 if it holds."""
    parser = argparse.ArgumentParser("python -m tests.bench.day", description=__doc__)
    parser.add_argument("--feeds", type=int, default=2000)
    parser.add_argument("--hours", type=float, default=24.0)
    parser.add_argument("--naming", type=float, default=NAMING, help="the part that names somebody")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--keep", type=Path, help="a folder for the database and the log")
    asked = parser.parse_args(words)
    screen = Console()
    if not screen.is_terminal:
        screen = Console(width=WIDTH)
    with ExitStack() as stack:
        folder = asked.keep or Path(
            stack.enter_context(tempfile.TemporaryDirectory(prefix="vendorwatch-day-"))
        )
        stack.enter_context(logging_to(folder))
        quiet = not screen.is_terminal
        life = live(
            folder, asked.feeds, asked.hours, seed=asked.seed, naming=asked.naming, quiet=quiet
        )
        outcome = asyncio.run(life)
    screen.print(table(outcome))
    report(screen, f"Day: {asked.hours:g} hours", outcome.figures(), good=outcome.good())
    for complaint in outcome.complaints[:10]:
        screen.print(complaint[:300], markup=False)
    return 0 if outcome.good() else 1


if __name__ == "__main__":
    sys.exit(main())
