"""The bot is killed again and again under load: nothing is lost, and nothing is said twice.

`python -m tests.bench.crash --kills 200 --database sqlite|postgres` starts the bot, hands it
messages all the time, kills it with SIGKILL, starts it again, and so on; then it lets the last one
work everything off, and compares what the channels have seen with what they must have seen.

Each kill is set by what the bot has just done (PHASES, in a new order each round) and a delay: none
for one in three, else anything from 5 to 300 ms. At every other start the bot's clock is ahead by
more than a lease, as if the machine had been down for so long, so that what was on its way is taken
up at once. Meanwhile the platform is slow, refuses some posts for a while, shows some and breaks
off before the answer, and loses half of what it was asked for by a bot that has died since. With
`--redelivery blind` it never breaks off, so that what is doubled is all due to the kills; it is
counted and let pass.
"""

import argparse
import asyncio
import random
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from statistics import median

from rich.console import Console
from rich.progress import track

from bot.delivery.outbox import LEASE
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
from tests.bench.script import Said, Verdict, expected, judge, talk

PHASES = ("start", "listening", "handed", "safe", "begun", "looked", "shown", "answered")
"""What a bot has just done when its time runs: been started, begun to listen, been handed a
message, called one safe, asked for a post, looked whether a post is there, had a post shown, been
told so."""
CHANNELS = 24
BACKLOG = 48
"""Messages that wait to be called safe, all the time."""
LONGEST_LIFE_S = 15.0
NOTHING_TO_LOOK_FOR_S = 2.0
"""The one phase that may not come: if none of what was on its way is due again."""
DOWNTIME_S = LEASE.total_seconds() + 1
MANNERS = Manners(slow_ms=10.0, busy=0.05, busy_s=0.2, cut=0.05, abreast=2)
CANDID = replace(MANNERS, cut=0.0)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of it. `left_open`: documents that were still to be delivered at the end."""

    verdict: Verdict
    phases: dict[str, int]
    events: list[Line]
    left_open: int
    exit_code: int
    complaints: list[str]
    seconds: float

    def good(self, *, doubles: bool = False) -> bool:
        """Whether the proof holds."""
        ended_well = not self.left_open and self.exit_code == 0 and not self.complaints
        return ended_well and self.verdict.good(doubles=doubles)

    def figures(self) -> dict[str, object]:
        """Give what is worth telling."""
        verdict, times = self.verdict, Counter(each["is"] for each in self.events)
        looked = Counter(each["found"] for each in self.events if each["is"] == "looked")
        messages = {each["message"] for each in self.events if each["is"] == "handed"}
        return {
            "kills": sum(self.phases.values()),
            "messages": len(messages),
            "handed_again": times["handed"] - len(messages),
            "alerts": verdict.alerts,
            "posts": verdict.posts,
            "refused": times["refused"],
            "answer_cut": times["cut"],
            "vanished": times["vanished"],
            "looked_and_found": looked[True],
            "looked_and_not_found": looked[False],
            "known_key": times["known"],
            "lost": len(verdict.lost),
            "doubled": len(verdict.doubled),
            "doubled_same_key": verdict.same_key,
            "uncalled": len(verdict.uncalled),
            "disordered": len(verdict.disordered),
            "abreast": verdict.abreast,
            "left_open": self.left_open,
            "exit_code": self.exit_code,
            "complaints": len(self.complaints),
            "start_ms_median": round(median(_starts(self.events)) * 1000),
            "seconds": round(self.seconds, 1),
        }


def _starts(events: list[Line]) -> list[float]:
    return [each["after"] for each in events if each["is"] == "listening"] or [0.0]


@dataclass(frozen=True, slots=True)
class Kill:
    """When a bot is killed: so long after it first did something. `downtime`: since the last."""

    phase: str
    delay_s: float = 0.0
    downtime: bool = True


def plan(kills: int, redelivery: str, rng: random.Random) -> Iterator[Kill]:
    """Plan kills over all phases."""
    phases = [each for each in PHASES if redelivery == "asked" or each != "looked"]
    to_come: list[str] = []
    for number in range(kills):
        to_come = to_come or rng.sample(phases, len(phases))
        delay_s = 0.0 if rng.random() < 1 / 3 else rng.uniform(0.005, 0.3)
        yield Kill(to_come.pop(), delay_s, downtime=number % 2 == 1)


@dataclass(slots=True)
class Trial:
    """One run of the proof."""

    platform: Platform
    bots: Nursery
    url: str
    pack: Path
    redelivery: str
    backlog: int
    later_s: float = 0.0

    async def talk(self, talking: Iterator[Said]) -> None:
        """Let people talk, so that there is always something to do, until cancelled."""
        while True:
            await self.platform.until(lambda: self._unheard() < self.backlog, None)
            await self.platform.say([next(talking) for _ in range(self.backlog - self._unheard())])

    def _unheard(self) -> int:
        return len(self.platform.said) - len(self.platform.safe)

    async def kill(self, when: Kill) -> None:
        """Start a bot and kill it."""
        if when.downtime:
            self.later_s += DOWNTIME_S
        bot = await self.start()
        if when.phase == "start":
            await asyncio.sleep(when.delay_s)
            await bot.kill()
        else:
            await self.platform.trap(bot.name, when.phase, when.delay_s)
            try:
                async with asyncio.timeout(
                    NOTHING_TO_LOOK_FOR_S if when.phase == "looked" else LONGEST_LIFE_S
                ):
                    await bot.gone()
            except TimeoutError:
                await bot.kill()
        # The bot's clock jumps, so what it sent with its last breath must not arrive after that.
        await self.platform.still()

    async def start(self) -> Bot:
        """Start a bot."""
        return await self.bots.start(
            self.url,
            self.platform.address,
            self.pack,
            redelivery=self.redelivery,
            later=self.later_s,
        )

    async def finish(self, limit_s: float) -> int:
        """Let a bot work everything off; give its exit code."""
        await self.platform.behave(Manners())
        self.later_s += DOWNTIME_S
        bot = await self.start()
        await self.platform.through(expected(self.platform.said), limit_s)
        return await bot.stop()


async def prove(
    folder: Path,
    url: str,
    kills: Iterable[Kill],
    *,
    redelivery: str = "asked",
    seed: int = 0,
    backlog: int = BACKLOG,
    limit_s: float = 2 * LIMIT,
) -> Outcome:
    """Kill a bot again and again and see what comes of it; the last has `limit_s` to finish."""
    began = time.monotonic()
    talking = talk(random.Random(seed), CHANNELS)  # noqa: S311 - a script, no secret
    done: Counter[str] = Counter()
    async with recorder(folder, redelivery, seed=seed) as platform, nursery(folder) as bots:
        trial = Trial(platform, bots, url, pack(folder), redelivery, backlog)
        await platform.behave(CANDID if redelivery == "blind" else MANNERS)
        async with asyncio.TaskGroup() as group:
            people = group.create_task(trial.talk(talking))
            for kill in kills:
                await trial.kill(kill)
                done[kill.phase] += 1
            people.cancel()
        code = await trial.finish(limit_s)
        complaints = bots.complaints()
    events = platform.events()
    verdict = judge(expected(platform.said), events)
    seconds = time.monotonic() - began
    return Outcome(verdict, dict(done), events, await left_open(url), code, complaints, seconds)


def main(words: Sequence[str] | None = None) -> int:
    """Prove it; give the exit code: 0 if it holds."""
    parser = argparse.ArgumentParser("python -m tests.bench.crash", description=__doc__)
    parser.add_argument("--kills", type=int, default=200)
    parser.add_argument("--database", choices=["sqlite", "postgres"], default="sqlite")
    parser.add_argument("--redelivery", choices=["asked", "keyed", "blind"], default="asked")
    parser.add_argument("--seed", type=int, default=0)
    told = parser.parse_args(words)
    screen = Console()
    rng = random.Random(told.seed)  # noqa: S311 - a plan, no secret
    kills = track(
        list(plan(told.kills, told.redelivery, rng)),
        "killing",
        console=Console(stderr=True),
        disable=not screen.is_terminal,
    )
    with (
        tempfile.TemporaryDirectory(prefix="vendorwatch-crash-") as folder,
        database(told.database, Path(folder)) as url,
    ):
        proof = prove(Path(folder), url, kills, redelivery=told.redelivery, seed=told.seed)
        outcome = asyncio.run(proof)
    good = outcome.good(doubles=told.redelivery == "blind")
    report(screen, f"Crash: {told.database}, {told.redelivery}", outcome.figures(), good=good)
    for complaint in outcome.complaints[:10]:
        screen.print(complaint, markup=False)
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
