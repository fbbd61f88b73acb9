"""Curators on Matrix: the whole way from nothing to a published record and back; two at once."""

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from html import unescape
from pathlib import Path

import pytest

from bot.app import App
from bot.config import Config
from bot.serve import assemble, now
from bot.talking import talking_on
from tests import editing_script
from tests.editing_script import at_ease, two_at_once, walk
from tests.emptied import made_ready
from tests.platforms.matrix.homeserver import Homeserver, Object, room_of, text
from tests.platforms.matrix.house import ANNA, BOT, CARL, HALL, KEY
from tests.platforms.slack.town import NO_REST

pytestmark = pytest.mark.proof

LIMIT_S = 20.0
CODE = re.compile(r"<pre><code>(.*?)</code></pre>", re.DOTALL)


@dataclass(slots=True)
class Curator:
    """Somebody in the hall, with everybody else."""

    server: Homeserver
    app: App
    user: str
    _asked: int = 0

    async def asks(self, line: str) -> list[Object]:
        """Give a command; give the contents of the messages that answer it."""
        self._asked += 1
        id_ = f"${self.user[1:4]}{self._asked}"
        await self.server.say(BOT, HALL, text(f"!{line}", self.user, id_))
        await self.server.read(BOT)
        async with asyncio.timeout(LIMIT_S):
            while not self._answers(id_):  # it may be on its way already
                await self.app.settle(5)
        await self.app.settle(5)
        return self._answers(id_)

    def _answers(self, id_: str) -> list[Object]:
        contents = [each["content"] for each in self.server.wire if "content" in each]
        about = ((each, each.get("m.relates_to", {})) for each in contents)
        return [each for each, to in about if to.get("event_id") == id_ and "body" in each]

    async def says(self, line: str) -> str:
        """Give a command; give its answer's words."""
        return "\n".join(str(each["body"]) for each in await self.asks(line))

    async def copies(self, line: str) -> str:
        """Give a command; give the lines that its answer has for copying."""
        pages = [str(each["formatted_body"]) for each in await self.asks(line)]
        return "\n".join(unescape(code) for page in pages for code in CODE.findall(page))


@asynccontextmanager
async def a_hall(server: Homeserver, folder: Path, **more: object) -> AsyncIterator[App]:
    """Run the bot in a room whose people are curators of an empty watchlist."""
    server.passwords[BOT] = "hunter2"
    server.state[HALL] = room_of(ANNA, BOT, CARL)
    url = f"sqlite+aiosqlite:///{folder / 'bot.db'}"
    account = {
        "homeserver": server.base,
        "user": BOT,
        "password": "hunter2",
        "store": str(folder / "store"),
        "pickle_key": KEY,
    }
    curators = [f"matrix:{each}" for each in (ANNA, CARL)]
    config = Config.model_validate(
        {
            "database": {"url": url},
            "console": {"enabled": False},
            "matrix": {"accounts": [account]},
            **editing_script.settings(folder / "empty", curators),
            **more,
        }
    )
    await made_ready(url)
    async with (
        assemble(config, talking_on(config, now), tempo=NO_REST) as (app, fed),
        asyncio.TaskGroup() as group,
    ):
        task = group.create_task(app.run(fed))
        # What was said before it knows its rooms it never answers.
        await server.until(lambda: any("since" in each.query for each in server.of("GET", "/sync")))
        try:
            yield app
        finally:
            app.stop()
            await asyncio.wait({task})


async def test_a_curator_goes_from_nothing_to_a_published_record_and_back(
    server: Homeserver, tmp_path: Path
) -> None:
    async with a_hall(server, tmp_path) as app, at_ease(app) as site:
        await walk(Curator(server, app, ANNA), site, tmp_path)


async def test_of_two_curators_at_once_one_wins_and_the_other_is_asked_to_look(
    server: Homeserver, tmp_path: Path
) -> None:
    async with a_hall(server, tmp_path) as app:
        await two_at_once(Curator(server, app, ANNA), Curator(server, app, CARL))


async def test_nobody_approves_their_own(server: Homeserver, tmp_path: Path) -> None:
    more = {"watchlist": {"approval": "required"}}
    async with a_hall(server, tmp_path, **more) as app:
        anna, carl = Curator(server, app, ANNA), Curator(server, app, CARL)
        assert "Proposed as 1" in await anna.says("watchlist add Lens Works")
        assert "No watched vendor" in await anna.says("vendor lens works")
        assert "your own proposal" in await anna.says("watchlist approve 1")
        assert "1 is approved" in await carl.says("watchlist approve 1")
        assert "Stub: no record yet" in await anna.says("vendor lens works")
