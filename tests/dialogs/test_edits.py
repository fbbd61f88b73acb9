"""People change and delete what they said, and the bot's answers follow."""

from pathlib import Path

from bot.core.settings import Mode, Settings
from bot.errors import DeliveryError
from tests.dialogs.conftest import ACME, ROAD, Bot, a_bot
from tests.fakes import Clock


async def test_a_vendor_that_an_edit_names_newly_alerts_once(bot: Bot) -> None:
    await bot.hears("#hall", "The offer is here.", message_id="1")
    for _ in range(3):
        await bot.edits("#hall", "1", "The offer of Acme Cam is here.")
    [(channel, thread, card)] = bot.posted()
    assert (channel, thread) == ("#hall", "1")
    assert card.startswith("Acme Cam")


async def test_a_vendor_that_is_added_alerts_and_the_one_before_does_not_again(bot: Bot) -> None:
    await bot.hears("#hall", "Acme Cam", message_id="1")
    bot.posted()
    bot.clock.pass_(days=40)
    await bot.edits("#hall", "1", "Acme Cam or Road Runner")
    [(_, _, card)] = bot.posted()
    assert card.startswith("Road Runner")


async def test_a_changed_message_that_was_quiet_before_stays_quiet(bot: Bot) -> None:
    await bot.hears("#hall", "Acme Cam", message_id="1")
    await bot.hears("#hall", "Acme Cam too", message_id="2")
    bot.posted()
    bot.clock.pass_(days=2)
    await bot.edits("#hall", "2", "Acme Cam too!")
    assert bot.posted() == []


async def test_taking_a_name_out_and_in_again_is_no_news(bot: Bot) -> None:
    await bot.hears("#hall", "Acme Cam", message_id="1")
    bot.posted()
    bot.clock.pass_(days=2)
    await bot.edits("#hall", "1", "They")
    await bot.edits("#hall", "1", "Acme Cam")
    assert bot.posted() == []


async def test_an_edit_of_a_message_from_before_the_bot_came_alerts(bot: Bot) -> None:
    await bot.edits("#hall", "0", "Acme Cam")
    assert len(bot.posted()) == 1


async def test_a_message_of_the_same_id_elsewhere_is_another_message(bot: Bot) -> None:
    await bot.hears("#hall", "Acme Cam", message_id="1")
    await bot.edits("#yard", "1", "Acme Cam")
    assert [channel for channel, _, _ in bot.posted()] == ["#hall", "#yard"]


async def test_deleting_what_brought_a_card_takes_it_back(bot: Bot) -> None:
    await bot.hears("#hall", "Acme Cam", message_id="1")
    await bot.hears("#hall", "Road Runner", message_id="2")
    await bot.deletes("#hall", "1")
    assert [text.split("\n")[0] for text in bot.shown("#hall")] == ["Road Runner"]


async def test_a_card_that_an_edit_brought_goes_with_its_message_too(bot: Bot) -> None:
    await bot.hears("#hall", "Acme Cam", message_id="1")
    await bot.edits("#hall", "1", "Acme Cam or Road Runner")
    assert len(bot.shown("#hall")) == 2
    await bot.deletes("#hall", "1")
    assert bot.shown("#hall") == []


async def test_where_alerts_do_not_go_in_threads_a_card_stays(tmp_path: Path) -> None:
    async with a_bot(tmp_path, [ACME], Settings(mode=Mode.CHANNEL), Clock()) as bot:
        await bot.hears("#hall", "Acme Cam", message_id="1")
        await bot.deletes("#hall", "1")
        assert len(bot.shown("#hall")) == 1


async def test_a_channel_can_decide_otherwise(tmp_path: Path) -> None:
    async with a_bot(tmp_path, [ACME], Settings(mode=Mode.CHANNEL), Clock()) as bot:
        await bot.alerts("#yard", withdraw="yes")
        await bot.alerts("#attic", mode="thread", withdraw="no")
        for channel in ("#hall", "#yard", "#attic"):
            await bot.hears(channel, "Acme Cam", message_id="1")
            await bot.deletes(channel, "1")
        assert [len(bot.shown(each)) for each in ("#hall", "#yard", "#attic")] == [1, 0, 1]


async def test_a_message_that_is_deleted_before_its_card_is_out_gets_none(bot: Bot) -> None:
    bot.platform.failing.append(DeliveryError("busy", retry_after=30))
    await bot.hears("#hall", "Acme Cam", message_id="1")
    await bot.deletes("#hall", "1")
    bot.clock.pass_(seconds=31)
    await bot.settle()
    assert bot.posted() == []


async def test_deleting_and_saying_it_again_brings_the_card_again(bot: Bot) -> None:
    await bot.hears("#hall", "Acme Cma makes them, I mean Acme Cam", message_id="1")
    await bot.deletes("#hall", "1")
    await bot.hears("#hall", "Acme Cam makes them", message_id="2")
    assert [text.split("\n")[0] for text in bot.shown("#hall")] == ["Acme Cam (阿珂美)"]


async def test_a_deleted_card_is_not_referred_to_later(bot: Bot) -> None:
    await bot.hears("#hall", "Acme Cam", message_id="1")
    await bot.deletes("#hall", "1")
    bot.posted()
    bot.clock.pass_(days=2)
    await bot.hears("#hall", "Acme Cam", message_id="2")
    [(_, _, text)] = bot.posted()
    assert "since the card of" not in text


async def test_deleting_a_message_that_named_nobody_changes_nothing(bot: Bot) -> None:
    await bot.hears("#hall", "Acme Cam", message_id="1")
    await bot.hears("#hall", "hello", message_id="2")
    await bot.deletes("#hall", "2")
    await bot.deletes("#hall", "never heard of")
    assert len(bot.shown("#hall")) == 1


async def test_deleting_takes_nothing_of_other_peoples_away(tmp_path: Path) -> None:
    async with a_bot(tmp_path, [ACME], Settings(mode=Mode.REACT, withdraw=True), Clock()) as bot:
        await bot.hears("#hall", "Acme Cam", message_id="1")
        assert bot.platform.marks == [("#hall", "1")]
        begun = bot.platform.begun
        await bot.deletes("#hall", "1")
        # There is nothing of the bot's to take back, and message 1 is a person's.
        assert bot.platform.begun == begun


async def test_a_deleted_message_is_not_told_of_when_the_quiet_hours_end(tmp_path: Path) -> None:
    async with a_bot(tmp_path, [ACME, ROAD], Settings(), Clock()) as bot:
        await bot.alerts("#hall", quiet="11:00-13:00 UTC")
        await bot.hears("#hall", "Acme Cam", message_id="1")
        await bot.hears("#hall", "Road Runner", message_id="2")
        await bot.deletes("#hall", "1")
        bot.clock.pass_(hours=1)
        await bot.settle()
        [(_, _, text)] = bot.posted()
        assert "Road Runner" in text
        assert "Acme Cam" not in text
