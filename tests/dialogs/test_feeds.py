"""What channels hear of feeds: news, floods, and how the feeds themselves are."""

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from bot.core.choices import Mute
from bot.core.feed import CHAT, Feed, Notice, NoticeKind, Poll, Route
from bot.core.mention import Channel
from bot.core.settings import Settings
from tests.dialogs.conftest import ACME, FEED, ROAD, Bot, a_bot
from tests.fakes import Clock
from tests.storage.sample import rows

SIXTY = tuple((f"Council {n} counts its cameras", "", "Acme Cam") for n in range(60))
ADMINS = Channel("fake", "#admins", private=True)


async def test_sixty_entries_at_once_make_one_digest_and_no_card(bot: Bot) -> None:
    await bot.reads(*SIXTY, ("Roads", "", "Road Runner"), flood=True)
    await bot.settle()
    [(channel, thread, text)] = bot.posted()
    assert (channel, thread) == ("#news", None)
    assert text.startswith("61 mentions of 2 vendors\nA feed brought unusually many entries")
    assert "Acme Cam: 60 mentions" in text
    assert "Road Runner: 1 mention" in text
    bot.clock.pass_(days=2)
    await bot.settle()
    assert bot.posted() == []


async def test_a_flood_is_one_line_of_the_log_and_not_one_an_entry(bot: Bot) -> None:
    with capture_logs() as logs:
        await bot.reads(*SIXTY, flood=True)
    [line] = [each for each in logs if each["event"].startswith(("alert", "flood"))]
    assert (line["feed"], line["outcomes"]) == (FEED, {"alert waits": 60})


async def test_each_channel_of_a_flooding_feed_gets_one_digest(tmp_path: Path) -> None:
    routes = {FEED: (Channel("fake", "#news"), Channel("fake", "#council"))}
    async with a_bot(tmp_path, [ACME, ROAD], Settings(), Clock(), routes) as bot:
        await bot.reads(*SIXTY, flood=True)
        assert sorted(channel for channel, _, _ in bot.posted()) == ["#council", "#news"]


async def test_a_flood_that_names_nobody_is_not_told(bot: Bot) -> None:
    await bot.reads(*((f"Story {n}", "", "nothing") for n in range(60)), flood=True)
    assert bot.posted() == []


async def test_after_a_flood_the_next_news_comes_by_itself(bot: Bot) -> None:
    await bot.reads(*SIXTY, flood=True)
    bot.posted()
    bot.clock.pass_(days=2)
    await bot.reads(("Mayor takes them down", "", "Acme Cam"))
    [(_, _, text)] = bot.posted()
    assert "Acme Cam" in text
    assert "mentions of" not in text


async def test_a_flood_in_the_quiet_hours_comes_once_when_they_end(bot: Bot) -> None:
    await bot.alerts("#news", quiet="22:00-07:00 UTC")
    bot.clock.time = datetime(2024, 4, 1, 23, 0, tzinfo=UTC)
    await bot.reads(*SIXTY, flood=True)
    assert bot.posted() == []
    bot.clock.time = datetime(2024, 4, 2, 7, 0, 1, tzinfo=UTC)
    await bot.settle()
    [(_, _, text)] = bot.posted()
    assert text.startswith("60 mentions of 1 vendor\nAlerts from the quiet hours")


async def test_a_flood_while_posting_is_stopped_comes_once_when_it_goes_on(bot: Bot) -> None:
    await bot.app.store.pause("bea", bot.clock())
    await bot.reads(*SIXTY, flood=True)
    assert bot.posted() == []
    await bot.app.store.resume(bot.clock())
    await bot.settle()
    [(_, _, text)] = bot.posted()
    assert text.startswith("60 mentions of 1 vendor")


@pytest.mark.parametrize("mode", ["trial", "digest"])
async def test_a_flood_waits_for_the_digest_that_a_channel_has_anyway(bot: Bot, mode: str) -> None:
    await bot.alerts("#news", mode=mode)
    await bot.reads(*SIXTY, flood=True)
    assert bot.posted() == []
    bot.clock.pass_(days=8)
    await bot.settle()
    [(_, _, text)] = bot.posted()
    assert text.startswith("60 mentions of 1 vendor")


async def test_a_channel_whose_alerts_are_off_hears_of_no_flood(bot: Bot) -> None:
    await bot.alerts("#news", mode="off")
    await bot.reads(*SIXTY, flood=True)
    assert bot.posted() == []


async def test_what_is_too_old_to_be_news_is_never_told(bot: Bot) -> None:
    await bot.reads(("Old story", "", "Acme Cam"), silent=True)
    assert bot.posted() == []


async def test_admins_are_told_of_a_feed_once_and_nobody_else_is(tmp_path: Path) -> None:
    async with a_bot(tmp_path, [ACME, ROAD], Settings(), Clock(), admins=(ADMINS,)) as bot:
        state = Feed(FEED, bot.clock(), title="The <!channel> Gazette", seeded=True, gone=True)
        poll = Poll(state, notices=(Notice(NoticeKind.GONE),))
        await bot.app.on_poll(poll)
        await bot.settle()
        [(channel, thread, text)] = bot.posted()
        assert (channel, thread) == ("#admins", None)
        assert text.startswith(f"The feed {FEED} (The <!channel> Gazette) is gone for good")
        await bot.app.on_poll(poll)  # the same, as after a crash
        await bot.app.on_poll(replace(poll, notices=()))
        await bot.settle()
        assert bot.posted() == []


async def test_without_admins_nobody_is_told_of_feeds(bot: Bot) -> None:
    await bot.app.on_poll(Poll(Feed(FEED, bot.clock()), notices=(Notice(NoticeKind.STALE),)))
    await bot.settle()
    assert bot.posted() == []


async def test_a_notice_shows_no_secret_of_an_address(tmp_path: Path) -> None:
    url = "https://bea:hunter2@gazette.example/f?token=abc"
    routes = {url: (Channel("fake", "#news"),)}
    async with a_bot(tmp_path, [ACME], Settings(), Clock(), routes, (ADMINS,)) as bot:
        await bot.app.on_poll(Poll(Feed(url, bot.clock()), notices=(Notice(NoticeKind.GONE),)))
        await bot.settle()
        [(_, _, text)] = bot.posted()
        assert "hunter2" not in text
        assert "abc" not in text


async def test_each_team_that_follows_a_feed_hears_of_it_by_its_own_choices(
    bot: Bot, tmp_path: Path
) -> None:
    """A feed is fetched once for all; what one workspace muted is none of another's."""
    club, lab = (Channel("fake", f"#{each}", team=each) for each in ("club", "lab"))
    store = bot.app.store
    for there in (club, lab):
        await store.feeds.subscribe(there.team, CHAT, [Route(FEED, there)], "bea", bot.clock())
    mute = Mute(0, "acme-cam", None, None, "", "bea", bot.clock())
    await store.mute(mute, team=club.team)
    bot.app.subscriptions.forget()
    await bot.reads(("Acme Cam wins", "", ""), ("Road Runner too", "", ""))
    for channel, first in (("#news", "Acme Cam"), ("#lab", "Acme Cam"), ("#club", "Road Runner")):
        assert first in bot.shown(channel)[0]
        assert len(bot.shown(channel)) == (1 if channel == "#club" else 2)
    assert set(rows(tmp_path / "bot.db", "SELECT DISTINCT team, channel FROM outbox")) == {
        ("default", "#news"),
        ("club", "#club"),
        ("lab", "#lab"),
    }
