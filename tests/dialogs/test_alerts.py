"""Somebody says something, and the bot posts a card or has a reason not to."""

from pathlib import Path

from structlog.testing import capture_logs

from bot.core.settings import Mode, Settings
from bot.errors import DeliveryError
from tests.build import full_vendor, name, write_pack
from tests.dialogs.conftest import ACME, ROAD, Bot, make
from tests.fakes import Clock


async def test_a_vendor_named_in_a_channel_gets_a_card_in_that_thread(bot: Bot) -> None:
    await bot.hears("#hall", "The offer is from Acme Cam.", message_id="42")
    [(channel, thread, card)] = bot.posted()
    assert (channel, thread) == ("#hall", "42")
    assert card.startswith("Acme Cam")
    assert "Here because of “Acme Cam”" in card


async def test_a_message_without_a_vendor_is_left_alone(bot: Bot) -> None:
    await bot.hears("#hall", "The offer is from nobody in particular.")
    assert bot.posted() == []


async def test_a_repeat_within_the_cooldown_is_quiet_and_the_log_says_why(bot: Bot) -> None:
    await bot.hears("#hall", "Acme Cam")
    bot.posted()
    bot.clock.pass_(hours=23)
    with capture_logs() as logs:
        await bot.hears("#hall", "Acme Cam again")
    assert bot.posted() == []
    assert [(log["event"], log["vendor"], log["reason"]) for log in logs if "reason" in log] == [
        ("alert skipped", "acme-cam", "inside the cooldown")
    ]


async def test_after_the_cooldown_one_line_leads_to_the_card(bot: Bot) -> None:
    await bot.hears("#hall", "Acme Cam")
    bot.posted()
    bot.clock.pass_(hours=25)
    await bot.hears("#hall", "Acme Cam again")
    [(_, _, line)] = bot.posted()
    assert "Nothing in the record has changed since the card of 1 Apr 2024." in line


async def test_a_month_later_the_card_is_shown_again(bot: Bot) -> None:
    await bot.hears("#hall", "Acme Cam")
    bot.clock.pass_(days=31)
    await bot.hears("#hall", "Acme Cam again")
    assert "Sanctions status" in bot.posted()[-1][2]


async def test_channels_have_cooldowns_of_their_own(bot: Bot) -> None:
    await bot.hears("#hall", "Acme Cam")
    await bot.hears("#yard", "Acme Cam")
    assert [channel for channel, _, _ in bot.posted()] == ["#hall", "#yard"]


async def test_the_same_message_delivered_again_changes_nothing(bot: Bot) -> None:
    for _ in range(3):
        await bot.hears("#hall", "Acme Cam", message_id="7")
    assert len(bot.posted()) == 1


async def test_two_vendors_in_one_message_make_one_message_with_a_line_each(bot: Bot) -> None:
    await bot.hears("#hall", "Acme Cam or Road Runner? Acme Cam!")
    [(_, _, text)] = bot.posted()
    lines = text.splitlines()
    assert lines[0] == "2 watched vendors in a message."
    assert lines[1].startswith("Acme Cam (“Acme Cam”): No asset freeze found")
    assert lines[2].startswith("Road Runner (“Road Runner”): No government measure on record")


async def test_an_entry_of_a_feed_gets_a_card_in_the_routed_channel(bot: Bot) -> None:
    await bot.reads(("Cameras bought", "", "The town bought them from Acme Cam."))
    [(channel, thread, card)] = bot.posted()
    assert (channel, thread) == ("#news", None)
    assert "in “Cameras bought”." in card


async def test_news_inside_the_cooldown_is_one_line(bot: Bot) -> None:
    await bot.reads(("Cameras bought", "", "Acme Cam"))
    bot.posted()
    bot.clock.pass_(hours=1)
    await bot.reads(("Cameras returned", "Acme Cam takes them back.", ""))
    [(_, _, line)] = bot.posted()
    assert "“Cameras returned”" in line
    assert "Sanctions status" not in line


async def test_the_first_reading_of_a_feed_is_silent(bot: Bot) -> None:
    await bot.reads(("Cameras bought", "", "Acme Cam"), silent=True)
    assert bot.posted() == []


async def test_a_vendors_oem_name_alerts_nobody(bot: Bot) -> None:
    await bot.hears("#hall", "Runner OEM cameras")
    assert bot.posted() == []


async def test_a_platform_that_is_busy_gets_the_card_later(bot: Bot) -> None:
    bot.platform.failing.append(DeliveryError("busy", retry_after=30))
    await bot.hears("#hall", "Acme Cam")
    assert bot.posted() == []
    bot.clock.pass_(seconds=31)
    await bot.app.worker.drain(5)
    assert len(bot.posted()) == 1


async def test_a_channel_that_wants_no_threads_gets_none(tmp_path: Path) -> None:
    async for bot in make(tmp_path, [ACME], Settings(mode=Mode.CHANNEL), Clock()):
        await bot.hears("#hall", "Acme Cam")
        assert [thread for _, thread, _ in bot.posted()] == [None]


async def test_a_changed_record_is_used_from_then_on_and_shown_after_the_cooldown(
    bot: Bot,
) -> None:
    await bot.hears("#hall", "Acme Cam")
    bot.posted()
    write_pack(bot.pack, full_vendor(headquarters="Shelbyville", names=[name("Acme Cam")]), ROAD)
    assert await bot.app.current.reload()
    assert "Shelbyville" in await bot.answers("vendor acme-cam")
    bot.clock.pass_(days=2)
    await bot.hears("#hall", "Acme Cam")
    assert "Shelbyville" in bot.posted()[0][2]


async def test_a_broken_file_leaves_the_last_good_watchlist_in_use(bot: Bot) -> None:
    (bot.pack / "vendors" / "road-runner.yml").write_text("id: [", encoding="utf-8")
    with capture_logs() as logs:
        assert not await bot.app.current.reload()
    assert any("road-runner.yml:" in str(log.get("problem")) for log in logs)
    assert "Road Runner" in await bot.answers("vendor road-runner")
    await bot.hears("#hall", "Road Runner")
    assert len(bot.posted()) == 1


async def test_an_emptied_folder_leaves_the_last_good_watchlist_in_use(bot: Bot) -> None:
    for slug in ("acme-cam", "road-runner"):
        (bot.pack / "vendors" / f"{slug}.yml").unlink()
    assert not await bot.app.current.reload()
    await bot.hears("#hall", "Road Runner")
    assert len(bot.posted()) == 1


async def test_news_inside_the_cooldown_says_that_the_record_has_changed(bot: Bot) -> None:
    await bot.reads(("Cameras bought", "", "Acme Cam"))
    bot.posted()
    write_pack(bot.pack, full_vendor(headquarters="Shelbyville", names=[name("Acme Cam")]), ROAD)
    await bot.app.current.reload()
    await bot.reads(("Cameras returned", "", "Acme Cam"))
    assert "The record has changed since the card of 1 Apr 2024." in bot.posted()[0][2]


async def test_what_people_say_is_neither_stored_nor_logged(bot: Bot, tmp_path: Path) -> None:
    with capture_logs() as logs:
        await bot.hears("#hall", "xyzzy Acme Cam plugh", message_id="9")
    assert "xyzzy" not in repr(logs)
    files = sorted(tmp_path.glob("bot.db*"))  # noqa: ASYNC240 - a test may wait for its disk
    kept = b"".join(path.read_bytes() for path in files)
    assert b"Acme Cam" in kept
    assert b"xyzzy" not in kept
    assert b"plugh" not in kept
