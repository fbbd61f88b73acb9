"""A curator's whole way, only by chat: from an empty watchlist to a published record, and back.

The same lines on every platform. A `Chat` types them and gives what is answered; what is looked
for here is what a reader would look for, whatever a platform makes of the rest.
"""

import asyncio
import re
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Protocol

from bot.app import App
from bot.core.limits import Allowance
from bot.core.vendor import Confidence, Vendor
from bot.feeds.fetching.fetch import Fetcher
from bot.feeds.hosts import Hosts
from bot.feeds.onefeed import OneFeed
from bot.feeds.polled import Rules
from bot.pack import load
from tests.feeds.inline import Inline
from tests.feeds.server import LOOPBACK, FeedServer

FEED, PRESS = "/gazette.xml", "/press.xml"
"""Where a chat's site has its two feeds."""
PAPER = """<rss version="2.0"><channel><title>{}</title>
<item><title>Old bridge</title><guid>a</guid><link>https://gazette.example/a</link></item>
</channel></rss>"""
GAZETTE = 'source="The Gazette, {0}, official, https://gazette.example/{0}"'
SHOPPER = 'source="The Shopper, {0}, press, https://shopper.example/{0}"'
WAY: tuple[tuple[str, str], ...] = (
    ("watchlist add Lens Works", "Lens Works is watched."),
    (
        (
            'watchlist set lens-works country=CN headquarters=Springfield makes="Cameras" '
            'makes.source="Lens Works, 2024, subject, https://lens.example/about"'
        ),
        "The record of Lens Works is changed.",
    ),
    ("watchlist name add lens works Lensomatic role=brand", "The name Lensomatic"),
    (
        (
            "watchlist measure add lens works Export List kind=export_control "
            f"authority=Commerce since=2019-10-09 {GAZETTE.format('2019-10-09')}"
        ),
        "The measure export-list of Lens Works is recorded.",
    ),
    (
        (
            "watchlist measure add lens works Buying Ban kind=procurement_ban authority=Town "
            f"since=2020-02-01 {GAZETTE.format('2020-02-01')}"
        ),
        "The measure buying-ban of Lens Works is recorded.",
    ),
    (
        f"watchlist measure end lens works buying-ban 2023-05-01 {GAZETTE.format('2023-05-01')}",
        "The measure buying-ban of Lens Works is recorded as ended.",
    ),
    (
        (
            "watchlist allegation add lens works by=Shopper date=2023-11 status=reported "
            f'text="Its cameras count hats" {SHOPPER.format("2023-11")}'
        ),
        "is recorded as a draft.",
    ),
    (
        (
            "watchlist response add lens works shopper-2023 kind=denial date=2023-12 "
            f'text="Lens Works says that they count nothing" {SHOPPER.format("2023-12")}'
        ),
        "The allegation shopper-2023 has its answer now",
    ),
    (
        "watchlist allegation edit lens works shopper-2023 confidence=confirmed",
        "is confirmed, and speaks from now on.",
    ),
    (
        (
            "watchlist allegation add lens works by=Shopper date=2024-02 status=reported "
            f'text="It sold the tapes" {SHOPPER.format("2024-02")}'
        ),
        "is recorded as a draft.",
    ),
    (
        (
            "watchlist response add lens works shopper-2024 kind=statement date=2024-03 "
            f'text="Lens Works says that the tapes were stolen" {SHOPPER.format("2024-03")}'
        ),
        "The allegation shopper-2024 has its answer now",
    ),
    (
        "watchlist allegation edit lens works shopper-2024 confidence=confirmed",
        "is confirmed, and speaks from now on.",
    ),
    ("watchlist feed add {feed}", "Followed here"),
    ("watchlist route add {press} vendors=lens-works", "Lets through"),
)
"""Each line, and what its answer says. Each is one revision."""
CARD = (
    "Export control: Export List",
    "Buying Ban",
    "Its cameras count hats",
    "Lens Works says that they count nothing",
    "It sold the tapes",
    "Lens Works says that the tapes were stolen",
)


class Chat(Protocol):
    """A curator at work on some platform, in a channel that the bot is in."""

    async def says(self, line: str) -> str:
        """Give a command; give what is answered, as its words."""

    async def copies(self, line: str) -> str:
        """Give a command; give the lines that its answer has for copying."""


async def walk(chat: Chat, site: str, folder: Path) -> None:
    """Go the whole way and back. `site` has the two feeds, `folder` is for what is exported."""
    assert "Nothing was changed by chat." in await chat.says("watchlist log")
    for line, told in WAY:
        typed = line.format(feed=site + FEED, press=site + PRESS) if "{" in line else line
        answer = await chat.says(typed)
        assert told in answer, (line, answer)
    for words in CARD:
        assert words in await chat.says("vendor lensomatic"), words
    vendor = exported(await chat.copies("watchlist export lens-works"), folder)
    assert [each.id for each in vendor.measures] == ["export-list", "buying-ban"]
    assert {each.confidence for each in vendor.allegations} == {Confidence.CONFIRMED}
    assert [each.answers for each in vendor.responses] == [("shopper-2023",), ("shopper-2024",)]
    assert "Lensomatic" in [each.value for each in vendor.names]
    log = await chat.says("watchlist log") + await chat.says("watchlist older 5")
    numbers = range(len(WAY), 0, -1)
    assert all(re.search(rf"(?<!\d){each} · ", log) for each in numbers), log
    for number in numbers:
        answer = await chat.says(f"watchlist undo {number}")
        assert f"{number} is taken back" in answer, answer
    await is_empty(chat)


async def is_empty(chat: Chat) -> None:
    """See that nothing is watched or followed, as if nobody had ever said anything."""
    assert "No watched vendor is called" in await chat.says("vendor lensomatic")
    assert "Nothing was edited here." in await chat.says("watchlist export")
    assert "0 feeds followed here" in await chat.says("watchlist feed list")


def exported(text: str, folder: Path) -> Vendor:
    """Make a pack of what was exported, which has to pass the checks; give its one vendor."""
    vendors = folder / "exported" / "vendors"
    vendors.mkdir(parents=True)
    (vendors / "lens-works.yml").write_text(text, encoding="utf-8")
    (found,) = load([vendors.parent]).vendors.values()
    return found


def settings(folder: Path, curators: Sequence[str]) -> dict[str, object]:
    """Give what a bot is configured with that watches nothing."""
    pack = folder / "pack"
    (pack / "vendors").mkdir(parents=True, exist_ok=True)
    return {
        "watchlists": [str(pack)],
        "shipped_watchlist": False,
        "roles": {"curators": list(curators)},
    }


@asynccontextmanager
async def at_ease(app: App) -> AsyncIterator[str]:
    """Let a bot answer as quickly as a script types, and look at two feeds on loopback.

    Give the address of their site.
    """
    app.clerk.allowance = Allowance(burst=1_000)
    async with FeedServer() as server, Fetcher(allow_networks=LOOPBACK) as fetcher:
        for path in (FEED, PRESS):
            server.put(path, PAPER.format(path))
        app.looks = OneFeed(fetcher, Inline(), Hosts(0.0), app.clock, Rules())
        app.poll_now = lambda: None
        yield server.url("")


async def two_at_once(anna: Chat, ben: Chat) -> None:
    """Let two curators change the same at the same time, and two things of one record."""
    await anna.says("watchlist add Lens Works")
    lines = ("watchlist set lens works country=CN", "watchlist set lens works country=DE")
    answers = await asyncio.gather(anna.says(lines[0]), ben.says(lines[1]))
    won = [f"The record of Lens Works is changed. (revision {2})" in each for each in answers]
    assert sorted(won) == [False, True], answers
    late = won.index(False)
    assert "changed country" in answers[late] or "country has been changed" in answers[late]
    assert "Nothing was changed." in answers[late]
    # Whoever has read that and still means it gives the command again.
    again = await (anna, ben)[late].says(lines[late])
    assert "is changed. (revision 3)" in again, (answers, again)
    both = await asyncio.gather(
        anna.says("watchlist set lens works headquarters=Springfield"),
        ben.says("watchlist name add lens works Lensomatic"),
    )
    assert "is changed." in both[0], both
    assert "is recorded." in both[1], both
    assert "5 · " in await anna.says("watchlist log")
