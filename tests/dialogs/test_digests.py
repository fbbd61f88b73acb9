"""What waits comes as one digest: in the morning, each day or week, after a trial or a pause."""

from datetime import UTC, datetime
from pathlib import Path

from bot.core.settings import Mode, Settings
from tests.dialogs.conftest import ACME, ROAD, Bot, a_bot
from tests.fakes import Clock


async def test_a_daily_digest_comes_at_its_hour_and_tells_everything(bot: Bot) -> None:
    await bot.alerts("#hall", mode="digest", digest="daily 17 Europe/Berlin")
    await bot.hears("#hall", "Acme Cam")
    await bot.hears("#hall", "Road Runner")
    bot.clock.pass_(hours=3, seconds=-1)  # 16:59:59 there
    await bot.settle()
    assert bot.posted() == []
    bot.clock.pass_(seconds=1)
    await bot.settle()
    [(channel, thread, text)] = bot.posted()
    assert (channel, thread) == ("#hall", None)
    assert text.startswith("2 mentions of 2 vendors\nAlerts since the last digest")
    assert "Acme Cam: 1 mention" in text
    assert "Show card: Road Runner" in text


async def test_a_digest_comes_every_day(bot: Bot) -> None:
    await bot.alerts("#hall", mode="digest", cooldown="1h")
    for day in range(3):
        await bot.hears("#hall", "Acme Cam")
        bot.clock.pass_(days=1)
        await bot.settle()
        assert len(bot.posted()) == 1, f"day {day}"


async def test_a_weekly_digest_comes_on_its_day(bot: Bot) -> None:
    await bot.alerts("#hall", mode="digest", digest="weekly fri 9")
    await bot.hears("#hall", "Acme Cam")
    bot.clock.time = datetime(2024, 4, 5, 8, 59, 59, tzinfo=UTC)
    await bot.settle()
    assert bot.posted() == []
    bot.clock.pass_(seconds=1)
    await bot.settle()
    assert len(bot.posted()) == 1


async def test_a_day_without_mentions_brings_no_digest(bot: Bot) -> None:
    await bot.alerts("#hall", mode="digest")
    bot.clock.pass_(days=3)
    await bot.settle()
    assert bot.posted() == []


async def test_a_digest_that_was_due_while_the_bot_was_off_comes_when_it_is_back(
    bot: Bot,
) -> None:
    await bot.alerts("#hall", mode="digest")
    await bot.hears("#hall", "Acme Cam")
    bot.clock.pass_(days=5)
    await bot.settle()
    assert len(bot.posted()) == 1


async def test_entries_are_named_in_a_digest_by_their_titles(tmp_path: Path) -> None:
    async with a_bot(tmp_path, [ACME, ROAD], Settings(mode=Mode.DIGEST), Clock()) as bot:
        await bot.reads(("Cameras bought", "", "Acme Cam"))
        bot.clock.pass_(days=1)
        await bot.settle()
        [(_, _, text)] = bot.posted()
        assert "“Cameras bought” (1 Apr 12:00)" in text


async def test_quiet_hours_end_in_one_digest_and_by_day_cards_come_at_once(bot: Bot) -> None:
    await bot.alerts("#hall", quiet="22:00-07:00 Europe/Berlin", cooldown="1h")
    bot.clock.time = datetime(2024, 4, 1, 20, 0, tzinfo=UTC)  # 22:00 there
    await bot.hears("#hall", "Acme Cam")
    await bot.hears("#hall", "Road Runner")
    assert bot.posted() == []
    bot.clock.time = datetime(2024, 4, 2, 4, 59, 59, tzinfo=UTC)
    await bot.settle()
    assert bot.posted() == []
    bot.clock.pass_(seconds=1)
    await bot.settle()
    [(_, _, text)] = bot.posted()
    assert text.startswith("2 mentions of 2 vendors\nAlerts from the quiet hours")
    await bot.hears("#hall", "Acme Cam")
    [(_, _, card)] = bot.posted()
    assert card.startswith("Acme Cam (阿珂美)")


async def test_a_trial_tells_after_a_week_what_would_have_been_posted(bot: Bot) -> None:
    await bot.alerts("#hall", mode="trial")
    await bot.hears("#hall", "Acme Cam", message_id="1")
    await bot.hears("#hall", "Acme Cam again")  # the cooldown would have kept it quiet
    bot.clock.pass_(days=3)
    await bot.hears("#hall", "Road Runner")
    assert bot.posted() == []
    bot.clock.time = datetime(2024, 4, 8, 9, 0, tzinfo=UTC)
    await bot.settle()
    [(_, _, text)] = bot.posted()
    assert text.startswith("2 mentions of 2 vendors\nTrial: nothing of this was posted.")


async def test_after_a_trial_the_first_mention_brings_a_card(bot: Bot) -> None:
    await bot.alerts("#hall", mode="trial")
    await bot.hears("#hall", "Acme Cam")
    await bot.alerts("#hall", mode="thread")
    bot.clock.pass_(days=2)
    await bot.hears("#hall", "Acme Cam")
    [(_, _, card)] = bot.posted()
    assert "Sanctions status" in card


async def test_while_posting_is_stopped_nothing_is_posted_and_commands_are_answered(
    bot: Bot,
) -> None:
    store = bot.app.store
    assert await store.pause("bea", bot.clock())
    await bot.hears("#hall", "Acme Cam")
    await bot.reads(("Cameras bought", "", "Acme Cam"))
    assert bot.posted() == []
    assert "Acme Cam" in await bot.answers("vendor acme-cam")
    status = await bot.answers("vendor status")
    assert status.startswith("Posting is stopped, by bea since 01 Apr 2024, 12:00 UTC.")


async def test_after_a_pause_there_is_one_digest_a_channel_and_no_flood(bot: Bot) -> None:
    store = bot.app.store
    await store.pause("bea", bot.clock())
    for number in range(10):
        await bot.hears("#hall", "Acme Cam or Road Runner")
        await bot.hears("#yard", "Road Runner")
        await bot.reads((f"Number {number}", "", "Acme Cam"))
        bot.clock.pass_(days=2)
    await store.resume(bot.clock())
    await bot.settle()
    posted = bot.posted()
    assert sorted(channel for channel, _, _ in posted) == ["#hall", "#news", "#yard"]
    assert all("Alerts from while posting was stopped" in text for _, _, text in posted)
    await bot.hears("#attic", "Acme Cam")
    assert len(bot.posted()) == 1


async def test_taking_back_goes_on_while_posting_is_stopped(bot: Bot) -> None:
    await bot.hears("#hall", "Acme Cam", message_id="1")
    await bot.app.store.pause("bea", bot.clock())
    await bot.deletes("#hall", "1")
    assert bot.shown("#hall") == []


async def test_a_pause_that_ends_at_night_leaves_the_quiet_hours_quiet(bot: Bot) -> None:
    await bot.alerts("#hall", quiet="22:00-07:00 UTC")
    await bot.app.store.pause("bea", bot.clock())
    await bot.hears("#hall", "Acme Cam")
    bot.clock.pass_(hours=11)
    await bot.app.store.resume(bot.clock())
    await bot.settle()
    assert bot.posted() == []
    bot.clock.pass_(hours=8)
    await bot.settle()
    assert len(bot.posted()) == 1


async def test_a_vendor_that_left_the_watchlist_meanwhile_is_still_told(bot: Bot) -> None:
    await bot.alerts("#hall", mode="digest")
    await bot.hears("#hall", "Road Runner")
    (bot.pack / "vendors" / "road-runner.yml").unlink()
    assert await bot.app.current.reload()
    bot.clock.pass_(days=1)
    await bot.settle()
    [(_, _, text)] = bot.posted()
    assert "road-runner: 1 mention" in text


async def test_where_alerts_are_turned_off_nothing_comes_that_still_waited(tmp_path: Path) -> None:
    async with a_bot(tmp_path, [ACME, ROAD], Settings(mode=Mode.OFF), Clock()) as bot:
        for channel in ("#hall", "#lab"):
            await bot.alerts(channel, mode="digest")
            await bot.hears(channel, "Acme Cam")
        await bot.alerts("#hall", mode=None)
        bot.clock.pass_(days=1)
        await bot.settle()
        assert [channel for channel, _, _ in bot.posted()] == ["#lab"]


async def test_words_called_a_wrong_match_meanwhile_are_not_told_in_the_morning(bot: Bot) -> None:
    await bot.hears("#hall", "Acme Cam")
    wrong = bot.last_id()
    await bot.alerts("#hall", mode="digest", cooldown="1h")
    bot.clock.pass_(hours=2)
    await bot.hears("#hall", "Acme Cam")
    await bot.hears("#hall", "acme.example and Road Runner")
    await bot.calls_wrong("#hall", wrong)
    bot.posted()
    bot.clock.pass_(days=1)
    await bot.settle()
    [(_, _, text)] = bot.posted()
    assert "Road Runner: 1 mention" in text
    assert "Acme" not in text
