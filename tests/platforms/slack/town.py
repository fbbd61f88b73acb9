"""A workspace with the whole bot in it, over real sockets."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

from bot.app import App
from bot.config import Config
from bot.core.mention import Channel, Invocation, Message
from bot.core.signs import MARK
from bot.errors import StorageError
from bot.serve import Closing, Tempo, assemble, now
from bot.talking import talking_on
from tests.build import full_vendor, name, vendor, write_pack
from tests.emptied import made_ready
from tests.slackserver.control import SlackServer

NO_REST = Tempo(timedelta(0), timedelta(0), timedelta(milliseconds=50))
ACME = full_vendor(names=[name("Acme Cam")])
ROAD = vendor("road-runner", names=[name("Road Runner")])


@dataclass(slots=True)
class Town:
    """A workspace with the bot in it."""

    server: SlackServer
    app: App
    anna: str
    hall: str

    async def posts(self, count: int = 1, channel: str = "") -> list[str]:
        """Wait until the bot has posted so often in a channel; give the summaries."""
        place = channel or self.hall
        await self.server.until(lambda: len(self.server.posted(place)) >= count, within=10)
        return [each["text"] for each in self.server.posted(place)]


def settings(folder: Path, server: SlackServer, **more: object) -> Config:
    return Config.model_validate(
        {
            "database": {"url": f"sqlite+aiosqlite:///{folder / 'bot.db'}"},
            "watchlists": [write_pack(folder / "pack", ACME, ROAD)],
            "shipped_watchlist": False,
            "console": {"enabled": False},
            "slack": {
                "bot_token": server.bot_token,
                "app_token": server.app_token,
                "api_url": server.api_url,
            },
            **more,
        }
    )


@asynccontextmanager
async def running(config: Config) -> AsyncIterator[App]:
    """Run the bot for the length of a block."""
    await made_ready(config.database.url)
    async with (
        assemble(config, talking_on(config, now), tempo=NO_REST) as (app, poller),
        asyncio.TaskGroup() as group,
    ):
        task = group.create_task(app.run(poller))
        try:
            yield app
        finally:
            app.stop()
            await asyncio.wait({task})


def json_of(value: object) -> str:
    """Give what is sent as somebody would search it."""
    return json.dumps(value, ensure_ascii=False)


@dataclass(slots=True)
class Ears:
    """An inbox that remembers what it was handed; while it is `full` it keeps nothing."""

    commands: list[Invocation] = field(default_factory=list)
    marked: list[Invocation] = field(default_factory=list)
    joined: list[tuple[Channel, str, str | None]] = field(default_factory=list)
    left: list[Channel] = field(default_factory=list)
    removed: list[tuple[str, str]] = field(default_factory=list)
    heard: list[Message] = field(default_factory=list)
    full: bool = False

    async def on_message(self, message: Message) -> None:
        """Remember what was said."""
        self.heard.append(message)

    async def on_edit(self, message: Message) -> None:
        """Remember how a message reads now."""
        self.heard.append(message)

    async def on_delete(self, channel: Channel, message_id: str) -> None:
        """Nobody asks."""

    async def on_command(self, invocation: Invocation) -> None:
        """Remember a command."""
        if self.full:
            raise StorageError("the disk is full")
        self.commands.append(invocation)

    async def on_pressed(self, invocation: Invocation, sign: str) -> None:
        """Remember a touched mark: buttons are pressed on Slack, not reacted to."""
        assert sign == MARK
        self.marked.append(invocation)

    async def on_moved(self, old: Channel, new: Channel, event: str) -> None:
        """Hear of no moves: a channel there stays what it is."""

    async def on_joined(self, channel: Channel, event: str, by: str | None = None) -> None:
        """Remember an invitation."""
        self.joined.append((channel, event, by))

    async def on_left(self, channel: Channel) -> None:
        """Remember the end of a channel."""
        self.left.append(channel)

    async def asks(self, invocation: Invocation) -> None:
        """Ask for nothing: no command here has a form."""

    async def tries(self, invocation: Invocation) -> tuple[()]:
        """Find nothing wrong."""
        del invocation
        return ()

    async def on_removed(self, platform: str, team: str) -> None:
        """Remember the end of a workspace."""
        self.removed.append((platform, team))


@asynccontextmanager
async def listening(config: Config) -> AsyncIterator[Ears]:
    """Run Slack's side alone for the length of a block."""
    (platform,) = talking_on(config, now)
    ears = Ears()
    async with asyncio.TaskGroup() as group:
        task = group.create_task(platform.run(ears))
        try:
            yield ears
        finally:
            task.cancel()
            if isinstance(platform, Closing):
                await platform.close()
