"""Where people react to a message instead of pressing a button, and edit what they asked."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.core.commands import Role
from bot.core.mention import Channel, Invocation
from bot.core.settings import Mode, Settings
from bot.core.signs import signed
from tests.dialogs.conftest import ACME, ROAD, Bot, a_bot, make, place
from tests.fakes import Clock, FakePlatform

SECRET = Channel("fake", "#vault", private=True, encrypted=True)


@pytest.fixture
async def hall(tmp_path: Path) -> AsyncIterator[Bot]:
    """Give a bot on a platform where answers are messages, and not seen by the asker alone."""
    platform = FakePlatform(
        roles={"cora": Role.CURATOR, "ada": Role.ADMIN}, keeps_answers=True, private_answers=False
    )
    async for made in make(tmp_path, [ACME, ROAD], Settings(), Clock(), platform=platform):
        yield made


def sign(bot: Bot, label: str) -> str:
    """Give the sign of a button of the newest message."""
    newest = bot.platform.shown[bot.last_id()].document
    return next(own for own, button in signed(newest) if button.label == label)


async def asks(bot: Bot, id_: str, line: str, revises: str | None = None) -> None:
    """Type a command, perhaps as an edit of another."""
    given = Invocation(place("#hall"), id_, "anna", line, revises=revises)
    await bot.app.on_command(given)
    await bot.settle()


async def test_a_reaction_does_what_its_button_would(hall: Bot) -> None:
    await hall.hears("#hall", "Acme Cam", message_id="1")
    card = hall.last_id()
    await hall.reacts(sign(hall, "Mute here"), card)
    assert hall.platform.replies[-1][1].startswith("For how long is Acme Cam to be muted here?")
    await hall.reacts("1️⃣", hall.last_id())
    assert hall.platform.replies[-1][1].startswith("Muted: Acme Cam in #hall")


async def test_a_reaction_takes_back_the_card_that_it_is_on(hall: Bot) -> None:
    await hall.hears("#hall", "Acme Cam", message_id="1")
    card = hall.last_id()
    await hall.reacts(sign(hall, "Wrong match"), card)
    assert card not in hall.platform.shown
    begun = hall.platform.begun
    await hall.reacts("❌", card)
    assert hall.platform.begun == begun


async def test_other_reactions_and_other_peoples_messages_bring_nothing(hall: Bot) -> None:
    await hall.hears("#hall", "Acme Cam", message_id="1")
    begun = hall.platform.begun
    for on, mark in ((hall.last_id(), "🎉"), ("1", "📄"), ("nobody knows", "📄")):
        await hall.reacts(mark, on)
    await hall.reacts("📄", hall.last_id(), channel="#yard")
    assert hall.platform.begun == begun


async def test_the_mark_on_a_message_opens_its_card(tmp_path: Path) -> None:
    async with a_bot(tmp_path, [ACME], Settings(mode=Mode.REACT), Clock()) as bot:
        await bot.hears("#hall", "Acme Cam", message_id="1")
        await bot.reacts("👀", "1")
        assert bot.platform.replies[-1][1].startswith("Acme Cam")
        await bot.reacts("📄", "1")
        await bot.reacts("👀", "2")
        assert len(bot.platform.replies) == 1


async def test_in_an_encrypted_room_a_reaction_opens_and_decides_nothing(hall: Bot) -> None:
    await hall.answers("vendor watch on", "ada", SECRET)
    await hall.hears(SECRET, "Acme Cam", message_id="1")
    card = hall.last_id()
    await hall.reacts(sign(hall, "Full record"), card, "cora", SECRET)
    assert "Acme Cam" in hall.platform.replies[-1][1]
    await hall.answers("vendor mute acme-cam everywhere for 1h", "cora", SECRET)
    await hall.reacts(sign(hall, "Undo this mute"), hall.last_id(), "cora", SECRET)
    told = hall.platform.replies[-1][1]
    assert told.startswith("A reaction is not encrypted and can be forged, so this needs a typed")
    assert (await hall.answers("vendor mutes", "cora", SECRET)).startswith("1 mute in force")


async def test_what_is_pressed_under_a_direct_answer_counts_where_it_was_asked(hall: Bot) -> None:
    given = Invocation(place("#hall"), "c", "anna", "vendor mute acme-cam", reply_to="#own")
    await hall.app.on_command(given)
    await hall.settle()
    await hall.reacts("1️⃣", hall.last_id(), channel="#own")
    assert hall.platform.replies[-1][1].startswith("Muted: Acme Cam in #hall")


# Edited and deleted commands


async def test_an_edited_command_changes_its_answer(hall: Bot) -> None:
    await asks(hall, "c1", "vendor acme cma")
    await asks(hall, "e1", "vendor acme-cam", "c1")
    await asks(hall, "e2", "vendor road-runner", "c1")
    [answer] = hall.shown("#hall")
    assert answer.startswith("Road Runner")
    assert len(hall.platform.replies) == 1


async def test_a_longer_answer_takes_more_messages_and_a_shorter_one_fewer(hall: Bot) -> None:
    hall.platform.page = 1
    await asks(hall, "c1", "vendor nobody")
    few = len(hall.shown("#hall"))
    await asks(hall, "e1", "vendor record acme-cam", "c1")
    assert len(hall.shown("#hall")) > few
    await asks(hall, "e2", "vendor nobody", "c1")
    assert len(hall.shown("#hall")) == few


async def test_a_command_edited_late_keeps_its_answer(hall: Bot) -> None:
    await asks(hall, "c1", "vendor acme-cam")
    hall.clock.pass_(minutes=11)
    await asks(hall, "e1", "vendor road-runner", "c1")
    [answer] = hall.shown("#hall")
    assert answer.startswith("Acme Cam")


async def test_a_deleted_command_takes_its_answer_with_it(tmp_path: Path) -> None:
    platform = FakePlatform(keeps_answers=True)
    settings = Settings(mode=Mode.CHANNEL)  # in which alerts stay
    async with a_bot(tmp_path, [ACME], settings, Clock(), platform=platform) as bot:
        await asks(bot, "c1", "vendor acme-cam")
        assert len(bot.shown("#hall")) == 1
        await bot.deletes("#hall", "c1")
        assert bot.shown("#hall") == []
