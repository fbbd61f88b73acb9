"""Hostile feeds and pages, each read as the bot reads it, and what that cost.

    python -m tests.bench.hostile [--only WORD] [--limit SECONDS]

For each case: what the caller was told, seconds, the most memory that the reader process had, and
the longest time that the event loop was held up. Exit code 1 if any is over 256 MB, over the limit
with a second for the kill, or over 80 ms, twice. Those called "fetched" come over loopback.
Needs Linux.
"""

import argparse
import asyncio
import gzip
import os
import sys
import time
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from pathlib import Path

from aiohttp import web
from rich.console import Console
from rich.table import Table

from bot.errors import FeedError
from bot.feeds.fetching.fetch import FEED_BYTES, PAGE_BYTES, Fetcher
from bot.feeds.jobs import FeedJob, PageJob
from bot.feeds.reading.readers import Readers
from tests.feeds.server import LOOPBACK, FeedServer

MOST_MEMORY = 256 * 1024
"""KiB."""
MOST_LAG = 0.080
MOST_KILL = 1.0
"""Seconds; a kill takes as long as the new child, on a busy machine."""

URL = "https://feeds.example/hostile.xml"
NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
TICK = 0.005


def rss(*items: str, before: str = "", head: str = '<?xml version="1.0"?>') -> bytes:
    """Give a feed of these items."""
    channel = f"<title>News</title>{before}{''.join(items)}"
    return f'{head}<rss version="2.0"><channel>{channel}</channel></rss>'.encode()


def item(number: int = 1, text: str = "Hikvision cameras were bought.") -> str:
    """Give an item."""
    link = f"https://feeds.example/{number}"
    words = f"<title>Story {number}</title><description>{text}</description>"
    return f"<item>{words}<link>{link}</link></item>"


def _filled(start: str, piece: str, end: str = "", size: int = FEED_BYTES) -> bytes:
    """Give a body of just that many bytes, or one piece less."""
    return (start + piece * ((size - len(start) - len(end)) // len(piece)) + end).encode()


def _laughs(levels: int, times: int) -> bytes:
    above = (f'<!ENTITY l{n} "{f"&l{n - 1};" * times}">' for n in range(1, levels))
    entities = ['<!ENTITY l0 "ha">', *above]
    dtd = f'<?xml version="1.0"?><!DOCTYPE rss [{"".join(entities)}]>'
    return rss(item(text=f"&l{levels - 1};"), head=dtd)


def _external(target: str) -> bytes:
    dtd = f'<?xml version="1.0"?><!DOCTYPE rss [<!ENTITY x SYSTEM "{target}">]>'
    return rss(item(text="before &x; after"), head=dtd)


def _attributes(form: str, times: int) -> bytes:
    given = " ".join(form.format(number, number) for number in range(times))
    return f"{_OPEN}<item {given}/>{_CLOSE}".encode()


_OPEN = '<?xml version="1.0"?><rss version="2.0"><channel><title>News</title>'
_CLOSE = "</channel></rss>"
_IN_ITEM = f"{_OPEN}<item><title>One</title><description>"
_OUT_ITEM = f"</description></item>{_CLOSE}"

FEEDS: Mapping[str, Callable[[], bytes]] = {
    "billion laughs": lambda: _laughs(10, 10),
    "quadratic blow-up, 100 kB x 20,000": lambda: rss(
        item(text="&a;" * 20_000),
        head=f'<?xml version="1.0"?><!DOCTYPE rss [<!ENTITY a "{"a" * 100_000}">]>',
    ),
    "external entity, file": lambda: _external("file:///etc/passwd"),
    "external entity, http": lambda: _external("http://127.0.0.1:9/secret"),
    "8 MiB of items, well-formed": lambda: rss(*map(item, range(60_000))),
    "8 MiB of items, broken": lambda: rss(*map(item, range(60_000)))[:-20],
    "2,000 items of 4 kB": lambda: rss(
        *(item(n, f"<b>{n}</b> {'word ' * 800}") for n in range(2_000))
    ),
    "8 MiB of one text": lambda: _filled(_IN_ITEM, "Hikvision ", _OUT_ITEM),
    "200,000 elements deep": lambda: rss(item(text="<b>" * 200_000 + "</b>" * 200_000)),
    "2,000,000 elements deep, never closed": lambda: _filled(_IN_ITEM, "<b>"),
    "8 MiB of empty elements": lambda: _filled(_IN_ITEM, "<b/>", _OUT_ITEM),
    "8 MiB of empty elements, broken": lambda: _filled(_IN_ITEM, "<b/>"),
    "8 MiB of empty items": lambda: _filled(_OPEN, "<item/>", _CLOSE),
    "8 MiB of empty items, broken": lambda: _filled(_OPEN, "<item/>"),
    "8 MiB of entities": lambda: _filled(_IN_ITEM, "&lt;", _OUT_ITEM),
    "8 MiB of entities, broken": lambda: _filled(_IN_ITEM, "&lt;&nbsp;"),
    "8 MiB of escaped markup": lambda: _filled(_IN_ITEM, "&lt;p>", _OUT_ITEM),
    "8 MiB of ampersands": lambda: _filled(_IN_ITEM, "&", _OUT_ITEM),
    "8 MiB of less-than signs": lambda: _filled(_IN_ITEM, "<", _OUT_ITEM),
    "8 MiB of open comments": lambda: _filled(_IN_ITEM, "<!--", _OUT_ITEM),
    "8 MiB of open CDATA": lambda: _filled(_IN_ITEM, "<![CDATA[", _OUT_ITEM),
    "8 MiB of open declarations": lambda: _filled("<!DOCTYPE rss [", "<!ENTITY ", ""),
    "8 MiB of one attribute": lambda: _filled(f'{_OPEN}<item a="', "a", f'"/>{_CLOSE}'),
    "8 MiB of attributes": lambda: _attributes("a{}='x'", 600_000),
    "8 MiB of namespaces": lambda: _attributes("xmlns:a{}='u:{}'", 350_000),
    "truncated": lambda: rss(item(1), item(2))[:-60],
    "a PHP warning before it": lambda: b"Warning: in /var/www/x.php on line 3\n" + rss(item()),
    "NUL and control bytes": lambda: rss(item(text="Hik\0vision \x01\x02\x08 bought")),
    "an HTML page": lambda: b"<!doctype html><title>Wait</title><p>Checking your browser</p>",
    "an HTML page of 8 MiB": lambda: _filled("<html><body>", "<p>", ""),
    "JSON, 8 MiB of lists": lambda: _filled('{"items":', "[", ""),
    "JSON, 8 MiB of items": lambda: _filled(
        '{"version":"https://jsonfeed.org/version/1.1","items":[{}', ",{}", "]}"
    ),
    "JSON, a number of 8 MiB": lambda: _filled('{"version":', "9", "}"),
    "random bytes": lambda: bytes(range(256)) * 30_000,
    "UTF-16 that is none": lambda: b"\xff\xfe" + rss(item()) * 1_000,
    "8 MiB of spaces": lambda: b" " * FEED_BYTES,
}


def _page(inside: str) -> bytes:
    head = "<!doctype html><html><head><title>Cameras bought</title></head><body>"
    return f"{head}<h1>Cameras bought</h1>{inside}</body></html>".encode()


_PROSE = "The council bought cameras from a company that it would not name, it said. "

PAGES: Mapping[str, Callable[[], bytes]] = {
    "100,000 divs, one in another": lambda: _page("<div>" * 100_000 + _PROSE * 20),
    "2 MiB of links": lambda: _filled("<p>", "<a>", "", PAGE_BYTES),
    "2 MiB of links with words": lambda: _filled("<p>", '<a href="/x">Read</a> ', "", PAGE_BYTES),
    "19,000 elements, one in another": lambda: _page(f"{'<div>' * 19_000}<p>{_PROSE * 20}"),
    "19,000 paragraphs": lambda: _page(f"<p>{_PROSE}</p>" * 19_000),
    "class names that match slowly": lambda: _page(
        "".join(f'<div class="{"comment-" * 200}"><p>{_PROSE}</p></div>' for _ in range(1_000))
    ),
    "ids that match slowly": lambda: _page(
        "".join(f'<div id="{"a" * 5_000}!"><p>{_PROSE}</p></div>' for _ in range(380))
    ),
    "an attribute of 2 MiB": lambda: _filled('<p class="', "share ", f'">{_PROSE}', PAGE_BYTES),
    "1,000,000 paragraphs": lambda: _filled("<body>", "<p>a", "", 4 * PAGE_BYTES),
    "2 MiB of tables in tables": lambda: _filled("<body>", "<table><tr><td>", "", PAGE_BYTES),
    "2 MiB of lists in lists": lambda: _filled("<body>", "<ul><li>x", "", PAGE_BYTES),
    "2 MiB of one word": lambda: _page("<p>" + "a" * PAGE_BYTES),
    "2 MiB of dots": lambda: _page("<p>" + "." * PAGE_BYTES),
    "2 MiB of line ends": lambda: _page("<p>" + "a<br>" * (PAGE_BYTES // 5)),
    "2 MiB of formatting": lambda: _filled("<p>", "<b><i>", "", PAGE_BYTES),
    "2 MiB of entities": lambda: _page("<p>" + "&amp;" * (PAGE_BYTES // 5)),
    "2 MiB of less-than signs": lambda: _page("<" * PAGE_BYTES),
    "2 MiB of scripts": lambda: _filled("<p>", "<script>", "", PAGE_BYTES),
    "2 MiB of JSON-LD": lambda: _page(
        f'<script type="application/ld+json">{"[" * (PAGE_BYTES - 200)}</script><p>{_PROSE}'
    ),
    "invalid UTF-8": lambda: b"<p>" + b"\xff\xc0\x80 " * (PAGE_BYTES // 4),
    "UTF-16 that is none": lambda: b"\xff\xfe<p>" + b"\xd8" * PAGE_BYTES,
    "an encoding that is none": lambda: _page("<meta charset='rot13'>" + _PROSE * 30),
    "random bytes": lambda: bytes(range(256)) * (PAGE_BYTES // 256),
}


@dataclass(frozen=True, slots=True)
class Cost:
    """What a case came to. `memory` is in KiB, the rest in seconds."""

    case: str
    told: str
    took: float
    memory: int
    lag: float

    def is_fine(self, limit: float) -> bool:
        """Whether it cost no more than may be."""
        return (
            self.memory <= MOST_MEMORY and self.took <= limit + MOST_KILL and self.lag <= MOST_LAG
        )


class Watch:
    """Watches the loop and the children of a pool."""

    def __init__(self, readers: Readers) -> None:
        self._readers = readers
        self.lag = 0.0
        self.memory = 0

    async def run(self) -> None:
        """Watch until cancelled."""
        while True:
            before = time.perf_counter()
            await asyncio.sleep(TICK)
            self.lag = max(self.lag, time.perf_counter() - before - TICK)
            for child in self._readers._children:
                self.memory = max(self.memory, peak(child.pid))


def peak(pid: int) -> int:
    """Give the most memory that a process has had, in KiB; 0 if it has ended."""
    with suppress(OSError):
        for line in Path(f"/proc/{pid}/status").read_text().splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1])
    return 0


def forget_peak() -> None:
    """Let this process's peak start anew."""
    Path("/proc/self/clear_refs").write_text("5")


@asynccontextmanager
async def watched(limit: float) -> AsyncIterator[tuple[Readers, Watch]]:
    """Give readers that have read something, under watch."""
    async with Readers(limit=limit) as readers, asyncio.TaskGroup() as tasks:
        await readers.feed(FeedJob(rss(item()), URL, URL, None, NOW))
        await readers.page(PageJob(_page(f"<p>{_PROSE * 20}</p>"), URL, None, "text/html"))
        watch = Watch(readers)
        watching = tasks.create_task(watch.run())
        await asyncio.sleep(2 * TICK)
        try:
            yield readers, watch
        finally:
            watching.cancel()


async def feed_case(name: str, body: bytes, limit: float) -> Cost:
    """Read a feed, and a good one after it."""
    async with watched(limit) as (readers, watch):
        start = time.perf_counter()
        try:
            found = await readers.feed(FeedJob(body, URL, URL, None, NOW))
            told = f"{len(found.entries)} entries"
        except FeedError as error:
            told = str(error)
        took = time.perf_counter() - start
        assert (await readers.feed(FeedJob(rss(item()), URL, URL, None, NOW))).entries
    return Cost(name, told, took, watch.memory, watch.lag)


async def page_case(name: str, body: bytes, limit: float) -> Cost:
    """Read a page, and a good feed after it."""
    async with watched(limit) as (readers, watch):
        start = time.perf_counter()
        try:
            found = await readers.page(PageJob(body[: PAGE_BYTES * 4], URL, None, "text/html"))
            told = f"{len(found.text)} characters"
        except FeedError as error:
            told = str(error)
        took = time.perf_counter() - start
        assert (await readers.feed(FeedJob(rss(item()), URL, URL, None, NOW))).entries
    return Cost(name, told, took, watch.memory, watch.lag)


# --------------------------------------------------------------------------------- fetched


async def _bomb(_: web.Request) -> web.StreamResponse:
    # A gzip body may be several, one after another: 16 times 64 MiB.
    return web.Response(body=_zeros() * 16, headers={"Content-Encoding": "gzip"})


@cache
def _zeros() -> bytes:
    return gzip.compress(bytes(64 * 1024 * 1024), 9)


async def _endless(request: web.Request) -> web.StreamResponse:
    answer = web.StreamResponse()
    await answer.prepare(request)
    with suppress(ConnectionError):  # the fetcher has had enough
        while True:
            await answer.write(b"<item/>" * 10_000)
    return answer


async def _drip(request: web.Request) -> web.StreamResponse:
    answer = web.StreamResponse()
    await answer.prepare(request)
    with suppress(ConnectionError):
        while True:
            await answer.write(b"<")
            await asyncio.sleep(0.05)
    return answer


FETCHED = {"a gzip bomb of 1 GiB": _bomb, "an endless body": _endless, "a slow drip": _drip}


async def fetched_case(name: str, limit: float) -> Cost:
    """Fetch what a server sends. Memory and lag are of this process, with the server in it."""
    _zeros()
    async with (
        FeedServer() as server,
        Fetcher(allow_networks=LOOPBACK, limit=limit) as fetcher,
        Readers() as readers,
        asyncio.TaskGroup() as tasks,
    ):
        server.handle("/feed.xml", FETCHED[name])
        watch = Watch(readers)
        watching = tasks.create_task(watch.run())
        await asyncio.sleep(2 * TICK)
        forget_peak()
        start = time.perf_counter()
        try:
            await fetcher.feed(server.url("/feed.xml"))
            told = "read"
        except FeedError as error:
            told = str(error).replace(server.url("/feed.xml"), URL)
        took = time.perf_counter() - start
        watching.cancel()
    return Cost(f"fetched: {name}", told, took, peak(os.getpid()), watch.lag)


async def costs(only: str, limit: float) -> AsyncIterator[Cost]:
    """Run the cases whose names hold `only`."""
    for name, feed in FEEDS.items():
        if only in f"feed: {name}":
            yield await feed_case(f"feed: {name}", feed(), limit)
    for name, page in PAGES.items():
        if only in f"page: {name}":
            yield await page_case(f"page: {name}", page(), limit)
    for name in FETCHED:
        if only in f"fetched: {name}":
            yield await fetched_case(name, limit)


async def run(only: str, limit: float) -> list[Cost]:
    """Run cases; one that is too much once more by itself, as others may be at the machine."""
    found: list[Cost] = []
    async for cost in costs(only, limit):
        found.append(cost)
        if not cost.is_fine(limit):
            async for again in costs(cost.case, limit):
                if again.case == cost.case:
                    found[-1] = again
    return found


def main() -> None:
    """Run the cases, print the table, and say by the exit code whether all is fine."""
    options = argparse.ArgumentParser(description=(__doc__ or "").split("\n", 1)[0])
    options.add_argument("--only", default="", help="cases with this in their name")
    options.add_argument("--limit", type=float, default=5.0, help="seconds for a job")
    given = options.parse_args()

    found = asyncio.run(run(given.only, given.limit))
    table = Table("case", "told", "s", "MB", "lag, ms", "")
    for cost in found:
        told = cost.told.replace(URL, "...")
        row = (f"{cost.took:.2f}", f"{cost.memory / 1024:.0f}", f"{cost.lag * 1000:.0f}")
        table.add_row(cost.case, told, *row, "" if cost.is_fine(given.limit) else "TOO MUCH")
    Console(width=150 if not sys.stdout.isatty() else None).print(table)
    sys.exit(not all(cost.is_fine(given.limit) for cost in found))


if __name__ == "__main__":
    main()
