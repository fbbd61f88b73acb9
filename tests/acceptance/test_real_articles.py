"""Optional: two real articles, whose text is not ours to ship, through the real program.

Looks for `000_*.txt` and `002_*.txt` (the pages as text, boilerplate included) in the folder that
VENDORWATCH_ARTICLES names, or in shared/seeds beside the checkout; skips where they are not.
"""

import json
import os
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from email.utils import format_datetime
from html import escape
from pathlib import Path

import pytest
from aiohttp import web

from tests.test_process import read_until, started

BESIDE = Path(__file__).parents[3] / "shared" / "seeds"
FOLDER = Path(os.environ.get("VENDORWATCH_ARTICLES", BESIDE))
ARTICLES = [*sorted(FOLDER.glob("000_*.txt")), *sorted(FOLDER.glob("002_*.txt"))]
NAMED = [{"nuctech", "hikvision"}, {"hikvision"}]
TEASER = "Hikvision cameras removed from council buildings"

pytestmark = [
    pytest.mark.skipif(len(ARTICLES) != 2, reason="the articles are not here"),
    pytest.mark.proof,
]


@pytest.mark.parametrize("number", [0, 1])
def test_scan_finds_the_vendors_with_correct_offsets_and_nothing_else(number: int) -> None:
    command = [sys.executable, "-m", "bot", "scan", "--json", str(ARTICLES[number])]
    ran = subprocess.run(command, capture_output=True, check=True, timeout=60)  # noqa: S603 - ours
    mentions = json.loads(ran.stdout)["mentions"]
    text = ARTICLES[number].read_text(encoding="utf-8")
    assert {each["vendor"] for each in mentions} == NAMED[number]
    assert all(text[each["start"] : each["end"]] == each["text"] for each in mentions)


def as_page(path: Path) -> str:
    """Wrap a page's text as HTML: its article, then a sidebar with a teaser of our own."""
    lines = [line for line in path.read_text(encoding="utf-8").split("\n") if line.strip()]
    end = lines.index("Article Topics")
    article = "".join(f"<p>{escape(line)}</p>" for line in lines[3:end])
    rest = "".join(f"<li><a href='#'>{escape(line)}</a></li>" for line in [TEASER, *lines[end:]])
    return (
        f"<html lang='en'><head><title>{escape(lines[1])}</title></head><body><article>"
        f"<h1>{escape(lines[1])}</h1>{article}</article><aside><ul>{rest}</ul></aside></body></html>"
    )


@asynccontextmanager
async def served(numbers: list[int]) -> AsyncIterator[str]:
    """Serve some of the articles behind an RSS feed; give the feed's address."""

    async def page(request: web.Request) -> web.Response:
        number = int(request.match_info["number"])
        return web.Response(text=as_page(ARTICLES[number]), content_type="text/html")

    async def feed(request: web.Request) -> web.Response:
        base, date = f"http://{request.host}", format_datetime(datetime.now(UTC))
        items = "".join(
            f"<item><guid>{base}/{n}.html</guid><title>Article {n}</title>"
            f"<link>{base}/{n}.html</link><pubDate>{date}</pubDate></item>"
            for n in numbers
        )
        xml = f"<rss version='2.0'><channel><title>Real</title>{items}</channel></rss>"
        return web.Response(text=xml, content_type="application/rss+xml")

    application = web.Application()
    application.router.add_get("/feed.xml", feed)
    application.router.add_get(r"/{number:\d}.html", page)
    runner = web.AppRunner(application, access_log=None)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        yield f"http://127.0.0.1:{runner.addresses[0][1]}/feed.xml"
    finally:
        await runner.cleanup()


@pytest.mark.parametrize("number", [0, 1])
async def test_run_posts_one_message_about_the_vendors_that_the_article_names(
    tmp_path: Path, number: int
) -> None:
    async with served([number]) as url:
        route = {"url": url, "channels": ["console:#news"], "backfill": "1d"}
        config = {"feeds": {"allow_networks": ["127.0.0.0/8"], "list": [route]}}
        (tmp_path / "config.yml").write_text(json.dumps(config), encoding="utf-8")
        async with started("run", "--config", "config.yml", folder=tmp_path) as process:
            last = "Full record" if len(NAMED[number]) == 1 else ": card"
            posted = await read_until(process.stdout, last)
            process.terminate()
            out, err = await process.communicate()
    posted += out.decode()
    names = {"nuctech": "Nuctech", "hikvision": "Hikvision"}
    assert {vendor for vendor, name in names.items() if f"{name} (" in posted} == NAMED[number]
    assert posted.count("VendorWatch →") == 1
    assert "Traceback" not in err.decode()
