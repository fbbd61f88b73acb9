"""The bot is killed again and again while it polls: every entry is told, and none twice.

`python -m tests.bench.feedcrash --rounds 50`: in each round feeds publish, a bot is started (a
process, as `vendorwatch run` puts it together), asks each of them about once a second, and is
killed with SIGKILL at some point: soon after its start, after it has been given so many feeds or
pages, or when it has asked for a post, had it shown, or been told so; then at once, or 5 to 400 ms
later. The next one's clock is ahead by more than a lease, so that it takes up at once what the
dead one had in hand. The last one works everything off.

What must come is read off what was published after the first poll: one post for each entry that
names a company, in its title, its text or only on its page, naming just that company.
"""

import argparse
import asyncio
import json
import random
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import count
from pathlib import Path

from rich.console import Console
from rich.progress import track

from bot.feeds import secondtries
from bot.feeds.poller import Pace
from tests.bench.feedkinds import KINDS, Made, Paper, Where, made_up
from tests.bench.feedrig import Asked, Reply, doors, hosts, named, numbered, rss
from tests.bench.recorder import Line, Manners
from tests.bench.rig import (
    LIMIT,
    Bot,
    Nursery,
    Platform,
    database,
    left_open,
    nursery,
    pack,
    recorder,
    report,
)

PHASES = ("start", "feed", "feed", "page", "page", "begun", "shown", "answered")
"""What a bot has just done when its time runs: been started, been given a feed or a page; asked
for a post, had one shown, been told so."""
FEEDS = 30
ON_A_HOST = 3
CHANNELS = 8
MOST_UNKEPT = 8
"""Entries of a feed that no bot has kept, as far as its requests tell."""
LONGEST_LIFE_S = 6.0
CATCH_UP_S = 15.0
FINISH_S = 90.0
DOWNTIME_S = max(Pace().lease, secondtries.LEASE).total_seconds() + 1
MANNERS = Manners(slow_ms=5.0, busy=0.05, busy_s=0.2, cut=0.05)
_THIN = 0.4
_NAMING = (Where.NOWHERE, Where.TITLE, Where.TEXT, Where.ARTICLE, Where.TEASER)


@dataclass(slots=True)
class Press:
    """The feeds, all that they have published, and how often the bot of the moment was served."""

    rng: random.Random
    papers: list[Paper] = field(default_factory=list)
    times: Counter[str] = field(default_factory=Counter)
    silent: int = 0
    _numbers: Iterator[int] = field(default_factory=lambda: count(1))
    _made: dict[int, Made] = field(default_factory=dict)
    _known: dict[int, str] = field(default_factory=dict)
    _turned: asyncio.Condition = field(default_factory=asyncio.Condition)
    _telling: set["asyncio.Task[None]"] = field(default_factory=set)

    def publish(self, share: float) -> None:
        """Let some feeds bring an entry, and none so many that they would be a flood."""
        for paper in self.papers:
            unkept = len(paper.entries) - int(self._known.get(paper.number, "").strip('"') or 0)
            if self.rng.random() < share and unkept < MOST_UNKEPT:
                number, now = next(self._numbers), datetime.now(UTC).replace(microsecond=0)
                thin = self.rng.random() < _THIN
                where = self.rng.choice(_NAMING if thin else _NAMING[:3])
                made = made_up(paper, self.rng, number, now, where, thin=thin)
                paper.entries.append(made)
                self._made[number] = made

    def due(self) -> list[Made]:
        """Give what must be told."""
        return [made for made in self._made.values() if made.names and made.number > self.silent]

    def answer(self, asked: Asked) -> Reply:
        """Answer for whatever host is asked."""
        _, what, number = asked.path.split("/")
        self._tell("feed" if what == "feed" else "page")
        if what == "note":
            html = self._made[int(number)].page()
            return Reply(body=html, headers=(("Content-Type", "text/html; charset=utf-8"),))
        paper = self.papers[int(number)]
        etag = f'"{len(paper.entries)}"'
        self._known[paper.number] = asked.headers.get("if-none-match", "")
        if self._known[paper.number] == etag:
            return Reply(304, headers=(("ETag", etag),))
        body = rss(f"Paper {number}", (made.row.xml() for made in reversed(paper.entries)))
        return Reply(body=body, headers=(("Content-Type", "text/xml"), ("ETag", etag)))

    def all_kept(self) -> bool:
        """Whether the bot has asked for each feed as somebody does who has kept all of it."""
        return all(
            self._known.get(paper.number) == f'"{len(paper.entries)}"' for paper in self.papers
        )

    async def until(self, enough: Callable[[], bool], limit_s: float) -> None:
        """Wait until enough has been asked for. Raise TimeoutError."""
        async with asyncio.timeout(limit_s), self._turned:
            await self._turned.wait_for(enough)

    def _tell(self, what: str) -> None:
        self.times[what] += 1
        task = asyncio.get_running_loop().create_task(self._notify())
        self._telling.add(task)
        task.add_done_callback(self._telling.discard)

    async def _notify(self) -> None:
        async with self._turned:
            self._turned.notify_all()


@dataclass(frozen=True, slots=True)
class Kill:
    """When a bot is killed: so long after it did something for the `times`th time."""

    phase: str
    times: int = 1
    delay_s: float = 0.0


def plan(rounds: int, rng: random.Random) -> Iterator[Kill]:
    """Plan kills over all phases."""
    to_come: list[str] = []
    for _ in range(rounds):
        to_come = to_come or rng.sample(PHASES, len(PHASES))
        phase = to_come.pop()
        delay_s = 0.0 if rng.random() < 1 / 3 else rng.uniform(0.005, 0.4)
        if phase == "start":
            delay_s = rng.uniform(0.0, 1.5)
        yield Kill(phase, rng.randint(1, FEEDS if phase == "feed" else 6), delay_s)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of it. `left_open`: documents that were still to be delivered at the end."""

    phases: Counter[str]
    served: Counter[str]
    published: int
    due: int
    posts: Counter[int]
    wrong: int
    lost: int
    left_open: int
    exit_code: int
    kept: bool
    complaints: list[str]
    events: Counter[str]
    seconds: float

    @property
    def doubled(self) -> int:
        """Posts that came besides the first of an entry."""
        return sum(self.posts.values()) - len(self.posts)

    def good(self) -> bool:
        """Whether the proof holds."""
        wrong = self.lost or self.doubled or self.wrong or self.left_open or self.exit_code
        return self.kept and not wrong and not self.complaints

    def figures(self) -> dict[str, object]:
        """Give what is worth telling."""
        return {
            "kills": sum(self.phases.values()),
            "phases": ", ".join(f"{name} {times}" for name, times in sorted(self.phases.items())),
            "feeds_given": self.served["feed"],
            "pages_given": self.served["page"],
            "entries": self.published,
            "alerts_due": self.due,
            "posts": sum(self.posts.values()),
            "looked": self.events["looked"],
            "answer_cut": self.events["cut"],
            "vanished": self.events["vanished"],
            "lost": self.lost,
            "doubled": self.doubled,
            "uncalled": self.wrong,
            "all_kept": self.kept,
            "left_open": self.left_open,
            "exit_code": self.exit_code,
            "complaints": len(self.complaints),
            "seconds": round(self.seconds, 1),
        }


@dataclass(slots=True)
class Trial:
    """One run of the proof."""

    press: Press
    platform: Platform
    bots: Nursery
    url: str
    pack: Path
    feeds: Path
    later_s: float = 0.0

    async def start(self) -> Bot:
        """Start a bot."""
        self.later_s += DOWNTIME_S
        self.press.times["lives"] += 1
        return await self.bots.start(
            self.url, self.platform.address, self.pack, feeds=self.feeds, later=self.later_s
        )

    async def seed(self) -> None:
        """Let a bot get to know the feeds."""
        bot, kept = await self.catch_up()
        assert kept, "the first polls were not kept"
        await bot.stop()
        self.press.silent = sum(len(paper.entries) for paper in self.press.papers)

    async def catch_up(self) -> tuple[Bot, bool]:
        """Start a bot until one has kept all that was published; say whether one has."""
        deadline = time.monotonic() + FINISH_S
        while True:
            bot = await self.start()
            try:
                await self.press.until(self.press.all_kept, CATCH_UP_S)
            except TimeoutError:
                if time.monotonic() > deadline:
                    return bot, False
            else:
                return bot, True
            await bot.stop()

    async def kill(self, when: Kill) -> None:
        """Publish, start a bot and kill it."""
        times, press = self.press.times, self.press
        press.publish(0.5)
        bot = await self.start()
        try:
            if when.phase == "start":
                await asyncio.sleep(when.delay_s)
            elif when.phase in ("feed", "page"):
                enough = times[when.phase] + when.times
                await press.until(lambda: times[when.phase] >= enough, LONGEST_LIFE_S)
                await asyncio.sleep(when.delay_s)
            else:
                await self.platform.trap(bot.name, when.phase, when.delay_s)
                async with asyncio.timeout(LONGEST_LIFE_S):
                    await bot.gone()
        except TimeoutError:
            pass
        await bot.kill()
        await self.platform.still()

    async def finish(self) -> tuple[bool, int]:
        """Let a bot work everything off; say whether it kept all, and give its exit code."""
        await self.platform.behave(Manners())
        bot, kept = await self.catch_up()
        due = {made.number for made in self.press.due()}
        deadline = time.monotonic() + LIMIT
        while due - _posts(self.platform.events()).keys() and time.monotonic() < deadline:
            shown = _shown(self.platform)
            try:
                await self.platform.until(lambda: _shown(self.platform) > shown, 2.0)  # noqa: B023 - awaited at once
            except TimeoutError:
                continue
        return kept, await bot.stop()


def _shown(platform: Platform) -> int:
    return sum(times for (what, _), times in platform.times.items() if what == "shown")


def _posts(events: Sequence[Line]) -> Counter[int]:
    return Counter(
        number for each in events if each["is"] == "shown" for number in set(numbered(each["text"]))
    )


async def prove(folder: Path, url: str, kills: Iterable[Kill], seed: int = 0) -> Outcome:
    """Kill a bot again and again while it polls, and see what comes of it."""
    began, phases = time.monotonic(), Counter[str]()
    press = Press(random.Random(seed))  # noqa: S311 - a script, no secret
    names = hosts(FEEDS // ON_A_HOST)
    async with (
        doors(names, press.answer) as port,
        recorder(folder, seed=seed) as platform,
        nursery(folder) as bots,
    ):
        press.papers = [Paper(n, KINDS[0], names[n // ON_A_HOST], port) for n in range(FEEDS)]
        press.publish(1.0)
        routes = {paper.url: f"#c{paper.number % CHANNELS}" for paper in press.papers}
        (folder / "feeds.json").write_text(json.dumps(routes), encoding="utf-8")
        trial = Trial(press, platform, bots, url, pack(folder), folder / "feeds.json")
        await platform.behave(MANNERS)
        await trial.seed()
        for kill in kills:
            await trial.kill(kill)
            phases[kill.phase] += 1
        kept, code = await trial.finish()
        complaints = bots.complaints()
    events = platform.events()
    due = {made.number: made.names for made in press.due()}
    posts = _posts(events)
    shown = [each["text"] for each in events if each["is"] == "shown"]
    wrong = sum([due.get(n) for n in set(numbered(text))] != [named(text)] for text in shown)
    return Outcome(
        phases=phases,
        served=press.times,
        published=sum(len(paper.entries) for paper in press.papers),
        due=len(due),
        posts=posts,
        wrong=wrong,
        lost=len(due.keys() - posts.keys()),
        left_open=await left_open(url),
        exit_code=code,
        kept=kept,
        complaints=complaints,
        events=Counter(each["is"] for each in events),
        seconds=time.monotonic() - began,
    )


def main(words: Sequence[str] | None = None) -> int:
    """Prove it; give the exit code: 0 if it holds."""
    parser = argparse.ArgumentParser("python -m tests.bench.feedcrash", description=__doc__)
    parser.add_argument("--rounds", type=int, default=50)
    parser.add_argument("--database", choices=["sqlite", "postgres"], default="sqlite")
    parser.add_argument("--seed", type=int, default=0)
    told = parser.parse_args(words)
    screen = Console()
    kills = list(plan(told.rounds, random.Random(told.seed)))  # noqa: S311 - a plan, no secret
    with (
        tempfile.TemporaryDirectory(prefix="vendorwatch-feedcrash-") as folder,
        database(told.database, Path(folder)) as url,
    ):
        following = track(
            kills, "killing", console=Console(stderr=True), disable=not screen.is_terminal
        )
        outcome = asyncio.run(prove(Path(folder), url, following, told.seed))
    report(screen, f"Feed crash: {told.database}", outcome.figures(), good=outcome.good())
    for complaint in outcome.complaints[:10]:
        screen.print(complaint[:300], markup=False)
    return 0 if outcome.good() else 1


if __name__ == "__main__":
    sys.exit(main())
