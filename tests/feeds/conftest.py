"""A server and a fetcher that may reach it, for every test of feeds."""

from collections.abc import AsyncIterator

import pytest

from bot.feeds.fetching.fetch import Fetcher
from tests.feeds.server import ANY_PORT, LOOPBACK, FeedServer


@pytest.fixture
async def server() -> AsyncIterator[FeedServer]:
    async with FeedServer() as running:
        yield running


@pytest.fixture
async def fetcher() -> AsyncIterator[Fetcher]:
    async with Fetcher(
        contact="ops@shopper.example", allow_networks=LOOPBACK, allow_ports=ANY_PORT
    ) as open_fetcher:
        yield open_fetcher
