"""Somebody gives the bot a list of feeds, sees what it would add, and confirms it."""

from collections.abc import AsyncIterator

import pytest

from bot.core.feed import Route
from bot.feeds.fetching.fetch import Fetcher
from bot.feeds.formats import opml
from bot.feeds.hosts import Hosts
from bot.feeds.onefeed import OneFeed
from bot.feeds.polled import Rules
from tests.dialogs.conftest import Bot, buttons
from tests.dialogs.newspaper import HALL, Web, a_web
from tests.feeds.inline import Inline

ONE = "https://one.example/feed"
TWO = "https://two.example/feed"
PASTED = (
    f"<opml version='2.0'><body><outline text='News'><outline text='One' xmlUrl='{ONE}'/>"
    f"<outline text='Two' xmlUrl='{TWO}'/></outline></body></opml>"
)


@pytest.fixture
async def web(bot: Bot) -> AsyncIterator[Web]:
    async with a_web(bot) as made:
        yield made


def put(web: Web, *urls: str) -> str:
    """Let the site have a list of feeds; give its address."""
    listed = [opml.Listed(url, f"Feed {number}") for number, url in enumerate(urls, 1)]
    web.server.put("/list", opml.write(listed, "Mine", web.bot.clock()), kind="text/x-opml")
    return web.url("/list")


async def shows(web: Web, given: str, actor: str = "bea") -> str:
    """Let somebody give a list; give what is shown before it is confirmed."""
    line = f"watchlist feed import {given}"
    return await web.bot.answers(line, actor, confirm=False)


async def test_a_list_is_shown_first_and_followed_once_it_is_confirmed(web: Web) -> None:
    answer = await shows(web, f"<{put(web, ONE, TWO)}>")
    assert answer.splitlines()[:3] == [
        "That would follow 2 feeds here.",
        f"Feed 1 ({ONE})",
        f"Feed 2 ({TWO})",
    ]
    assert "Nothing is done yet. Confirm with vendor confirm" in answer
    assert await web.wishes() == []
    assert web.polled == []
    answer = await web.bot.presses("Confirm", "bea")
    assert answer.startswith("2 feeds followed here from the list.")
    assert await web.wishes() == [(ONE, "fake:#hall"), (TWO, "fake:#hall")]
    assert web.polled == [True]
    assert web.bot.posted() == [
        ("#hall", None, "This channel now follows 2 feeds more, added by bea.")
    ]


async def test_a_list_that_is_not_wanted_after_all_adds_nothing(web: Web) -> None:
    await shows(web, put(web, ONE))
    await web.bot.presses("Cancel", "bea")
    assert await web.wishes() == []


async def test_a_list_that_is_pasted_is_read_as_one_at_an_address(web: Web) -> None:
    assert f"One ({ONE})" in await shows(web, PASTED)
    await web.says(f"import {PASTED}")
    assert await web.wishes() == [(ONE, "fake:#hall"), (TWO, "fake:#hall")]
    assert web.server.asked == []


async def test_what_is_followed_already_is_not_added_again(web: Web) -> None:
    feeds, now = web.bot.app.store.feeds, web.bot.clock()
    await feeds.subscribe("default", "config", [Route(ONE, HALL)], "config", now)
    answer = await shows(web, put(web, ONE, TWO))
    assert "That would follow 1 feed here." in answer
    assert "1 feed of the list is followed here already." in answer
    await web.bot.presses("Confirm", "bea")
    assert await web.wishes() == [(TWO, "fake:#hall")]
    answer = await shows(web, web.url("/list"))
    assert answer.startswith("Nothing to add: the list has no feed that is not followed here.")
    assert "2 feeds of the list are followed here already." in answer
    assert buttons(web.bot.platform.answered[-1]) == []


async def test_what_is_no_address_is_told_and_the_rest_is_taken(web: Web) -> None:
    broken = PASTED.replace(ONE, "gazette dot example")
    answer = await shows(web, broken)
    assert "That would follow 1 feed here." in answer
    assert "Not the address of a feed: 'gazette dot example'." in answer


async def test_so_many_feeds_are_taken_at_a_time_and_the_next_ones_after_them(web: Web) -> None:
    urls = [f"https://many.example/{number:03}" for number in range(70)]
    url = put(web, *urls)
    answer = await shows(web, url)
    assert "That would follow 50 feeds here." in answer
    assert "20 feeds more: at most 50 now; then give the command again." in answer
    await web.bot.presses("Confirm", "bea")
    assert [feed for feed, _ in await web.wishes()] == urls[:50]
    await web.says(f"import {url}")
    assert [feed for feed, _ in await web.wishes()] == urls


async def test_a_channel_takes_no_more_than_it_may_follow(web: Web) -> None:
    feeds, now = web.bot.app.store.feeds, web.bot.clock()
    many = [Route(f"https://a.example/{n}", HALL) for n in range(199)]
    await feeds.subscribe("default", "chat", many, "bea", now)
    url = put(web, ONE, TWO)
    assert "1 feed more: at most 1 now" in await shows(web, url)
    await web.bot.presses("Confirm", "bea")
    assert len(await web.wishes()) == 200
    assert (await shows(web, url)).startswith("This channel follows 200 feeds by chat")


async def test_a_list_that_is_broken_says_where_and_what_could_be_read(web: Web) -> None:
    text = f"""<opml version="2.0">
<body>
<outline text="One" xmlUrl="{ONE}"/>
<outline text="Two" xmlUrl="{TWO}>
</body>
</opml>"""
    web.server.put("/list", text, kind="text/x-opml")
    answer = await shows(web, web.url("/list"))
    assert f"One ({ONE})" in answer
    assert "The list is broken in line 5, column 1: " in answer
    assert "; what stands there may be missing." in answer


@pytest.mark.parametrize(
    ("given", "answer"),
    [
        (
            "my feeds",
            "'my feeds' is no list of feeds. Paste OPML, which begins with <opml",
        ),
        ("<html><p>x</html>", "What you gave: is not OPML; export the list as OPML from your feed"),
        ("<opml><body><outline>", "What you gave: ends in the middle, so it is not read (line 1, "),
        ("<opml><body/></opml>", "What you gave: lists no feed: no outline has an xmlUrl."),
    ],
)
async def test_what_is_no_list_is_one_clear_line(web: Web, given: str, answer: str) -> None:
    said = await shows(web, given)
    assert said.startswith(answer)
    assert len(said.splitlines()) == 1
    assert await web.wishes() == []


async def test_a_list_is_fetched_through_the_door_that_stays_out_of_private_networks(
    web: Web,
) -> None:
    url = put(web, ONE)
    async with Fetcher() as public:
        web.bot.app.looks = OneFeed(public, Inline(), Hosts(0.0), web.bot.clock, Rules())
        assert "is at an address that is not public" in await shows(web, url)
        web.bot.app.looks = None
        assert await shows(web, url) == "Feeds cannot be fetched here."
    assert web.server.asked == []


async def test_a_list_that_takes_too_long_is_given_up(web: Web) -> None:
    web.server.hang("/slow")
    looks = web.bot.app.looks
    assert isinstance(looks, OneFeed)
    looks.limit = 0.2
    url = web.url("/slow")
    assert await shows(web, url) == f"{url} was not read within 0.2 seconds; try again later."


async def test_no_secret_of_a_list_is_said_back(web: Web) -> None:
    url = put(web, "https://one.example/feed?token=hunter2", "ftp://bea:hunter2@two.example/x")
    told = [await shows(web, url), await web.bot.presses("Confirm", "bea")]
    assert "hunter2" not in repr([told, web.bot.platform.answered, web.bot.posted()])
    assert [feed for feed, _ in await web.wishes()] == ["https://one.example/feed?token=hunter2"]


async def test_only_who_decides_what_a_channel_follows_takes_a_list_in(web: Web) -> None:
    assert (await shows(web, put(web, ONE), "anna")).startswith("Only curators and admins may use ")
    assert web.server.asked == []


@pytest.mark.parametrize("fence", ["", "```", "```xml"])
async def test_a_list_is_pasted_with_its_lines_and_quotation_marks(web: Web, fence: str) -> None:
    listed = [opml.Listed(ONE, "The “One” & all"), opml.Listed(TWO, "It's two")]
    text = opml.write(listed, "Mine", web.bot.clock()).decode()
    answer = await shows(web, f"\n{fence}\n{text}\n{fence[:3]}")
    assert answer.splitlines()[1:3] == [f"The “One” & all ({ONE})", f"It's two ({TWO})"]
    number = text.splitlines().index("  <body>") + 1
    broken = text.replace("<body>", "<body =>")
    answer = await shows(web, f"\n{fence}\n{broken}\n{fence[:3]}")
    assert f"The list is broken in line {number}, column " in answer
