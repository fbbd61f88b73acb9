"""Measures how many alerts a second one process decides, keeps and posts, and where the time goes.

    python -m tests.bench.load --database sqlite

The bot is the real one, put together as `vendorwatch run` does it; the platform takes everything at
once and keeps nothing. Messages are handed in by so many tasks at a time, each naming one vendor of
the shipped watchlist in a channel drawn by a seeded chance, with pace and cooldown at 0: every one
of them is an alert. The clock of an alert starts when `on_message` is called and stops when
`platform.post` is. With `--rate` messages come at a steady pace instead of as fast as they are
taken; that is what says how long an alert takes when there is no queue.

The reference is what the same database takes in the same minute in rows, one INSERT and one COMMIT
after another, with the driver alone.
"""

import argparse
import asyncio
import cProfile
import random
import resource
import sqlite3
import statistics
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, asynccontextmanager, closing, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Concatenate, ParamSpec, TypeVar

import asyncpg  # type: ignore[import-untyped]  # it comes without types
from rich.console import Console
from rich.progress import Progress
from rich.table import Table
from sqlalchemy import Connection, make_url

from bot.app import App
from bot.config import Alerts, Config
from bot.config import Database as DatabaseConfig
from bot.core.commands import Role
from bot.core.document import Document
from bot.core.mention import Channel, Invocation, Message, Receipt
from bot.current import Compiled
from bot.feeding import Feeding
from bot.log import configure
from bot.platforms.base import Inbox, Platform, Redelivery
from bot.serve import Tempo, assemble, now
from bot.storage.database import Database
from tests.postgres import server

P = ParamSpec("P")
T = TypeVar("T")

AT_A_TIME = 64
REFERENCE_ROWS = 2000
NO_WAITING = timedelta(0)


@dataclass(slots=True)
class Silent:
    """A platform that takes everything at once. `run` hands in the messages, then waits for all.

    A post in thread mode names the message that it is about, which tells the two ends of an alert.
    """

    messages: Sequence[Message]
    at_a_time: int = AT_A_TIME
    rate: float = 0.0
    heard: Callable[[], None] = lambda: None
    name: str = "bench"
    redelivery: Redelivery = Redelivery.KEYED
    private_answers: bool = True
    begun: dict[str, float] = field(default_factory=dict)
    ended: dict[str, float] = field(default_factory=dict)
    doubled: int = 0
    handing_in: list[float] = field(default_factory=list)
    _all_there: asyncio.Event = field(default_factory=asyncio.Event)

    async def run(self, inbox: Inbox) -> None:
        """Hand in every message; return when each has brought its post."""
        waiting = iter(self.messages)
        start = time.perf_counter()
        async with asyncio.TaskGroup() as group:
            for _ in range(self.at_a_time):
                group.create_task(self._hand_in(inbox, waiting, start))
        await self._all_there.wait()

    async def _hand_in(self, inbox: Inbox, waiting: Iterator[Message], start: float) -> None:
        for message in waiting:
            if self.rate:
                due = start + len(self.begun) / self.rate
                self.begun[message.id] = due
                await asyncio.sleep(due - time.perf_counter())
            self.begun[message.id] = time.perf_counter()
            await inbox.on_message(message)
            self.handing_in.append(time.perf_counter() - self.begun[message.id])

    async def post(
        self, channel: Channel, document: Document, *, key: str, thread: str | None = None
    ) -> Receipt:
        """Note the time."""
        del channel, document
        assert thread is not None
        self.doubled += thread in self.ended
        self.ended[thread] = time.perf_counter()
        self.heard()
        if len(self.ended) == len(self.messages):
            self._all_there.set()
        return Receipt(f"p{len(self.ended)}", f"https://chat.example/{key[:16]}")

    async def find(
        self, channel: Channel, *, key: str, thread: str | None = None
    ) -> Receipt | None:
        """Find nothing; never asked."""
        del channel, key, thread
        return None

    async def edit(
        self, channel: Channel, message_id: str, document: Document, *, key: str
    ) -> None:
        """Edit nothing."""

    async def withdraw(self, channel: Channel, message_id: str, *, key: str) -> None:
        """Withdraw nothing."""

    async def mark(
        self, channel: Channel, message_id: str, document: Document, *, key: str
    ) -> None:
        """Mark nothing."""

    async def reply(
        self, invocation: Invocation, document: Document, *, key: str, shared: bool = False
    ) -> None:
        """Answer nothing."""
        del invocation, document, key, shared

    async def role(self, channel: Channel, actor: str, groups: Mapping[str, Role]) -> Role:
        """Know nobody's rights."""
        del channel, actor, groups
        return Role.READER

    async def moderates(self, channel: Channel, actor: str) -> bool:
        """Know nobody's rights."""
        del channel, actor
        return False

    def pages(self, document: Document) -> tuple[Document, ...]:
        """Leave an answer whole."""
        return (document,)

    async def private_channels(self, actor: str, team: str) -> frozenset[str]:
        """Know of none."""
        del actor, team
        return frozenset()

    def managers(self) -> str:
        """Nobody does."""
        return ""

    def person(self, text: str) -> str | None:
        """Know nobody."""
        del text
        return None

    def aside(self, channel: Channel, *, anew: bool) -> None:
        """Answers need no other place."""

    def is_direct(self, channel: Channel) -> bool:
        """Nobody is alone here."""
        del channel
        return False

    def facts(self) -> Sequence[str]:
        """Tell nothing."""
        return ()

    async def check(self) -> list[str]:
        """Find nothing wrong."""
        return []


@dataclass(slots=True)
class Spent:
    """Seconds that the transactions of one kind took: in the queue, at work, beginning and end."""

    times: int = 0
    queued: float = 0.0
    worked: float = 0.0
    whole: float = 0.0


class Timed(Database):
    """The database, with a look at the clock where work begins and ends."""

    spent: dict[str, Spent]

    def __init__(self, database: Database) -> None:
        vars(self).update(vars(database))
        self.spent = defaultdict(Spent)

    async def read(
        self, work: Callable[Concatenate[Connection, P], T], *args: P.args, **kwargs: P.kwargs
    ) -> T:
        """Read as always."""
        with self._watch(work) as begun:
            return await super().read(begun, *args, **kwargs)

    async def write(
        self, work: Callable[Concatenate[Connection, P], T], *args: P.args, **kwargs: P.kwargs
    ) -> T:
        """Write as always."""
        with self._watch(work) as begun:
            return await super().write(begun, *args, **kwargs)

    @contextmanager
    def _watch(
        self, work: Callable[Concatenate[Connection, P], T]
    ) -> "Iterator[Callable[Concatenate[Connection, P], T]]":
        """Give the work with a look at the clock before and after it; count the whole."""
        spent = self.spent[work.__name__.strip("_")]
        called = time.perf_counter()

        def watched(connection: Connection, /, *args: P.args, **kwargs: P.kwargs) -> T:
            begun = time.perf_counter()
            spent.queued += begun - called
            try:
                return work(connection, *args, **kwargs)
            finally:
                spent.worked += time.perf_counter() - begun

        try:
            yield watched
        finally:
            spent.times += 1
            spent.whole += time.perf_counter() - called


@dataclass(frozen=True, slots=True)
class Figures:
    """What a run came to. Times are in seconds, memory in MiB."""

    alerts: int
    doubled: int
    took: float
    processor: float
    latencies: tuple[float, ...]
    handing_in: tuple[float, ...]
    spent: dict[str, Spent]
    memory: tuple[float, float]
    reference: float

    @property
    def rate(self) -> float:
        """Alerts a second."""
        return self.alerts / self.took


def texts(compiled: Compiled) -> dict[str, str]:
    """Give a sentence about each vendor that names it and nobody else."""
    said = {
        each.id: f"Has anybody seen a {each.name} offer?"
        for each in compiled.watchlist.vendors.values()
    }
    found = {vendor: compiled.matcher.find(text) for vendor, text in said.items()}
    return {
        vendor: said[vendor]
        for vendor, matches in found.items()
        if [match.vendor for match in matches] == [vendor]
    }


def talk(sentences: Sequence[str], channels: int, mentions: int, seed: int) -> list[Message]:
    """Make up what is said: the same for the same seed."""
    chance = random.Random(seed)  # noqa: S311 - no secret
    started = datetime.now(UTC)
    return [
        Message(
            Channel("bench", f"#c{chance.randrange(channels)}"),
            f"m{number}",
            "anna",
            chance.choice(sentences),
            started,
        )
        for number in range(mentions)
    ]


@asynccontextmanager
async def bot(
    url: str,
    platform: Platform,
    clock: Callable[[], datetime] = now,
    packs: tuple[Path, ...] = (),
) -> AsyncIterator[tuple[App, Feeding, Timed]]:
    """Put the bot together as `vendorwatch run` does, with no pace and no cooldown.

    It watches for the vendors of the packs, or else for those of the shipped watchlist.
    """
    config = Config(
        database=DatabaseConfig(url=url),
        alerts=Alerts(cooldown=NO_WAITING),
        watchlists=packs,
        shipped_watchlist=not packs,
    )
    tempo = Tempo(posts=NO_WAITING, requests=NO_WAITING)
    async with assemble(config, (platform,), clock, tempo) as (app, poller):
        app.store._database = timed = Timed(app.store._database)
        yield app, poller, timed


async def measure(url: str, asked: argparse.Namespace, heard: Callable[[], None]) -> Figures:
    """Run the bot until every message has brought its alert."""
    platform = Silent([], rate=asked.rate, at_a_time=asked.at_a_time, heard=heard)
    async with bot(url, platform) as (app, poller, timed):
        app.worker._concurrency = asked.deliveries
        sentences = list(texts(app.current.packs).values())
        platform.messages = talk(sentences, asked.channels, asked.mentions, asked.seed)
        before = resident()
        with profiled(asked.profile):
            begun, used = time.perf_counter(), time.process_time()
            await app.run(poller)
            took = max(platform.ended.values()) - begun
            used = time.process_time() - used
        depth = await app.store.depth()
    assert {state: count for state, count in depth.items() if count} == {"sent": asked.mentions}
    return Figures(
        alerts=len(platform.ended),
        doubled=platform.doubled,
        took=took,
        processor=used,
        latencies=tuple(
            sorted(platform.ended[id_] - platform.begun[id_] for id_ in platform.ended)
        ),
        handing_in=tuple(sorted(platform.handing_in)),
        spent=dict(timed.spent),
        memory=(before, peak()),
        reference=await reference(url),
    )


async def reference(url: str) -> float:
    """Give how many rows a second the driver alone puts into this database, a commit each."""
    parsed = make_url(url)
    row = ("x" * 64, "y" * 512)
    if parsed.get_backend_name() == "sqlite":
        return await asyncio.to_thread(_rows_in_file, str(parsed.database), row)
    connection = await asyncpg.connect(
        host=str(parsed.query["host"]), user=parsed.username, database=parsed.database
    )
    try:
        await connection.execute(
            "CREATE TABLE reference (id bigserial PRIMARY KEY, a text, b text)"
        )
        begun = time.perf_counter()
        for _ in range(REFERENCE_ROWS):
            await connection.execute("INSERT INTO reference (a, b) VALUES ($1, $2)", *row)
        return REFERENCE_ROWS / (time.perf_counter() - begun)
    finally:
        await connection.close()


def _rows_in_file(file: str, row: tuple[str, str]) -> float:
    with closing(sqlite3.connect(file, isolation_level=None)) as connection:
        for pragma in ("journal_mode = WAL", "synchronous = FULL", "foreign_keys = ON"):
            connection.execute(f"PRAGMA {pragma}").fetchall()
        connection.execute("CREATE TABLE reference (id INTEGER PRIMARY KEY, a TEXT, b TEXT)")
        begun = time.perf_counter()
        for _ in range(REFERENCE_ROWS):
            connection.execute("BEGIN IMMEDIATE")
            connection.execute("INSERT INTO reference (a, b) VALUES (?, ?)", row)
            connection.execute("COMMIT")
        return REFERENCE_ROWS / (time.perf_counter() - begun)


def peak() -> float:
    """Give the most memory that this process has had, in MiB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def resident() -> float:
    """Give the memory that this process has now, in MiB."""
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    return pages * resource.getpagesize() / 2**20


@contextmanager
def profiled(file: Path | None) -> Iterator[None]:
    """Write a profile of the event loop's thread to a file, if one is named."""
    if file is None:
        yield
        return
    profile = cProfile.Profile()
    profile.enable()
    try:
        yield
    finally:
        profile.disable()
        profile.dump_stats(file)


@contextmanager
def database(kind: str) -> Iterator[str]:
    """Give the address of a new database that writes to the disk as a real one does."""
    if kind == "postgres":
        with server(durable=True) as running:
            yield running("bench")
        return
    with tempfile.TemporaryDirectory(prefix="vendorwatch-load-") as folder:
        yield f"sqlite+aiosqlite:///{folder}/bot.db"


def percentile(ordered: Sequence[float], of: float) -> float:
    """Give a percentile of sorted numbers."""
    return ordered[min(len(ordered) - 1, int(len(ordered) * of / 100))]


def show(figures: Figures, console: Console) -> None:
    """Print what a run came to."""
    console.print(
        f"{figures.alerts} alerts in {figures.took:.1f} s: {figures.rate:.0f} alerts/s, "
        f"{figures.doubled} doubled, "
        f"{figures.processor / figures.alerts * 1000:.2f} ms of processor time each"
    )
    console.print(
        f"reference: {figures.reference:.0f} rows/s, one INSERT and COMMIT each; "
        f"alerts are {figures.rate / figures.reference:.2f} of it"
    )
    for what, ordered in (
        ("on_message to post", figures.latencies),
        ("on_message to its return", figures.handing_in),
    ):
        shown = " ".join(f"p{of} {percentile(ordered, of) * 1000:.1f}" for of in (50, 99))
        console.print(f"{what}, ms: {shown}, mean {statistics.fmean(ordered) * 1000:.1f}")
    before, most = figures.memory
    console.print(f"memory, MiB: {before:.0f} before, {most:.0f} at most")
    table = Table("transaction", "times", "queued ms", "at work ms", "rest ms", "share of the time")
    for name, spent in sorted(figures.spent.items(), key=lambda item: -item[1].worked):
        rest = spent.whole - spent.queued - spent.worked
        share = (spent.worked + rest) / figures.took
        each = (value / spent.times * 1000 for value in (spent.queued, spent.worked, rest))
        table.add_row(name, str(spent.times), *(f"{value:.2f}" for value in each), f"{share:.0%}")
    console.print(table)


def arguments(words: Sequence[str] | None = None) -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.load", description=__doc__)
    parser.add_argument("--database", choices=("sqlite", "postgres"), required=True)
    parser.add_argument("--channels", type=int, default=1000)
    parser.add_argument("--mentions", type=int, default=10_000)
    parser.add_argument("--at-a-time", type=int, default=AT_A_TIME, help="tasks that hand in")
    parser.add_argument("--deliveries", type=int, default=16, help="posts on their way at most")
    parser.add_argument("--rate", type=float, default=0.0, help="messages a second; 0: at once")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--log", default="info", help="as log.level; the log goes to a file")
    parser.add_argument("--profile", type=Path, help="write a profile of the event loop here")
    return parser.parse_args(words)


def main() -> None:
    """Measure and print."""
    asked = arguments()
    console = Console()
    with ExitStack() as stack:
        log = stack.enter_context(tempfile.TemporaryFile("w", encoding="utf-8"))
        configure(asked.log, "json", log)
        url = stack.enter_context(database(asked.database))
        progress = Progress(console=console, transient=True, disable=not sys.stdout.isatty())
        stack.enter_context(progress)
        task = progress.add_task("alerts", total=asked.mentions)
        figures = asyncio.run(measure(url, asked, lambda: progress.advance(task)))
    show(figures, console)


if __name__ == "__main__":
    main()
