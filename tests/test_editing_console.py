"""A curator at the console takes an empty watchlist to a published record, and back."""

import asyncio
import io
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

from rich.console import Console

from bot.app import App
from bot.commands import table
from bot.config import Config
from bot.platforms.console.adapter import ConsolePlatform
from bot.serve import Tempo, assemble, now
from tests.editing_script import at_ease, settings, walk
from tests.emptied import made_ready

LIMIT_S = 20.0
NO_REST = Tempo(timedelta(0), timedelta(0))
FRAME = "╭╰│─╮╯ "


class Paper(io.StringIO):
    """What is printed; `printed` is set whenever something is."""

    def __init__(self) -> None:
        super().__init__()
        self.printed = asyncio.Event()

    def write(self, text: str) -> int:
        """Print."""
        self.printed.set()
        return super().write(text)


@dataclass(slots=True)
class Terminal:
    """Somebody who types at the console, and reads what comes."""

    paper: Paper = field(default_factory=Paper)
    typed: "asyncio.Queue[str]" = field(default_factory=asyncio.Queue)

    async def lines(self) -> AsyncIterator[str]:
        """Give what is typed, for ever."""
        while True:
            yield await self.typed.get()

    async def printed(self, line: str) -> str:
        """Type a line; give what is printed until the answer is whole."""
        before = len(self.paper.getvalue())
        await self.typed.put(line)
        async with asyncio.timeout(LIMIT_S):
            while True:
                new = self.paper.getvalue()[before:]
                # A prompt follows when it is all there.
                if ", privately" in new and new.rstrip(" ").endswith("]>"):
                    return new
                self.paper.printed.clear()
                await self.paper.printed.wait()

    async def says(self, line: str) -> str:
        """Give a command; give its answer's words, without the frame."""
        printed = await self.printed(line)
        answer = printed.rpartition(", privately")[2].splitlines()
        return " ".join(each.strip(FRAME) for each in answer)

    async def copies(self, line: str) -> str:
        """Give a command; give the lines that stand without a frame."""
        answer = (await self.printed(line)).rpartition(", privately")[2].splitlines()
        ends = [at for at, each in enumerate(answer) if each.startswith(("╭", "╰"))]
        return "\n".join(answer[ends[1] + 1 : ends[2]])


@asynccontextmanager
async def at_work(folder: Path) -> AsyncIterator[tuple[App, Terminal]]:
    """Run the bot with somebody at its console."""
    url = f"sqlite+aiosqlite:///{folder / 'bot.db'}"
    config = Config.model_validate({"database": {"url": url}, **settings(folder, ["console:dana"])})
    await made_ready(url)
    terminal = Terminal()
    platform = ConsolePlatform(
        lines=terminal.lines(),
        screen=Console(file=terminal.paper, width=100, highlight=False),
        commands=table.first_words,
        clock=now,
        user="dana",
    )
    async with (
        assemble(config, (platform,), tempo=NO_REST) as (app, fed),
        asyncio.TaskGroup() as group,
    ):
        task = group.create_task(app.run(fed))
        try:
            yield app, terminal
        finally:
            app.stop()
            await asyncio.wait({task})


async def test_a_curator_goes_from_nothing_to_a_published_record_and_back(tmp_path: Path) -> None:
    async with at_work(tmp_path) as (app, terminal), at_ease(app) as site:
        await walk(terminal, site, tmp_path)
