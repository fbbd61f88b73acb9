"""`vendorwatch check` on Slack: everything that keeps the bot from working, in a line each."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from bot.platforms.slack.manifest import scopes
from bot.serve import now
from bot.talking import slack as slack_of
from tests.platforms.slack.town import settings
from tests.slackserver.control import SlackServer
from tests.slackserver.server import slack


@pytest.fixture
async def server() -> AsyncIterator[SlackServer]:
    async with slack() as made:
        made.set_scopes(scopes())
        yield made


async def problems(folder: Path, server: SlackServer, *channels: str) -> list[str]:
    named = [f"slack:{channel}" for channel in channels]
    platform = slack_of(settings(folder, server, admins={"channels": named}), now)
    assert platform is not None
    return await platform.check()


async def test_a_sound_configuration_has_no_problem(server: SlackServer, tmp_path: Path) -> None:
    hall = server.add_channel("hall", [server.add_user("anna")])
    assert await problems(tmp_path, server, hall) == []


async def test_every_scope_that_is_missing_is_named(server: SlackServer, tmp_path: Path) -> None:
    server.set_scopes(set(scopes()) - {"users:read", "reactions:write", "app_mentions:read"})
    assert await problems(tmp_path, server) == [
        (
            "slack.bot_token lacks the scopes app_mentions:read, reactions:write, users:read; "
            "give the app deploy/slack-manifest.yml and install it again"
        )
    ]


async def test_an_app_for_look_ups_is_said_to_be_one(server: SlackServer, tmp_path: Path) -> None:
    server.set_scopes(scopes(watching=False))
    (told,) = await problems(tmp_path, server)
    assert "reads no messages (look-ups only)" in told


async def test_channels_that_cannot_be_posted_to_are_named_with_the_remedy(
    server: SlackServer, tmp_path: Path
) -> None:
    anna = server.add_user("anna")
    out = server.add_channel("out", [anna], with_app=False)
    old = server.add_channel("old", [anna])
    server.archive(old)
    assert await problems(tmp_path, server, out, old, "C0NOWHERE") == [
        f"slack:{out} (#out): the bot is not in it; type /invite @vendorwatch there",
        f"slack:{old} (#old): the channel is archived",
        (
            "slack:C0NOWHERE: there is no such channel, or it is private and the bot is not in it; "
            "type /invite @vendorwatch there"
        ),
    ]


async def test_an_address_that_is_not_slacks_is_said_to_be_none(tmp_path: Path) -> None:
    async def page(_: web.Request) -> web.Response:
        return web.Response(text="Welcome to our proxy")

    application = web.Application()
    application.router.add_route("*", "/{any:.*}", page)
    async with slack() as server, TestServer(application) as proxy:
        given = {"bot_token": "xoxb-1", "app_token": "xapp-1", "api_url": str(proxy.make_url("/"))}
        platform = slack_of(settings(tmp_path, server, slack=given), now)
        assert platform is not None
        told = await platform.check()
    wrong = "that is no answer of Slack's; is slack.api_url right?"
    assert told == [
        f"slack.bot_token: auth.test: {wrong}",
        f"slack.app_token: apps.connections.open: {wrong}",
    ]


async def test_tokens_that_are_refused_hide_nothing_else(tmp_path: Path) -> None:
    async with slack() as server:
        wrong = {
            "bot_token": "xoxb-wrong",
            "app_token": "xapp-wrong",
            "api_url": server.api_url,
        }
        platform = slack_of(settings(tmp_path, server, slack=wrong), now)
        assert platform is not None
        told = await platform.check()
    assert [each.partition(":")[0] for each in told] == ["slack.bot_token", "slack.app_token"]
