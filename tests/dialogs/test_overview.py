"""What is watched where: one page for each who asks, with what they may see."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from bot.core.feed import Feed, Poll, Route
from bot.core.mention import Channel
from bot.core.overview import Overview, overview
from bot.core.roles import Roles
from bot.core.settings import Settings
from bot.core.status import Status
from tests.dialogs.conftest import ACME, FEED, ROAD, Bot, a_bot, buttons, place
from tests.fakes import NOON, Clock, said

BOARD = Channel("fake", "#board", private=True)


@pytest.fixture
async def busy(tmp_path: Path) -> AsyncIterator[Bot]:
    """Give a bot that has seen something in a public and in a private channel."""
    async with a_bot(
        tmp_path, [ACME, ROAD], Settings(), Clock(), roles=Roles.of(["fake:ada"], [])
    ) as bot:
        for channel in ("#hall", BOARD, "#yard"):
            await bot.joins(channel)
        await bot.hears("#hall", "Acme Cam")
        await bot.hears(BOARD, "Road Runner")
        await bot.answers("vendor mute road-runner for 6h because of zephyr", channel=BOARD)
        await bot.answers("vendor mute acme-cam for 6h", channel="#hall")
        await bot.decides("vendor watch off", "#yard")
        await bot.alerts("#hall", mode="digest")
        yield bot


async def test_an_empty_page_says_what_to_do(bot: Bot) -> None:
    assert (await bot.answers("vendor overview")).splitlines() == [
        "VendorWatch",
        "2 vendors are watched. vendor help says what you can type.",
        "Channels",
        "None yet: invite the bot to a channel.",
        "Mutes",
        "None.",
        "Feeds",
        "1 polled, all well.",
        f"{FEED}: not looked at yet",
        "Last alerts",
        "None in 30 days.",
        "Of private channels, only those that you are in are shown.",
    ]


async def test_somebody_who_is_in_no_private_channel_sees_none(busy: Bot) -> None:
    assert (await busy.answers("vendor overview", "bea")).splitlines() == [
        "VendorWatch",
        "2 vendors are watched. vendor help says what you can type.",
        "Channels",
        "#hall: mode digest, 1 alert in 30 days",
        "#yard: not listening, 0 alerts in 30 days",
        "Mutes",
        "Acme Cam in #hall, until 1 Apr 2024, 18:00 UTC, by anna",
        "Undo mute 2: Acme Cam",
        "Feeds",
        "1 polled, all well.",
        f"{FEED}: not looked at yet",
        "Last alerts",
        "Acme Cam in #hall, 1 Apr 2024, 12:00 UTC",
        "Of private channels, only those that you are in are shown.",
    ]


async def test_whoever_is_in_a_private_channel_sees_it_too(busy: Bot) -> None:
    busy.platform.rooms["bea"] = frozenset({"#board"})
    lines = (await busy.answers("vendor overview", "bea")).splitlines()
    assert lines[3:6] == [
        "#board: mode thread, 1 alert in 30 days",
        "#hall: mode digest, 1 alert in 30 days",
        "#yard: not listening, 0 alerts in 30 days",
    ]
    assert "Road Runner in #board, until 1 Apr 2024, 18:00 UTC, by anna: of zephyr" in lines
    assert lines[-3:-1] == [
        "Road Runner in #board, 1 Apr 2024, 12:00 UTC",
        "Acme Cam in #hall, 1 Apr 2024, 12:00 UTC",
    ]


async def test_asked_in_a_private_channel_it_shows_that_one(busy: Bot) -> None:
    text = await busy.answers("vendor overview", "carl", BOARD)
    assert "#board: mode thread" in text
    assert "#board" not in await busy.answers("vendor overview", "carl", "#hall")


async def test_a_mute_is_undone_from_the_page(busy: Bot) -> None:
    await busy.answers("vendor overview", "bea")
    assert (await busy.presses("Undo mute 2: Acme Cam", "bea")).startswith("Undone by bea.")
    assert "Undo mute" not in await busy.answers("vendor overview", "bea")


async def test_a_channel_that_it_left_is_not_among_those_it_is_in(busy: Bot) -> None:
    await busy.leaves("#hall")
    lines = (await busy.answers("vendor overview", "bea")).splitlines()
    assert [each for each in lines if each.startswith("#")] == [
        "#yard: not listening, 0 alerts in 30 days"
    ]


async def test_alerts_of_long_ago_count_no_more(busy: Bot) -> None:
    busy.clock.pass_(days=31)
    text = await busy.answers("vendor overview", "bea")
    assert "#hall: mode digest, 0 alerts in 30 days" in text
    assert "None in 30 days." in text


async def test_an_address_is_shown_without_what_may_be_secret(tmp_path: Path) -> None:
    secret = "https://bea:hunter2@c.example/feed?token=abc"  # noqa: S105 - invented
    routes = {secret: (place("#news"),)}
    async with a_bot(tmp_path, [ACME], Settings(), Clock(), routes) as bot:
        for title in (None, "The C"):
            failed = Feed(secret, bot.clock() + timedelta(hours=1), failures=1, title=title)
            await bot.app.on_poll(Poll(failed))
            shown = await bot.answers("vendor overview")
            assert (title or "https://c.example/feed?token=...") in shown
        posted = repr(bot.platform.answered)
        assert "hunter2" not in posted
        assert "abc" not in posted


async def test_of_many_feeds_it_says_how_many_it_does_not_show(tmp_path: Path) -> None:
    routes = {f"https://{each}.example/feed": (place("#news"),) for each in range(12)}
    async with a_bot(tmp_path, [ACME], Settings(), Clock(), routes) as bot:
        assert "And 2 more: vendorwatch feeds list." in await bot.answers("vendor overview")


async def test_an_error_does_not_say_the_address_again(tmp_path: Path) -> None:
    async with a_bot(tmp_path, [ACME], Settings(), Clock(), {FEED: (place("#news"),)}) as bot:
        later, why = bot.clock() + timedelta(hours=1), f"{FEED} answered 404 Not Found"
        await bot.app.on_poll(Poll(Feed(FEED, later, failures=1, last_error=why)))
        lines = (await bot.answers("vendor overview")).splitlines()
        assert f"{FEED}: failed 1 time in a row (answered 404 Not Found)" in lines


async def test_feeds_that_fail_come_first_with_their_reason(tmp_path: Path) -> None:
    good, bad = "https://a.example/feed", "https://b.example/feed"
    routes = {each: (place("#news"),) for each in (good, bad)}
    async with a_bot(tmp_path, [ACME], Settings(), Clock(), routes) as bot:
        await bot.reads(("Hello", "", ""), feed=good)
        for times in (1, 2):
            later = bot.clock() + timedelta(hours=1)
            failed = Feed(bad, later, failures=times, last_error="HTTP 500", title="The B")
            await bot.app.on_poll(Poll(failed))
        lines = (await bot.answers("vendor overview")).splitlines()
        at = lines.index("Feeds")
        assert lines[at + 1 : at + 3] == [
            "2 polled, 1 failing.",
            "The B: failed 2 times in a row (HTTP 500)",
        ]
        assert "1 vendor is watched." in lines[1]


async def test_a_feed_of_a_private_channel_is_told_to_nobody_else(tmp_path: Path) -> None:
    club = "https://club.example/feed"
    async with a_bot(tmp_path, [ACME], Settings(), Clock(), {FEED: (place("#news"),)}) as bot:
        await bot.app.store.feeds.subscribe(
            "default", "config", [Route(club, BOARD)], "config", bot.clock()
        )
        bot.clock.pass_(seconds=10)
        assert club not in await bot.answers("vendor overview")
        assert club in await bot.answers("vendor overview", channel=BOARD)
        bot.platform.rooms["bea"] = frozenset({"#board"})
        assert club in await bot.answers("vendor overview", "bea")


async def test_ten_mutes_have_a_button_and_the_others_are_counted(bot: Bot) -> None:
    for number in range(12):
        await bot.mutes("acme-cam", f"#c{number}")
    text = await bot.answers("vendor overview")
    assert "And 2 more: vendor mutes." in text
    assert len(buttons(bot.platform.answered[-1])) == 10


async def test_a_feed_that_is_gone_is_not_said_to_fail(tmp_path: Path) -> None:
    async with a_bot(tmp_path, [ACME], Settings(), Clock(), {FEED: (place("#news"),)}) as bot:
        gone = Feed(FEED, bot.clock(), failures=1, last_error="answered 410 Gone", gone=True)
        await bot.app.on_poll(Poll(gone))
        lines = (await bot.answers("vendor overview")).splitlines()
        at = lines.index("Feeds")
        assert lines[at + 1 : at + 3] == [
            "0 polled, all well; 1 gone.",
            f"{FEED}: gone for good (410), and not looked at any more",
        ]


@pytest.mark.parametrize(
    ("proposals", "note", "told"),
    [
        (0, "", []),
        (1, "", ["1 proposal waits for a decision: watchlist proposals."]),
        (2, "", ["2 proposals wait for a decision: watchlist proposals."]),
        (0, "Ask procurement `first`.", ["Team's note: Ask procurement `first`."]),
    ],
)
async def test_what_waits_for_a_decision_and_the_teams_note_are_shown(
    bot: Bot, monkeypatch: pytest.MonkeyPatch, proposals: int, note: str, told: list[str]
) -> None:
    seen = Overview((), (), (), (), proposals, note)
    page = said(overview(seen, 2, str, str, NOON)).splitlines()
    assert page[2:-9] == told
    status = await bot.app.store.status(NOON)

    async def now(*_: object) -> Status:
        return replace(status, proposals=proposals, policy=note)

    monkeypatch.setattr("bot.storage.store.Store.status", now)
    shown = (await bot.answers("vendor status")).splitlines()
    assert [each for each in shown if each in told] == told
    assert ("proposal" in " ".join(shown), "note" in " ".join(shown)) == (proposals > 0, note != "")
