"""Every channel has it its own way: how loud, how sure, about whom, and what was wrong."""

from datetime import timedelta
from pathlib import Path

from structlog.testing import capture_logs

from bot.core.settings import Mode, Settings
from tests.dialogs.conftest import ACME, FEED, ROAD, Bot, a_bot, place
from tests.fakes import Clock


def names(bot: Bot) -> list[tuple[str, str]]:
    """Give where something was posted, and whom it begins with."""
    return [(channel, text.split("\n")[0].split(" (")[0]) for channel, _, text in bot.posted()]


async def test_a_channels_own_settings_go_before_the_configuration(bot: Bot) -> None:
    await bot.alerts("#hall", mode="off")
    await bot.alerts("#yard", mode="channel")
    for channel in ("#hall", "#yard", "#attic"):
        await bot.hears(channel, "Acme Cam", message_id="1")
    assert [(channel, thread) for channel, thread, _ in bot.posted()] == [
        ("#yard", None),
        ("#attic", "1"),
    ]


async def test_taking_a_setting_back_brings_the_configurations(bot: Bot) -> None:
    await bot.alerts("#hall", mode="off")
    await bot.alerts("#hall", mode=None)
    await bot.hears("#hall", "Acme Cam")
    assert len(bot.posted()) == 1


async def test_a_channel_has_its_own_cooldown(bot: Bot) -> None:
    await bot.alerts("#hall", cooldown="1h")
    for _ in range(3):
        await bot.hears("#hall", "Acme Cam")
        bot.clock.pass_(minutes=40)
    assert len(bot.posted()) == 2


async def test_a_channel_chooses_its_vendors_and_tags(bot: Bot) -> None:
    await bot.alerts("#hall", vendors="road-runner")
    await bot.alerts("#yard", not_tags="cameras")
    await bot.alerts("#attic", tags="cameras")
    for channel in ("#hall", "#yard", "#attic"):
        await bot.hears(channel, "Acme Cam or Road Runner")
    assert names(bot) == [
        ("#hall", "Road Runner"),
        ("#yard", "Road Runner"),
        ("#attic", "Acme Cam"),
    ]


async def test_a_mute_is_for_a_vendor_in_a_channel(bot: Bot) -> None:
    await bot.mutes("acme-cam", "#hall")
    for channel in ("#hall", "#yard"):
        await bot.hears(channel, "Acme Cam")
        await bot.hears(channel, "Road Runner")
    assert names(bot) == [
        ("#hall", "Road Runner"),
        ("#yard", "Acme Cam"),
        ("#yard", "Road Runner"),
    ]


async def test_a_mute_can_be_for_all_and_everywhere_and_be_undone(bot: Bot) -> None:
    mute = await bot.mutes(None, None, reason="the fair")
    with capture_logs() as logs:
        await bot.hears("#hall", "Acme Cam")
    await bot.reads(("Cameras bought", "", "Acme Cam"))
    assert bot.posted() == []
    assert "muted" in [log.get("reason") for log in logs]
    assert await bot.app.store.unmute(mute.id, "carl", bot.clock())
    await bot.hears("#hall", "Acme Cam")
    assert len(bot.posted()) == 1


async def test_a_mute_ends_by_itself_at_its_second(bot: Bot) -> None:
    await bot.mutes("acme-cam", "#hall", bot.clock() + timedelta(days=7))
    bot.clock.pass_(days=7, seconds=-1)
    await bot.hears("#hall", "Acme Cam")
    assert bot.posted() == []
    bot.clock.pass_(seconds=1)
    await bot.hears("#hall", "Acme Cam")
    assert len(bot.posted()) == 1


async def test_a_mute_of_the_one_leaves_the_other_of_two_named_in_a_message(bot: Bot) -> None:
    await bot.mutes("acme-cam", None)
    await bot.hears("#hall", "Acme Cam or Road Runner")
    [(_, _, text)] = bot.posted()
    assert text.startswith("Road Runner")
    assert "Acme" not in text


async def test_a_mark_on_each_message_instead_of_a_card(bot: Bot) -> None:
    await bot.alerts("#hall", mode="react")
    await bot.hears("#hall", "Acme Cam", message_id="1")
    await bot.hears("#hall", "Acme Cam, Road Runner", message_id="2")
    await bot.hears("#hall", "nobody", message_id="3")
    assert bot.platform.marks == [("#hall", "1"), ("#hall", "2")]
    assert bot.posted() == []


async def test_marks_are_for_messages_and_an_entry_still_brings_a_card(tmp_path: Path) -> None:
    async with a_bot(tmp_path, [ACME], Settings(mode=Mode.REACT), Clock()) as bot:
        await bot.reads(("Cameras bought", "", "Acme Cam"))
        assert names(bot) == [("#news", "Acme Cam")]


async def test_when_marks_give_way_to_cards_the_next_mention_brings_one(bot: Bot) -> None:
    await bot.alerts("#hall", mode="react")
    await bot.hears("#hall", "Acme Cam")
    await bot.alerts("#hall", mode="thread")
    await bot.hears("#hall", "Acme Cam")
    assert names(bot) == [("#hall", "Acme Cam")]


async def test_a_wrong_match_is_taken_back_and_those_words_stay_quiet_there(bot: Bot) -> None:
    await bot.hears("#hall", "ACME CAM")
    assert await bot.calls_wrong("#hall", bot.last_id()) == 1
    assert bot.shown("#hall") == []
    bot.clock.pass_(days=2)
    await bot.hears("#hall", "acme  cam")
    assert bot.shown("#hall") == []
    await bot.hears("#yard", "acme cam")
    assert len(bot.shown("#yard")) == 1
    await bot.hears("#hall", "see acme.example")
    assert len(bot.shown("#hall")) == 1


async def test_a_wrong_match_everywhere_is_quiet_everywhere_until_it_is_rejected(bot: Bot) -> None:
    await bot.hears("#hall", "Acme Cam")
    await bot.calls_wrong("#hall", bot.last_id(), everywhere=True)
    await bot.hears("#yard", "Acme Cam")
    assert bot.shown("#yard") == []
    (proposal,) = await bot.app.store.wrong_matches(place("#yard"), "proposed")
    await bot.app.store.settle_wrong_match(proposal.id, place("#yard"), approve=False)
    await bot.hears("#yard", "Acme Cam")
    assert len(bot.shown("#yard")) == 1


async def test_of_several_vendors_only_the_wrong_ones_line_goes(bot: Bot) -> None:
    await bot.hears("#hall", "Acme Cam or Road Runner")
    message = bot.last_id()
    assert await bot.calls_wrong("#hall", message, "acme-cam") == 1
    (text,) = bot.shown("#hall")
    assert "Road Runner (“Road Runner”)" in text
    assert "Acme" not in text
    assert await bot.calls_wrong("#hall", message, "road-runner") == 1
    assert bot.shown("#hall") == []


async def test_two_people_who_call_the_same_line_wrong_leave_the_other(bot: Bot) -> None:
    await bot.hears("#hall", "Acme Cam or Road Runner")
    for _ in range(2):
        await bot.calls_wrong("#hall", bot.last_id(), "acme-cam")
    (text,) = bot.shown("#hall")
    assert "Road Runner" in text


async def test_a_wrong_match_starts_no_cooldown_for_a_right_one(bot: Bot) -> None:
    await bot.hears("#hall", "Acme Cam")
    await bot.calls_wrong("#hall", bot.last_id())
    await bot.hears("#hall", "acme.example")
    assert len(bot.shown("#hall")) == 1


async def test_wrong_matches_count_against_the_name_that_matched(bot: Bot) -> None:
    for channel in ("#hall", "#yard"):
        await bot.hears(channel, "Acme Cam")
    await bot.calls_wrong("#yard", bot.last_id())
    (counted,) = await bot.app.store.precision()
    assert (counted.vendor, counted.name, counted.alerts, counted.wrong) == (
        "acme-cam",
        "Acme Cam",
        2,
        1,
    )


async def test_settings_that_a_newer_program_wrote_do_not_keep_a_channel_silent(bot: Bot) -> None:
    await bot.alerts("#hall", sound="loud", cooldown="whenever", mode="channel")
    await bot.hears("#hall", "Acme Cam", message_id="1")
    assert [thread for _, thread, _ in bot.posted()] == [None]


async def test_what_a_channel_chose_can_be_read_back(bot: Bot) -> None:
    await bot.alerts("#hall", mode="digest", cooldown="12h")
    chosen = await bot.app.store.chosen(place("#hall").key)
    assert Settings().changed(chosen).cooldown == timedelta(hours=12)
    assert chosen["mode"] == "digest"


async def test_a_channel_that_is_off_hears_nothing_of_feeds(tmp_path: Path) -> None:
    routes = {FEED: (place("#news"), place("#yard"))}
    async with a_bot(tmp_path, [ACME, ROAD], Settings(), Clock(), routes) as bot:
        await bot.alerts("#news", mode="off")
        await bot.reads(("Cameras bought", "", "Acme Cam"))
        assert names(bot) == [("#yard", "Acme Cam")]
