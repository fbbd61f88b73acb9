"""Measures and disturbs the real bot on a Slack-compatible server, over real sockets.

    python -m tests.bench.slack latency    # from an event to its card
    python -m tests.bench.slack events     # events a second that are taken and acknowledged
    python -m tests.bench.slack faults     # cut, redelivered and refused: one card for each mention

The bot is `vendorwatch run` in a process of its own, with a database on disk; Slack is
tests/slackserver in this process, on the same processors. What must come is read off the script:
one card in the thread of each message that names a vendor, none elsewhere.
"""

import argparse
import asyncio
import json
import random
import statistics
import sys
import tempfile
import time
from asyncio.subprocess import PIPE, Process
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

from rich.console import Console
from rich.table import Table

from tests.build import name, vendor, write_pack
from tests.slackserver.control import SlackServer
from tests.slackserver.server import slack

VENDORS = {f"maker-{letter}": f"Maker {letter.upper()}tronic" for letter in "abcdefgh"}
LIMIT_S = 180.0
START_S = 30.0
PACE_S = 1.0
"""Slack takes a post a second in a channel, and so does the bot."""
IDLE = "The minutes of the last meeting are in the folder, see you on Monday at ten."


@dataclass(slots=True)
class Workspace:
    """A workspace that people talk in. `said` has when each message that needs a card was said."""

    server: SlackServer
    anna: str
    channels: list[str]
    said: dict[tuple[str, str], float] = field(default_factory=dict)

    def name_one(self, number: int) -> None:
        """Name a vendor in a channel, so that a card must come."""
        channel = self.channels[number % len(self.channels)]
        names = list(VENDORS.values())
        at = self.server.state.clock.now()
        ts = self.server.say(channel, self.anna, f"An offer from {names[number % len(names)]}")
        self.said[channel, ts] = at

    def cards(self) -> Counter[tuple[str, str]]:
        """Count the cards by channel and thread."""
        return Counter(
            (each["channel"], each.get("thread_ts", "")) for each in self.server.posted()
        )

    async def until_told(self) -> None:
        """Wait until each message has a card."""
        wanted = set(self.said)
        await self.server.until(lambda: wanted <= self.cards().keys(), within=LIMIT_S)

    def delays(self) -> list[float]:
        """Give the seconds from each message to the call that posted its card."""
        found: dict[tuple[str, str], float] = {}
        for call in self.server.calls_of("chat.postMessage"):
            key = (call.arguments.get("channel", ""), call.arguments.get("thread_ts", ""))
            if key in self.said and not call.error and call.status == 200:
                found.setdefault(key, call.at - self.said[key])
        return sorted(found.values())


@asynccontextmanager
async def workspace(channels: int, **server_options: object) -> AsyncIterator[Workspace]:
    """Run a server with the bot in so many channels, and the bot in a process of its own."""
    with tempfile.TemporaryDirectory(prefix="vendorwatch-slack-") as folder:
        async with slack(**server_options) as server:  # type: ignore[arg-type]  # as given
            anna = server.add_user("anna")
            names = [server.add_channel(f"c{number}", [anna]) for number in range(channels)]
            async with bot(Path(folder), server):
                yield Workspace(server, anna, names)


@asynccontextmanager
async def bot(folder: Path, server: SlackServer) -> AsyncIterator[Process]:
    """Run the bot for the length of a block; it must end well and log no error."""
    makers = [vendor(slug, names=[name(called)]) for slug, called in VENDORS.items()]
    config = folder / "config.yml"
    told = {
        "database": {"url": f"sqlite+aiosqlite:///{folder / 'bot.db'}"},
        "watchlists": [str(write_pack(folder / "pack", *makers))],
        "shipped_watchlist": False,
        "console": {"enabled": False},
        "alerts": {"cooldown": "0s", "repeat_card": "0s"},
        "slack": {
            "bot_token": server.bot_token,
            "app_token": server.app_token,
            "api_url": server.api_url,
        },
        "log": {"format": "json", "level": "warning"},
    }
    config.write_text(json.dumps(told), encoding="utf-8")
    with (folder / "log").open("wb") as log:
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "bot", "run", "--config", str(config),
            stdin=PIPE, stdout=log, stderr=log,
        )  # fmt: skip
        try:
            await server.until(lambda: server.socket.connections, within=START_S)
            yield process
            process.terminate()
            async with asyncio.timeout(START_S):
                code = await process.wait()
        finally:
            if process.returncode is None:
                process.kill()
                await process.wait()
    complaints = [
        line
        for line in (folder / "log").read_text(encoding="utf-8").splitlines()
        if '"level": "error"' in line or "Traceback" in line
    ]
    if code or complaints:
        raise AssertionError(f"exit code {code}; {complaints[:5]}")


async def latency(
    messages: int = 600, rate: float = 20.0, channels: int = 200
) -> dict[str, object]:
    """Let messages that name a vendor come at a steady pace; time each to its card."""
    async with workspace(channels) as place:
        for number in range(messages):
            place.name_one(number)
            await asyncio.sleep(1 / rate)
        await place.until_told()
        delays = place.delays()
    return {
        "messages": messages,
        "rate": rate,
        "p50_ms": round(statistics.median(delays) * 1000),
        "p99_ms": round(delays[int(len(delays) * 0.99)] * 1000),
        "most_ms": round(delays[-1] * 1000),
    }


async def events(count: int = 5_000, naming: float = 0.01) -> dict[str, object]:
    """Let messages come as fast as they are acknowledged, of which few name a vendor."""
    chance = random.Random(1)  # noqa: S311 - a script
    async with workspace(50, ack_limit=60.0) as place:
        server = place.server
        began, number = time.monotonic(), 0
        while number < count:
            if chance.random() < naming:
                place.name_one(number)
            else:
                server.say(place.channels[number % 50], place.anna, IDLE)
            number += 1
            if number % 50 == 0:
                floor = number - 200
                await server.until(lambda: server.socket.acks >= floor, within=LIMIT_S)  # noqa: B023 - used at once
        await server.until(lambda: server.socket.acks >= count, within=LIMIT_S)
        took = time.monotonic() - began
        await place.until_told()
        cards = len(place.said)
    return {"events": count, "cards": cards, "events_a_second": round(count / took)}


async def faults(messages: int = 300, cut_s: float = 5.0, channels: int = 60) -> dict[str, object]:
    """Cut the connection again and again, deliver events three times, refuse each third post."""
    delays = (0.0, 0.5, 1.0, 2.0, 4.0)
    async with workspace(channels, retry_delays=delays) as place:
        server = place.server
        server.hold()
        server.redeliver(2)
        server.retry_after("chat.postMessage", 1.0, times=None, every=3)
        server.cut_every(cut_s)
        rest = max(0.01, 4 * cut_s / messages)
        for number in range(messages):
            place.name_one(number)
            await asyncio.sleep(rest)
        await place.until_told()
        for delivery in server.deliveries():
            await delivery.finished(within=LIMIT_S)
        cards = place.cards()
        refused = sum(call.status == 429 for call in server.calls_of("chat.postMessage"))
        opened = server.socket.opened
    doubled = sum(count - 1 for count in cards.values())
    return {
        "messages": messages,
        "cards": sum(cards.values()),
        "lost": len(set(place.said) - cards.keys()),
        "doubled": doubled,
        "uncalled": len(cards.keys() - set(place.said)),
        "connections": opened,
        "refused_posts": refused,
    }


RUNS: Mapping[str, Callable[[], Awaitable[dict[str, object]]]] = {
    "latency": latency,
    "events": events,
    "faults": faults,
}


def main() -> int:
    """Run one and print its figures; 1 if a card is lost, doubled or uncalled."""
    parser = argparse.ArgumentParser(description=__doc__, prog="python -m tests.bench.slack")
    parser.add_argument("run", choices=RUNS)
    arguments = parser.parse_args()

    async def measure() -> dict[str, object]:
        return await RUNS[arguments.run]()

    figures = asyncio.run(measure())
    table = Table(title=f"Slack: {arguments.run}")
    table.add_column("figure")
    table.add_column("value", justify="right")
    for key, value in figures.items():
        table.add_row(key, str(value))
    Console().print(table)
    print(json.dumps(figures))  # noqa: T201 - for a program that reads it
    wrong = ("lost", "doubled", "uncalled")
    return int(any(figures.get(each) for each in wrong))


if __name__ == "__main__":
    raise SystemExit(main())
