"""The life of a feed, poll after poll, against a real server."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from random import Random

import pytest
from aiohttp import web
from structlog.testing import capture_logs

from bot.errors import StorageError
from bot.feeds import articles
from bot.feeds.fetching.fetch import Fetcher
from bot.feeds.hosts import Hosts
from bot.feeds.jobs import FeedJob, Reading
from bot.feeds.polled import Rules
from bot.feeds.poller import Pace, Poller
from bot.feeds.ports import Reads
from bot.feeds.schedule import Limits
from tests.feeds import pages
from tests.feeds.inline import Inline
from tests.feeds.memory import Memory
from tests.feeds.server import FeedServer

NOW = datetime(2024, 3, 4, 12, 0, tzinfo=UTC)
FIVE = timedelta(minutes=5)
HOUR = timedelta(hours=1)
FEED = "/feed.xml"

Start = Callable[..., Poller]


@pytest.fixture
def memory() -> Memory:
    return Memory()


@pytest.fixture
def start(fetcher: Fetcher, memory: Memory) -> Start:
    def make(reads: Reads | None = None, **options: object) -> Poller:
        clock = options.pop("clock", lambda: NOW)
        options.setdefault("hosts", Hosts(0.0))
        rng = Random(1)  # noqa: S311 - jitter, no secret
        reads = reads or Inline()
        return Poller(fetcher, reads, memory, memory, clock, rng, **options)  # type: ignore[arg-type] # the poller's own options

    return make


def feed_of(*stories: str, server: FeedServer | None = None, day: int = 1) -> str:
    """Write a feed of these stories, newest first; with a server each has a page of its own."""
    items = "".join(
        f"<item><title>Story {story}</title><guid isPermaLink='false'>{story}</guid>"
        f"<pubDate>2024-03-0{day}T0{number}:00:00Z</pubDate>"
        + (f"<link>{server.url(f'/{story}.html')}</link>" if server else "")
        + "</item>"
        for number, story in reversed(list(enumerate(stories)))
    )
    return f"<rss version='2.0'><channel><title>The Shopper</title>{items}</channel></rss>"


def ids(memory: Memory) -> list[list[str]]:
    return [[entry.id for entry in (*poll.quiet, *poll.entries)] for poll in memory.polls]


# --------------------------------------------------------------------- first and later


async def test_the_first_poll_remembers_in_silence_and_fetches_no_page(
    server: FeedServer, memory: Memory, start: Start
) -> None:
    server.put(FEED, feed_of("a", "b", server=server))
    memory.add(server.url(FEED), NOW)
    assert await start().poll_once(NOW) == 1
    [poll] = memory.polls
    assert poll.entries == ()
    assert ids(memory) == [["a", "b"]]
    assert poll.feed.seeded
    assert poll.feed.title == "The Shopper"
    assert len(server.asked) == 1


async def test_later_polls_bring_what_is_new_with_its_article_oldest_first(
    server: FeedServer, memory: Memory, start: Start
) -> None:
    server.put(FEED, feed_of("a"))
    memory.add(server.url(FEED), NOW)
    poller = start()
    await poller.poll_once(NOW)
    server.put(FEED, feed_of("a", "b", "c", server=server))
    for story in "bc":
        html = pages.semantic(f"Story {story} has a longer headline", pages.LONG)
        server.put(f"/{story}.html", html, kind="text/html")
    memory.due_again(server.url(FEED), NOW)
    await poller.poll_once(NOW)
    poll = memory.polls[-1]
    assert [entry.id for entry in poll.entries] == ["b", "c"]
    for entry in poll.entries:
        assert entry.feed == server.url(FEED)
        assert "Bodylast" in entry.article
        assert "Teasehead" not in entry.article


async def test_a_feed_is_checked_again_after_its_interval(
    server: FeedServer, memory: Memory, start: Start
) -> None:
    server.put(FEED, feed_of("a"))
    memory.add(server.url(FEED), NOW)
    await start(rules=Rules(Limits(HOUR, HOUR))).poll_once(NOW)
    feed = memory.feeds[server.url(FEED)]
    assert timedelta(minutes=54) <= feed.next_check_at - NOW <= timedelta(minutes=66)
    assert feed.checked_at == NOW
    assert await start().poll_once(NOW) == 0


async def test_all_due_feeds_are_polled_and_only_they(
    server: FeedServer, memory: Memory, start: Start
) -> None:
    server.put(FEED, feed_of("a"))
    for number in range(20):
        memory.add(server.url(f"{FEED}?{number}"), NOW)
    memory.add(server.url(f"{FEED}?later"), NOW + HOUR)
    assert await start().poll_once(NOW) == 20
    assert len(server.asked) == 20


async def test_no_more_feeds_are_under_way_than_the_pace_allows_however_many_are_leased(
    server: FeedServer, memory: Memory, start: Start
) -> None:
    here = most = 0

    async def answer(_: web.Request) -> web.Response:
        nonlocal here, most
        here += 1
        most = max(most, here)
        await asyncio.sleep(0)
        here -= 1
        return web.Response(text=feed_of("a"))

    server.handle(FEED, answer)
    for number in range(30):
        memory.add(server.url(f"{FEED}?{number}"), NOW)
    assert await start(pace=Pace(feeds_at_once=4)).poll_once(NOW) == 30
    assert most <= 4


async def test_what_would_wait_for_longer_than_half_a_lease_is_leased_anew(
    server: FeedServer, memory: Memory, start: Start
) -> None:
    server.put(FEED, feed_of("a"))
    for number in range(10):
        memory.add(server.url(f"{FEED}?{number}"), NOW)
    pace = Pace(lease=timedelta(0), feeds_at_once=2)
    assert await start(pace=pace).poll_once(NOW) >= 10
    assert len(memory.polls) >= 10
    assert all(each.seeded for each in memory.feeds.values())


# ----------------------------------------------------------------------------- backfill


async def test_with_a_backfill_the_first_poll_searches_what_is_recent(
    server: FeedServer, memory: Memory, start: Start
) -> None:
    old, recent = feed_of("old", server=server, day=1), feed_of("new", server=server, day=4)
    undated = "<item><title>Undated</title><guid>undated</guid></item>"
    items = recent[recent.index("<item>") : recent.index("</channel>")] + undated
    server.put(FEED, old.replace("</channel>", items + "</channel>"))
    url = server.url(FEED)
    memory.add(url, NOW)
    rules = Rules(backfill={url: timedelta(days=1)}.get)
    await start(rules=rules).poll_once(NOW)
    [poll] = memory.polls
    assert {entry.id for entry in poll.quiet} == {"old", "undated"}
    assert [entry.id for entry in poll.entries] == ["new"]
    assert server.count("/new.html") == 1
    assert server.count("/old.html") == 0


# --------------------------------------------------------------------------- unchanged


async def test_validators_travel_with_the_entries_and_come_back_to_the_server(
    server: FeedServer, memory: Memory, start: Start
) -> None:
    since = "Sun, 03 Mar 2024 10:00:00 GMT"
    server.put(FEED, feed_of("a"), etag='"1"', last_modified=since)
    url = server.url(FEED)
    memory.add(url, NOW)
    poller = start()
    await poller.poll_once(NOW)
    assert (memory.polls[0].feed.etag, memory.polls[0].feed.last_modified) == ('"1"', since)
    memory.due_again(url, NOW)
    await poller.poll_once(NOW + HOUR)
    assert server.asked[-1].headers["if-none-match"] == '"1"'
    assert server.asked[-1].headers["if-modified-since"] == since
    second = memory.polls[1]
    assert second.entries == ()
    assert (second.feed.etag, second.feed.last_modified) == ('"1"', since)
    assert second.feed.body_hash == memory.polls[0].feed.body_hash
    assert second.feed.next_check_at > NOW + HOUR


async def test_a_304_without_validators_keeps_the_old_ones(
    server: FeedServer, memory: Memory, start: Start
) -> None:
    server.put(FEED, status=304)
    url = server.url(FEED)
    memory.add(url, NOW, seeded=True, etag='"1"', last_modified="then")
    await start().poll_once(NOW)
    feed = memory.feeds[url]
    assert (feed.etag, feed.last_modified, feed.failures) == ('"1"', "then", 0)


async def test_an_unchanged_body_takes_the_new_validators_and_is_not_read_again(
    server: FeedServer, memory: Memory, start: Start
) -> None:
    """Otherwise the next request would be unconditional, and so on for ever."""
    server.put(FEED, feed_of("a"), etag='"1"')
    url = server.url(FEED)
    memory.add(url, NOW)
    poller = start()
    await poller.poll_once(NOW)
    server.put(FEED, feed_of("a"), etag='"2"')
    memory.seen.clear()
    memory.due_again(url, NOW)
    await poller.poll_once(NOW)
    assert memory.polls[-1].entries == ()
    assert memory.feeds[url].etag == '"2"'


async def test_a_feed_that_was_never_stored_is_asked_for_whole(
    server: FeedServer, memory: Memory, start: Start
) -> None:
    server.put(FEED, feed_of("a"), etag='"1"')
    memory.add(server.url(FEED), NOW, etag='"1"')
    await start().poll_once(NOW)
    assert ids(memory) == [["a"]]


# ------------------------------------------------------------------------------ errors


async def test_an_error_is_stored_with_a_later_check_and_forgets_nothing(
    server: FeedServer, memory: Memory, start: Start
) -> None:
    server.put(FEED, "<!doctype html><p>Please wait", etag='"html"')
    url = server.url(FEED)
    memory.add(url, NOW, seeded=True, etag='"1"', body_hash="before", title="The Shopper")
    poller = start()
    await poller.poll_once(NOW)
    feed = memory.feeds[url]
    assert memory.polls == []
    assert feed.last_error == f"{url} is not a feed: it is an HTML page"
    assert (feed.failures, feed.etag, feed.body_hash) == (1, '"1"', "before")
    assert FIVE * 1.8 <= feed.next_check_at - NOW <= FIVE * 2.2
    memory.due_again(url, NOW)
    await poller.poll_once(NOW)
    assert memory.feeds[url].failures == 2
    assert memory.feeds[url].next_check_at - NOW >= FIVE * 3.6


async def test_a_busy_server_is_left_alone_as_long_as_it_asks(
    server: FeedServer, memory: Memory, start: Start
) -> None:
    server.put(FEED, status=503, headers={"Retry-After": "18000"})
    memory.add(server.url(FEED), NOW)
    await start().poll_once(NOW)
    feed = memory.feeds[server.url(FEED)]
    assert timedelta(hours=5) <= feed.next_check_at - NOW <= timedelta(hours=5.5)


async def test_a_feed_that_comes_back_is_well_again(
    server: FeedServer, memory: Memory, start: Start
) -> None:
    server.put(FEED, feed_of("a"))
    memory.add(server.url(FEED), NOW, seeded=True, failures=40, last_error="was away")
    await start().poll_once(NOW)
    feed = memory.feeds[server.url(FEED)]
    assert (feed.failures, feed.last_error) == (0, None)
    assert ids(memory) == [["a"]]


async def test_going_and_coming_back_are_logged_once_each(
    server: FeedServer, memory: Memory, start: Start
) -> None:
    url = server.url(FEED).replace("//", "//reader:hunter2@")
    memory.add(url, NOW)
    poller = start()
    with capture_logs() as logs:
        for status in (404, 404, 500, 200, 200):
            server.put(FEED, feed_of("a"), status=status)
            memory.due_again(url, NOW)
            await poller.poll_once(NOW)
    assert [entry["event"] for entry in logs] == ["feed failed", "feed recovered"]
    assert logs[0]["url"] == server.url(FEED)
    assert "hunter2" not in repr(logs)
    assert "Story" not in repr(logs)


async def test_one_feeds_trouble_is_not_anothers(
    server: FeedServer, memory: Memory, start: Start
) -> None:
    server.put("/good.xml", feed_of("a"))
    memory.add(server.url("/bad.xml"), NOW)
    memory.add(server.url("/good.xml"), NOW)
    await start().poll_once(NOW)
    assert memory.feeds[server.url("/bad.xml")].failures == 1
    assert ids(memory) == [["a"]]


async def test_a_bug_in_the_reader_backs_off_like_an_error_and_is_logged_with_its_trace(
    server: FeedServer, memory: Memory, start: Start
) -> None:
    class Broken(Inline):
        async def feed(self, job: FeedJob) -> Reading:
            raise ZeroDivisionError(len(job.body))

    server.put(FEED, feed_of("a"))
    memory.add(server.url(FEED), NOW)
    with capture_logs() as logs:
        await start(Broken()).poll_once(NOW)
    assert memory.feeds[server.url(FEED)].failures == 1
    assert logs[0]["event"] == "feed reader broke"
    assert logs[0]["exc_info"]


# ------------------------------------------------------------------------------- pages


async def test_a_page_that_fails_costs_the_article_and_not_the_entry(
    server: FeedServer, memory: Memory, start: Start
) -> None:
    server.put(FEED, feed_of("gone", "pdf", "empty", "good", server=server))
    server.put("/pdf.html", b"%PDF", kind="application/pdf")
    server.put("/empty.html", b"", kind="text/html")
    server.put("/good.html", pages.soup(pages.TITLE, pages.LONG), kind="text/html")
    memory.add(server.url(FEED), NOW, seeded=True)
    with capture_logs() as logs:
        await start().poll_once(NOW)
    found = {entry.id: bool(entry.article) for entry in memory.polls[0].entries}
    assert found == {"gone": False, "pdf": False, "empty": False, "good": True}
    assert [entry["event"] for entry in logs] == ["page failed"] * 3
    assert {entry["url"] for entry in logs} == {
        server.url(f"/{story}.html") for story in ("gone", "pdf", "empty")
    }


async def test_a_host_is_asked_for_one_page_at_a_time(
    server: FeedServer, memory: Memory, start: Start
) -> None:
    stories = tuple("abcdef")
    asking = 0
    most = 0

    async def serve(_: web.Request) -> web.StreamResponse:
        nonlocal asking, most
        asking += 1
        most = max(most, asking)
        await asyncio.sleep(0.01)
        asking -= 1
        html = pages.semantic(pages.TITLE, pages.SHORT)
        return web.Response(text=html, content_type="text/html")

    for story in stories:
        server.handle(f"/{story}.html", serve)
    server.put(FEED, feed_of(*stories, server=server))
    memory.add(server.url(FEED), NOW, seeded=True)
    await start().poll_once(NOW)
    assert most == 1
    assert all(entry.article for entry in memory.polls[0].entries)


async def test_pages_that_take_too_long_are_left_out(
    server: FeedServer, memory: Memory, start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    server.put(FEED, feed_of("slow", "quick", server=server))
    server.put("/quick.html", pages.semantic(pages.TITLE, pages.SHORT), kind="text/html")
    server.hang("/slow.html")
    memory.add(server.url(FEED), NOW, seeded=True)
    monkeypatch.setattr(articles, "LIMIT_S", 2.0)
    with capture_logs() as logs:
        await start().poll_once(NOW)
    assert [bool(entry.article) for entry in memory.polls[0].entries] == [False, True]
    assert (logs[0]["event"], logs[0]["pages"]) == ("pages left out", 1)


async def test_a_flood_of_entries_fetches_the_newest_pages_only(
    server: FeedServer, memory: Memory, start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    server.put(FEED, feed_of("a", "b", "c", server=server))
    memory.add(server.url(FEED), NOW, seeded=True)
    monkeypatch.setattr(articles, "PAGES_PER_POLL", 1)
    await start().poll_once(NOW)
    assert ids(memory) == [["a", "b", "c"]]
    assert [server.count(f"/{story}.html") for story in "abc"] == [0, 0, 1]


# --------------------------------------------------------------------------------- run


@asynccontextmanager
async def running(poller: Poller) -> AsyncIterator[None]:
    async with asyncio.timeout(10), asyncio.TaskGroup() as tasks:
        task = tasks.create_task(poller.run())
        try:
            yield
        finally:
            task.cancel()


async def test_running_polls_what_is_due_and_a_nudge_wakes_it(
    server: FeedServer, memory: Memory, start: Start
) -> None:
    server.put(FEED, feed_of("a"))
    memory.add(server.url(FEED), NOW)
    poller = start()
    async with running(poller):
        await memory.changed.wait()
        memory.changed.clear()
        memory.add(server.url(f"{FEED}?added"), NOW)
        poller.nudge()
        await memory.changed.wait()
    assert len(memory.polls) == 2


async def test_running_sleeps_until_the_next_feed_is_due(
    server: FeedServer, memory: Memory, start: Start
) -> None:
    server.put(FEED, feed_of("a"))
    started = asyncio.get_running_loop().time()

    def clock() -> datetime:
        return NOW + timedelta(seconds=asyncio.get_running_loop().time() - started)

    memory.add(server.url(FEED), NOW + timedelta(seconds=0.6))
    async with running(start(clock=clock)):
        await memory.changed.wait()
    assert asyncio.get_running_loop().time() - started >= 0.5
    assert len(memory.polls) == 1


async def test_a_slow_feed_does_not_hold_up_the_others(
    server: FeedServer, memory: Memory, start: Start
) -> None:
    go_on = server.hang("/slow.xml")
    server.put(FEED, feed_of("a"))
    memory.add(server.url("/slow.xml", "localhost"), NOW)
    poller = start()
    async with running(poller):
        await server.wait_for("/slow.xml")
        memory.add(server.url(FEED), NOW)
        poller.nudge()
        await memory.changed.wait()
        assert ids(memory) == [["a"]]
        go_on.set()


async def test_trouble_with_the_store_does_not_end_the_loop(
    server: FeedServer, memory: Memory, start: Start
) -> None:
    server.put(FEED, feed_of("a"))
    memory.add(server.url(FEED), NOW)
    memory.broken = StorageError("disk full")
    poller = start()
    with capture_logs() as logs:
        async with running(poller):
            await memory.raised.wait()
            memory.broken = None
            poller.nudge()
            await memory.changed.wait()
    assert logs == [{"event": "feed source failed", "reason": "disk full", "log_level": "warning"}]
    assert ids(memory) == [["a"]]


@pytest.mark.parametrize("status", [200, 404])
async def test_a_poll_that_is_not_committed_is_made_again_after_the_lease(
    server: FeedServer, memory: Memory, start: Start, status: int
) -> None:
    server.put(FEED, feed_of("a"), etag='"1"', status=status)
    memory.add(server.url(FEED), NOW)
    memory.full = StorageError("disk full")
    poller = start()
    with capture_logs() as logs:
        assert await poller.poll_once(NOW) == 1
    assert [entry["event"] for entry in logs] == ["feed not stored"]
    memory.full = None
    server.put(FEED, feed_of("a"), etag='"1"')
    assert await poller.poll_once(NOW + timedelta(seconds=119)) == 0
    assert await poller.poll_once(NOW + timedelta(minutes=2)) == 1
    assert "if-none-match" not in server.asked[-1].headers
    assert ids(memory) == [["a"]]


async def test_trouble_with_the_store_is_raised_plainly_when_polling_once(
    memory: Memory, start: Start
) -> None:
    memory.broken = StorageError("disk full")
    with pytest.raises(StorageError, match="disk full"):
        await start().poll_once(NOW)
