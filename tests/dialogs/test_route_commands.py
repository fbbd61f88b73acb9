"""A channel's people say which vendors a feed brings there."""

from collections.abc import AsyncIterator

import pytest

from bot.core.commands import Role
from bot.core.feed import Route
from bot.core.routes import EVERYTHING, Filter, Terms
from tests.dialogs.conftest import FEED, Bot, buttons
from tests.dialogs.newspaper import BOARD, HALL, PAGE, RSS, Web, a_web

ACME_ONLY = Filter(vendors=frozenset({"acme-cam"}))


@pytest.fixture
async def web(bot: Bot) -> AsyncIterator[Web]:
    async with a_web(bot) as made:
        yield made


async def says(web: Web, line: str, actor: str = "bea", channel: str = "#hall") -> str:
    """Let somebody give a command of `watchlist route`."""
    return await web.bot.answers(f"watchlist route {line}", actor, channel)


async def kept(web: Web) -> list[tuple[str, Filter]]:
    """Give what is kept of routes that were made by chat: channel and filter."""
    subscribed = await web.bot.app.store.feeds.subscriptions()
    return [(each.channel.id, each.filter) for each in subscribed if each.origin == "chat"]


async def told(web: Web, *texts: str) -> list[str]:
    """Let an entry come with these words each; give the channels that hear of it, with vendors."""
    web.bot.posted()
    await web.bot.reads(*((text, "", text) for text in texts), feed=web.url())
    return [
        f"{channel} {name}"
        for channel, _, text in web.bot.posted()
        for name in ("Acme Cam", "Road Runner")
        if name in text
    ]


# ------------------------------------------------------------------------------- what it brings


async def test_a_vendor_that_a_route_leaves_out_alerts_in_other_channels_only(web: Web) -> None:
    await says(web, f"add {web.url()} vendors=Acme Cam")
    await says(web, f"add {web.url()}", channel="#news")
    assert await told(web, "Road Runner opens a plant") == ["#news Road Runner"]
    assert await told(web, "Acme Cam opens a plant") == ["#hall Acme Cam", "#news Acme Cam"]


@pytest.mark.parametrize(
    ("only", "expected"),
    [
        ("tags=cameras", ["#hall Acme Cam"]),
        ("not=Acme Cam", ["#hall Road Runner"]),
        ("vendors=Road Runner tags=Cameras", ["#hall Acme Cam", "#hall Road Runner"]),
        ("min=exact", ["#hall Acme Cam", "#hall Road Runner"]),
    ],
)
async def test_a_route_brings_what_it_lets_through(
    web: Web, only: str, expected: list[str]
) -> None:
    assert (await says(web, f"add {web.url()} {only}")).startswith("Followed here")
    assert sorted(await told(web, "Acme Cam sues", "Road Runner is sued")) == expected


async def test_what_anybody_asked_for_comes_whatever_others_leave_out(web: Web) -> None:
    feeds, now = web.bot.app.store.feeds, web.bot.clock()
    await says(web, f"add {web.url()} vendors=acme-cam")
    assert await told(web, "Road Runner") == []
    await feeds.subscribe("default", "list:x", [Route(web.url(), HALL)], "x", now)
    web.bot.clock.pass_(seconds=10)
    assert await told(web, "Road Runner again") == ["#hall Road Runner"]


async def test_what_one_of_two_filters_lets_through_comes_once(web: Web) -> None:
    feeds, now = web.bot.app.store.feeds, web.bot.clock()
    limits = Filter(vendors=frozenset({"road-runner"}))
    await feeds.subscribe("default", "list:x", [Route(web.url(), HALL, filter=limits)], "x", now)
    await says(web, f"add {web.url()} vendors=acme-cam")
    assert await told(web, "Road Runner") == ["#hall Road Runner"]
    assert await told(web, "Acme Cam") == ["#hall Acme Cam"]
    await says(web, f"remove {web.url()}")
    assert await told(web, "Acme Cam again") == []


async def test_a_vendor_that_is_let_through_later_alerts_from_then_on(web: Web) -> None:
    await says(web, f"add {web.url()} vendors=acme-cam")
    assert await told(web, "Road Runner") == []
    await says(web, f"edit {web.url()} vendors=acme-cam, road-runner")
    assert await told(web, "Road Runner once more") == ["#hall Road Runner"]


# ------------------------------------------------------------------------------------------ add


async def test_a_route_is_added_with_its_filter_and_the_channel_hears_of_it(web: Web) -> None:
    answer = await says(web, f"add {web.url()} vendors=Acme Cam, Road Runner min=exact")
    assert answer.startswith("Followed here: The Gazette")
    assert "Lets through: vendors=Acme Cam, Road Runner min=exact" in answer
    assert web.bot.posted() == [
        (
            "#hall",
            None,
            (
                "This channel now follows the feed The Gazette, added by bea; it lets through "
                "vendors=Acme Cam, Road Runner min=exact."
            ),
        )
    ]


async def test_what_would_have_alerted_is_what_the_route_lets_through(web: Web) -> None:
    answer = await says(web, f"add {web.url()} not=Acme Cam")
    assert "Nothing that it lists of the last 30 days would have alerted here." in answer


async def test_a_route_that_is_there_gets_the_new_filter_and_says_what_it_was(web: Web) -> None:
    await web.adds()
    web.bot.posted()
    asked = len(web.server.asked)
    answer = await says(web, f"add {web.url()} tags=cameras")
    change = f"What comes here of {web.url()} was changed by bea: tags=cameras (was all)."
    assert answer.splitlines()[:2] == [change, "Lets through: tags=cameras"]
    assert web.bot.posted() == [("#hall", None, change)]
    assert await kept(web) == [("#hall", Filter(tags=frozenset({"cameras"})))]
    assert len(web.server.asked) == asked  # nothing new is to be learnt of it
    answer = await says(web, f"add {web.url()} vendors=acme-cam")
    assert "vendors=Acme Cam (was all), tags=all (was cameras)." in answer
    assert await kept(web) == [("#hall", ACME_ONLY)]


async def test_adding_a_feed_again_leaves_its_filter(web: Web) -> None:
    await says(web, f"add {web.url()} vendors=acme-cam")
    answer = await web.adds()
    assert answer.startswith("Already followed here")
    assert "Lets through: vendors=Acme Cam" in answer
    assert await kept(web) == [("#hall", ACME_ONLY)]


async def test_of_a_page_its_feeds_are_offered_with_the_same_filter(web: Web) -> None:
    web.server.put("/news", PAGE, kind="text/html")
    await says(web, f"add {web.url('/news')} vendors=Acme Cam backfill=7d")
    assert await kept(web) == []
    assert (await web.bot.presses("Follow All news", "bea")).startswith("Followed here")
    assert await kept(web) == [("#hall", ACME_ONLY)]
    backfill = web.bot.app.subscriptions.backfill(web.url())
    assert backfill is not None
    assert backfill.days == 7


async def test_where_all_of_a_feed_comes_anyhow_that_is_said(web: Web) -> None:
    feeds, now = web.bot.app.store.feeds, web.bot.clock()
    await feeds.subscribe("default", "config", [Route(web.url(), HALL)], "config", now)
    note = "All of it comes here by the configuration as well, whatever is let through."
    assert note in await says(web, f"add {web.url()} vendors=acme-cam")
    assert note in await says(web, f"edit {web.url()} vendors=road-runner")


@pytest.mark.parametrize(
    ("only", "answer"),
    [
        ("vendors=Acmee Cam", "No watched vendor is called 'Acmee Cam'. Did you mean Acme Cam?"),
        ("tags=camera", "No watched vendor has the tag 'camera'; did you mean 'cameras'?"),
        ("vendors=acme-cam not=Acme Cam", "That lets no watched vendor through: those come that"),
        ("min=sure", "'sure' is not one of exact, variant, possible. Nothing was changed."),
        ("vendor", "Vendors needs a value after a sign of equality, as in vendors=hikvision"),
        ("acme", "'acme' says nothing of a route; write for example vendors=hikvision, dahua."),
        ("backfill=90d", "A feed is searched at most 30d back."),
    ],
)
async def test_what_nobody_can_mean_is_told_before_anything_is_asked(
    web: Web, only: str, answer: str
) -> None:
    said = await says(web, f"add {web.url()} {only}")
    assert said.startswith(answer)
    assert said.endswith("Nothing was changed.")
    assert web.server.asked == []
    assert await kept(web) == []


async def test_a_filter_for_vendors_that_never_alert_here_is_refused(web: Web) -> None:
    await web.bot.alerts("#hall", not_vendors="acme-cam")
    answer = await says(web, f"add {web.url()} vendors=acme-cam")
    assert answer == (
        "Of the vendors that this lets through none alerts here: vendor alerts leaves them out. "
        "Nothing was changed."
    )
    assert (await says(web, f"add {web.url()} tags=cameras", channel="#news")).startswith("Foll")


# ----------------------------------------------------------------------------------------- edit


async def test_an_edit_changes_what_it_speaks_of_and_a_button_takes_it_back(web: Web) -> None:
    await says(web, f"add {web.url()} vendors=acme-cam min=exact")
    answer = await says(web, f"edit {web.url()} vendors=Road Runner")
    assert "was changed by bea: vendors=Road Runner (was Acme Cam)." in answer
    assert "Lets through: vendors=Road Runner min=exact" in answer
    await web.bot.presses("Undo this change", "bea")
    assert [limits.text for _, limits in await kept(web)] == [
        '{"minimum":"exact","vendors":["acme-cam"]}'
    ]
    await says(web, f"edit {web.url()} all")
    assert await kept(web) == [("#hall", EVERYTHING)]
    await web.bot.presses("Undo this change", "bea")
    assert [limits.text for _, limits in await kept(web)] == [
        '{"minimum":"exact","vendors":["acme-cam"]}'
    ]


async def test_an_edit_that_changes_nothing_says_so_and_is_not_announced(web: Web) -> None:
    await says(web, f"add {web.url()} vendors=acme-cam")
    web.bot.posted()
    answer = await says(web, f"edit {web.url()} vendors=Acme Cam")
    assert answer == "That is how it is already; nothing was changed."
    assert web.bot.posted() == []
    assert (await says(web, f"edit {web.url()}")).startswith("What is to change? Write for example")


async def test_only_what_was_added_by_chat_is_edited(web: Web) -> None:
    answer = await says(web, f"edit {FEED} vendors=acme-cam", channel="#news")
    assert answer == (
        f"{FEED} was not added by chat but by the configuration, and all of it comes; end it there "
        "first."
    )
    assert "is not followed here. Type" in await says(web, f"edit {web.url()} vendors=acme-cam")


async def test_where_all_see_the_answer_a_change_is_said_once(web: Web) -> None:
    await web.adds()
    web.bot.posted()
    web.bot.platform.private_answers = False
    await says(web, f"edit {web.url()} vendors=acme-cam")
    assert web.bot.posted() == []


# --------------------------------------------------------------------------- list and remove


async def test_the_list_says_what_each_feed_brings_and_who_asked_for_it(web: Web) -> None:
    await says(web, f"add {web.url()} vendors=Acme Cam", channel="#news")
    lines = (await says(web, "list", "anna", "#news")).splitlines()
    assert lines == [
        "2 routes to this channel",
        f"{web.url()}: not read yet; no entry yet; by chat",
        "vendors=Acme Cam, added by bea, 1 Apr 2024, 12:00 UTC",
        f"{FEED}: not read yet; no entry yet; by the configuration",
        "everything, by the configuration",
        "What private channels follow is told only there.",
    ]
    listed = await web.says("list", channel="#news")
    assert f"{web.url()}: not read yet; no entry yet; by chat; only vendors=Acme Cam" in listed
    assert listed.count("only") == 2  # and "told only there"


async def test_a_vendor_that_is_watched_no_more_is_listed_as_that(web: Web) -> None:
    gone = Terms(Filter(vendors=frozenset({"gone-inc"})))
    await web.adds()
    await web.bot.app.store.feeds.put(HALL, {web.url(): gone.text}, "bea", web.bot.clock())
    assert "vendors=gone-inc (not watched), added by bea" in await says(web, "list")
    web.bot.clock.pass_(seconds=10)
    assert await told(web, "Acme Cam") == []


async def test_the_list_of_routes_names_no_other_channel(web: Web) -> None:
    await web.bot.answers(f"watchlist route add {web.url()}", "bea", BOARD)
    answer = await says(web, "list", "anna")
    assert answer.splitlines() == [
        "0 routes to this channel",
        "Add one with watchlist route add <url>.",
        "1 feed in 1 other public channel.",  # that of the configuration
        "What private channels follow is told only there.",
    ]


async def test_a_removed_route_brings_nothing_more(web: Web) -> None:
    await says(web, f"add {web.url()} vendors=acme-cam")
    assert (await says(web, f"remove {web.url()}")).startswith("Not followed here any more")
    assert await kept(web) == []
    assert await told(web, "Acme Cam") == []


async def test_no_button_repeats_an_address_with_a_secret(web: Web) -> None:
    url = web.url("/feed.xml?token=hunter2")
    await says(web, f"add {url}")
    shown = web.url("/feed.xml?token=...")
    answer = await says(web, f"edit {shown} vendors=acme-cam")
    assert "hunter2" not in answer
    assert buttons(web.bot.platform.answered[-1]) == []
    answer = await says(web, f"add {shown} vendors=road-runner")
    assert "vendors=Road Runner (was Acme Cam)" in answer


async def test_a_feed_that_others_asked_for_is_added_as_the_list_shows_it(web: Web) -> None:
    url = web.url("/feed.xml?token=hunter2")
    feeds, now = web.bot.app.store.feeds, web.bot.clock()
    await feeds.subscribe("default", "config", [Route(url, HALL)], "config", now)
    shown = web.url("/feed.xml?token=...")
    assert (await says(web, f"add {shown} vendors=acme-cam")).startswith("Followed here")
    assert await web.wishes() == [(url, "fake:#hall")]


@pytest.mark.parametrize("command", ["add {}", "edit {} vendors=acme-cam", "remove {}"])
async def test_curators_and_who_moderates_the_channel_decide_what_a_feed_brings(
    web: Web, command: str
) -> None:
    line = command.format(web.url())
    assert (await says(web, line, "anna")).startswith("Only curators and admins may use watchlist ")
    web.bot.platform.moderators.add(("#hall", "mo"))
    assert not (await says(web, line, "mo")).startswith("Only")
    assert (await says(web, line, "mo", "#news")).startswith("Only")
    web.bot.platform.roles["ada"] = Role.ADMIN
    assert not (await says(web, line, "ada", "#news")).startswith("Only")


async def test_each_feed_of_a_channel_brings_what_its_own_route_says(web: Web) -> None:
    web.server.put("/b.xml", RSS)
    await says(web, f"add {web.url()} vendors=acme-cam")
    await says(web, f"add {web.url('/b.xml')} vendors=road-runner")
    assert await told(web, "Road Runner") == []
    web.bot.posted()
    await web.bot.reads(("Road Runner wins", "", "Road Runner"), feed=web.url("/b.xml"))
    assert len(web.bot.posted()) == 1


# --------------------------------------------------------------------------- the log


async def test_routes_are_in_the_log_and_can_be_taken_back(web: Web) -> None:
    await says(web, f"add {web.url()} vendors=Acme Cam")
    await says(web, f"edit {web.url()} vendors=none min=exact")
    log = await web.bot.answers("watchlist log", "bea")
    assert f"{web.url()}: followed, vendors=Acme Cam" in log
    assert f"{web.url()}: vendors=Acme Cam → min=exact" in log
    assert "2 is taken back" in await web.bot.answers("watchlist undo 2", "bea")
    assert "vendors=Acme Cam" in await says(web, "list")
    assert "1 is taken back" in await web.bot.answers("watchlist undo 1", "bea")
    assert (await says(web, "list")).startswith("0 routes")
    assert "changed since" in await web.bot.answers("watchlist undo 2", "bea")


async def test_what_a_private_channel_follows_is_told_there_alone(web: Web) -> None:
    await web.bot.answers(f"watchlist route add {web.url()}", "bea", BOARD)
    await web.bot.answers("watchlist policy Ask first", "bea")
    elsewhere = await web.bot.answers("watchlist log", "bea")
    assert elsewhere.startswith("What was changed\n2 ·")
    assert web.url() not in elsewhere
    assert "There is no revision 1" in await web.bot.answers("watchlist undo 1", "bea")
    assert web.url() in await web.bot.answers("watchlist log", "bea", BOARD)
