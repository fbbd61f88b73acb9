"""Encrypted rooms are listened to only where somebody there said so; rooms go on as others."""

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from bot.core.commands import Role
from bot.core.mention import Channel
from bot.core.settings import Settings
from bot.errors import DeliveryError
from tests.dialogs.conftest import ACME, ROAD, Bot, make
from tests.fakes import Clock, FakePlatform

OPEN = Channel("fake", "!open")
CLOSED = Channel("fake", "!closed", private=True, encrypted=True)
OLD, NEW = Channel("fake", "!old", private=True), Channel("fake", "!new", private=True)
OPS = Channel("fake", "#ops")
NEWS = "https://gazette.example/feed.xml"
TITLE = ("Acme Cam wins", "A summary", "")


@pytest.fixture
async def bot(tmp_path: Path) -> AsyncIterator[Bot]:
    """Give a bot with a moderator in each room, whose feed goes to the old one."""
    rooms = (CLOSED, OPEN, OLD, NEW)
    platform = FakePlatform(
        roles={"ada": Role.ADMIN}, moderators={(each.id, "mona") for each in rooms}
    )
    routes = {NEWS: (OLD,)}
    async for made in make(
        tmp_path, [ACME, ROAD], Settings(), Clock(), routes, (OPS,), platform=platform
    ):
        yield made


async def listens(bot: Bot, channel: Channel) -> bool:
    bot.clock.pass_(days=40)
    bot.posted()
    await bot.hears(channel, "Acme Cam")
    return bool(bot.posted())


async def test_an_encrypted_room_is_not_listened_to_until_a_moderator_says_so_there(
    bot: Bot,
) -> None:
    await bot.joins(CLOSED)
    [(where, _, intro)] = bot.posted()
    assert where == "!closed"  # and no admin elsewhere hears of it
    assert "What I read: nothing, since this room is encrypted. A moderator types vendor" in intro
    assert not await listens(bot, CLOSED)
    assert "is encrypted" in await bot.answers("vendor about", "anna", CLOSED)
    await bot.decides("vendor watch on", CLOSED, "mona")
    assert await listens(bot, CLOSED)
    assert "every message here" in await bot.answers("vendor about", "anna", CLOSED)


async def test_nobody_switches_it_on_from_elsewhere(bot: Bot) -> None:
    await bot.joins(CLOSED)
    told = await bot.decides("vendor watch on fake:!closed", OPS)
    assert told == "That room is encrypted: type this there, so that its people see it."
    assert not await listens(bot, CLOSED)
    await bot.decides("vendor watch on", CLOSED, "mona")
    await bot.decides("vendor watch off fake:!closed", OPS)
    assert not await listens(bot, CLOSED)


async def test_a_decision_does_not_outlast_the_room_becoming_encrypted(bot: Bot) -> None:
    await bot.joins(OPEN)
    await bot.decides("vendor watch on", OPEN, "mona")
    assert await listens(bot, OPEN)
    sealed = replace(OPEN, encrypted=True)
    assert not await listens(bot, sealed)
    await bot.joins(sealed)
    [(_, _, told)] = bot.posted()
    assert "nothing, since this room is encrypted" in told
    # For good, whatever a message says of its room.
    assert not await listens(bot, OPEN)
    await bot.decides("vendor watch on", sealed, "mona")
    assert await listens(bot, sealed)


# Rooms that go on as others


async def test_what_was_chosen_for_a_room_holds_in_the_one_that_follows_it(bot: Bot) -> None:
    await bot.joins(OLD)
    await bot.alerts(OLD, mode="channel")
    await bot.mutes("road-runner", OLD)
    await bot.hears(OLD, "Acme Cam")
    await bot.calls_wrong(OLD, bot.last_id(), "acme-cam")
    bot.posted()
    await bot.moves(OLD, NEW)
    [(where, _, told)] = bot.posted()
    assert (where, told) == (
        "!new",
        "This room follows an older one, and all that was set there holds here.",
    )
    await bot.hears(NEW, "Acme Cam")
    await bot.hears(NEW, "Road Runner")
    assert bot.posted() == []
    assert "Road Runner" in await bot.answers("vendor mutes", "anna", NEW)
    await bot.hears(NEW, "Acme Camera")
    await bot.moves(OLD, NEW)
    assert bot.posted() == []


async def test_feeds_follow_a_room_through_all_its_moves(bot: Bot) -> None:
    newest = replace(NEW, id="!newest")
    await bot.joins(OLD)
    await bot.moves(OLD, NEW)
    await bot.moves(NEW, newest, "t2")
    bot.posted()
    await bot.reads(TITLE, feed=NEWS)
    assert [where for where, _, _ in bot.posted()] == ["!newest"]


async def test_rooms_that_follow_each_other_in_a_circle_end_somewhere(bot: Bot) -> None:
    await bot.moves(OLD, NEW)
    await bot.moves(NEW, OLD, "t2")
    await bot.moves(OLD, OLD, "t3")
    bot.posted()
    await bot.reads(TITLE, feed=NEWS)
    assert [where for where, _, _ in bot.posted()] == ["!old"]


async def test_what_waits_goes_to_the_room_that_follows(bot: Bot) -> None:
    await bot.alerts(OLD, quiet="11:00-13:00 UTC")
    await bot.hears(OLD, "Acme Cam")
    bot.platform.failing.append(DeliveryError("busy", retry_after=30))
    await bot.alerts(OLD, quiet="no")
    await bot.hears(OLD, "Road Runner", message_id="2")
    await bot.moves(OLD, NEW)
    bot.clock.pass_(hours=2)
    await bot.settle()
    told = bot.posted()
    assert {(where, thread) for where, thread, _ in told} == {("!new", None)}
    assert told[0][2].startswith("Road Runner")
    assert "Acme Cam" in told[-1][2]


async def test_to_listen_does_not_go_on_into_a_room_that_is_encrypted_now(bot: Bot) -> None:
    await bot.joins(OLD)
    await bot.decides("vendor watch on", OLD, "mona")
    bot.posted()
    sealed = replace(NEW, encrypted=True)
    await bot.moves(OLD, sealed)
    [(_, _, told)] = bot.posted()
    assert told.endswith("this room is encrypted: a moderator types vendor watch on.")
    assert not await listens(bot, sealed)


async def test_to_listen_goes_on_from_one_encrypted_room_into_another(bot: Bot) -> None:
    await bot.decides("vendor watch on", CLOSED, "mona")
    sealed = replace(NEW, encrypted=True)
    await bot.moves(CLOSED, sealed)
    assert await listens(bot, sealed)


async def test_not_to_listen_goes_on_everywhere(bot: Bot) -> None:
    await bot.joins(CLOSED)  # and nobody decides
    await bot.moves(CLOSED, NEW)
    assert not await listens(bot, NEW)
    await bot.decides("vendor watch off", OLD, "mona")
    sealed = replace(OPEN, encrypted=True)
    await bot.moves(OLD, sealed)
    assert "switched off here" in await bot.answers("vendor about", "anna", sealed)


async def test_what_waits_in_a_closed_room_does_not_go_into_an_open_one(bot: Bot) -> None:
    await bot.decides("vendor watch on", CLOSED, "mona")
    await bot.alerts(CLOSED, quiet="11:00-13:00 UTC")
    await bot.hears(CLOSED, "Acme Cam")
    bot.posted()
    await bot.moves(CLOSED, NEW)
    bot.clock.pass_(hours=2)
    await bot.settle()
    assert "Acme" not in repr(bot.posted())
