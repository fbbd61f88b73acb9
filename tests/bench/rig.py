"""What all proofs share: bots as processes that can be killed, and the platform they talk to.

    async with recorder(folder) as platform, nursery(folder) as bots:
        bot = await bots.start(url, platform.address, pack(folder))
        await platform.say(messages)    # then: bot.kill(), platform.behave(...), platform.trap(...)
        await platform.through(expected(messages))
    verdict = judge(expected(messages), platform.events())

`python -m tests.bench.rig recorder` runs the platform by hand, and
`python -m tests.bench.rig bot` a bot: the real one, put together as `vendorwatch run` does, but on
that platform and without feeds.
"""

import argparse
import asyncio
import json
import os
import signal
import sys
from asyncio.subprocess import PIPE, Process
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path

from rich.console import Console
from rich.table import Table

from bot.core.status import State
from bot.storage.store import Store
from tests.bench import child
from tests.bench import recorder as recorder_
from tests.bench.child import connected
from tests.bench.recorder import Line, Manners
from tests.bench.script import NAMES, Alert, Said
from tests.build import full_vendor, write_pack
from tests.postgres import server

ROOT = Path(__file__).parents[2]
LIMIT = 30.0
"""Seconds that anything of the rig's own may take."""


def pack(folder: Path) -> Path:
    """Write the invented companies as a watchlist; give its folder."""
    vendors = [full_vendor(f"{name.lower()}-optics") for name in NAMES]
    return write_pack(folder / "pack", *vendors)


@contextmanager
def database(engine: str, folder: Path) -> Iterator[str]:
    """Give the URL of an empty database: `sqlite` in the folder, `postgres` on its own server."""
    if engine == "sqlite":
        yield f"sqlite+aiosqlite:///{folder / 'bot.db'}"
        return
    with server(durable=True) as url_of:
        yield url_of("bench")


async def left_open(url: str) -> int:
    """Count documents that are still to be delivered."""
    store = await Store.open(url)
    try:
        depth = await store.depth()
    finally:
        await store.close()
    return sum(depth[state] for state in (State.PENDING, State.SENDING, State.UNCERTAIN))


@dataclass(slots=True)
class Bot:
    """A running bot. `ended` has its exit code, negative for a signal, once it has."""

    name: str
    pid: int
    ended: "asyncio.Future[int]"

    async def kill(self) -> None:
        """Kill it with SIGKILL, and see it gone."""
        with suppress(ProcessLookupError):
            os.kill(self.pid, signal.SIGKILL)
        await self.gone()

    async def stop(self) -> int:
        """Ask it to end in good order; give its exit code."""
        with suppress(ProcessLookupError):
            os.kill(self.pid, signal.SIGTERM)
        return await self.gone()

    async def gone(self) -> int:
        """Wait until it has ended; give its exit code."""
        async with asyncio.timeout(LIMIT):
            return await asyncio.shield(self.ended)


@dataclass(slots=True)
class Nursery:
    """Starts bots. What they log is in `log`."""

    log: Path
    _process: Process
    _births: "asyncio.Queue[int]" = field(default_factory=asyncio.Queue)
    _bots: dict[int, "asyncio.Future[int]"] = field(default_factory=dict)
    _names: int = 0

    async def start(self, database: str, address: str, pack: Path, **options: object) -> Bot:
        """Start a bot; `options` are those of its command line, without the dashes."""
        self._names += 1
        name = f"bot-{self._names}"
        given = {"database": database, "recorder": address, "pack": pack, "name": name, **options}
        words = [word for key, value in given.items() for word in (f"--{key}", str(value))]
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(words).encode() + b"\n")
        async with asyncio.timeout(LIMIT):
            pid = await self._births.get()
        return Bot(str(given["name"]), pid, self._bots[pid])

    def complaints(self) -> list[str]:
        """Give what bots logged as errors, and tracebacks."""
        lines = self.log.read_text(encoding="utf-8").splitlines()
        return [line for line in lines if '"level": "error"' in line or not line.startswith("{")]

    async def attend(self) -> None:
        """Take note of births and deaths until the nursery ends."""
        assert self._process.stdout is not None
        async for line in self._process.stdout:
            told = json.loads(line)
            if told["is"] == "born":
                self._bots[told["pid"]] = asyncio.get_running_loop().create_future()
                self._births.put_nowait(told["pid"])
            elif told["is"] == "dead":
                self._bots[told["pid"]].set_result(told["code"])


@asynccontextmanager
async def nursery(folder: Path) -> AsyncIterator[Nursery]:
    """Give a nursery; its bots are killed when the block ends."""
    with (folder / "bots.log").open("ab") as log:
        process = await _python("tests.bench.child", stderr=log.fileno())
    made = Nursery(folder / "bots.log", process)
    assert process.stdin is not None
    assert process.stdout is not None
    try:
        async with asyncio.timeout(LIMIT):
            await process.stdout.readline()
        async with asyncio.TaskGroup() as group:
            group.create_task(made.attend())
            try:
                yield made
            finally:
                process.stdin.close()
    finally:
        await _end(process)


@dataclass(slots=True)
class Platform:
    """The recorder, as whoever proves something has it in hand.

    So far: `times` that a bot did what an event says, `safe` messages, (channel, thread) of posts
    `shown`. `said` is what people were told to say. Bots go to `address`, who steers to `office`.
    """

    address: str
    office: str
    folder: Path
    said: list[Said] = field(default_factory=list)
    times: Counter[tuple[str, str]] = field(default_factory=Counter)
    safe: set[str] = field(default_factory=set)
    shown: set[tuple[str, str]] = field(default_factory=set)
    _turned: asyncio.Condition = field(default_factory=asyncio.Condition)

    def events(self) -> list[Line]:
        """Give all that happened, in order, as the recorder wrote it down."""
        return recorder_.events(self.folder)

    async def say(self, messages: Sequence[Said]) -> None:
        """Let people say something."""
        await self._steer("say", messages, messages=[each.line() for each in messages])

    async def behave(self, manners: Manners) -> None:
        """Change the platform's manners."""
        await self._steer("manners", manners=asdict(manners))

    async def trap(self, bot: str, on: str, delay_s: float = 0.0) -> None:
        """Have a bot killed, `delay_s` after its next event of a kind."""
        await self._steer("trap", trap={"bot": bot, "on": on, "delay_s": delay_s})

    async def set_clock(self, bot: Bot, ahead_s: float) -> None:
        """Set the clocks of the bots that listen so far ahead; wait until that one's has jumped."""
        before = self.times["jumped", bot.name]
        await self._steer("clock", ahead=ahead_s)
        await self.until(lambda: self.times["jumped", bot.name] > before)

    async def still(self) -> None:
        """Wait until nothing is on its way any more, such as a dead bot's last words."""
        await self._steer("still")

    async def until(self, enough: Callable[[], bool], limit_s: float | None = LIMIT) -> None:
        """Wait until enough has happened; raise TimeoutError after `limit_s`."""
        async with asyncio.timeout(limit_s), self._turned:
            await self._turned.wait_for(enough)

    async def through(self, alerts: Sequence[Alert], limit_s: float = LIMIT) -> None:
        """Wait until all that was said is safe and each alert has come, or `limit_s` is over."""
        due = [{(alert.channel, thread) for thread in alert.threads} for alert in alerts]

        def arrived() -> bool:
            if len(self.safe) < len(self.said):
                return False
            due[:] = [each for each in due if each.isdisjoint(self.shown)]
            return not due

        with suppress(TimeoutError):
            await self.until(arrived, limit_s)

    async def watch(self, reader: asyncio.StreamReader) -> None:
        """Take note of what happens until the recorder ends."""
        async for line in reader:
            event = json.loads(line)
            async with self._turned:
                self.times[event["is"], event["bot"]] += 1
                if event["is"] == "safe":
                    self.safe.add(event["message"])
                elif event["is"] == "shown":
                    self.shown.add((event["channel"], event["thread"]))
                self._turned.notify_all()

    async def _steer(self, what: str, said: Sequence[Said] = (), **more: object) -> None:
        reader, writer = await connected(self.office)
        try:
            # In one go with what is written: who is cancelled has said it or has not.
            self.said += said
            writer.write(json.dumps({"do": what, **more}).encode() + b"\n")
            async with asyncio.timeout(LIMIT):
                assert await reader.readline(), f"the recorder did not take {what}"
        finally:
            writer.close()


def report(screen: Console, title: str, figures: Mapping[str, object], *, good: bool) -> None:
    """Print figures as a table for people and as a line of JSON for programs."""
    table = Table("", "", title=title, show_header=False)
    for name, value in figures.items():
        table.add_row(name.replace("_", " "), str(value))
    screen.print(table)
    screen.print("[green]holds[/]" if good else "[red]does not hold[/]")
    print(json.dumps({"proof": title, "good": good, **figures}))  # noqa: T201 - for programs


@asynccontextmanager
async def recorder(
    folder: Path, redelivery: str = "asked", *, seed: int = 0
) -> AsyncIterator[Platform]:
    """Run a recorder; what it has seen stays in the folder."""
    options = {"folder": folder, "redelivery": redelivery, "seed": seed}
    words = [word for key, value in options.items() for word in (f"--{key}", str(value))]
    process = await _python("tests.bench.recorder", *words)
    assert process.stdout is not None
    try:
        async with asyncio.timeout(LIMIT):
            address, office = (await process.stdout.readline()).decode().split()
        platform = Platform(address, office, folder)
        reader, writer = await connected(office)
        writer.write(b'{"do": "watch"}\n')
        await reader.readline()
        async with asyncio.TaskGroup() as group:
            group.create_task(platform.watch(reader))
            try:
                yield platform
            finally:
                writer.close()
    finally:
        await _end(process)


async def _python(module: str, *words: str, stderr: int | None = None) -> Process:
    """Start a program; ours end when their input does, so also when this process is killed."""
    return await asyncio.create_subprocess_exec(
        sys.executable, "-m", module, *words,
        stdin=PIPE, stdout=PIPE, stderr=stderr, cwd=ROOT, env=_environment(),
    )  # fmt: skip


def _environment() -> Mapping[str, str]:
    return {key: value for key, value in os.environ.items() if not key.startswith("VENDORWATCH_")}


async def _end(process: Process) -> None:
    assert process.stdin is not None
    process.stdin.close()
    try:
        async with asyncio.timeout(LIMIT):
            await process.wait()
    except TimeoutError:
        process.kill()
        await process.wait()


def main(words: Sequence[str] | None = None) -> int:
    """Run the platform or a bot by hand."""
    parser = argparse.ArgumentParser("python -m tests.bench.rig", description=__doc__)
    roles = parser.add_subparsers(dest="role", required=True)
    recorder_.add_arguments(roles.add_parser("recorder", help="the chat platform"))
    child.add_arguments(roles.add_parser("bot", help="a bot on it"))
    arguments = parser.parse_args(words)
    if arguments.role == "bot":
        return child.play(arguments)
    asyncio.run(recorder_.run(arguments))
    return 0


if __name__ == "__main__":
    sys.exit(main())
