"""A channel's people add, remove, list and look at feeds; a server on loopback has them."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from bot.app import App
from bot.config import Config
from bot.core.commands import Role
from bot.core.feed import Feed, Route
from bot.core.mention import Channel
from bot.feeds.fetching.fetch import Fetcher
from bot.feeds.formats import opml
from bot.feeds.hosts import Hosts
from bot.feeds.onefeed import OneFeed
from bot.feeds.polled import Rules
from bot.serve import assemble
from tests.build import write_pack
from tests.dialogs.conftest import ACME, FEED, Bot, buttons, place
from tests.dialogs.newspaper import BOARD, HALL, PAGE, RSS, Web, a_web
from tests.fakes import Clock, FakePlatform
from tests.feeds.inline import Inline
from tests.feeds.server import LOOPBACK, FeedServer

CONSOLE = Channel("console", "#hall")


@pytest.fixture
async def web(bot: Bot) -> AsyncIterator[Web]:
    async with a_web(bot) as made:
        yield made


def chat() -> FakePlatform:
    """Give a platform on which Bea is a curator."""
    return FakePlatform(name="console", roles={"bea": Role.CURATOR})


def chat_of(app: App) -> FakePlatform:
    """Give the platform of a bot."""
    platform = app.platforms["console"]
    assert isinstance(platform, FakePlatform)
    return platform


def configured(folder: Path, url: str) -> Config:
    """Configure a bot that follows a feed, and whose operator opened this machine to feeds."""
    feeds = {
        "list": [{"url": url, "channels": ["console:#news"]}],
        "allow_networks": ["127.0.0.0/8", "::1/128"],
    }
    return Config.model_validate(
        {
            "database": {"url": f"sqlite+aiosqlite:///{folder / 'bot.db'}"},
            "watchlists": [str(write_pack(folder / "pack", ACME))],
            "shipped_watchlist": False,
            "feeds": feeds,
        }
    )


async def polled(app: App, url: str) -> Feed:
    """Wait until a feed has been asked for; give its state."""
    while True:
        [state] = await app.store.feeds.states([url])
        if state.checked_at is not None:
            return state
        await asyncio.sleep(0.01)  # what another task keeps


# ---------------------------------------------------------------------------------- add


async def test_a_feed_is_followed_and_shows_that_it_lives(web: Web) -> None:
    answer = await web.adds()
    assert answer.startswith("Followed here: The Gazette")
    assert "Newest entryAcme Cam wins the tender, 31 Mar 2024, 09:00 UTC" in answer
    assert "Listed now2 entries" in answer
    assert "Askedabout every " in answer
    assert "Names now, by the number of entries: Acme Cam (1)." in answer
    assert await web.wishes() == [(web.url(), "fake:#hall")]
    assert web.polled == [True]


async def test_the_channel_hears_who_added_a_feed_where_only_they_saw_the_answer(web: Web) -> None:
    await web.adds()
    told = "This channel now follows the feed The Gazette, added by bea."
    assert web.bot.posted() == [("#hall", None, told)]
    web.bot.platform.private_answers = False
    web.server.put("/b.xml", RSS)
    await web.adds("/b.xml")
    assert web.bot.posted() == []


async def test_the_next_entry_of_an_added_feed_comes_to_its_channel_at_once(web: Web) -> None:
    await web.bot.app.subscriptions.look()  # so that what is known is fresh
    await web.adds()
    web.bot.posted()
    await web.bot.reads(("Road works", "", "Road Runner"), feed=web.url())
    [(channel, _, text)] = web.bot.posted()
    assert channel == "#hall"
    assert "Road Runner" in text
    await web.says(f"remove {web.url()}")
    web.bot.posted()
    await web.bot.reads(("Road works again", "", "Acme Cam"), feed=web.url())
    assert web.bot.posted() == []


async def test_what_is_added_twice_is_followed_once_and_announced_once(web: Web) -> None:
    await web.adds()
    web.bot.posted()
    assert (await web.adds()).startswith("Already followed here: The Gazette")
    assert web.bot.posted() == []
    assert len(await web.wishes()) == 1


@pytest.mark.parametrize("written", ["backfill 7d", "7d", "Backfill 1w"])
async def test_the_last_days_of_a_feed_are_searched_if_somebody_wants_that(
    web: Web, written: str
) -> None:
    answer = await web.says(f"add {web.url()} {written}")
    assert "If nobody followed it before, its last 7d alert as well." in answer
    backfill = web.bot.app.subscriptions.backfill(web.url())
    assert backfill is not None
    assert backfill.days == 7


@pytest.mark.parametrize(
    ("written", "told"),
    [
        ("backfill soon", "'soon' is no duration; write for example 30m, 24h, 7d or 1d 12h."),
        ("backfill", "How far back? Write for example backfill 7d."),
        ("backfill 400d", "A feed is searched at most 30d back."),
        ("backfill 0d", "A feed is searched at most 30d back."),
    ],
)
async def test_a_span_that_makes_no_sense_is_told_before_anything_is_asked(
    web: Web, written: str, told: str
) -> None:
    assert await web.says(f"add {web.url()} {written}") == told
    assert web.server.asked == []
    assert await web.wishes() == []


async def test_of_a_page_its_feeds_are_offered_and_a_button_follows_one(web: Web) -> None:
    web.server.put("/news", PAGE, kind="text/html")
    answer = await web.says(f"add {web.url('/news')} backfill 7d")
    assert answer.startswith("That is no feed; nothing is followed yet. Feeds of that site:")
    assert f"All news, {web.url()}" in answer
    assert await web.wishes() == []
    assert web.polled == []
    assert (await web.bot.presses("Follow All news", "bea")).startswith("Followed here")
    assert await web.wishes() == [(web.url(), "fake:#hall")]
    assert web.bot.app.subscriptions.backfill(web.url()) is not None


async def test_where_a_page_names_no_feed_a_few_usual_places_are_tried(web: Web) -> None:
    web.server.put("/news", "<html><body>News</body></html>", kind="text/html")
    answer = await web.adds("/news")
    assert web.url() in answer
    assert web.server.count("/index.xml") == 0
    assert len(web.server.asked) == 9


@pytest.mark.parametrize(
    ("path", "told"),
    [
        ("/none.xml", "answered 404 Not Found."),
        ("/a.pdf", "is a PDF, which is not read."),
        ("/list", "is a list of 1 feed; take them with watchlist feed import <url>."),
    ],
)
async def test_what_is_no_feed_is_one_clear_line_and_nothing_is_followed(
    web: Web, path: str, told: str
) -> None:
    web.server.put("/a.pdf", b"%PDF-1.7", kind="application/pdf")
    listed = opml.write([opml.Listed("https://a.example/f")], "F", web.bot.clock())
    web.server.put("/list", listed, kind="text/x-opml")
    assert await web.adds(path) == f"{web.url(path)} {told}"
    assert await web.wishes() == []
    assert web.bot.posted() == []


@pytest.mark.parametrize("written", ["gazette", "ftp://a.example/f", "https://"])
async def test_what_is_no_address_is_told_so(web: Web, written: str) -> None:
    for command in ("add", "check"):
        told = await web.says(f"{command} {written}")
        assert f"'{written}' is no web address for url: it starts with http:// or https://" in told
        assert f"Type watchlist feed {command} <url>" in told
    assert "has at most 1,000 characters" in await web.says(f"add https://a.example/{'x' * 1000}")


async def test_a_feed_that_takes_too_long_is_given_up_in_a_sentence(web: Web) -> None:
    web.server.hang("/slow.xml")
    looks = web.bot.app.looks
    assert isinstance(looks, OneFeed)
    web.bot.app.looks = replace(looks, limit=0.2)
    told = f"{web.url('/slow.xml')} was not read within 0.2 seconds; try again later."
    assert await web.adds("/slow.xml") == told


async def test_who_may_chat_follows_nothing_in_a_private_network(web: Web) -> None:
    looks = web.bot.app.looks
    assert isinstance(looks, OneFeed)
    async with Fetcher(public=True) as public:
        web.bot.app.looks = replace(looks, fetcher=public)
        for command in ("add", "check"):
            answer = await web.says(f"{command} {web.url()}")
            assert answer == (
                f"{web.url()} is at an address that is not public; only what an operator adds, in "
                "the config or on the command line, may be at one."
            )
    assert web.server.asked == []
    assert await web.wishes() == []


async def test_a_host_that_wants_to_be_left_alone_is(web: Web) -> None:
    web.server.put("/busy.xml", status=429, headers={"Retry-After": "600"})
    await web.adds("/busy.xml")
    assert "its server wants to be left alone" in await web.adds()
    assert web.server.count("/feed.xml") == 0


async def test_a_bot_without_a_door_to_the_web_follows_nothing(bot: Bot) -> None:
    bot.platform.roles["bea"] = Role.CURATOR
    answer = await bot.answers("watchlist feed add https://gazette.example/f", "bea")
    assert answer == "Feeds cannot be fetched here."


async def test_a_channel_follows_so_many_feeds_by_chat_and_no_more(web: Web) -> None:
    feeds, now = web.bot.app.store.feeds, web.bot.clock()
    many = [Route(f"https://a.example/{n}", HALL) for n in range(200)]
    await feeds.subscribe("default", "chat", many[:199], "bea", now)
    await feeds.subscribe("default", "config", many[199:], "config", now)
    assert (await web.adds()).startswith("Followed here")
    web.server.put("/b.xml", RSS)
    assert (await web.adds("/b.xml")).startswith("This channel follows 200 feeds by chat")
    assert web.server.count("/b.xml") == 0
    assert (await web.adds("/b.xml", channel="#news")).startswith("Followed here")


async def test_each_workspace_follows_feeds_of_its_own(web: Web) -> None:
    acme, other = (Channel("fake", f"#{each}", team=each) for each in ("T1", "T2"))
    await web.adds(channel=acme)
    [wish] = [e for e in await web.bot.app.store.feeds.subscriptions() if e.origin == "chat"]
    assert (wish.channel.team, wish.by) == ("T1", "bea")
    assert "0 feeds followed here" in await web.says("list", channel=other)
    assert "public channel" not in await web.says("list", channel=other)
    assert "is not followed here" in await web.says(f"remove {web.url()}", channel=other)
    assert "Not followed here any more" in await web.says(f"remove {web.url()}", channel=acme)


async def test_no_password_of_an_address_is_said_back(web: Web) -> None:
    url = web.url("/feed.xml?token=hunter2")
    answer = await web.says(f"add {url}")
    assert (url, "fake:#hall") in await web.wishes()
    shown = web.url("/feed.xml?token=...")
    told = [answer, await web.says("list"), await web.says("export"), repr(web.bot.posted())]
    with capture_logs() as logs:
        told += [await web.says(f"check {url}"), repr(logs)]
    assert not [each for each in told if "hunter2" in each]
    assert "hunter2" not in repr(web.bot.platform.answered)
    assert shown in told[1]
    assert "1 feed left out" in told[2]
    assert "Not followed here any more" in await web.says(f"remove {shown}")


async def test_what_only_chats_asked_for_is_polled_at_once_and_never_in_private_networks(
    tmp_path: Path,
) -> None:
    async with FeedServer() as server, Fetcher(allow_networks=LOOPBACK) as fetcher:
        for path in ("/ours.xml", "/theirs.xml"):
            server.put(path, RSS)
        theirs = server.url("/theirs.xml", host="localhost")
        server.put("/page", "<p>Acme Cam</p>" * 9, kind="text/html")
        async with assemble(configured(tmp_path, server.url("/ours.xml")), (chat(),)) as (app, fed):
            polling = asyncio.create_task(fed.poller.run())
            async with asyncio.timeout(20):
                await server.wait_for("/ours.xml")
                # As if its name had led to a public address so far.
                app.looks = OneFeed(fetcher, Inline(), Hosts(0.0), app.clock, Rules())
                bot = Bot(app, chat_of(app), Clock(), tmp_path)
                answer = await bot.answers(f"watchlist feed add {theirs}", "bea", CONSOLE)
                assert answer.startswith("Followed here")
                state = await polled(app, theirs)
                ours = await polled(app, server.url("/ours.xml"))
            polling.cancel()
            await asyncio.wait([polling])
            assert "only what an operator adds" in str(state.last_error)
            page = server.url("/page", host="localhost")
            told = await bot.answers(f"vendor check {page}", "bea", CONSOLE)
            assert "only what an operator adds" in told
            assert (ours.failures, ours.title) == (0, "The Gazette")
    assert server.count("/theirs.xml") == 1  # when it was looked at


async def test_the_newest_entries_are_shown_and_which_would_have_alerted(web: Web) -> None:
    items = "".join(
        f"<item><title>News {n} of {vendor}</title><guid>{n}</guid>"
        f"<link>https://gazette.example/{n}</link>"
        f"<pubDate>{n:02} Mar 2024 09:00:00 GMT</pubDate></item>"
        for n, vendor in enumerate(["Acme Cam", "Acme Cam", "nobody", *["Acme Cam"] * 7], 1)
    )
    web.server.put("/feed.xml", f"<rss version='2.0'><channel>{items}</channel></rss>")
    lines = (await web.adds()).splitlines()
    at = lines.index("Before that")
    assert lines[at + 1 : at + 5] == [
        f"News {n} of Acme Cam, {n} Mar 2024, 09:00 UTC" for n in (9, 8, 7, 6)
    ]
    at = lines.index("Would have alerted here in the last 30 days:")
    # That of the second of March is more than 30 days old.
    assert lines[at + 1 : at + 8] == [
        f"Acme Cam: News {n} of Acme Cam, {n} Mar 2024, 09:00 UTC" for n in (10, 9, 8, 7, 6, 5, 4)
    ]
    assert "News 2 of" not in "\n".join(lines)


async def test_what_this_channel_would_not_be_told_is_not_said_to_alert(web: Web) -> None:
    await web.bot.alerts("#hall", not_vendors="acme-cam")
    answer = await web.says(f"check {web.url()}")
    assert "Acme Cam (1)" in answer
    assert "Nothing that it lists of the last 30 days would have alerted here." in answer
    assert "Would have alerted here" in await web.says(f"check {web.url()}", channel="#news")


async def test_an_entry_without_a_date_counts_as_new(web: Web) -> None:
    web.server.put("/feed.xml", RSS.replace("pubDate", "x"))
    assert "Acme Cam: Acme Cam wins the tender, without a date" in await web.adds()


# ------------------------------------------------------------------------------- remove


async def test_a_feed_is_followed_no_more_and_the_channel_hears_of_it(web: Web) -> None:
    await web.adds()
    web.bot.posted()
    answer = await web.bot.presses("Do not follow it", "bea")
    assert answer == f"Not followed here any more: {web.url()}."
    assert await web.wishes() == []
    told = f"This channel follows the feed {web.url()} no more, removed by bea."
    assert web.bot.posted() == [("#hall", None, told)]


async def test_what_others_asked_for_is_not_removed_by_chat(web: Web) -> None:
    answer = await web.says(f"remove {FEED}", channel="#news")
    assert answer == f"{FEED} was not added by chat but by the configuration; end it there."
    feeds, now = web.bot.app.store.feeds, web.bot.clock()
    await feeds.subscribe("default", "list:/etc/secret.opml", [Route(web.url(), HALL)], "x", now)
    answer = await web.says(f"remove {web.url()}")
    assert "but by a list of feeds; end it there." in answer
    assert "secret" not in answer
    await web.adds()
    web.bot.posted()
    answer = await web.says(f"remove {web.url()}")
    assert "It still comes here by a list of feeds." in answer
    assert web.bot.posted() == []
    assert await web.wishes() == []


async def test_what_is_not_followed_here_is_not_removed_elsewhere(web: Web) -> None:
    await web.adds(channel=BOARD)
    assert "is not followed here. Type" in await web.says(f"remove {web.url()}")
    assert await web.wishes() == [(web.url(), "fake:#board")]


# --------------------------------------------------------------------------------- list


async def test_the_list_says_how_each_feed_is_doing(web: Web) -> None:
    now = web.bot.clock()
    for name in ("new", "ok", "bad", "never", "gone"):
        web.server.put(f"/{name}", RSS)
        await web.adds(f"/{name}")
    url = web.url
    await web.keeps(Feed(url("/ok"), now, "Fine", checked_at=now, good_at=now, newest_at=now))
    trouble = f"{url('/bad')} answered 500"
    await web.keeps(
        Feed(url("/bad"), now, failures=3, last_error=trouble, checked_at=now, good_at=now)
    )
    await web.keeps(Feed(url("/never"), now, failures=1, last_error="broke", checked_at=now))
    await web.keeps(Feed(url("/gone"), now, gone=True, checked_at=now))
    answer = await web.says("list", "anna")
    lines = answer.splitlines()
    at = "1 Apr 2024, 12:00 UTC"
    assert lines[0] == "5 feeds followed here"
    assert lines[1:6] == [
        f"{url('/bad')}: failing, last read {at}: answered 500; no entry yet; by chat",
        f"{url('/gone')}: gone, as its server says; not asked any more; no entry yet; by chat",
        f"{url('/never')}: never read: broke; no entry yet; by chat",
        f"{url('/new')}: not read yet; no entry yet; by chat",
        f"Fine ({url('/ok')}): ok; newest entry {at}; by chat",
    ]


async def test_an_encrypted_room_is_counted_nowhere_else(web: Web) -> None:
    await web.adds(channel=Channel("fake", "#sealed", encrypted=True))
    assert "1 feed in 1 other public channel." in await web.says("list")


async def test_the_overview_tells_of_no_other_workspace_and_of_no_password(web: Web) -> None:
    url = web.url("/feed.xml?token=hunter2")
    await web.says(f"add {url}", channel=Channel("fake", "#c", team="T1"))
    web.bot.clock.pass_(seconds=10)
    assert "feed.xml?token" not in await web.bot.answers("vendor overview")
    theirs = await web.bot.answers("vendor overview", channel=Channel("fake", "#d", team="T1"))
    assert web.url("/feed.xml?") in theirs
    assert "hunter2" not in theirs
    assert FEED not in theirs


async def test_the_list_counts_other_open_channels_and_names_no_private_one(web: Web) -> None:
    await web.adds(channel=BOARD)
    answer = await web.says("list", "anna")
    assert answer.splitlines() == [
        "0 feeds followed here",
        "Add one with watchlist feed add <url>.",
        "1 feed in 1 other public channel.",  # that of the configuration
        "What private channels follow is told only there.",
    ]
    assert web.url() in await web.says("list", "anna", BOARD)


async def test_a_channel_that_the_configuration_names_counts_once_it_is_known_to_be_open(
    web: Web,
) -> None:
    feeds, now = web.bot.app.store.feeds, web.bot.clock()
    unknown = Channel("fake", "#later", private=True)
    await feeds.subscribe("default", "config", [Route(web.url(), unknown)], "config", now)
    assert "1 feed in 1 other public channel." in await web.says("list")
    await web.bot.joins(place("#later"))
    web.bot.clock.pass_(seconds=10)
    assert "2 feeds in 2 other public channels." in await web.says("list")
    assert web.url() in await web.says("list", channel="#later")


# -------------------------------------------------------------------------------- check


async def test_a_check_says_what_a_feed_has_and_follows_nothing(web: Web) -> None:
    answer = await web.says(f"check {web.url()}")
    assert answer.startswith("A feed: The Gazette")
    assert "Acme Cam (1)" in answer
    assert "Nothing is followed by this." in answer
    assert await web.wishes() == []
    assert web.bot.posted() == []
    assert (await web.bot.presses("Follow it here", "bea")).startswith("Followed here")


async def test_a_check_follows_a_move_and_says_where_to(web: Web) -> None:
    web.server.redirect("/old.xml", "/feed.xml", 301)
    assert f"Has moved for goodto {web.url()}" in await web.says(f"check {web.url('/old.xml')}")


async def test_a_feed_without_entries_or_dates_is_told_as_it_is(web: Web) -> None:
    web.server.put("/empty.xml", "<rss version='2.0'><channel><title>E</title></channel></rss>")
    answer = await web.says(f"check {web.url('/empty.xml')}")
    assert "Newest entrynone: it lists no entry now" in answer
    assert "Its entries name no watched vendor now." in answer
    undated = RSS.replace("pubDate", "x")
    web.server.put("/undated.xml", undated)
    assert ", without a date" in await web.says(f"check {web.url('/undated.xml')}")


async def test_words_of_a_feed_are_words_however_they_look(web: Web) -> None:
    title = "&lt;!channel&gt; `vendor mute all` " + "x" * 500
    web.server.put("/feed.xml", RSS.replace("The Gazette", title))
    await web.adds()
    assert "x" * 120 not in repr(web.bot.platform.answered[-1])
    assert "Typed(value='vendor mute all'" not in repr(web.bot.platform.answered[-1])


# ------------------------------------------------------------------------------- export


async def test_what_is_exported_is_read_back_as_a_list(web: Web) -> None:
    for number in range(30):
        web.server.put(f"/{number}.xml", RSS.replace("The Gazette", f"Gazette & {number}"))
        await web.adds(f"/{number}.xml")
        if number % 5 == 4:  # nobody types that fast
            web.bot.clock.pass_(minutes=5)
    answer = await web.says("export")
    assert answer.startswith("30 feeds as OPML")
    text = answer[answer.index("<?xml") : answer.index("</opml>") + len("</opml>")]
    listed = opml.read(text.encode(), "answer")
    assert {each.url for each in listed} == {web.url(f"/{n}.xml") for n in range(30)}
    assert "watchlist feed import" in answer


async def test_a_channel_without_feeds_exports_nothing(web: Web) -> None:
    assert (await web.says("export")).startswith("This channel follows no feed.")


# --------------------------------------------------------------------------------- who


@pytest.mark.parametrize("command", ["add {}", "remove {}", "check {}", "export"])
async def test_curators_and_who_moderates_the_channel_decide_what_it_follows(
    web: Web, command: str
) -> None:
    line = command.format(web.url())
    refused = await web.says(line, "anna")
    assert refused.startswith("Only curators and admins may use watchlist feed ")
    assert web.server.asked == []
    web.bot.platform.moderators.add(("#hall", "mo"))
    assert not (await web.says(line, "mo")).startswith("Only")
    assert (await web.says(line, "mo", "#news")).startswith("Only")


async def test_two_curators_who_add_the_same_feed_at_once_follow_it_once(web: Web) -> None:
    web.bot.platform.roles["carl"] = Role.CURATOR
    async with asyncio.timeout(10), asyncio.TaskGroup() as tasks:
        for actor in ("bea", "carl"):
            tasks.create_task(web.says(f"add {web.url()}", actor))
    assert len(await web.wishes()) == 1
    assert len([text for _, _, text in web.bot.posted() if "now follows" in text]) == 1


async def test_the_buttons_of_an_address_that_no_line_can_hold_are_left_out(web: Web) -> None:
    url = web.url("/it's.xml")
    web.server.put("/it's.xml", RSS)
    assert (await web.says(f"add {url}")).startswith("Followed here")
    assert buttons(web.bot.platform.answered[-1]) == []
    assert await web.wishes() == [(url, "fake:#hall")]


def test_the_help_says_that_lists_are_written() -> None:
    readme = (Path(__file__).parents[2] / "README.md").read_text(encoding="utf-8")
    assert "`watchlist feed export` | Write this channel's feeds as OPML;" in readme
