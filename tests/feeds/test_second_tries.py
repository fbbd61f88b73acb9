"""A page that could not be had with its feed's poll is tried again, until it can or time is up."""

import asyncio
from datetime import UTC, datetime, timedelta
from random import Random

import pytest
from aiohttp import web
from structlog.testing import capture_logs

from bot.core.feed import Unread
from bot.core.mention import Entry
from bot.errors import StorageError
from bot.feeds import articles, secondtries
from bot.feeds.fetching.fetch import Fetcher
from bot.feeds.hosts import Hosts
from bot.feeds.jobs import PageJob
from bot.feeds.pages import LONGEST_REST_S, Pages
from bot.feeds.poller import Poller
from bot.feeds.secondtries import SecondTries
from tests.feeds import pages
from tests.feeds.inline import Inline
from tests.feeds.memory import Memory
from tests.feeds.server import ANY_PORT, LOOPBACK, FeedServer

NOW = datetime(2024, 3, 4, 12, 0, tzinfo=UTC)
QUARTER = timedelta(minutes=15)
DAY = timedelta(days=1)
FEED = "/feed.xml"
PAGE = pages.semantic(pages.TITLE, pages.LONG)


class Reading:
    """A poller and second tries over one memory, at a time that the test moves."""

    def __init__(self, server: FeedServer, fetcher: Fetcher) -> None:
        self.server = server
        self.now = NOW
        self.memory = Memory()
        self.hosts = Hosts(0.0)
        rng = Random(1)  # noqa: S311 - jitter
        pages_ = Pages(fetcher, Inline(), self.memory, self.hosts, self.clock)
        self.late = SecondTries(pages_, self.memory, self.memory, self.clock, rng)
        self.poller = Poller(
            fetcher, Inline(), self.memory, self.memory, self.clock, rng, hosts=self.hosts
        )

    def clock(self) -> datetime:
        """Give the time."""
        return self.now

    async def polls(self, *stories: str) -> None:
        """Poll a feed that has these stories, all new."""
        items = "".join(
            f"<item><title>Story {each}</title><guid isPermaLink='false'>{each}</guid><link>"
            f"{self.server.url(f'/{each}.html')}</link></item>"
            for each in stories
        )
        whole = f"<rss version='2.0'><channel><title>Shopper</title>{items}</channel></rss>"
        self.server.put(FEED, whole)
        self.memory.add(self.server.url(FEED), self.now, seeded=True)
        await self.poller.poll_once(self.now)

    async def waits(self, time: timedelta) -> int:
        """Let time pass and try what is due then; give how many pages were tried."""
        self.now += time
        tried = 0
        while some := await self.late.once(self.now):
            tried += some
        return tried

    def due_in(self) -> list[timedelta]:
        """Say how long each page waits, the shortest wait first."""
        return sorted(at - self.now for at, _ in self.memory.waiting.values())

    def found(self) -> dict[str, bool]:
        """Say of which stories the article came later, and with the company that it names."""
        return {each.entry.id: "Bodylast" in each.entry.article for each in self.memory.whole}


@pytest.fixture
def reading(server: FeedServer, fetcher: Fetcher) -> Reading:
    return Reading(server, fetcher)


def near(wait: timedelta, wanted: timedelta) -> bool:
    return wanted <= wait <= wanted * 1.1


@pytest.mark.parametrize("status", [500, 502, 503, 429, 408])
async def test_a_page_of_a_server_in_trouble_is_read_once_it_is_back(
    server: FeedServer, reading: Reading, status: int
) -> None:
    server.put("/a.html", status=status)
    await reading.polls("a")
    assert reading.memory.polls[0].entries[0].article == ""
    assert near(reading.due_in()[0], QUARTER)
    server.put("/a.html", PAGE, kind="text/html")
    assert await reading.waits(timedelta(minutes=14)) == 0
    assert await reading.waits(timedelta(minutes=3)) == 1
    assert reading.found() == {"a": True}
    (unread,) = reading.memory.whole
    assert unread.entry.title == "Story a"
    assert "Teasehead" not in unread.entry.article
    assert reading.memory.waiting == {}


async def test_a_page_that_cannot_be_reached_waits_and_one_that_is_not_there_does_not(
    server: FeedServer, reading: Reading
) -> None:
    for number, status in enumerate((404, 410, 403, 401, 451)):
        server.put(f"/s{number}.html", status=status)
    server.put("/pdf.html", b"%PDF-1.7", kind="application/pdf")
    server.put("/empty.html", b"", kind="text/html")
    server.redirect("/loop.html", "/loop.html")

    async def breaks(request: web.Request) -> web.StreamResponse:
        assert request.transport is not None
        request.transport.abort()
        return web.Response()

    server.handle("/short.html", breaks)
    await reading.polls(*(f"s{number}" for number in range(5)), "pdf", "empty", "loop", "short")
    assert [key[1] for key in reading.memory.waiting] == ["short"]


async def test_a_server_that_does_not_answer_in_time_is_tried_again(server: FeedServer) -> None:
    server.hang("/a.html")
    async with Fetcher(allow_networks=LOOPBACK, allow_ports=ANY_PORT, limit=0.3) as impatient:
        reading = Reading(server, impatient)
        await reading.polls("a")
        assert len(reading.memory.waiting) == 1


async def test_the_tries_are_further_and_further_apart_and_then_end_with_one_line(
    server: FeedServer, reading: Reading
) -> None:
    server.put("/a.html", status=503)
    await reading.polls("a")
    waits = []
    with capture_logs() as logs:
        while reading.memory.waiting:
            (wait,) = reading.due_in()
            waits.append(wait)
            assert await reading.waits(wait) == 1
    hours = timedelta(hours=1)
    wanted = [QUARTER, hours, 6 * hours, 24 * hours]
    assert len(waits) == len(wanted)
    assert all(map(near, waits, wanted))
    assert server.count("/a.html") == 5
    (given_up,) = (each for each in logs if each["event"] == "page given up")
    assert given_up["url"] == server.url("/a.html")
    assert "503" in given_up["reason"]
    assert reading.memory.whole == []


async def test_a_page_that_is_gone_the_second_time_is_not_tried_a_third(
    server: FeedServer, reading: Reading
) -> None:
    server.put("/a.html", status=503)
    await reading.polls("a")
    server.put("/a.html", status=404)
    assert await reading.waits(DAY) == 1
    assert reading.memory.waiting == {}


async def test_pages_that_a_poll_leaves_out_are_read_later(
    server: FeedServer, reading: Reading, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(articles, "PAGES_PER_POLL", 1)
    for story in "abc":
        server.put(f"/{story}.html", PAGE, kind="text/html")
    await reading.polls("a", "b", "c")
    assert len(reading.memory.waiting) == 2
    assert await reading.waits(DAY) == 2
    articles_ = {entry.id for entry in reading.memory.polls[0].entries if entry.article}
    assert articles_ | reading.found().keys() == {"a", "b", "c"}
    assert [server.count(f"/{story}.html") for story in "abc"] == [1, 1, 1]


async def test_pages_that_a_poll_has_no_time_for_are_read_later(
    server: FeedServer, reading: Reading, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(articles, "LIMIT_S", 0.5)
    go_on = server.hang("/a.html")
    await reading.polls("a")
    go_on.set()
    server.put("/a.html", PAGE, kind="text/html")
    assert await reading.waits(DAY) == 1
    assert reading.found() == {"a": True}


async def test_a_host_that_asks_for_rest_is_asked_for_no_other_page_and_that_is_no_try(
    server: FeedServer, reading: Reading
) -> None:
    for story in "abc":
        server.put(f"/{story}.html", status=429, headers={"Retry-After": "1800"})
    await reading.polls("a", "b", "c")
    assert sum(server.count(f"/{story}.html") for story in "abc") == 1
    assert len(reading.memory.waiting) == 3
    assert all(near(wait, timedelta(minutes=30)) for wait in reading.due_in())
    # Somebody else was told to wait meanwhile.
    reading.now += timedelta(minutes=34)
    reading.hosts.rest("127.0.0.1", reading.now, 3000)
    assert await reading.waits(timedelta(0)) == 3
    assert {unread.tries for _, unread in reading.memory.waiting.values()} == {0}
    assert all(near(wait, timedelta(minutes=50)) for wait in reading.due_in())


@pytest.mark.parametrize("status", [429, 503])
async def test_what_a_page_is_told_silences_no_feed_and_other_pages_for_an_hour_at_most(
    server: FeedServer, reading: Reading, status: int
) -> None:
    server.put("/a.html", status=status, headers={"Retry-After": "500000"})
    await reading.polls("a")
    until = reading.hosts.rests_until("127.0.0.1", NOW, page=True)
    assert until == NOW + timedelta(seconds=LONGEST_REST_S)
    assert near(reading.due_in()[0], DAY)
    reading.now += timedelta(minutes=1)
    await reading.polls("b")
    assert server.count(FEED) == 2
    assert server.count("/b.html") == 0
    assert [entry.id for poll in reading.memory.polls for entry in poll.entries] == ["a", "b"]


async def test_what_a_feed_is_told_holds_for_the_pages_of_its_host_as_well(
    server: FeedServer, reading: Reading
) -> None:
    server.put("/a.html", status=503)
    await reading.polls("a")
    server.put("/busy.xml", status=429, headers={"Retry-After": "7200"})
    reading.memory.add(server.url("/busy.xml"), NOW)
    await reading.poller.poll_once(NOW)
    assert await reading.waits(timedelta(minutes=17)) == 1
    assert server.count("/a.html") == 1
    assert near(reading.due_in()[0], timedelta(minutes=103))


async def test_what_cannot_be_stored_is_tried_again_after_the_lease(
    server: FeedServer, reading: Reading
) -> None:
    server.put("/a.html", status=503)
    await reading.polls("a")
    server.put("/a.html", PAGE, kind="text/html")
    reading.memory.full = StorageError("the disk is full")
    with capture_logs() as logs:
        assert await reading.waits(timedelta(minutes=20)) == 1
    assert [each["event"] for each in logs] == ["page not stored"]
    reading.memory.full = None
    assert await reading.waits(secondtries.LEASE) == 1
    assert reading.found() == {"a": True}


async def test_a_bug_costs_one_page_a_try_and_the_others_nothing(
    server: FeedServer, reading: Reading, monkeypatch: pytest.MonkeyPatch
) -> None:
    for story in "ab":
        server.put(f"/{story}.html", status=503)
    await reading.polls("a", "b")
    server.put("/a.html", "<p>poison", kind="text/html")
    server.put("/b.html", PAGE, kind="text/html")
    whole = Inline.page

    async def breaks(self: Inline, job: PageJob) -> object:
        if b"poison" in job.body:
            raise ZeroDivisionError
        return await whole(self, job)

    monkeypatch.setattr(Inline, "page", breaks)
    with capture_logs() as logs:
        assert await reading.waits(timedelta(minutes=20)) == 2
    assert reading.found() == {"b": True}
    assert [each["event"] for each in logs if each["log_level"] == "error"] == ["page broke"]
    assert [unread.tries for _, unread in reading.memory.waiting.values()] == [1]


async def test_running_tries_what_is_due_whatever_the_store_does(
    server: FeedServer, reading: Reading, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(secondtries, "_SHORTEST_REST", 0.01)
    monkeypatch.setattr(secondtries, "_LONGEST_REST", 0.01)
    server.put("/a.html", PAGE, kind="text/html")
    feed = server.url(FEED)
    entry = Entry(feed, "a", "Story a", "", server.url("/a.html"), None)
    memory = reading.memory
    memory.waiting[feed, "a"] = (NOW, Unread(entry))
    memory.broken = StorageError("locked")
    async with asyncio.timeout(10), asyncio.TaskGroup() as tasks:
        task = tasks.create_task(reading.late.run())
        await memory.raised.wait()
        memory.broken = None
        await memory.changed.wait()
        task.cancel()
    assert reading.found() == {"a": True}
