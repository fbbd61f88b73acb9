"""The world fails around a running bot, one thing at a time: nothing is lost or said twice.

`python -m tests.bench.faults` lets people talk all the time and meanwhile

- `database`: stops PostgreSQL with SIGQUIT, and starts it again;
- `disk`: leaves SQLite no room, and makes room again;
- `back` and `forward`: sets the bot's clock by an hour, with posts under way, posts to be tried
  again and posts of unknown outcome;
- `storm`: refuses every second post with a Retry-After of one to three seconds;
- `down`: cuts every connection to the platform and refuses new ones.

The bot is never started again. People talk on when it is over; then all is compared with what
the channels must have seen. A message that the bot could not keep comes again after a second.

Also counted is how often the fault was felt (a fault that nobody feels proves nothing): messages
refused by the bot, posts that waited when the clock jumped, posts refused, posts cut off. And what
the fault costs: the bot's processor time and log lines while it lasts, and how much memory the bot
has gained by the time it is well again.

The disk is a file system of its own of 16 MB, filled to the last byte, where mounting is permitted:
as root, or anywhere with `unshare --map-root-user --mount python -m tests.bench.faults --only
disk`. Elsewhere it is a limit on the size of the bot's files (RLIMIT_FSIZE), by which the same
writes fail but with another error. Needs Linux.
"""

import argparse
import asyncio
import json
import os
import random
import resource
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from contextlib import (
    AbstractAsyncContextManager,
    AbstractContextManager,
    asynccontextmanager,
    contextmanager,
    suppress,
)
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from rich import box
from rich.console import Console
from rich.table import Table

from bot.delivery.outcome import SETTLED
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
)
from tests.bench.script import Verdict, expected, judge, talk
from tests.postgres import server

CHANNELS = 12
PAUSE_S = 0.05
"""Between two messages."""
BACKLOG = 48
"""Messages that wait to be called safe at most; then people wait too."""
BEFORE = 20
"""Posts that have been shown when the fault begins."""
AFTER = 10
"""Messages that are said after it, and called safe."""
HANDFUL = 5
"""Posts in each state when something goes wrong."""
AN_HOUR_S = 3600.0
DISK = "16m"
LIMIT_S = 4 * LIMIT
"""How long the bot may take to get well again, once the fault is over."""
BUSY = 0.6
"""Share of a processor that is more than waiting takes, with the few messages that people say."""
GROWN_MB = 24.0
CALM = Manners(slow_ms=5.0, again_s=1.0)
ROUGH = replace(CALM, busy=0.3, busy_s=3.0, cut=0.3)
SLOW = replace(CALM, slow_ms=500.0, cut=0.3)
STORM = replace(CALM, busy=0.5, busy_s=1.0, busiest_s=3.0)
SHUT = replace(CALM, shut=True)


@dataclass(frozen=True, slots=True)
class Ground:
    """A database that can be taken from a bot (its process number) and given back."""

    url: str
    how: str
    take: Callable[[int], None]
    give: Callable[[int], None]


@dataclass(slots=True)
class Stage:
    """A bot at work, and what it works with."""

    platform: Platform
    bot: Bot
    ground: Ground

    async def seen(self, kind: str, times: int = 1) -> None:
        """Wait until the bot has done something so many times more."""
        counted = self.platform.times
        goal = counted[kind, self.bot.name] + times
        await self.platform.until(lambda: counted[kind, self.bot.name] >= goal, LIMIT_S)

    async def hands_full(self, manners: Manners) -> None:
        """Let posts be under way that are not answered before the manners change, others wait."""
        await self.platform.behave(replace(manners, holds=self.bot.name))
        await self.seen("held", HANDFUL)
        await self.seen("safe", HANDFUL)


# Where the database is


@contextmanager
def on_sqlite(folder: Path) -> Iterator[Ground]:
    """Give a file that nobody takes away."""
    with database("sqlite", folder) as url:
        yield Ground(url, "SQLite", _nothing, _nothing)


def _nothing(pid: int) -> None:
    del pid


@contextmanager
def on_server(folder: Path) -> Iterator[Ground]:
    """Give a database on a server that can be stopped, as in a crash."""
    del folder
    with server(durable=True) as running:
        yield Ground(
            running("bench"),
            "PostgreSQL",
            lambda _: running.stop(signal.SIGQUIT),
            lambda _: running.start(),
        )


@contextmanager
def on_small_disk(folder: Path, *, mount: bool = True) -> Iterator[Ground]:
    """Give a file on a disk that can be full, or that may not grow if nothing can be mounted."""
    place = folder / "disk"
    place.mkdir()
    url = f"sqlite+aiosqlite:///{place / 'bot.db'}"
    if not (mount and _mounted(place)):
        yield Ground(url, "SQLite limited", partial(_limit, place), _unlimit)
        return
    filler = place / "filler"
    try:
        yield Ground(url, "SQLite full", lambda _: _fill(filler), lambda _: filler.unlink())
    finally:
        subprocess.run(["umount", "--lazy", place], check=True)  # noqa: S603, S607 - our own words


def _mounted(place: Path) -> bool:
    if os.geteuid() != 0:
        return False
    command = ["mount", "-t", "tmpfs", "-o", f"size={DISK}", "tmpfs", str(place)]
    return subprocess.run(command, check=False, capture_output=True).returncode == 0  # noqa: S603 - our own words


def _fill(filler: Path) -> None:
    with suppress(OSError), filler.open("wb", buffering=0) as file:
        while file.write(b"\0" * 4096):
            pass


def _limit(place: Path, pid: int) -> None:
    largest = max(file.stat().st_size for file in place.iterdir())
    _, most = resource.prlimit(pid, resource.RLIMIT_FSIZE)
    resource.prlimit(pid, resource.RLIMIT_FSIZE, (largest, most))


def _unlimit(pid: int) -> None:
    _, most = resource.prlimit(pid, resource.RLIMIT_FSIZE)
    resource.prlimit(pid, resource.RLIMIT_FSIZE, (most, most))


# What goes wrong: each begins when the block does and is over when it ends


@asynccontextmanager
async def taken(stage: Stage) -> AsyncIterator[None]:
    """Take the database away, with posts under way that come to an end while it is gone."""
    await stage.platform.behave(SLOW)
    await stage.seen("safe", HANDFUL)
    await stage.seen("begun", HANDFUL)
    await asyncio.to_thread(stage.ground.take, stage.bot.pid)
    try:
        await stage.seen("unkept")
        await stage.platform.behave(CALM)
        yield
    finally:
        await asyncio.to_thread(stage.ground.give, stage.bot.pid)


@asynccontextmanager
async def set_(stage: Stage, ahead_s: float) -> AsyncIterator[None]:
    """Set the clock, with posts in every state."""
    await stage.platform.behave(ROUGH)
    await stage.seen("refused", HANDFUL)
    await stage.seen("cut", HANDFUL)
    await stage.hands_full(ROUGH)
    await stage.platform.set_clock(stage.bot, ahead_s)
    await stage.seen("safe", HANDFUL)  # each makes the bot look for what is due by its new time
    await stage.platform.behave(CALM)
    yield


@asynccontextmanager
async def mannered(stage: Stage, manners: Manners) -> AsyncIterator[None]:
    """Let the platform misbehave, with posts under way."""
    await stage.hands_full(CALM)
    await stage.platform.behave(manners)
    yield
    await stage.platform.behave(CALM)


# How often it was felt, and what of it was not heeded


def counted(kind: str, events: Sequence[Line]) -> int:
    """Count events of a kind."""
    return sum(each["is"] == kind for each in events)


def waiting(events: Sequence[Line]) -> int:
    """Count posts that were to be tried again, asked for or answered when the clock was set."""
    open_: set[str] = set()
    for event in events:
        match event["is"]:
            case "refused" | "cut" | "held":
                open_.add(event["key"])
            case "answered":
                open_.discard(event["key"])
            case "jumped":
                break
    return len(open_)


def hasty(events: Sequence[Line]) -> int:
    """Count posts that were tried again too soon; by a clock that was set none is."""
    if counted("jumped", events):
        return 0
    not_before: dict[str, float] = {}
    times = 0
    for event in events:
        if event["is"] == "refused":
            not_before[event["key"]] = event["at"] + event["retry_after"]
        elif event["is"] == "begun":
            times += event["at"] < not_before.pop(event["key"], 0.0)
    return times


@dataclass(frozen=True, slots=True)
class Fault:
    """Something that goes wrong for so many seconds, on a database, and how often it was felt."""

    seconds: float
    strike: Callable[[Stage], AbstractAsyncContextManager[None]]
    felt: Callable[[Sequence[Line]], int]
    ground: Callable[[Path], AbstractContextManager[Ground]] = on_sqlite


FAULTS: Mapping[str, Fault] = {
    "database": Fault(20.0, taken, partial(counted, "unkept"), on_server),
    "disk": Fault(20.0, taken, partial(counted, "unkept"), on_small_disk),
    "back": Fault(5.0, partial(set_, ahead_s=-AN_HOUR_S), waiting),
    "forward": Fault(5.0, partial(set_, ahead_s=AN_HOUR_S), waiting),
    "storm": Fault(20.0, partial(mannered, manners=STORM), partial(counted, "refused")),
    "down": Fault(15.0, partial(mannered, manners=SHUT), partial(counted, "cut")),
}


@dataclass(frozen=True, slots=True)
class Cost:
    """What a bot has taken up so far: seconds of a processor, MB of memory, lines of the log."""

    processor_s: float
    memory_mb: float
    lines: int

    @classmethod
    def so_far(cls, pid: int, log: Path) -> "Cost":
        """Look it up."""
        # https://man7.org/linux/man-pages/man5/proc_pid_stat.5.html: after the name, which may
        # hold spaces, fields 12 and 13 are the clock ticks in user and kernel mode.
        times = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
        pages = int(Path(f"/proc/{pid}/statm").read_text(encoding="utf-8").split()[1])
        return cls(
            (int(times[11]) + int(times[12])) / os.sysconf("SC_CLK_TCK"),
            pages * os.sysconf("SC_PAGE_SIZE") / 2**20,
            len(log.read_bytes().splitlines()),
        )


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of it. `how`: where the database was, and what was done to it.

    `lasted_s`: how long the fault was there. `well_after_s`: how long after it all was posted that
    had been said till then. `processor`: share of one while it lasted. `hasty`: posts that were
    tried again before the platform had asked for it.
    """

    how: str
    verdict: Verdict
    events: list[Line]
    felt: int
    lasted_s: float
    well_after_s: float
    processor: float
    lines_a_second: float
    grown_mb: float
    hasty: int
    left_open: int
    exit_code: int
    tracebacks: list[str]

    def good(self) -> bool:
        """Whether the proof holds."""
        ended_well = not self.left_open and self.exit_code == 0 and not self.tracebacks
        modest = self.processor < BUSY and self.grown_mb < GROWN_MB and not self.hasty
        return bool(self.felt) and ended_well and modest and self.verdict.good()

    def figures(self) -> dict[str, object]:
        """Give what is worth telling."""
        verdict = self.verdict
        messages = {each["message"] for each in self.events if each["is"] == "handed"}
        return {
            "on": self.how,
            "lasted_s": round(self.lasted_s, 1),
            "felt": self.felt,
            "messages": len(messages),
            "handed_again": counted("handed", self.events) - len(messages),
            "alerts": verdict.alerts,
            "posts": verdict.posts,
            "lost": len(verdict.lost),
            "doubled": len(verdict.doubled),
            "uncalled": len(verdict.uncalled),
            "disordered": len(verdict.disordered),
            "abreast": verdict.abreast,
            "hasty": self.hasty,
            "left_open": self.left_open,
            "exit_code": self.exit_code,
            "tracebacks": len(self.tracebacks),
            "well_after_s": round(self.well_after_s, 1),
            "processor": round(self.processor, 2),
            "log_lines_a_second": round(self.lines_a_second, 1),
            "memory_grown_mb": round(self.grown_mb, 1),
        }


async def _talk(platform: Platform, rng: random.Random, pause_s: float) -> None:
    """Let people talk until cancelled."""
    for said in talk(rng, CHANNELS):
        await platform.until(lambda: len(platform.said) - len(platform.safe) < BACKLOG, None)
        await platform.say([said])
        await asyncio.sleep(pause_s)


async def _well(platform: Platform) -> None:
    """Wait until all that was said so far has been posted, and some of what is said after it."""
    due = {(each.channel, id_) for each in expected(platform.said) for id_ in each.threads}
    await platform.until(lambda: due <= platform.shown, LIMIT_S)


async def prove(
    folder: Path,
    bots: Nursery,
    ground: Ground,
    fault: Fault,
    *,
    seconds: float | None = None,
    settled_s: float = SETTLED.total_seconds(),
    pause_s: float = PAUSE_S,
    seed: int = 0,
) -> Outcome:
    """Let something go wrong, for `seconds` after it was first felt, and see what comes of it."""
    rng = random.Random(seed)  # noqa: S311 - a script, no secret
    well_after_s = LIMIT_S
    log = folder / "bot.log"
    async with recorder(folder, seed=seed) as platform:
        await platform.behave(CALM)
        options = {"settled": settled_s, "log": log}
        bot = await bots.start(ground.url, platform.address, pack(folder), **options)
        async with asyncio.TaskGroup() as group:
            people = group.create_task(_talk(platform, rng, pause_s))
            await platform.until(lambda: len(platform.shown) >= BEFORE, LIMIT_S)
            async with fault.strike(Stage(platform, bot, ground)):
                first, began = Cost.so_far(bot.pid, log), time.monotonic()
                await asyncio.sleep(fault.seconds if seconds is None else seconds)
                over, ended = Cost.so_far(bot.pid, log), time.monotonic()
            with suppress(TimeoutError):
                mended = time.monotonic()
                await _well(platform)
                well_after_s = time.monotonic() - mended
                goal = len(platform.safe) + AFTER
                await platform.until(lambda: len(platform.safe) >= goal)
            people.cancel()
        await platform.through(expected(platform.said))
        last = Cost.so_far(bot.pid, log)
        code = await bot.stop()
    events, lasted_s = platform.events(), ended - began
    return Outcome(
        how=ground.how,
        verdict=judge(expected(platform.said), events),
        events=events,
        felt=fault.felt(events),
        lasted_s=lasted_s,
        well_after_s=well_after_s,
        processor=(over.processor_s - first.processor_s) / lasted_s,
        lines_a_second=(over.lines - first.lines) / lasted_s,
        grown_mb=last.memory_mb - first.memory_mb,
        hasty=hasty(events),
        left_open=await left_open(ground.url),
        exit_code=code,
        tracebacks=_tracebacks(log),
    )


_COLUMNS = {
    "on": "on",
    "lasted_s": "s",
    "felt": "felt",
    "alerts": "alerts",
    "lost": "lost",
    "doubled": "twice",
    "well_after_s": "well",
    "processor": "cpu",
    "memory_grown_mb": "MB",
}


def _tracebacks(log: Path) -> list[str]:
    lines = log.read_text(encoding="utf-8").splitlines()
    return [line for line in lines if '"exception":' in line or not line.startswith("{")]


async def _show(names: Sequence[str], screen: Console, seconds: float | None, seed: int) -> bool:
    """Prove these and print what came of it; say whether all of it holds."""
    table = Table("fault", *_COLUMNS.values(), "holds", box=box.SIMPLE, padding=(0, 1, 0, 0))
    good = True
    with tempfile.TemporaryDirectory(prefix="vendorwatch-faults-") as place:
        async with nursery(Path(place)) as bots:
            for name in names:
                (folder := Path(place) / name).mkdir()
                fault = FAULTS[name]
                with fault.ground(folder) as ground:
                    outcome = await prove(folder, bots, ground, fault, seconds=seconds, seed=seed)
                figures, holds = outcome.figures(), outcome.good()
                good &= holds
                table.add_row(
                    name, *(str(figures[key]) for key in _COLUMNS), "yes" if holds else "no"
                )
                print(json.dumps({"proof": name, "good": holds, **figures}), flush=True)  # noqa: T201 - for programs
                for line in outcome.tracebacks[:10]:
                    screen.print(line, markup=False)
    screen.print(table)
    return good


def main(words: Sequence[str] | None = None) -> int:
    """Prove it; give the exit code: 0 if it holds."""
    parser = argparse.ArgumentParser("python -m tests.bench.faults", description=__doc__)
    parser.add_argument("--only", choices=list(FAULTS), metavar="NAME", help=", ".join(FAULTS))
    parser.add_argument("--seconds", type=float, help="how long each fault lasts")
    parser.add_argument("--seed", type=int, default=0)
    told = parser.parse_args(words)
    names = [told.only] if told.only else list(FAULTS)
    return 0 if asyncio.run(_show(names, Console(), told.seconds, told.seed)) else 1


if __name__ == "__main__":
    sys.exit(main())
