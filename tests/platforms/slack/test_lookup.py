"""A bot that was installed by the manifest for look-ups answers, and hears nothing else."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.core.mention import Channel
from bot.platforms.slack.manifest import events, scopes
from tests.platforms.slack.town import Town, running, settings
from tests.slackserver.server import slack


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[Town]:
    """Give a town in which the bot may only be asked."""
    async with slack(scopes=frozenset(scopes(watching=False))) as server:
        server.state.app.events = set(events(watching=False))
        anna = server.add_user("anna")
        hall = server.add_channel("hall", [anna])
        async with running(settings(tmp_path, server)) as app:
            await server.until(lambda: server.socket.connections, within=10)
            yield Town(server, app, anna, hall)


async def test_it_answers_commands_mentions_and_whoever_opens_its_home_tab(desk: Town) -> None:
    desk.server.say(desk.hall, desk.anna, "An offer from Acme Cam")
    desk.server.slash(desk.anna, desk.hall, "/vendor", "acme-cam")
    desk.server.say(desk.hall, desk.anna, f"<@{desk.server.bot_user}> road-runner")
    desk.server.open_home(desk.anna)
    await desk.server.until(
        lambda: len(desk.server.ephemerals(desk.anna)) == 2 and desk.server.home_of(desk.anna),
        within=10,
    )
    await desk.app.settle(5)
    assert desk.server.posted() == []


async def test_it_does_not_look_for_a_post_where_it_may_not_read(desk: Town) -> None:
    place = Channel("slack", desk.hall)
    platform = desk.app.platforms["slack"]
    assert await platform.find(place, key="1") is None
    assert await platform.find(place, key="1", thread="1712345678.000100") is None
