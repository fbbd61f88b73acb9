"""What the tests of Matrix's side share: a scripted homeserver, connections to it."""

from collections.abc import AsyncIterator

import aiohttp
import pytest

from bot.platforms.matrix.api import session
from tests.platforms.matrix.homeserver import Homeserver, serving


@pytest.fixture
async def server() -> AsyncIterator[Homeserver]:
    async with serving() as made:
        yield made


@pytest.fixture
async def connections() -> AsyncIterator[aiohttp.ClientSession]:
    async with session() as made:
        yield made
