"""A bot as a process that can be killed: the real one on the recorder, and where it is born."""

import argparse
import asyncio
import gc
import json
import os
import select
import signal
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

import structlog

from bot.config import Alerts, Config, Console, Database, Feeds
from bot.core.commands import Role
from bot.core.document import Document
from bot.core.mention import Channel, Invocation, Message, Receipt
from bot.delivery.outbox import LEASE
from bot.delivery.outcome import SETTLED
from bot.errors import BotError, DeliveryError
from bot.log import configure
from bot.platforms.base import Inbox, Redelivery
from bot.serve import Tempo, assemble, now, run_until_signal
from tests.bench import feedrig
from tests.bench.recorder import Line
from tests.fakes import said as words_of

PLATFORM = "bench"
"""What the recorder is called among platforms."""


@dataclass(slots=True)
class Clock:
    """The time, `ahead` of what it is; the recorder may set it."""

    ahead: timedelta = timedelta(0)

    def __call__(self) -> datetime:
        """Give the time."""
        return now() + self.ahead


@dataclass(slots=True)
class RecorderPlatform:
    """The recorder as a chat platform, for the bot called `bot`.

    What it hears it calls safe when the inbox has taken it, and not before: several at a time, as
    a socket of Slack's does. `born` is when its process began, by the monotonic clock.
    """

    address: str
    bot: str
    clock: Clock = field(default_factory=Clock)
    name: str = PLATFORM
    redelivery: Redelivery = Redelivery.ASKED
    private_answers: bool = True
    born: float = field(default_factory=time.monotonic)

    async def run(self, inbox: Inbox) -> None:
        """Listen until cancelled."""
        reader, writer = await self._connect()
        async with asyncio.TaskGroup() as group:
            try:
                self._write(writer, {"do": "listen", "after": time.monotonic() - self.born})
                async for line in reader:
                    group.create_task(self._hear(inbox, json.loads(line), writer))
            except ConnectionError:
                pass
            finally:
                writer.close()
        raise DeliveryError("the recorder has gone")

    async def _hear(self, inbox: Inbox, line: Line, writer: asyncio.StreamWriter) -> None:
        if "ahead" in line:
            self.clock.ahead = timedelta(seconds=line["ahead"])
            writer.write(json.dumps({"is": "jumped", "ahead": line["ahead"]}).encode() + b"\n")
            return
        message = Message(
            channel=Channel(PLATFORM, line["channel"]),
            id=line["id"],
            author="anna",
            text=line["text"],
            at=self.clock(),
        )
        try:
            await inbox.on_message(message)
        except BotError as error:
            # Not safe, so it comes again.
            structlog.get_logger("bot").warning("message not kept", reason=str(error))
            writer.write(json.dumps({"is": "unkept", "message": message.id}).encode() + b"\n")
        else:
            writer.write(json.dumps(message.id).encode() + b"\n")

    async def post(
        self, channel: Channel, document: Document, *, key: str, thread: str | None = None
    ) -> Receipt:
        """Post."""
        text = words_of(document)
        answer = await self._ask("post", channel, key, thread=thread, text=text)
        return Receipt(answer["id"], f"https://bench.example/{answer['id']}")

    async def find(
        self, channel: Channel, *, key: str, thread: str | None = None
    ) -> Receipt | None:
        """Look for a post."""
        found = (await self._ask("find", channel, key, thread=thread))["id"]
        return Receipt(found, f"https://bench.example/{found}") if found else None

    async def edit(
        self, channel: Channel, message_id: str, document: Document, *, key: str
    ) -> None:
        """Let a post read otherwise."""
        await self._ask("edit", channel, key, message=message_id, text=words_of(document))

    async def withdraw(self, channel: Channel, message_id: str, *, key: str) -> None:
        """Take a post back."""
        await self._ask("withdraw", channel, key, message=message_id)

    async def mark(
        self, channel: Channel, message_id: str, document: Document, *, key: str
    ) -> None:
        """Mark a message."""
        await self._ask("mark", channel, key, message=message_id, text=words_of(document))

    async def reply(
        self, invocation: Invocation, document: Document, *, key: str, shared: bool = False
    ) -> None:
        """Answer a command."""
        del key
        del shared
        await self._ask("reply", invocation.channel, invocation.id, text=words_of(document))

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

    async def _ask(self, what: str, channel: Channel, key: str, **more: object) -> Line:
        """Ask on a connection of its own; only what was refused or never asked is certain."""
        reader, writer = await self._connect()
        try:
            self._write(writer, {"do": what, "channel": channel.id, "key": key, **more})
            line = await reader.readline()
        except ConnectionError:
            line = b""
        finally:
            writer.close()
        if not line:
            raise DeliveryError("the connection was cut", uncertain=True)
        answer: Line = json.loads(line)
        if "error" in answer:
            raise DeliveryError(answer["error"], retry_after=answer.get("retry_after"))
        return answer

    def _write(self, writer: asyncio.StreamWriter, asked: Line) -> None:
        writer.write(json.dumps({**asked, "bot": self.bot, "pid": os.getpid()}).encode() + b"\n")

    async def _connect(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        try:
            return await connected(self.address)
        except OSError as error:
            raise DeliveryError("the recorder is not there") from error


async def run_bot(arguments: argparse.Namespace) -> None:
    """Run a bot until SIGTERM: the real one, on the recorder."""
    born = time.monotonic()
    clock = Clock(timedelta(seconds=arguments.later))
    config = Config(
        database=Database(url=arguments.database),
        watchlists=(arguments.pack,),
        shipped_watchlist=False,
        alerts=Alerts(cooldown=timedelta(seconds=arguments.cooldown)),
        console=Console(enabled=False),
        feeds=_feeds(arguments.feeds),
    )
    redelivery = Redelivery(arguments.redelivery)
    platform = RecorderPlatform(
        arguments.recorder, arguments.name, clock, redelivery=redelivery, born=born
    )
    if arguments.feeds is not None:
        platform.name = feedrig.PLATFORM
    pace = Tempo(
        posts=timedelta(seconds=arguments.pace),
        requests=timedelta(0),
        lease=timedelta(seconds=arguments.lease),
        settled=timedelta(seconds=arguments.settled),
    )
    async with assemble(config, (platform,), clock, pace) as (app, poller):
        await run_until_signal(app, poller)


def _feeds(routes: Path | None) -> Feeds:
    if routes is None:
        return Feeds()
    return feedrig.following(json.loads(routes.read_text(encoding="utf-8")), feedrig.AT_ONCE)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Say what a bot can be told on its command line."""
    parser.add_argument("--database", required=True, help="its URL")
    parser.add_argument("--recorder", required=True, help="host:port, as the recorder says it")
    parser.add_argument("--pack", type=Path, required=True, help="the watchlist's folder")
    parser.add_argument("--name", default="bot")
    parser.add_argument(
        "--redelivery", choices=[each.value for each in Redelivery], default="asked"
    )
    parser.add_argument(
        "--pace", type=float, default=0.0, help="seconds between posts in a channel"
    )
    parser.add_argument("--cooldown", type=float, default=0.0, help="seconds")
    parser.add_argument("--later", type=float, default=0.0, help="seconds its clock is ahead")
    lease = LEASE.total_seconds()
    parser.add_argument(
        "--lease", type=float, default=lease, help="seconds; default: the bot's own"
    )
    settled = SETTLED.total_seconds()
    parser.add_argument("--settled", type=float, default=settled, help="the same")
    parser.add_argument("--feeds", type=Path, help="JSON: feeds and the channel of each")
    parser.add_argument("--log", type=Path, help="a file of its own; default: stderr")


def play(arguments: argparse.Namespace) -> int:
    """Be a bot; give the exit code."""
    if arguments.log is not None:
        file = os.open(arguments.log, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        os.dup2(file, sys.stderr.fileno())
    configure("info", "json")
    try:
        asyncio.run(run_bot(arguments))
    except BotError as error:
        structlog.get_logger("bot").error(str(error))
        return 2
    return 0


def nursery() -> None:
    """Make bots until the input ends; then kill them all.

    It reads command lines, a JSON list a line, and tells of births and deaths. A bot is a fork of
    this process and so is there at once, without the second or two that imports take.
    """
    alive: set[int] = set()
    told, tell = os.pipe()
    os.set_blocking(tell, False)
    signal.set_wakeup_fd(tell)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    gc.freeze()
    unread = b""
    print(json.dumps({"is": "ready"}), flush=True)  # noqa: T201 - whoever started it reads this
    try:
        while True:
            ready, _, _ = select.select([0, told], [], [])
            if told in ready:
                os.read(told, 4096)
                _bury(alive)
            if 0 in ready:
                read = os.read(0, 65536)
                if not read:
                    return
                *lines, unread = (unread + read).split(b"\n")
                for line in lines:
                    alive.add(pid := _birth(json.loads(line), (told, tell)))
                    print(json.dumps({"is": "born", "pid": pid}), flush=True)  # noqa: T201 - as above
    finally:
        for pid in alive:
            os.kill(pid, signal.SIGKILL)


def _birth(words: Sequence[str], pipe: tuple[int, int]) -> int:
    pid = os.fork()
    if pid:
        return pid
    code = 1
    try:
        signal.set_wakeup_fd(-1)
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        for end in pipe:
            os.close(end)
        nothing = os.open(os.devnull, os.O_RDWR)
        os.dup2(nothing, 0)
        os.dup2(nothing, 1)
        parser = argparse.ArgumentParser()
        add_arguments(parser)
        code = play(parser.parse_args(words))
    finally:
        sys.stderr.flush()
        os._exit(code)


def _bury(alive: set[int]) -> None:
    for pid in list(alive):
        dead, status = os.waitpid(pid, os.WNOHANG)
        if dead:
            alive.discard(pid)
            code = os.waitstatus_to_exitcode(status)
            print(json.dumps({"is": "dead", "pid": pid, "code": code}), flush=True)  # noqa: T201 - as above


async def connected(address: str) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    host, _, port = address.rpartition(":")
    return await asyncio.open_connection(host, int(port), limit=2**24)


if __name__ == "__main__":
    nursery()
