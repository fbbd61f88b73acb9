"""Somebody asks what a web page names; the page is fetched because of that, and nothing is kept."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from bot.core.document import Link, Paragraph, Text
from bot.core.feed import Feed, Paragraphs, Poll, Route
from bot.core.mention import Channel
from bot.feeds.fetching.fetch import Fetcher
from bot.feeds.hosts import Hosts
from bot.feeds.onepage import OnePage
from bot.feeds.pages import Pages
from tests.dialogs.conftest import Bot
from tests.feeds.inline import Inline
from tests.feeds.server import ANY_PORT, LOOPBACK, FeedServer, Names
from tests.storage.sample import rows

PLAIN = (
    "The ferry to the north quay sails twice an hour from Monday, the harbour office said.",
    "Tickets stay at the same price, and bicycles travel without a charge until the autumn.",
    "The last boat in the evening now leaves at eleven, half an hour later than it used to.",
)
CAMERAS = "The office has ordered cameras of Acme Cam for both of its piers, it said on Tuesday."
BESIDE = "<aside><h3>Most read</h3><p><a href='/x'>Road Runner wins again</a></p></aside>"


def html(*paragraphs: str, title: str = "Ferry timetable changes", beside: str = "") -> str:
    told = "".join(f"<p>{each}</p>" for each in paragraphs)
    return (
        f"<!DOCTYPE html><html><head><title>{title}</title></head><body>"
        f"<article><h1>{title}</h1>{told}</article>{beside}</body></html>"
    )


@dataclass(slots=True)
class Web:
    """A bot, a site that it may be asked about, and the doors through which it goes there."""

    bot: Bot
    server: FeedServer
    open: Fetcher
    public: Fetcher

    def reads(self, fetcher: Fetcher | None = None, limit: float = 20.0) -> OnePage:
        """Let the bot read any page, or pages by another door."""
        feeds, clock, hosts = self.bot.app.store.feeds, self.bot.clock, Hosts(0.0)
        near = Pages(self.open, Inline(), feeds, hosts, clock)
        public = Pages(fetcher or self.open, Inline(), feeds, hosts, clock)
        self.bot.app.reads = OnePage(near, public, limit)
        return self.bot.app.reads

    def put(self, page: str, path: str = "/a.html") -> None:
        """Let the site have a page."""
        self.server.put(path, page, kind="text/html; charset=utf-8")

    async def check(self, path: str = "/a.html", channel: str | Channel = "#hall") -> str:
        """Have somebody ask about a page of the site."""
        return await self.bot.answers(f"vendor check {self.server.url(path)}", channel=channel)


@pytest.fixture
async def web(bot: Bot) -> AsyncIterator[Web]:
    async with (
        FeedServer() as server,
        Fetcher(allow_networks=LOOPBACK, allow_ports=ANY_PORT) as open_,
        Fetcher() as public,
    ):
        made = Web(bot, server, open_, public)
        made.reads()
        yield made


async def test_a_page_is_checked_by_its_zones_and_what_is_beside_it_gives_no_alert(
    web: Web,
) -> None:
    title = "Acme Cam at the ferry"
    web.put(html(*PLAIN, CAMERAS, title=title, beside=BESIDE))
    answer = await web.check()
    assert answer.startswith("1 watched vendor named in the article")
    assert f"Page: “{title}" in answer
    exact = "exact, the listed name 'Acme Cam'; would alert here unless a cooldown holds it back"
    assert f"Acme Cam: “Acme Cam”, 2 times, in the title and body, {exact}" in answer
    beside = answer[answer.index("Named beside the article only") :]
    assert "(teasers, menus, comments): no alert" in beside
    assert "Road Runner: “Road Runner”" in beside
    assert web.bot.posted() == []


async def test_what_the_article_begins_with_is_its_lead(web: Web) -> None:
    web.put(html(CAMERAS, *PLAIN))
    assert "“Acme Cam”, in the lead, exact" in await web.check()
    web.put(html(CAMERAS, *PLAIN, CAMERAS))
    assert "“Acme Cam”, 2 times, in the lead and body, exact" in await web.check()
    web.put(html(*PLAIN[:2], CAMERAS))
    assert "“Acme Cam”, in the body, exact" in await web.check()
    end = "The harbour office has said in its letter to the council that it is all by Acme Cam."
    web.put(html(PLAIN[0], end, *PLAIN[1:]))
    assert "“Acme Cam”, in the lead, exact" in await web.check()


async def test_a_vendor_of_the_article_is_not_told_a_second_time_for_a_teaser(web: Web) -> None:
    web.put(html(*PLAIN, CAMERAS, beside=BESIDE.replace("Road Runner", "Acme Cam")))
    assert "beside" not in await web.check()


async def test_a_page_that_names_nobody_is_no_clearance(web: Web) -> None:
    web.put(html(*PLAIN))
    answer = await web.check()
    assert answer.startswith("No watched vendors named in the article")
    assert "Not being on this watchlist is not clearance." in answer


async def test_a_page_title_is_quoted_and_never_markup(web: Web) -> None:
    title = "&lt;!channel&gt; *free* " + "x" * 500
    web.put(html(*PLAIN, title=title))
    await web.check()
    document = web.bot.platform.answered[-1]
    shown = [
        part
        for block in document.blocks
        if isinstance(block, Paragraph)
        for part in block.text
        if isinstance(part, Text | Link)
    ]
    (link,) = (part for part in shown if isinstance(part, Link))
    assert link.label.startswith("<!channel> *free* xxx")
    assert len(link.label) < 220
    assert link.url == web.server.url("/a.html")
    assert "channel" not in document.summary


async def test_a_wall_before_a_page_is_told(web: Web) -> None:
    wall = "<p>Subscribe now to continue reading this article.</p>"
    web.put(html(PLAIN[0], beside=wall))
    assert "A paywall stands before this page: only the start could be read." in await web.check()


async def test_what_a_site_repeats_on_its_pages_is_beside_the_article(web: Web) -> None:
    feeds = web.bot.app.store.feeds
    web.put(html(*PLAIN, CAMERAS))
    url = web.server.url("/a.html")
    assert "1 watched vendor" in await web.check()
    page = await Pages(web.open, Inline(), feeds, Hosts(0.0), web.bot.clock).read(url)
    for number in range(3):
        await seen_again(web.bot, page.seen.host, number, page.seen.prints[-1:])
    answer = await web.check()
    assert answer.startswith("No watched vendors named in the article")
    assert "Acme Cam: “Acme Cam”" in answer


async def seen_again(bot: Bot, host: str, number: int, prints: tuple[int, ...]) -> None:
    """Let a feed have brought a page with these paragraphs."""
    feed = Feed("https://gazette.example/feed.xml", bot.clock(), seeded=True)
    await bot.app.on_poll(Poll(feed, seen=(Paragraphs(host, f"https://other/{number}", prints),)))


async def test_nothing_of_a_page_is_kept_and_its_address_is_not_logged(
    web: Web, tmp_path: Path
) -> None:
    web.put(html(*PLAIN, CAMERAS))
    web.server.put("/b.html", status=500)
    with capture_logs() as logs:
        await web.check()
        await web.check("/b.html")
        await web.check("/c.html")
    assert not [each for each in logs if "html" in str(each)]
    for each in ("entry", "paragraph", "page", "mention"):
        assert rows(tmp_path / "bot.db", f"SELECT count(*) FROM {each}") == [(0,)], each  # noqa: S608 - our tables


@pytest.mark.parametrize(
    ("path", "told"),
    [
        ("/none.html", "answered 404 Not Found."),
        ("/a.pdf", "is a PDF, which is not read."),
        ("/empty.html", "has no text to read."),
        ("/picture", "is no text but image/png."),
    ],
)
async def test_what_cannot_be_read_is_told_in_one_line(web: Web, path: str, told: str) -> None:
    web.server.put("/a.pdf", b"%PDF-1.7", kind="application/pdf")
    web.server.put("/empty.html", b"", kind="text/html")
    web.server.put("/picture", b"\x89PNG", kind="image/png")
    assert await web.check(path) == f"{web.server.url(path)} {told}"


async def test_a_page_that_takes_too_long_is_given_up_in_a_sentence(web: Web) -> None:
    web.server.hang("/a.html")
    web.reads(limit=0.2)
    told = "was not read within 0.2 seconds; try again later."
    assert await web.check() == f"{web.server.url('/a.html')} {told}"


async def test_an_address_among_words_is_text_and_nothing_is_fetched(web: Web) -> None:
    url = web.server.url("/acme.example")
    assert "1 mention found" in await web.bot.answers(f"vendor check see {url}")
    assert "No watched vendor is named in that text." in await web.bot.answers(
        'vendor check http://"x'
    )
    assert web.server.asked == []


async def test_a_bot_without_a_door_to_the_web_says_so(bot: Bot) -> None:
    answer = await bot.answers("vendor check https://gazette.example/a")
    assert answer == "Pages cannot be fetched here."


async def test_who_may_chat_does_not_reach_private_networks_but_where_a_known_feed_is(
    web: Web,
) -> None:
    store, board = web.bot.app.store, Channel("fake", "#board", private=True)
    web.put(html(*PLAIN, CAMERAS))
    web.reads(web.public)
    assert "where no web page is expected" in await web.check()
    literal = await web.bot.answers("vendor check http://127.0.0.1/")
    assert "is at an address that is not public" in literal
    # What only the board follows is nothing that the hall finds out.
    feed = web.server.url("/feed.xml")
    await store.feeds.subscribe("default", "chat", [Route(feed, board)], "bea", web.bot.clock())
    web.bot.clock.pass_(seconds=10)
    assert "where no web page is expected" in await web.check()
    assert "1 watched vendor" in await web.check(channel=board)
    hall = Channel("fake", "#hall")
    await store.feeds.subscribe("default", "chat", [Route(feed, hall)], "bea", web.bot.clock())
    web.bot.clock.pass_(seconds=10)
    assert "1 watched vendor" in await web.check()


async def test_two_pages_are_read_at_once_and_no_more(web: Web) -> None:
    names = Names({f"{each}.example": "127.0.0.1" for each in "abc"})
    releases = {each: web.server.hang(f"/{each}") for each in "abc"}
    port = web.server.url("/").rsplit(":", 1)[1].rstrip("/")
    async with Fetcher(allow_networks=LOOPBACK, allow_ports=ANY_PORT, resolver=names) as fetcher:
        reading = web.reads(fetcher)
        async with asyncio.timeout(10), asyncio.TaskGroup() as tasks:
            for each in "abc":
                url = f"http://{each}.example:{port}/{each}"
                tasks.create_task(failing(reading, url))
            await web.server.wait_for("/a")
            await web.server.wait_for("/b")
            assert "c.example" not in names.asked
            releases["a"].set()
            await web.server.wait_for("/c")
            for each in "bc":
                releases[each].set()


async def failing(reading: OnePage, url: str) -> None:
    """Read a page that has nothing to read."""
    with pytest.raises(Exception, match="no text"):
        await reading.read(url)
