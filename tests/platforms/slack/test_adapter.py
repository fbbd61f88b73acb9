"""The whole bot on a Slack-compatible server, over real sockets."""

from pathlib import Path

import pytest

from bot.core.mention import Channel
from bot.core.status import State
from bot.errors import BotError
from bot.platforms.slack.agreed import MARK
from bot.serve import assemble, now
from bot.talking import talking_on
from tests.platforms.slack.town import Town, settings
from tests.slackserver.server import slack


async def test_a_vendor_named_in_a_channel_gets_a_card_in_its_thread(town: Town) -> None:
    ts = town.server.say(town.hall, town.anna, "The offer is from Acme Cam &amp; friends")
    [summary] = await town.posts()
    assert summary.startswith("Acme Cam: ")
    (posted,) = town.server.posted(town.hall)
    assert posted["thread_ts"] == ts
    assert "Here because of" in str(posted["blocks"])
    (call,) = town.server.calls_of("chat.postMessage")
    assert call.arguments["unfurl_links"] in {False, "false", "0"}


async def test_an_event_that_slack_sends_three_times_gets_one_card(town: Town) -> None:
    town.server.redeliver(3)
    town.server.say(town.hall, town.anna, "Acme Cam")
    town.server.say(town.hall, town.anna, "Road Runner")
    assert len(await town.posts(2)) == 2
    await town.app.settle(5)
    assert len(town.server.posted(town.hall)) == 2


async def test_a_post_whose_answer_is_lost_is_looked_for_and_not_repeated(town: Town) -> None:
    town.server.fault("chat.postMessage", "lost")
    town.server.say(town.hall, town.anna, "Acme Cam")
    await town.server.wait_for_calls("conversations.replies", within=20)
    await town.app.settle(5)
    assert len(town.server.posted(town.hall)) == 1
    assert (await town.app.store.depth())[State.SENT] == 1


async def test_an_edit_that_names_another_vendor_alerts_and_a_deletion_withdraws(
    town: Town,
) -> None:
    ts = town.server.say(town.hall, town.anna, "Acme Cam")
    await town.posts(1)
    town.server.edit(town.hall, ts, "Acme Cam or Road Runner")
    summaries = await town.posts(2)
    assert summaries[1].startswith("Road Runner: ")
    town.server.delete(town.hall, ts)
    await town.server.until(lambda: not town.server.posted(town.hall), within=10)


async def test_a_slash_command_is_answered_where_only_the_asker_sees_it(town: Town) -> None:
    town.server.slash(town.anna, town.hall, "/vendor", "acme-cam")
    await town.server.until(lambda: town.server.ephemerals(town.anna), within=10)
    (answer,) = town.server.ephemerals(town.anna)
    assert answer["text"].startswith("Acme Cam: ")
    assert town.server.posted(town.hall) == []


async def test_a_direct_message_is_a_command(town: Town) -> None:
    place = town.server.im(town.anna)
    town.server.say(place, town.anna, "Road Runner")
    assert (await town.posts(1, place))[0].startswith("Road Runner")


async def test_a_channel_that_reacts_gets_a_mark(town: Town) -> None:
    hall = Channel("slack", town.hall)
    await town.app.store.choose(hall.key, {"mode": "react"}, "anna", town.app.clock())
    ts = town.server.say(town.hall, town.anna, "Acme Cam")
    await town.server.until(lambda: town.server.reactions(town.hall, ts), within=10)
    assert list(town.server.reactions(town.hall, ts)) == [MARK]
    assert town.server.posted(town.hall) == []


async def test_a_cut_connection_loses_nothing(town: Town) -> None:
    for number in range(4):
        await town.server.cut()
        town.server.say(town.hall, town.anna, "Acme Cam" if number % 2 else "Road Runner")
    await town.server.until(lambda: len(town.server.posted(town.hall)) == 2, within=25)


async def test_a_channel_that_was_archived_is_given_up_with_slacks_reason(town: Town) -> None:
    town.server.fault("chat.postMessage", "error", error="is_archived")
    town.server.say(town.hall, town.anna, "Acme Cam")
    await town.server.wait_for_calls("chat.postMessage", within=10)
    await town.app.settle(5)
    assert [each.reason for each in await town.app.store.parked(5)] == [
        "chat.postMessage: is_archived"
    ]


async def test_a_token_that_slack_refuses_is_one_clear_line(tmp_path: Path) -> None:
    async with slack() as server:
        wrong = {
            "bot_token": "xoxb-wrong",
            "app_token": "xapp-wrong",
            "api_url": server.api_url,
        }
        config = settings(tmp_path, server, slack=wrong)
        (platform,) = talking_on(config, now)
        assert await platform.check() == [
            "slack.bot_token: auth.test: invalid_auth",
            "slack.app_token: apps.connections.open: invalid_auth",
        ]
        async with assemble(config, (platform,)) as (app, _):
            with pytest.raises(BotError, match=r"invalid_auth; check slack\.bot_token"):
                await platform.run(app)
