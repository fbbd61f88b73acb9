"""A curator in an encrypted room takes an empty watchlist to a published record, and back."""

import re
from collections.abc import AsyncIterator
from dataclasses import dataclass
from html import unescape
from pathlib import Path

import pytest
import pytest_asyncio

from tests.editing_script import FEED, PAPER, PRESS, settings, walk
from tests.feeds.server import FeedServer
from tests.matrix.bot import Bot
from tests.matrix.far import Far, Program
from tests.matrix.hall import Hall, hall
from tests.matrix.homeserver import Homeserver

pytestmark = [pytest.mark.matrix, pytest.mark.long, pytest.mark.asyncio(loop_scope="module")]

AT_EASE = """
from datetime import timedelta
import bot.core.limits, bot.feeding
bot.core.limits.Allowance.__init__.__defaults__ = (1_000, timedelta(seconds=3))
bot.feeding.public_fetcher = bot.feeding.fetcher
"""
"""Answers as quickly as a script types, and lets chats name feeds on loopback."""
CODE = re.compile(r"<pre><code>(.*?)</code></pre>", re.DOTALL)


@pytest_asyncio.fixture(loop_scope="module")
async def others(far_program: Program) -> AsyncIterator[Far]:
    async with far_program.connect() as connection:
        yield connection


@dataclass(slots=True)
class Curator:
    """Whoever made the hall."""

    hall: Hall

    async def says(self, line: str) -> str:
        """Give a command; give its answer's words."""
        asked = await self.hall.host.send(self.hall.room, f"!{line}")
        return (await self.hall.answer(asked)).body

    async def copies(self, line: str) -> str:
        """Give a command; give the lines that its answer has for copying, page by page."""
        asked = await self.hall.host.send(self.hall.room, f"!{line}")
        await self.hall.fence()
        about = [
            each for each in await self.hall.said() if each.relates_to.get("event_id") == asked
        ]
        drawn = [str(each.content["formatted_body"]) for each in about]
        return "\n".join(unescape(code) for page in drawn for code in CODE.findall(page))


async def test_a_curator_goes_from_nothing_to_a_published_record_and_back(
    tmp_path: Path, others: Far, synapse: Homeserver
) -> None:
    anna = await others.login(synapse, synapse.newcomer("anna"))
    more = settings(tmp_path, [f"matrix:{anna.user_id}"])
    more["feeds"] = {"allow_networks": ["127.0.0.1/32"]}
    bot = Bot(tmp_path, synapse, synapse.newcomer("bot"), more=more, before=AT_EASE)
    async with FeedServer() as site:
        for path in (FEED, PRESS):
            site.put(path, PAPER.format(path))
        await bot.start()
        try:
            here = await hall(anna, bot, encrypted=True)
            await walk(Curator(here), site.url(""), tmp_path)
            await here.closed()
        finally:
            await bot.kill()
