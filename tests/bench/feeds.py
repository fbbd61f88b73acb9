"""Measures polling: how fast, at what cost in memory, and how long the event loop is held up.

    python -m tests.bench.feeds speed|memory|lag

2,000 feeds on 500 hosts of a server in a process of its own, 26 kB and 20 entries each. In every
round 70 % answer 304 and 30 % have two new entries, of which one in 200 names a company and so
becomes an alert, by way of its page and the outbox. No gap between two requests to a host; SQLite
in a file. The bot is the real one; the clock that it asks is set on by hours between two rounds.

`speed` lets a reference take turns with it: the same requests, as many at a time, with bare
aiohttp, and of each changed feed's items id, link, title, date and text read with lxml and kept
nowhere. `memory` leaves that out, so that the process holds the bot alone. `lag` does as well, and
goes on for longer: a task sleeps for 1 ms again and again and notes how much later it was woken.
"""

import argparse
import asyncio
import cProfile
import gc
import json
import pstats
import statistics
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from email.utils import parsedate_to_datetime
from pathlib import Path

import aiohttp
from lxml import etree
from rich.console import Console
from rich.table import Table

from bot.feeds.poller import Pace
from bot.log import configure
from tests.bench.feedbot import Fed, fed
from tests.bench.feedrig import CHANGED, ROUND, START
from tests.bench.load import percentile
from tests.bench.rig import LIMIT, ROOT, report

TARGET_RATIO = 1.7
TARGET_RATE = 3_000.0
TARGET_LAG_MS = (20.0, 80.0)
TARGET_MIB = 250.0
_TICK = 0.001


@dataclass(slots=True)
class Web:
    """The server's feeds, and how to let new entries appear."""

    feeds: list[str]
    session: aiohttp.ClientSession

    async def turn(self, round_: int) -> int:
        """Go on to a round; give how many of its new entries name a company."""
        base = self.feeds[0].partition("/feed/")[0]
        async with self.session.get(f"{base}/turn/{round_}") as response:
            return int(await response.read())


@asynccontextmanager
async def web(asked: argparse.Namespace) -> AsyncIterator[Web]:
    """Run the server for the length of a block."""
    words = ("--feeds", str(asked.feeds), "--hosts", str(asked.hosts), "--rare", str(asked.rare))
    server = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.bench.feedrig", *words,
        stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, cwd=ROOT, limit=2**24,
    )  # fmt: skip
    assert server.stdout is not None
    assert server.stdin is not None
    try:
        async with asyncio.timeout(LIMIT):
            feeds = json.loads(await server.stdout.readline())
        async with aiohttp.ClientSession() as session:
            yield Web(feeds, session)
    finally:
        server.stdin.close()
        await server.wait()


# ----------------------------------------------------------------------------- the reference


@dataclass(slots=True)
class Reference:
    """The least that polling can be: conditional requests and a look at what changed."""

    session: aiohttp.ClientSession
    at_once: int
    etags: dict[str, str] = field(default_factory=dict)
    changed: int = 0
    items: int = 0

    async def poll(self, feeds: Sequence[str]) -> None:
        """Ask every feed once."""
        waiting = iter(feeds)
        async with asyncio.TaskGroup() as group:
            for _ in range(self.at_once):
                group.create_task(self._work(waiting))

    async def _work(self, waiting: Iterator[str]) -> None:
        for url in waiting:
            headers = {"If-None-Match": self.etags[url]} if url in self.etags else {}
            async with self.session.get(url, headers=headers) as response:
                body = await response.read()
                if response.status == 200:
                    self.etags[url] = response.headers["ETag"]
                    self.changed += 1
                    self.items += len(_items(body))


def _items(body: bytes) -> list[tuple[object, ...]]:
    return [
        (
            item.findtext("guid"),
            item.findtext("link"),
            item.findtext("title"),
            parsedate_to_datetime(item.findtext("pubDate") or ""),
            item.findtext("description"),
        )
        for item in etree.fromstring(body).iter("item")
    ]


# ------------------------------------------------------------------------------- measuring


@dataclass(slots=True)
class Measured:
    """What the rounds came to. Times are in seconds, memory in MiB."""

    polled: int = 0
    bot: list[float] = field(default_factory=list)
    bare: list[float] = field(default_factory=list)
    lags: list[float] = field(default_factory=list)
    processor: defaultdict[str, float] = field(default_factory=lambda: defaultdict(float))
    memory: list[tuple[float, float]] = field(default_factory=list)
    most: tuple[float, float] = (0.0, 0.0)
    due: int = 0
    posted: int = 0

    def figures(self, feeds: int) -> dict[str, object]:
        """Give what is worth telling."""
        rates = [feeds / each for each in self.bot]
        lags = sorted(1000 * each for each in self.lags)
        told: dict[str, object] = {
            "rounds": len(self.bot),
            "feeds": feeds,
            "feeds_a_second": _spread(rates, 0),
        }
        if self.bare:
            told["reference_feeds_a_second"] = _spread([feeds / each for each in self.bare], 0)
            pairs = zip(self.bot, self.bare, strict=True)
            told["times_the_reference"] = _spread([bot / bare for bot, bare in pairs], 2)
        told |= {
            "lag_ms_p50": round(percentile(lags, 50), 1),
            "lag_ms_p99": round(percentile(lags, 99), 1),
            "lag_ms_max": round(lags[-1], 1),
            "alerts_due": self.due,
            "alerts_posted": self.posted,
            "mib_bot": round(self.memory[-1][0]),
            "mib_reader": round(self.memory[-1][1]),
            "mib_at_most": f"{self.most[0]:.0f} and {self.most[1]:.0f}",
        }
        spent = {name: each / self.polled * 1e6 for name, each in self.processor.items()}
        told["processor_us_a_feed"] = ", ".join(f"{name} {us:.0f}" for name, us in spent.items())
        return told

    def misses(self, feeds: int) -> list[str]:
        """Say which targets are not reached."""
        lags = sorted(1000 * each for each in self.lags)
        rate = feeds / statistics.median(self.bot)
        found = []
        if self.bare:
            ratio = statistics.median(b / r for b, r in zip(self.bot, self.bare, strict=True))
            if ratio > TARGET_RATIO:
                found.append(f"takes {ratio:.2f} times the reference's time, not {TARGET_RATIO}")
        if rate < TARGET_RATE:
            found.append(f"{rate:.0f} feeds a second, not {TARGET_RATE:.0f}")
        most_p99, most_max = TARGET_LAG_MS
        felt = (("p99", percentile(lags, 99), most_p99), ("max", lags[-1], most_max))
        for what, lag, most in felt:
            if lag > most:
                found.append(f"lag {what} of {lag:.1f} ms, not {most:.0f}")
        if sum(self.memory[-1]) > TARGET_MIB:
            found.append(f"{sum(self.memory[-1]):.0f} MiB, not {TARGET_MIB:.0f}")
        if self.posted != self.due:
            found.append(f"{self.posted} alerts posted of {self.due}")
        return found


def _spread(values: Sequence[float], digits: int) -> str:
    low, middle, high = min(values), statistics.median(values), max(values)
    return f"{middle:.{digits}f} ({low:.{digits}f} to {high:.{digits}f})"


async def measure(asked: argparse.Namespace, folder: Path, profile: cProfile.Profile) -> Measured:
    """Poll round after round, in turns with the reference if that is wanted."""
    measured = Measured()
    at_once = Pace().feeds_at_once
    connector = aiohttp.TCPConnector(limit=at_once)
    async with (
        web(asked) as there,
        aiohttp.ClientSession(connector=connector) as session,
        fed(folder, there.feeds) as bot,
        asyncio.TaskGroup() as group,
    ):
        reference = Reference(session, at_once)
        delivering = group.create_task(bot.app.worker.run())
        await bot.poller.poll_once(START)
        if asked.what == "speed":
            await reference.poll(there.feeds)
        for number in range(1, asked.rounds + 2):
            naming = await there.turn(number)
            measured.due += naming
            bot.clock.now = START + ROUND * number
            # The first round is not counted: connections and statements are made in it.
            into = measured if number > 1 else Measured()
            runs = [_bot_round(bot, into, profile, asked)]
            if asked.what == "speed":
                runs.insert(number % 2, _reference_round(reference, there.feeds, into))
            for run in runs:
                gc.collect()
                await run
            measured.memory.append(resident("VmRSS"))
        await bot.app.worker.drain(LIMIT)
        measured.posted = len(bot.platform.posted)
        measured.most = resident("VmHWM")
        delivering.cancel()
    if asked.what == "speed":  # the same was asked of both
        assert reference.changed == int(asked.feeds * (1 + CHANGED * (asked.rounds + 1)))
    return measured


async def _bot_round(
    bot: Fed, into: Measured, profile: cProfile.Profile, asked: argparse.Namespace
) -> None:
    before = processor()
    async with asyncio.TaskGroup() as group:
        probing = group.create_task(_probe(into.lags))
        await asyncio.sleep(0)
        if asked.profile:
            profile.enable()
        begun = time.perf_counter()
        polled = await bot.poller.poll_once(bot.clock.now)
        into.bot.append(time.perf_counter() - begun)
        profile.disable()
        probing.cancel()
    assert polled == asked.feeds, f"{polled} feeds were due, not {asked.feeds}"
    into.polled += polled
    for name, seconds in processor().items():
        into.processor[name] += max(seconds - before.get(name, 0.0), 0.0)


async def _reference_round(reference: Reference, feeds: Sequence[str], into: Measured) -> None:
    async with asyncio.TaskGroup() as group:
        # It costs the bot something, so the reference has it to bear as well.
        probing = group.create_task(_probe([]))
        await asyncio.sleep(0)
        begun, used = time.perf_counter(), time.thread_time()
        await reference.poll(feeds)
        into.bare.append(time.perf_counter() - begun)
        into.processor["reference"] += time.thread_time() - used
        probing.cancel()


async def _probe(lags: list[float]) -> None:
    while True:
        begun = time.perf_counter()
        await asyncio.sleep(_TICK)
        lags.append(time.perf_counter() - begun - _TICK)


# ------------------------------------------------------------------ what the system can tell


def readers() -> list[Path]:
    """Give the /proc folders of this process's reader children."""
    task = Path("/proc/self/task")
    pids = {pid for each in task.iterdir() for pid in _read(each / "children").split()}
    folders = [Path("/proc", pid) for pid in pids]
    return [each for each in folders if "bot.feeds.reading.child" in _read(each / "cmdline")]


def resident(what: str) -> tuple[float, float]:
    """Give the memory of this process and of its readers, in MiB: VmRSS now, VmHWM at most."""
    here = _kib(Path("/proc/self"), what)
    return here / 1024, sum(_kib(each, what) for each in readers()) / 1024


def _kib(folder: Path, what: str) -> int:
    found = (line for line in _read(folder / "status").splitlines() if line.startswith(what))
    return int(next(found, "x 0").split()[1])


def processor() -> Mapping[str, float]:
    """Give the seconds of processor time of the event loop, the other threads and the readers."""
    spent: dict[str, float] = defaultdict(float)
    for task in Path("/proc/self/task").iterdir():
        spent["event loop" if task.name == _own() else "database"] += _ran(task)
    for reader in readers():
        spent["reader"] += sum(_ran(task) for task in (reader / "task").iterdir())
    return spent


def _own() -> str:
    return Path("/proc/self").resolve().name


def _ran(task: Path) -> float:
    return int((_read(task / "schedstat") or "0").split()[0]) / 1e9


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="ascii", errors="replace")
    except OSError:
        return ""


_STAGES = (
    ("requests", ("/aiohttp/", "/yarl/", "/multidict/", "bot/feeds/fetch", "bot/feeds/answers",
                  "bot/feeds/guard", "/propcache/")),
    ("to and from the reader", ("bot/feeds/reader", "bot/feeds/jobs", "bot/feeds/frames",
                                "/json/", "unix_events")),
    ("deciding", ("bot/feeds/", "dataclasses", "/random.py")),
    ("naming and judging", ("bot/core/", "bot/mentions", "bot/subscriptions", "bot/places")),
    ("to and from the database", ("bot/storage/", "/sqlalchemy/", "aiosqlite")),
    ("log", ("structlog", "/logging/", "bot/log")),
    ("event loop itself", ("/asyncio/", "selectors", "~")),
)  # fmt: skip


def stages(profile: cProfile.Profile) -> dict[str, float]:
    """Share the seconds of the event loop's thread out by whose code they were spent in.

    What is built in counts for whoever called it.
    """
    spent: dict[str, float] = defaultdict(float)
    stats: Mapping[
        tuple[str, int, str],
        tuple[int, int, float, float, Mapping[tuple[str, int, str], tuple[int, int, float, float]]],
    ]
    stats = pstats.Stats(profile).stats  # type: ignore[attr-defined]  # it has no other way in
    for (file, _, _), (_, _, own, _, callers) in stats.items():
        if file != "~":
            spent[_stage(file)] += own
            continue
        for (caller, _, _), (_, _, for_it, _) in callers.items():
            spent[_stage(caller)] += for_it
    return spent


def _stage(file: str) -> str:
    return next((name for name, parts in _STAGES if any(p in file for p in parts)), "the rest")


@contextmanager
def logging_to(folder: Path) -> Iterator[None]:
    """Let the bot log as it does, into a file."""
    with (folder / "bot.log").open("w", encoding="utf-8") as log:
        configure("info", "json", log)
        yield


def main(words: Sequence[str] | None = None) -> int:
    """Measure and print; give the exit code: 0 if all targets are reached."""
    parser = argparse.ArgumentParser("python -m tests.bench.feeds", description=__doc__)
    parser.add_argument("what", choices=("speed", "memory", "lag"))
    parser.add_argument("--feeds", type=int, default=2000)
    parser.add_argument("--hosts", type=int, default=500)
    parser.add_argument("--rounds", type=int, help="default: 7, of lag and memory 20")
    parser.add_argument("--rare", type=int, default=200, help="one entry in so many names somebody")
    parser.add_argument("--profile", action="store_true", help="tell stages apart; slows it down")
    asked = parser.parse_args(words)
    asked.rounds = asked.rounds or (7 if asked.what == "speed" else 20)
    screen = Console()
    # What the thread itself ran for: not how long it waited.
    profile = cProfile.Profile(time.thread_time)
    with tempfile.TemporaryDirectory(prefix="vendorwatch-feeds-") as folder:
        with logging_to(Path(folder)):
            measured = asyncio.run(measure(asked, Path(folder), profile))
        size = sum(each.stat().st_size for each in Path(folder).glob("bot.db*")) / 2**20
    figures = {**measured.figures(asked.feeds), "mib_database": round(size)}
    if asked.what == "memory":
        figures["mib_by_round"] = " ".join(f"{a:.0f}+{b:.0f}" for a, b in measured.memory)
    misses = measured.misses(asked.feeds)
    report(screen, f"Feeds: {asked.what}", figures, good=not misses)
    for each in misses:
        screen.print(each, markup=False)
    if asked.profile:
        table = Table("stage", "us a feed", title="The event loop's thread, by cProfile")
        for name, seconds in sorted(stages(profile).items(), key=lambda item: -item[1]):
            table.add_row(name, f"{seconds / measured.polled * 1e6:.0f}")
        screen.print(table)
    return 1 if misses else 0


if __name__ == "__main__":
    sys.exit(main())
