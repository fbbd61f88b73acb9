"""Several bots on one PostgreSQL, one of them killed: nothing lost, nothing twice, order kept.

`python -m tests.bench.cluster --workers 2|4` starts so many bots on one database, lets people talk
in a few channels, with several messages of a channel handed to different bots at once and some to
two of them. Halfway the platform stops answering one bot, having shown every other of its posts,
and that bot is killed with its hands full. The others must take over what it had, within a lease
and a little; how long that took is measured from the kill.

Then the same number of bots hear about each company again and again in each channel, with a
cooldown of a day: however they race, each channel is told once of each company. Two days later, by
the clock of the bots, they hear it all again, and each channel is told once more.
"""

import argparse
import asyncio
import random
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from contextlib import nullcontext
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path

from rich.console import Console

from bot.delivery.outbox import LEASE
from tests.bench.recorder import Line, Manners
from tests.bench.rig import (
    LIMIT,
    Bot,
    Nursery,
    Platform,
    left_open,
    nursery,
    pack,
    recorder,
    report,
)
from tests.bench.script import Alert, Verdict, crowd, expected, judge, talk
from tests.postgres import server

CHANNELS = 12
ABREAST = 4
HANDFUL = 3
"""Posts that the bot which is killed has in its hands at least."""
MANNERS = Manners(slow_ms=5.0, twice=0.2, abreast=ABREAST)
TAKEN_OVER_WITHIN_S = 30.0
A_DAY_S = 24 * 60 * 60


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of it. `taken_over_s`: how long what the dead one held lay, each."""

    verdict: Verdict
    events: list[Line]
    taken_over_s: list[float]
    left_open: int
    exit_codes: list[int]
    complaints: list[str]
    seconds: float

    def good(self) -> bool:
        """Whether the proof holds."""
        ended_well = not self.left_open and not any(self.exit_codes) and not self.complaints
        in_time = max(self.taken_over_s, default=0.0) < TAKEN_OVER_WITHIN_S
        return ended_well and in_time and self.verdict.good()

    def figures(self) -> dict[str, object]:
        """Give what is worth telling."""
        verdict, times = self.verdict, Counter(each["is"] for each in self.events)
        messages = {each["message"] for each in self.events if each["is"] == "handed"}
        by_bot = Counter(each["bot"] for each in self.events if each["is"] == "shown")
        return {
            "messages": len(messages),
            "handed_again": times["handed"] - len(messages),
            "alerts": verdict.alerts,
            "posts": verdict.posts,
            "posts_by_bot": "/".join(str(by_bot[name]) for name in sorted(by_bot)),
            "taken_over": len(self.taken_over_s),
            "taken_over_s_most": round(max(self.taken_over_s, default=0.0), 1),
            "lost": len(verdict.lost),
            "doubled": len(verdict.doubled),
            "uncalled": len(verdict.uncalled),
            "disordered": len(verdict.disordered),
            "abreast": verdict.abreast,
            "left_open": self.left_open,
            "exit_codes": "/".join(map(str, self.exit_codes)),
            "complaints": len(self.complaints),
            "seconds": round(self.seconds, 1),
        }


async def one_killed(
    folder: Path,
    url: str,
    *,
    workers: int,
    messages: int = 600,
    lease_s: float = LEASE.total_seconds(),
    seed: int = 0,
) -> Outcome:
    """Let bots work together, kill one with its hands full, and see what comes of it."""
    began = time.monotonic()
    said = list(islice(talk(random.Random(seed), CHANNELS), messages))  # noqa: S311 - a script
    async with recorder(folder, seed=seed) as platform, nursery(folder) as bots:
        await platform.behave(MANNERS)
        first, *others = await _started(bots, platform, url, pack(folder), workers, lease=lease_s)
        third = messages // 3
        await platform.say(said[:third])
        await platform.until(lambda: len(platform.shown) > 0, 2 * LIMIT)
        await platform.behave(replace(MANNERS, holds=first.name))
        # Enough is left for its hands to be full, whoever is the quicker one.
        await platform.say(said[third:])
        await platform.until(lambda: platform.times["held", first.name] >= HANDFUL)
        await first.kill()
        killed = time.time()
        await platform.behave(MANNERS)
        await platform.through(expected(said), lease_s + 2 * LIMIT)
        codes = await _stopped(others)
        complaints = bots.complaints()
    events = platform.events()
    return Outcome(
        judge(expected(said), events),
        events,
        _taken_over(events, first.name, killed),
        await left_open(url),
        codes,
        complaints,
        time.monotonic() - began,
    )


async def racing(
    folder: Path, url: str, *, workers: int, channels: int = 4, times: int = 4, seed: int = 0
) -> Outcome:
    """Let bots race for who says it, where it may be said once, and see what comes of it."""
    began = time.monotonic()
    alerts: list[Alert] = []
    codes: list[int] = []
    async with recorder(folder, seed=seed) as platform, nursery(folder) as bots:
        await platform.behave(replace(MANNERS, abreast=2 * ABREAST))
        for round_ in range(2):
            options = {"cooldown": A_DAY_S, "later": 2 * round_ * A_DAY_S}
            started = await _started(bots, platform, url, pack(folder), workers, **options)
            said = crowd(channels, times, round_)
            alerts += expected(said, cooldown=True)
            await platform.say(said)
            await platform.through(alerts, 2 * LIMIT)
            codes += await _stopped(started)
        complaints = bots.complaints()
    events = platform.events()
    return Outcome(
        judge(alerts, events),
        events,
        [],
        await left_open(url),
        codes,
        complaints,
        time.monotonic() - began,
    )


async def _started(
    bots: Nursery, platform: Platform, url: str, pack: Path, number: int, **options: float
) -> list[Bot]:
    """Start bots and wait until all listen."""
    started = [await bots.start(url, platform.address, pack, **options) for _ in range(number)]
    await platform.until(lambda: all(platform.times["listening", bot.name] for bot in started))
    return started


async def _stopped(bots: Sequence[Bot]) -> list[int]:
    return list(await asyncio.gather(*(bot.stop() for bot in bots)))


def _taken_over(events: Sequence[Line], dead: str, killed: float) -> list[float]:
    """Say when each post that a dead bot had in its hands was next asked about, from its end on."""
    left = {each["key"] for each in events if each["is"] == "held" and each["bot"] == dead}
    again: dict[str, float] = {}
    for event in events:
        if event["is"] == "begun" and event["key"] in left and event["bot"] != dead:
            again.setdefault(event["key"], event["at"] - killed)
    return [again.get(key, float("inf")) for key in left]


def main(words: Sequence[str] | None = None) -> int:
    """Prove it; give the exit code: 0 if it holds."""
    parser = argparse.ArgumentParser("python -m tests.bench.cluster", description=__doc__)
    parser.add_argument("--workers", type=int, choices=range(2, 17), default=2, metavar="N")
    parser.add_argument("--messages", type=int, default=600)
    parser.add_argument("--seed", type=int, default=0)
    told = parser.parse_args(words)
    screen = Console()
    quiet = not screen.is_terminal
    good = True
    with (
        tempfile.TemporaryDirectory(prefix="vendorwatch-cluster-") as folder,
        server(durable=True) as url_of,
    ):
        for name in ("killed", "race"):
            (place := Path(folder) / name).mkdir()
            options = {"workers": told.workers, "seed": told.seed}
            proof = (
                one_killed(place, url_of(name), messages=told.messages, **options)
                if name == "killed"
                else racing(place, url_of(name), channels=8, times=8, **options)
            )
            with screen.status(name) if not quiet else nullcontext():
                outcome = asyncio.run(proof)
            good &= outcome.good()
            title = f"Cluster of {told.workers}: {name}"
            report(screen, title, outcome.figures(), good=outcome.good())
            for complaint in outcome.complaints[:10]:
                screen.print(complaint, markup=False)
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
