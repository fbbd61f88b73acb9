"""A small made-up newspaper on loopback: a feed and its article pages, for the demo.

Every story is invented and says so on its page; the vendors' names in it are only there to be
noticed.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from email.utils import format_datetime
from html import escape

from aiohttp import web

PAPER = "The Harbour Gazette"
WIRE = "The Evening Wire"
INVENTED = "Sample text, made up for a demonstration. None of it happened."


@dataclass(frozen=True, slots=True)
class Story:
    """One article: paragraphs, and what stands in the sidebar beside them."""

    slug: str
    title: str
    paragraphs: tuple[str, ...]
    teasers: tuple[str, ...] = ()


OLD = Story(
    "ferry",
    "Ferry returns after the winter",
    (
        "The ferry to the north quay sails again from Monday, twice an hour until the evening.",
        "The harbour office has painted the waiting room and asks passengers to use the new ramp.",
    ),
)
SCANNER = Story(
    "scanner",
    "Port asks for offers for a lorry scanner",
    (
        "The port has asked four makers for offers for a second lorry scanner.",
        "Nuctech is one of the four, the harbour master told the council on Tuesday evening.",
        "The council wants to see the offers before the summer and hears the customs office first.",
        "The first scanner stays in use. Drivers wait about nine minutes on an ordinary day.",
        "The port hopes that a second lane will halve that, and has widened the gate for it.",
    ),
    ("Hikvision cameras on the pier: readers write", "Soup season starts early"),
)
LIBRARY = Story(
    "library",
    "Library stays open until nine",
    (
        "From the first of the month the library closes at nine in the evening on weekdays.",
        "The reading room gets new lamps, and the children's corner moves to the ground floor.",
        "The light is better there, and the noise does less harm to those who read upstairs.",
        "Volunteers are asked to leave their names at the desk by Friday.",
    ),
    ("Hikvision or not: what the station should buy", "Nuctech scanner, the story so far"),
)
STATION = Story(
    "station",
    "Station publishes the makers of its cameras",
    (
        "The station has published a list of its cameras after a reader asked for it.",
        "Eleven of the forty were made by Hikvision, the list says; the others by three makers.",
        "The list will be brought up to date once a year. Nothing is decided about new cameras.",
        "The list can be read at the counter and on the notice board by platform two.",
    ),
    ("Library stays open until nine",),
)


COPY = replace(STATION, slug="station-cameras-copy", title=f"{STATION.title} | {WIRE}")
"""The same story in another paper: syndicated, under another address."""


@dataclass(slots=True)
class Site:
    """Two papers while they run. `publish` adds stories to the first one's feed."""

    started: datetime
    url: str = ""
    _papers: dict[str, list[Story]] = field(default_factory=lambda: {PAPER: [], WIRE: []})

    @property
    def feed_url(self) -> str:
        """Where the feed is."""
        return f"{self.url}/feed.xml"

    @property
    def wire_url(self) -> str:
        """Where the other paper's feed is."""
        return f"{self.url}/wire.xml"

    def publish(self, *stories: Story, paper: str = PAPER) -> None:
        """Print stories; the feed has them from now on."""
        self._papers[paper].extend(stories)

    async def feed(self, request: web.Request) -> web.Response:
        """Serve a feed, with a validator, so that an unchanged one is not sent twice."""
        paper = WIRE if request.path == "/wire.xml" else PAPER
        stories = self._papers[paper]
        tag = f'"{len(stories)}"'
        if request.headers.get("If-None-Match") == tag:
            return web.Response(status=304, headers={"ETag": tag})
        items = "".join(self._item(number, story) for number, story in enumerate(stories))
        return web.Response(
            text=f'<?xml version="1.0" encoding="utf-8"?><rss version="2.0"><channel>'
            f"<title>{paper}</title><link>{self.url}</link><description>{INVENTED}</description>"
            f"{items}</channel></rss>",
            content_type="application/rss+xml",
            headers={"ETag": tag},
        )

    async def page(self, request: web.Request) -> web.Response:
        """Serve one article with its navigation, sidebar and footer."""
        for story in (each for paper in self._papers.values() for each in paper):
            if story.slug == request.match_info["slug"]:
                return web.Response(text=_page(story), content_type="text/html")
        raise web.HTTPNotFound

    def _item(self, number: int, story: Story) -> str:
        published = format_datetime(self.started + timedelta(seconds=number))
        return (
            f"<item><guid isPermaLink='false'>{story.slug}</guid>"
            f"<title>{escape(story.title)}</title><link>{self.url}/{story.slug}.html</link>"
            f"<pubDate>{published}</pubDate></item>"
        )


def _page(story: Story) -> str:
    text = "".join(f"<p>{escape(paragraph)}</p>" for paragraph in story.paragraphs)
    teasers = "".join(f"<li><a href='#'>{escape(teaser)}</a></li>" for teaser in story.teasers)
    return (
        f"<!DOCTYPE html><html lang='en'><head><title>{escape(story.title)}</title></head><body>"
        f"<header><nav><a href='/'>{PAPER}</a></nav></header>"
        f"<main><article><h1>{escape(story.title)}</h1>{text}</article></main>"
        f"<aside class='sidebar'><h3>Most read</h3><ul>{teasers}</ul></aside>"
        f"<footer><p>{INVENTED}</p></footer></body></html>"
    )


@asynccontextmanager
async def paper(started: datetime) -> AsyncIterator[Site]:
    """Serve the paper on a free port of 127.0.0.1 until the block ends."""
    site = Site(started)
    application = web.Application()
    application.router.add_get("/feed.xml", site.feed)
    application.router.add_get("/wire.xml", site.feed)
    application.router.add_get("/{slug}.html", site.page)
    runner = web.AppRunner(application, access_log=None)
    await runner.setup()
    try:
        listener = web.TCPSite(runner, "127.0.0.1", 0)
        await listener.start()
        host, port = runner.addresses[0][:2]
        site.url = f"http://{host}:{port}"
        yield site
    finally:
        await runner.cleanup()
