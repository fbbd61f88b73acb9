"""A chat platform as a process of its own, which remembers everything and misbehaves when told.

It listens on 127.0.0.1 and speaks lines of JSON, in time with `Recorder.serve`. What happens is
appended to `events.jsonl` in its folder, a line each and each in one write, so that the file says
what a channel has seen, whoever is killed and when.

It is also where messages come from: each is handed to a bot, again if that bot is gone or silent,
until one of them says that it is safe.
"""

import argparse
import asyncio
import json
import os
import random
import signal
import stat
import sys
import time
from collections import Counter, deque
from collections.abc import Awaitable, Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

EVENTS = "events.jsonl"
AT_ONCE = 16
"""Messages that one bot has on its hands."""
Line = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Manners:
    """How the platform behaves.

    A post takes `slow_ms`. Shares of posts: `busy` are refused with a retry_after of `busy_s`, or
    anything up to `busiest_s`; `cut` are shown and the connection cut before the answer. `down`
    refuses all. `shut` cuts every connection to a bot and takes none. `holds` names a bot that
    gets no answers, and is cut off when the manners change; of its posts every other one is shown.

    Shares of messages: `twice` are handed out twice. `abreast` messages of one channel are handed
    out at a time. One that nobody has said is safe `again_s` later is handed out again, as Slack
    does.
    """

    slow_ms: float = 0.0
    busy: float = 0.0
    busy_s: float = 0.2
    busiest_s: float = 0.0
    cut: float = 0.0
    down: bool = False
    shut: bool = False
    holds: str = ""
    twice: float = 0.0
    abreast: int = 1
    again_s: float = 3.0


@dataclass(slots=True)
class Trap:
    """Kills a bot with SIGKILL, `delay_s` after its next event of a kind."""

    bot: str
    on: str
    delay_s: float = 0.0


@dataclass(slots=True)
class Recorder:
    """The platform's state. `redelivery` as in `bot.platforms.base`: keyed shows a key once."""

    folder: Path
    redelivery: str
    rng: random.Random
    port: int = 0
    manners: Manners = field(default_factory=Manners)
    shown: dict[tuple[str, str], str] = field(default_factory=dict)
    messages: dict[str, Line] = field(default_factory=dict)
    safe: set[str] = field(default_factory=set)
    waiting: dict[str, deque[str]] = field(default_factory=dict)
    handed: dict[str, float] = field(default_factory=dict)
    abroad: Counter[str] = field(default_factory=Counter)
    bots: dict[str, "Bot"] = field(default_factory=dict)
    watchers: list[Callable[[bytes], None]] = field(default_factory=list)
    traps: list[Trap] = field(default_factory=list)
    pids: dict[str, int] = field(default_factory=dict)
    _under_way: int = field(init=False, default=0)
    _still: asyncio.Condition = field(init=False, default_factory=asyncio.Condition)
    _let_go: asyncio.Event = field(init=False, default_factory=asyncio.Event)
    _log: int = field(init=False)
    _number: int = field(init=False, default=0)
    _held: int = field(init=False, default=0)
    door: "Door" = field(init=False)

    def __post_init__(self) -> None:
        """Go on where an earlier process stopped."""
        self.door = Door(self.port, self.serve)
        self._log = os.open(self.folder / EVENTS, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        for event in events(self.folder):
            if event["is"] == "shown":
                self._number += 1
                self.shown.setdefault((event["channel"], event["key"]), event["id"])

    def note(self, kind: str, bot: str = "", **more: object) -> None:
        """Write an event down, tell the watchers, spring the traps."""
        line = json.dumps({"is": kind, "at": time.time(), "bot": bot, **more}).encode() + b"\n"
        os.write(self._log, line)
        for trap in [each for each in self.traps if (each.bot, each.on) == (bot, kind)]:
            self.traps.remove(trap)
            if trap.delay_s:
                asyncio.get_running_loop().call_later(trap.delay_s, _kill, self.pids[bot])
            else:
                _kill(self.pids[bot])
        for watcher in self.watchers:
            watcher(line)

    # What a bot says

    async def answer(self, asked: Line, gone: Callable[[], bool]) -> Line | None:
        """Do what a bot asks for; None: cut the connection.

        `gone` says whether the bot has hung up; of such requests every other one has arrived.
        """
        what, bot, key = asked["do"], asked["bot"], asked["key"]
        about = {name: asked.get(name) for name in ("channel", "key", "thread", "message", "text")}
        self.note("begun", bot, what=what, channel=about["channel"], key=key)
        manners = self.manners
        if manners.slow_ms:
            await asyncio.sleep(self.rng.uniform(0, 2 * manners.slow_ms) / 1000)
        if gone() and self.rng.random() < 0.5:
            self.note("vanished", bot, channel=about["channel"], key=key)
            return None
        if manners.down:
            self.note("refused", bot, channel=about["channel"], key=key)
            return {"error": "down"}
        if self.rng.random() < manners.busy:
            pause = self.rng.uniform(manners.busy_s, max(manners.busy_s, manners.busiest_s))
            self.note("refused", bot, channel=about["channel"], key=key, retry_after=pause)
            return {"error": "busy", "retry_after": pause}
        held = bot == manners.holds
        self._held += held
        answer: Line = {}
        if not (held and self._held % 2):
            answer = self._find(asked) if what == "find" else self._show(bot, what, about)
        if held:
            self.note("held", bot, what=what, channel=about["channel"], key=key)
            await self._silence()
            self.note("cut", bot, channel=about["channel"], key=key)
            return None
        if what == "post" and self.rng.random() < manners.cut:
            self.note("cut", bot, channel=about["channel"], key=key)
            return None
        self.note("answered", bot, what=what, channel=about["channel"], key=key)
        return answer

    async def _answered(self, asked: Line, gone: Callable[[], bool]) -> Line | None:
        await self._count(1)
        try:
            return await self.answer(asked, gone)
        finally:
            await self._count(-1)

    async def _silence(self) -> None:
        await self._count(-1)
        try:
            await self._let_go.wait()
        finally:
            await self._count(1)

    async def _count(self, change: int) -> None:
        async with self._still:
            self._under_way += change
            self._still.notify_all()

    def _find(self, asked: Line) -> Line:
        there = self.shown.get((asked["channel"], asked["key"]))
        self.note(
            "looked", asked["bot"], channel=asked["channel"], key=asked["key"], found=bool(there)
        )
        return {"id": there}

    def _show(self, bot: str, what: str, about: Line) -> Line:
        if what != "post":
            self.note("done", bot, what=what, **about)
            return {"id": about["message"]}
        there = self.shown.get((about["channel"], about["key"]))
        if there is not None and self.redelivery == "keyed":
            self.note("known", bot, channel=about["channel"], key=about["key"])
            return {"id": there}
        self._number += 1
        new = f"p{self._number}"
        self.shown.setdefault((about["channel"], about["key"]), new)
        self.note("shown", bot, id=new, **about)
        return {"id": new}

    # What people say

    def say(self, messages: Iterable[Line]) -> None:
        """Take messages to be handed out, in order within a channel."""
        for message in messages:
            self.messages[message["id"]] = message
            self.waiting.setdefault(message["channel"], deque()).append(message["id"])
        self.hand_out()

    def hand_out(self) -> None:
        """Give messages to the bots that have a hand free, the least busy first."""
        if not self.bots:
            return
        for channel, queue in self.waiting.items():
            while queue and self.abroad[channel] < self.manners.abreast:
                bot = min(self.bots.values(), key=lambda each: len(each.has))
                if len(bot.has) >= AT_ONCE:
                    return
                self.abroad[channel] += 1
                self._hand(bot, queue.popleft())
        # Channels take turns: the first served is the last next time.
        for channel in list(self.waiting)[:1]:
            self.waiting[channel] = self.waiting.pop(channel)

    def _hand(self, bot: "Bot", id_: str) -> None:
        takers = [bot]
        if self.rng.random() < self.manners.twice:
            others = [each for each in self.bots.values() if each is not bot]
            takers.append(self.rng.choice(others) if others else bot)
        self.handed[id_] = time.monotonic()
        for taker in takers:
            taker.has.add(id_)
            self.note("handed", taker.name, channel=self.messages[id_]["channel"], message=id_)
            taker.send(self.messages[id_])

    def is_safe(self, bot: "Bot", id_: str) -> None:
        """Take it from a bot that a message need not come again."""
        for each in self.bots.values():
            each.has.discard(id_)
        if id_ not in self.safe:
            self.safe.add(id_)
            channel = self.messages[id_]["channel"]
            if id_ in self.waiting[channel]:
                self.waiting[channel].remove(id_)
            else:
                self.abroad[channel] -= 1
            self.note("safe", bot.name, channel=channel, message=id_)
        self.hand_out()

    def leave(self, bot: "Bot") -> None:
        """Let a bot go; what it had on its hands comes again, before what comes after it."""
        if self.bots.get(bot.name) is bot:
            del self.bots[bot.name]
        others = {id_ for each in self.bots.values() for id_ in each.has}
        order = {id_: number for number, id_ in enumerate(self.messages)}
        for id_ in sorted(bot.has - others, key=order.__getitem__, reverse=True):
            channel = self.messages[id_]["channel"]
            self.abroad[channel] -= 1
            self.waiting[channel].appendleft(id_)
        self.note("left", bot.name)
        self.hand_out()

    async def insist(self) -> None:
        """Hand out again what has been without an answer for too long."""
        while True:
            await asyncio.sleep(self.manners.again_s / 6)
            late = time.monotonic() - self.manners.again_s
            for bot in list(self.bots.values()):
                for id_ in [each for each in bot.has if self.handed[each] < late]:
                    bot.has.discard(id_)
                    self._hand(min(self.bots.values(), key=lambda each: len(each.has)), id_)

    # Connections

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Serve one connection; its first line says what it is for.

        post, find, edit, withdraw, mark, reply: one line is asked and one answered. listen: lines
        of messages come, ids of safe ones go back; what is not an id is an event. watch: lines of
        events come. say, manners, trap and clock steer; each is answered with an empty object.
        still is answered when nothing is on its way any more but what is held.
        """
        try:
            asked = json.loads(await reader.readline() or b"{}")
            if "pid" in asked:
                self.pids[asked["bot"]] = asked["pid"]
            match asked.get("do"):
                case None:
                    pass
                case "listen":
                    await self._listen(asked, reader, writer)
                case "watch":
                    await self._watch(reader, writer)
                case "say" | "manners" | "trap" | "clock" as what:
                    await self._steer(what, asked)
                    writer.write(b"{}\n")
                case "still":
                    async with self._still:
                        await self._still.wait_for(lambda: not self._under_way)
                    writer.write(b"{}\n")
                case _:
                    answer = await self._answered(asked, reader.at_eof)
                    if answer is not None:
                        writer.write(json.dumps(answer).encode() + b"\n")
            await writer.drain()
        except ConnectionError:
            pass
        finally:
            writer.close()

    async def _steer(self, what: str, asked: Mapping[str, Any]) -> None:
        match what:
            case "say":
                self.say(asked["messages"])
            case "manners":
                self.manners = Manners(**asked["manners"])
                self._let_go.set()
                self._let_go = asyncio.Event()
                if self.manners.shut:
                    self.door.shut()
                else:
                    await self.door.open()
                self.hand_out()
            case "clock":
                for bot in self.bots.values():
                    bot.send({"ahead": asked["ahead"]})
            case _:
                self.traps.append(Trap(**asked["trap"]))

    async def _listen(
        self, asked: Line, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        name = asked["bot"]
        bot = Bot(name, lambda line: writer.write(json.dumps(line).encode() + b"\n"))
        self.bots[name] = bot
        self.note("listening", name, after=asked["after"])
        self.hand_out()
        try:
            async for line in reader:
                told = json.loads(line)
                if isinstance(told, str):
                    self.is_safe(bot, told)
                else:
                    self.note(told.pop("is"), name, **told)
        finally:
            self.leave(bot)

    async def _watch(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.watchers.append(writer.write)
        writer.write(b"{}\n")
        try:
            await reader.read()
        finally:
            self.watchers.remove(writer.write)


@dataclass(slots=True)
class Door:
    """Where bots come in, on a port of 127.0.0.1; 0 until it is first opened: any that is free."""

    port: int
    serve: Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]
    _server: asyncio.Server | None = None
    _inside: set[asyncio.StreamWriter] = field(default_factory=set)

    async def open(self) -> None:
        """Take connections."""
        if self._server is None:
            self._server = await asyncio.start_server(
                self._let_in, "127.0.0.1", self.port, limit=2**24
            )
            _, self.port = self._server.sockets[0].getsockname()

    def shut(self) -> None:
        """Cut every connection and take none, so that who comes is refused."""
        if self._server is not None:
            self._server.close()
            self._server = None
        for writer in self._inside:
            writer.transport.abort()

    async def _let_in(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._inside.add(writer)
        try:
            await self.serve(reader, writer)
        finally:
            self._inside.discard(writer)


@dataclass(slots=True)
class Bot:
    """A bot that listens: what it has been handed and not called safe."""

    name: str
    send: Callable[[Line], object]
    has: set[str] = field(default_factory=set)


def _kill(pid: int) -> None:
    with suppress(ProcessLookupError):
        os.kill(pid, signal.SIGKILL)


def events(folder: Path) -> list[Line]:
    """Read what happened, in order."""
    path = folder / EVENTS
    if not path.exists():
        return []
    return [json.loads(line) for line in path.read_bytes().splitlines()]


async def run(arguments: argparse.Namespace) -> None:
    """Serve until killed, or until the pipe it reads ends.

    Say where on a line: for bots, and for who steers, since the bots' door may be shut.
    """
    rng = random.Random(arguments.seed)  # noqa: S311 - misbehaviour, no secret
    recorder = Recorder(arguments.folder, arguments.redelivery, rng, arguments.port)
    await recorder.door.open()
    office = Door(0, recorder.serve)
    await office.open()
    print(f"127.0.0.1:{recorder.door.port} 127.0.0.1:{office.port}", flush=True)  # noqa: T201 - whoever started it reads this
    ended = asyncio.StreamReader()
    if stat.S_ISFIFO(os.fstat(sys.stdin.fileno()).st_mode):
        loop = asyncio.get_running_loop()
        await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(ended), sys.stdin)
    async with asyncio.TaskGroup() as group:
        insisting = group.create_task(recorder.insist())
        await ended.read()
        insisting.cancel()


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Say what the recorder can be told on its command line."""
    parser.add_argument("--folder", type=Path, required=True, help="where events.jsonl goes")
    parser.add_argument("--redelivery", choices=["asked", "keyed", "blind"], default="asked")
    parser.add_argument("--port", type=int, default=0, help="0: any that is free")
    parser.add_argument("--seed", type=int, default=0)


if __name__ == "__main__":
    _parser = argparse.ArgumentParser("python -m tests.bench.recorder", description=__doc__)
    add_arguments(_parser)
    asyncio.run(run(_parser.parse_args()))
