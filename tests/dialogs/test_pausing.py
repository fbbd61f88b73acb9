"""All posting stops at an admin's word, and what waited is told afterwards."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.core.commands import Role
from bot.core.document import said
from bot.core.mention import Channel
from bot.core.settings import Settings
from tests.dialogs.conftest import ACME, ROAD, Bot, make
from tests.fakes import Clock, FakePlatform

DESK = Channel("fake", "#desk", private=True)
BOARD = Channel("fake", "#board", private=True)


@pytest.fixture
async def hall(tmp_path: Path) -> AsyncIterator[Bot]:
    """Give a bot with two admins, a curator, a moderator and a channel of the admins."""
    roles = {"ada": Role.ADMIN, "otto": Role.ADMIN, "cora": Role.CURATOR}
    platform = FakePlatform(roles=roles, moderators={("#hall", "mona")})
    async for made in make(
        tmp_path, [ACME, ROAD], Settings(), Clock(), admins=(DESK,), platform=platform
    ):
        yield made


async def test_a_pause_is_confirmed_and_told_to_the_admins_and_then_all_is_quiet(
    hall: Bot,
) -> None:
    told = await hall.answers("vendor pause the feed is broken.", "ada", confirm=False)
    assert told.startswith("That would stop all posting at once, in every channel")
    await hall.hears("#yard", "Acme Cam")
    assert len(hall.posted()) == 1
    said = await hall.presses("Confirm", "ada")
    first = "Posting is stopped in every channel, by ada: the feed is broken."
    assert said.splitlines()[0] == first
    assert [(where, text.splitlines()[0]) for where, _, text in hall.posted()] == [("#desk", first)]
    await hall.hears("#hall", "Acme Cam")
    await hall.reads(("Cameras bought", "", "Road Runner"))
    assert hall.posted() == []
    assert "Acme Cam" in await hall.answers("vendor acme-cam")
    assert (await hall.answers("vendor status")).startswith("Posting is stopped, by ada since")


async def test_the_admins_hear_of_it_though_something_waits_for_their_channel(hall: Bot) -> None:
    await hall.answers("vendor pause", "ada")
    hall.posted()
    await hall.app.store.say("default", DESK, said("A feed is silent."), "k1", hall.clock())
    await hall.settle()
    assert hall.posted() == []
    told = await hall.answers("vendor mute acme-cam for 1h", "anna", DESK)
    assert [text for _, _, text in hall.posted()] == [told]
    await hall.answers("vendor resume", "otto")
    assert "A feed is silent." in [text for _, _, text in hall.posted()]


async def test_resuming_tells_how_much_waited_and_it_comes(hall: Bot) -> None:
    await hall.answers("vendor pause", "ada")
    await hall.hears("#hall", "Acme Cam")
    await hall.hears("#yard", "Acme Cam and Road Runner")
    hall.posted()
    told = await hall.answers("vendor resume", "otto")
    assert told == (
        "Posting goes on, resumed by otto. 3 alerts waited in open channels; each gets one "
        "digest, after its quiet hours."
    )
    posted = hall.posted()
    assert ("#desk", None, told) in posted
    assert sorted(where for where, _, _ in posted) == ["#desk", "#hall", "#yard"]
    await hall.hears("#attic", "Acme Cam")
    assert len(hall.posted()) == 1


async def test_what_waits_in_private_channels_is_counted_nowhere(hall: Bot) -> None:
    await hall.answers("vendor pause", "ada")
    await hall.hears(BOARD, "Acme Cam")
    hall.posted()
    told = await hall.answers("vendor resume", "ada")
    assert told == "Posting goes on, resumed by ada. Nothing waited in open channels."
    assert sorted(where for where, _, _ in hall.posted()) == ["#board", "#desk"]


async def test_quiet_hours_and_the_configurations_defaults_hold_after_a_pause(
    tmp_path: Path,
) -> None:
    settings = Settings().changed({"quiet": "11:00-15:00 UTC"})
    platform = FakePlatform(roles={"ada": Role.ADMIN})
    async for bot in make(tmp_path, [ACME], settings, Clock(), platform=platform):
        await bot.answers("vendor pause", "ada")
        await bot.hears("#hall", "Acme Cam")
        await bot.answers("vendor resume", "ada")
        assert bot.posted() == []
        bot.clock.pass_(hours=4)
        await bot.settle()
        assert len(bot.posted()) == 1


@pytest.mark.parametrize("actor", ["anna", "cora", "mona"])
async def test_only_admins_stop_the_posting_or_let_it_go_on(hall: Bot, actor: str) -> None:
    for line in ("vendor pause", "vendor pause now", "vendor resume"):
        command = " ".join(line.split()[:2])
        told = await hall.answers(line, actor)
        assert told == f"Only admins may use {command}; nothing was done."
    assert await hall.app.store.paused() is None
    assert hall.posted() == []


async def test_what_is_so_already_is_said(hall: Bot) -> None:
    assert await hall.answers("vendor resume", "ada") == "Posting is not stopped."
    await hall.answers("vendor pause", "ada")
    hall.posted()
    told = await hall.answers("vendor pause", "otto", confirm=False)
    assert told.splitlines()[0] == "Posting is stopped already, by ada since 1 Apr 2024, 12:00 UTC."
    assert hall.posted() == []


async def test_the_button_under_the_news_lets_it_go_on(hall: Bot) -> None:
    await hall.answers("vendor pause", "ada")
    assert "Only admins may use" in await hall.presses("Resume", "cora")
    assert (await hall.answers("vendor resume", "otto", DESK)).startswith("Posting goes on")


async def test_where_all_see_the_answer_that_channel_is_told_once(hall: Bot) -> None:
    hall.platform.private_answers = False
    await hall.answers("vendor pause", "ada", DESK)
    await hall.answers("vendor resume", "ada", DESK)
    assert hall.posted() == []
    await hall.answers("vendor pause", "ada")
    assert [where for where, _, _ in hall.posted()] == ["#desk"]


async def test_a_reason_is_short(hall: Bot) -> None:
    told = await hall.answers("vendor pause " + "x" * 201, "ada")
    assert told == "A reason has at most 200 characters."
    assert await hall.app.store.paused() is None
