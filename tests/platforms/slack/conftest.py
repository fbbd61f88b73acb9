"""The town that the tests of Slack's surface play in."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.platforms.slack.town import Town, running, settings
from tests.slackserver.server import slack


@pytest.fixture
async def town(tmp_path: Path) -> AsyncIterator[Town]:
    async with slack(retry_delays=(0.0, 0.2, 0.4)) as server:
        anna = server.add_user("anna")
        hall = server.add_channel("hall", [anna])
        async with running(settings(tmp_path, server)) as app:
            await server.until(lambda: server.socket.connections, within=10)
            yield Town(server, app, anna, hall)
