"""Somebody edits the watchlist by chat: the bot answers, watches at once, and can undo it."""

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest

from bot.commands.records import watchlist_add
from bot.core.commands import Rest
from bot.core.mention import Channel, Invocation
from bot.core.roles import Roles
from bot.core.settings import Settings
from tests.dialogs.conftest import ACME, ROAD, Bot, a_bot
from tests.fakes import Clock

CURATORS = Roles.of(["fake:ada"], ["fake:dana", "fake:eli"])


@pytest.fixture
async def bot(tmp_path: Path) -> AsyncIterator[Bot]:
    """Give a bot with an admin and two curators."""
    async with a_bot(tmp_path, [ACME, ROAD], Settings(), Clock(), roles=CURATORS) as made:
        yield made


async def says(bot: Bot, line: str, actor: str = "dana") -> str:
    """Give a command; give what is answered, in text."""
    return await bot.answers(line, actor, confirm=False)


async def test_a_vendor_added_by_name_watches_at_once(bot: Bot) -> None:
    """A line is enough; the log has it, and an undo takes it back."""
    assert "Gizmo Eye is watched. (revision 1)" in await says(bot, "watchlist add Gizmo Eye")
    await bot.hears("#hall", "They bought a Gizmo Eye")
    assert "Gizmo Eye" in bot.shown("#hall")[-1]
    log = await says(bot, "watchlist log")
    assert "1 · Gizmo Eye" in log
    assert "1 is taken back" in await says(bot, "watchlist undo 1", "eli")
    assert "No watched vendor is called" in await says(bot, "vendor gizmo eye")
    assert "Taken back by 2" in await says(bot, "watchlist diff 1")
    assert "2 is taken back" in await says(bot, "watchlist undo 2")
    assert "Gizmo Eye" in await says(bot, "vendor gizmo eye")


async def test_a_vendor_is_removed_after_a_preview_and_restored(bot: Bot) -> None:
    """It stays in the log."""
    asked = await says(bot, "watchlist remove acme cam not ours to watch")
    assert "That would take Acme Cam off the watchlist" in asked
    code = asked.partition("vendor confirm ")[2][:4]
    assert "is not watched any more" in await says(bot, f"vendor confirm {code}")
    await bot.hears("#hall", "Acme Cam again")
    assert bot.posted() == []
    assert "is taken back" in await says(bot, "watchlist restore acme-cam")
    await bot.hears("#hall", "Acme Cam again")
    assert len(bot.posted()) == 1


async def test_readers_are_refused(bot: Bot) -> None:
    """Nothing is changed."""
    assert "Only curators and admins" in await says(bot, "watchlist add Gizmo Eye", "anna")
    assert "No watched vendor" in await says(bot, "vendor gizmo eye")


async def test_what_is_there_is_not_added_again(bot: Bot) -> None:
    """Under any of its names."""
    assert "Acme Cam is watched already" in await says(bot, "watchlist add ACME CAM co ltd")
    await bot.answers("watchlist remove acme-cam", "dana")
    assert "watchlist restore acme-cam" in await says(bot, "watchlist add Acme Cam")


async def test_what_was_added_and_taken_back_can_be_added_again(bot: Bot) -> None:
    """Under the same id."""
    await says(bot, "watchlist add Gizmo Eye")
    await says(bot, "watchlist undo 1")
    assert "watchlist name add gizmo-eye " in await says(bot, "watchlist add Gizmo Eye")


async def test_an_undo_of_an_undo_of_nothing_is_refused(bot: Bot) -> None:
    """With what to type instead."""
    assert "There is no revision 7" in await says(bot, "watchlist undo 7")


async def test_an_edit_whose_answer_was_lost_is_told_of_and_not_made_again(bot: Bot) -> None:
    """The process died between the two."""
    given = Invocation(Channel("fake", "#hall"), "x1", "dana", "watchlist add Gizmo Eye")
    assert await bot.app.store.receive(given, bot.clock())
    command = await bot.app.store.take_command(bot.clock(), timedelta(seconds=60))
    assert command is not None
    context = await bot.app._context(given)
    await watchlist_add(context, Rest("Gizmo Eye"))
    bot.clock.pass_(seconds=61)
    await bot.settle()
    assert "That is done (revision 1)" in bot.platform.replies[-1][1]
    assert "1 · Gizmo Eye" in await says(bot, "watchlist log")
    assert "2 ·" not in await says(bot, "watchlist log")


async def test_a_name_without_a_latin_letter_is_given_an_id(bot: Bot) -> None:
    """It cannot be made of the name."""
    assert "id=acme-cam" in await says(bot, "watchlist add 吉兹摩")
    assert "is watched" in await says(bot, "watchlist add 吉兹摩 id=gizmo")
    assert "吉兹摩" in await says(bot, "vendor gizmo")
    assert "is no id" in await says(bot, "watchlist add 吉兹 id=No!")
