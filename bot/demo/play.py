"""The demo: a scripted conversation and a loopback newspaper, through the whole real bot."""

import asyncio
import sys
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

from rich.console import Console
from rich.rule import Rule
from rich.text import Text

from bot.app import App
from bot.commands import table
from bot.config import Config
from bot.demo.site import COPY, LIBRARY, OLD, SCANNER, STATION, WIRE, Site, paper
from bot.feeding import Feeding
from bot.platforms.console.adapter import ConsolePlatform
from bot.platforms.console.keyboard import Keyboard, is_there
from bot.platforms.console.lines import read_lines
from bot.serve import Tempo, assemble, now, run_until_signal

HALL = "#town-hall"
READING_PAUSE = 0.7
"""Seconds between two steps where somebody watches."""


async def play() -> None:
    """Play the script; on a terminal stay open as a chat afterwards."""
    watched = sys.stdin.isatty() and sys.stdout.isatty()
    screen = Console(highlight=False)
    keyboard = Keyboard() if watched and is_there() else None
    lines = keyboard.lines() if keyboard else read_lines() if watched else _nothing()
    platform = ConsolePlatform(
        lines=lines,
        screen=screen,
        commands=table.first_words,
        clock=now,
        channel=HALL,
        user="anna",
        keyboard=keyboard,
    )
    with TemporaryDirectory(prefix="vendorwatch-demo-") as folder:
        async with paper(now()) as site:
            config = _config(site, Path(folder))
            async with assemble(config, (platform,), tempo=Tempo(timedelta(0), timedelta(0))) as (
                app,
                feeding,
            ):
                stage = _Stage(screen, platform, app, feeding, site, READING_PAUSE * watched)
                await stage.play()
                if watched:
                    stage.announce("Your turn: /help says how, Ctrl-D leaves")
                    await run_until_signal(app, feeding)


@dataclass(slots=True)
class _Stage:
    screen: Console
    platform: ConsolePlatform
    app: App
    feeding: Feeding
    site: Site
    pause: float
    _readings: int = 0

    async def play(self) -> None:
        """Go through the script, each step delivered before the next."""
        self.announce("Somebody names a watched vendor: the card comes into the thread")
        await self.type("Three offers are in for the station cameras, the cheapest from Hikvision.")
        self.announce("Named again within the day: no second card, and the log says why")
        await self.type("/as ben", "Does Hikvision come with a maintenance contract?")
        self.announce("A feed is read for the first time: old stories are remembered in silence")
        self.site.publish(OLD)
        await self.poll()
        self.announce("New stories: one names Nuctech, one names vendors in its sidebar only")
        self.site.publish(SCANNER, LIBRARY)
        await self.poll()
        self.announce("A new story is news even within the day: one line, not a second card")
        self.site.publish(STATION)
        await self.poll()
        self.announce("Another paper has the same story: added to that message, not posted again")
        self.site.publish(COPY, paper=WIRE)
        await self.poll()
        self.announce("Several vendors in one message: one message with a line each")
        await self.type("Who has bought from Dahua, Uniview or Hytera before?")
        self.announce("Ask for a card")
        await self.type("/as anna", "vendor hikvision")
        self.announce("Mistype it: a guess is offered, nobody's record is shown")
        await self.type("vendor hikvison")
        self.announce("Ask for a vendor nobody watches")
        await self.type("vendor nosuchco")

    def announce(self, text: str) -> None:
        """Say what happens next, apart from the conversation."""
        self.screen.print(Rule(Text(text, style="bold cyan"), style="cyan"))

    async def type(self, *lines: str) -> None:
        """Type lines in the conversation and wait until all that follows is on the screen."""
        for line in lines:
            await self.platform.type(self.app, line)
        await self._settle()

    async def poll(self) -> None:
        """Read the feed now and wait until all that follows is on the screen."""
        # Each reading is an hour after the one before: no feed is asked again before it is due.
        self._readings += 1
        then = now() + timedelta(hours=self._readings)
        while await self.feeding.poller.poll_once(then):
            pass
        await self._settle()

    async def _settle(self) -> None:
        await self.app.settle(5)
        await asyncio.sleep(self.pause)


def _config(site: Site, folder: Path) -> Config:
    return Config.model_validate(
        {
            "database": {"url": f"sqlite+aiosqlite:///{folder / 'demo.db'}"},
            "feeds": {
                "allow_networks": ["127.0.0.0/8"],
                "list": [
                    {"url": url, "channels": [f"console:{HALL}"]}
                    for url in (site.feed_url, site.wire_url)
                ],
            },
        }
    )


async def _nothing() -> AsyncIterator[str]:
    for line in _NO_LINES:
        yield line


_NO_LINES: Sequence[str] = ()
