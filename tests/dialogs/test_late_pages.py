"""A vendor that only the article names, and the article comes hours after its entry."""

from dataclasses import replace
from datetime import timedelta
from random import Random

from structlog.testing import capture_logs

from bot.core.feed import Feed, Later, Paragraphs, Poll
from bot.core.mention import Entry
from bot.feeds.fetching.fetch import Fetcher
from bot.feeds.hosts import Hosts
from bot.feeds.pages import Pages
from bot.feeds.secondtries import SecondTries
from tests.dialogs.conftest import FEED, Bot
from tests.feeds.inline import Inline
from tests.feeds.server import ANY_PORT, LOOPBACK, FeedServer

QUARTER = timedelta(minutes=15)
SEEN = Paragraphs("gazette.example", "https://gazette.example/1", (1,))


async def brought(
    bot: Bot, title: str, url: str = "https://gazette.example/1", *, flood: bool = False
) -> Entry:
    """Let a poll bring an entry whose page could not be had."""
    entry = Entry(FEED, "e1", title, "", url, bot.clock())
    state = Feed(FEED, bot.clock() + QUARTER, seeded=True)
    later = (Later("e1", bot.clock() + QUARTER),)
    await bot.app.on_poll(Poll(state, (entry,), later=later, flood=flood))
    await bot.settle()
    return entry


async def arrives(bot: Bot, article: str) -> None:
    """Let the page of what is due be read."""
    bot.clock.pass_(minutes=16)
    (unread,) = await bot.app.store.feeds.lease_pages(bot.clock(), QUARTER, 9)
    whole = replace(unread, entry=replace(unread.entry, article=article))
    await bot.app.on_page(whole, SEEN)
    await bot.settle()


async def test_a_vendor_that_only_the_late_article_names_is_told(bot: Bot) -> None:
    await brought(bot, "Cameras for the harbour")
    assert bot.posted() == []
    await arrives(bot, "They were ordered from Acme Cam.")
    ((channel, _, text),) = bot.posted()
    assert channel == "#news"
    assert "Acme Cam" in text
    assert "Cameras for the harbour" in text


async def test_a_vendor_of_the_title_is_not_told_again_with_the_article(bot: Bot) -> None:
    await brought(bot, "Acme Cam for the harbour")
    assert len(bot.posted()) == 1
    await arrives(bot, "They were ordered from Acme Cam. Road Runner had bid as well.")
    ((_, _, text),) = bot.posted()
    assert "Road Runner" in text


async def test_what_came_in_a_flood_is_told_as_one_when_its_page_comes(bot: Bot) -> None:
    await brought(bot, "Cameras for the harbour", flood=True)
    with capture_logs() as logs:
        await arrives(bot, "They were ordered from Acme Cam.")
    (waits,) = (each for each in logs if each["event"] == "alert waits")
    assert waits["reason"] == "a summary with what came at once"


async def test_a_late_article_that_names_nobody_is_kept_in_silence(bot: Bot) -> None:
    entry = await brought(bot, "Cameras for the harbour")
    await arrives(bot, "Nobody knows who made them.")
    assert bot.posted() == []
    (kept,) = await bot.app.store.feeds.entries_since(entry.published or bot.clock(), None, 9)
    assert kept.entry == replace(entry, article="Nobody knows who made them.")


async def test_a_page_of_a_server_that_comes_back_is_read_and_told(bot: Bot) -> None:
    story = "The harbour has ordered twelve cameras, and all of them come from Acme Cam this time."
    async with (
        FeedServer() as server,
        Fetcher(allow_networks=LOOPBACK, allow_ports=ANY_PORT) as fetcher,
    ):
        feeds = bot.app.store.feeds
        pages = Pages(fetcher, Inline(), feeds, Hosts(0.0), bot.clock)
        late = SecondTries(pages, feeds, bot.app, bot.clock, Random(1))  # noqa: S311 - jitter
        server.put("/a.html", status=503)
        await brought(bot, "Cameras for the harbour", server.url("/a.html"))
        bot.clock.pass_(minutes=16)
        assert await late.once(bot.clock()) == 1
        await bot.settle()
        assert bot.posted() == []
        server.put("/a.html", f"<p>{story}</p>" * 2, kind="text/html")
        assert await late.once(bot.clock()) == 0
        bot.clock.pass_(minutes=70)
        assert await late.once(bot.clock()) == 1
        await bot.settle()
        ((_, _, text),) = bot.posted()
        assert "Acme Cam" in text
        assert await feeds.next_page_due(bot.clock()) is None
