"""Feeds whose alerts go to a channel that the configuration only names: it may be a private one."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from bot.config import Config
from bot.core.mention import Channel
from bot.core.places import Listening, Watch
from bot.core.roles import Roles
from bot.core.settings import Settings
from bot.feeding import configured
from tests.dialogs.conftest import ACME, FEED, ROAD, Bot, a_bot
from tests.fakes import Clock

CLUB = "https://club.example/feed.xml"
HALL = Channel("fake", "#hall")
BOARD = Channel("fake", "#board", private=True)
OPS = Channel("fake", "#ops", private=True)
NAMED = {FEED: (Channel("fake", "#hall", private=True),), CLUB: (BOARD,)}
"""As the configuration names them: nobody has said yet that one is public."""


@pytest.fixture
async def routed(tmp_path: Path) -> AsyncIterator[Bot]:
    """Give a bot with a feed for each of two channels, of which it knows the names alone."""
    async with a_bot(
        tmp_path,
        [ACME, ROAD],
        Settings(),
        Clock(),
        NAMED,
        (OPS,),
        roles=Roles.of(["fake:ada"], []),
        watch=Watch.ON_APPROVAL,
    ) as bot:
        yield bot


async def elsewhere(bot: Bot) -> str:
    """Give all that somebody who is only in the public channel may be told."""
    answers = [await bot.answers(line, "bea") for line in ("vendor overview", "vendor status")]
    store = bot.app.store
    alerts = [await store.last_alerts(each, None, 9) for each in ("acme-cam", "road-runner")]
    return repr([answers, alerts, await store.precision(), await store.parked(9)])


async def test_what_a_feed_brings_to_a_private_channel_shows_nowhere_else(routed: Bot) -> None:
    await routed.joins(HALL)
    await routed.joins(BOARD)
    with capture_logs() as logs:
        await routed.reads(("For the club", "", "Road Runner"), feed=CLUB)
    assert "Road Runner" in routed.shown("#board")[-1]
    assert "#board" not in repr(logs)
    told = await elsewhere(routed)
    secrets = ["#board", "road-runner", "Road Runner", "club.example", "For the club"]
    assert [each for each in secrets if each in told] == []
    assert "Road Runner in #board" in await routed.answers("vendor overview", channel=BOARD)


async def test_what_a_feed_brings_to_a_public_channel_is_told(routed: Bot) -> None:
    await routed.joins(HALL)
    with capture_logs() as logs:
        await routed.reads(("For all", "", "Acme Cam"))
    told = await elsewhere(routed)
    assert "Acme Cam in #hall" in told
    assert FEED in told
    assert "fake:#hall" in repr(logs)


async def test_a_channel_that_nobody_saw_the_inside_of_counts_as_private(routed: Bot) -> None:
    await routed.reads(("For all", "", "Acme Cam"))
    assert "Acme Cam" in routed.shown("#hall")[-1]
    assert "#hall" not in await elsewhere(routed)


async def test_a_decision_from_elsewhere_does_not_make_a_channel_public(routed: Bot) -> None:
    await routed.decides("vendor watch on #board", OPS)
    assert await routed.app.store.listening(BOARD) is Listening.ON
    await routed.reads(("For the club", "", "Road Runner"), feed=CLUB)
    assert "#board" not in await elsewhere(routed)


@pytest.mark.parametrize("line", [None, "vendor report acme-cam that is wrong"])
async def test_where_admins_are_told_counts_as_private_until_the_bot_knows_better(
    routed: Bot, line: str | None
) -> None:
    named = []
    for number in range(2):
        with capture_logs() as logs:
            if line is None:
                await routed.joins(f"#lab-{number}")
            else:
                await routed.answers(line)
        named.append("fake:#ops" in repr(logs))
        await routed.joins("#ops")
    assert named == [False, True]


def test_a_channel_of_the_configuration_is_public_only_in_the_terminal() -> None:
    channels = ["slack:C1", "matrix:!room:example.org", "console:#general"]
    config = Config.model_validate({"feeds": {"list": [{"url": FEED, "channels": channels}]}})
    found = {each.channel.key: each.channel.private for each in configured(config)}
    assert found == dict(zip(channels, [True, True, False], strict=True))
