"""Searching the records and looking back at a vendor, asked in a channel."""

from bot.core.mention import Channel
from tests.dialogs.conftest import Bot

BOARD = Channel("fake", "#board", private=True)
SEALED = Channel("fake", "!sealed", private=True, encrypted=True)


async def test_a_search_leads_to_the_record(bot: Bot) -> None:
    text = await bot.answers("vendor search “hats”")
    assert "count hats without a permit" in text
    assert "never counted hats" in text, "an allegation stands with its answer"
    assert "Sanctions status" in await bot.presses("Acme Cam: full record")


async def test_a_search_for_nothing_says_what_to_type(bot: Bot) -> None:
    told = "Say which words to look for. Type vendor search <text>."
    assert await bot.answers("vendor search ...") == told
    assert "Type vendor search <text>." in await bot.answers("vendor search")


async def test_a_history_tells_of_today(bot: Bot) -> None:
    for _ in range(3):
        await bot.hears("#hall", "Acme Cam")
    lines = (await bot.answers("vendor history acme cam")).splitlines()
    assert lines[0] == "Acme Cam: 3 mentions in 30 days"
    assert lines[1] == "1 alert posted, 2 judged quiet: inside the cooldown (2)."
    assert "1 Apr: █ 3 mentions, 1 alert" in lines
    assert "1 Apr 2024, 12:00 UTC in #hall" in lines


async def test_a_name_that_is_only_near_is_asked_back(bot: Bot) -> None:
    await bot.hears("#hall", "Acme Cam")
    assert (await bot.answers("vendor history acme cann")).startswith("No watched vendor is called")
    assert "Acme Cam: 1 mention" in await bot.presses("Acme Cam")


async def test_a_history_shows_nothing_of_private_channels_to_others(bot: Bot) -> None:
    for channel in (BOARD, SEALED):
        await bot.hears(channel, "Acme Cam")
    assert "0 mentions" in await bot.answers("vendor history acme-cam")
    assert "board" not in await bot.answers("vendor history acme-cam")
    bot.platform.rooms["bea"] = frozenset({"#board"})
    assert "in #board" in await bot.answers("vendor history acme-cam", "bea")
    assert "in #board" in await bot.answers("vendor history acme-cam", "carl", BOARD)
    bot.platform.private_answers = False
    # Where all see the answer, the asker's other channels are left out.
    assert "board" not in await bot.answers("vendor history acme-cam", "bea")
