"""The made-up web that feeds are polled from: its server, its words, its feeds and pages.

    async with doors(hosts(500), answer) as port:     # answer: Asked -> Reply, or the bytes of one
        ...

Each host is an address of 127.0.0.0/8 of its own, all on one port that the web uses, so that the
bot's rules about hosts, sites and ports hold as they do outside. Companies are those of
`script.py`. `python -m tests.bench.feedrig` serves the feeds of `feeds.py` from a process of its
own until its input ends.
"""

import argparse
import asyncio
import json
import os
import random
import sys
from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from html import escape
from http import HTTPStatus
from ipaddress import ip_network
from zlib import crc32

from bot.config import FeedRoute, Feeds
from bot.feeds.fetching.guard import Network
from tests.bench.script import NAMES

LOOPBACK: tuple[Network, ...] = (ip_network("127.0.0.0/8"),)
"""What a bot must be allowed in order to reach the made-up web."""
PORTS = (8080, 8443)
START = datetime(2026, 3, 2, tzinfo=UTC)
"""When all simulated time begins: a Monday."""
_HOSTS_A_NET = 250

# -------------------------------------------------------------------------------- the server


@dataclass(frozen=True, slots=True)
class Asked:
    """A request. Names of headers are in lower case."""

    host: str
    path: str
    headers: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Reply:
    """What is answered, `after_s` seconds later.

    `cut`: the connection ends after half of the body. `drop`: it ends without a word.
    """

    status: int = 200
    body: bytes = b""
    headers: tuple[tuple[str, str], ...] = ()
    after_s: float = 0.0
    cut: bool = False
    drop: bool = False

    def bytes(self) -> bytes:
        """Give it as it is sent."""
        length = () if self.status == 304 else (("Content-Length", str(len(self.body))),)
        lines = [f"HTTP/1.1 {self.status} {HTTPStatus(self.status).phrase}"]
        lines += [f"{name}: {value}" for name, value in (*self.headers, *length)]
        sent = self.body[: len(self.body) // 2] if self.cut else self.body
        return "\r\n".join([*lines, "", ""]).encode() + sent


Answer = Callable[[Asked], Reply | bytes]


class Door(asyncio.Protocol):
    """One connection, kept alive; requests are answered in order and have no body."""

    def __init__(self, answer: Answer) -> None:
        self._answer = answer
        self._host = ""
        self._read = b""
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Note which host was asked for."""
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        self._host = transport.get_extra_info("sockname")[0]

    def data_received(self, data: bytes) -> None:
        """Answer what has come whole; hang up on what is no HTTP."""
        self._read += data
        if self._transport is not None and not self._read.startswith(b"GET "[: len(self._read)]):
            self._transport.abort()
            return
        while (end := self._read.find(b"\r\n\r\n")) >= 0:
            head, self._read = self._read[:end].decode("latin-1"), self._read[end + 4 :]
            first, *lines = head.split("\r\n")
            headers = {
                name.lower(): value for name, _, value in (line.partition(": ") for line in lines)
            }
            self._reply(self._answer(Asked(self._host, first.split(" ")[1], headers)))

    def _reply(self, reply: Reply | bytes) -> None:
        if isinstance(reply, Reply) and reply.after_s:
            asyncio.get_running_loop().call_later(reply.after_s, self._send, reply)
        else:
            self._send(reply)

    def _send(self, reply: Reply | bytes) -> None:
        transport = self._transport
        if transport is None or transport.is_closing():
            return
        if isinstance(reply, bytes):
            transport.write(reply)
        elif reply.drop:
            transport.abort()
        else:
            transport.write(reply.bytes())
            if reply.cut:
                transport.close()


def hosts(count: int) -> list[str]:
    """Name hosts of this process's own, so that several rigs can run at once."""
    net = 64 + os.getpid() % 128
    return [f"127.{net}.{n // _HOSTS_A_NET}.{n % _HOSTS_A_NET + 1}" for n in range(count)]


@asynccontextmanager
async def doors(names: Sequence[str], answer: Answer) -> AsyncIterator[int]:
    """Serve these hosts for the length of a block; give the port."""
    loop = asyncio.get_running_loop()
    server: asyncio.Server | None = None
    for port in PORTS:
        try:
            server = await loop.create_server(lambda: Door(answer), names, port, backlog=512)
            break
        except OSError:
            continue
    if server is None:
        raise SystemExit(f"ports {PORTS} of {names[0]} are taken; stop what listens there")
    try:
        yield port
    finally:
        server.close()


PLATFORM = "console"
"""What the platform is called: the one of the three that needs no account."""


AT_ONCE = timedelta(seconds=1)
"""How often a feed is asked that nobody wants to wait for."""


def following(feeds: Mapping[str, str] | Iterable[str], every: timedelta | None = None) -> Feeds:
    """Follow feeds, each into the channel that is given, else all into one.

    They are asked as often as the bot likes, or `every` so much.
    """
    to = feeds if isinstance(feeds, Mapping) else dict.fromkeys(feeds, "#feeds")
    routes = [
        FeedRoute(url=url, channels=(f"{PLATFORM}:{channel}",)) for url, channel in to.items()
    ]
    if every is None:
        return Feeds(allow_networks=LOOPBACK, list=tuple(routes))
    return Feeds(allow_networks=LOOPBACK, list=tuple(routes), fastest=every, slowest=every)


# --------------------------------------------------------------------------------- the words

_WORDS = (  # noqa: SIM905 - ninety lines shorter
    "council budget harbour station library weather morning evening report section question "
    "answer village river bridge street market season summer winter office member meeting plan "
    "project school hospital museum garden forest valley railway traffic airport repair building "
    "engineer director teacher student visitor neighbour resident farmer driver reader writer "
    "opened closed moved raised lowered measured counted planned delayed agreed refused expected "
    "noted described compared explained offered bought rented painted cleaned replaced inspected "
    "early late quiet narrow broad modest recent local regional annual public common ordinary "
    "several many few most other another between during before after across within without "
    "against toward because although while where which their about"
).split()


def prose(rng: random.Random, characters: int) -> str:
    """Write sentences about nothing, of at least so many characters."""
    sentences: list[str] = []
    length = 0
    while length < characters:
        said = " ".join(rng.choices(_WORDS, k=rng.randint(8, 14))).capitalize() + "."
        sentences.append(said)
        length += len(said) + 1
    return " ".join(sentences)


def headline(rng: random.Random, number: int, name: str = "") -> str:
    """Give the title of an entry, which its number can be read off."""
    about = " ".join(rng.choices(_WORDS, k=5))
    return f"Note {number}: {name + ' Optics ' if name else ''}{about}"


def numbered(text: str) -> Iterator[int]:
    """Read the numbers off all titles in a text."""
    for part in text.split("Note ")[1:]:
        number, colon, _ = part.partition(":")
        if colon and number.isdigit():
            yield int(number)


def named(text: str) -> frozenset[str]:
    """Say which companies stand in a text."""
    return frozenset(name for name in NAMES if f"{name} Optics" in text)


# ------------------------------------------------------------------------ feeds and pages


@dataclass(frozen=True, slots=True)
class Row:
    """An item as a feed lists it."""

    guid: str
    link: str
    title: str
    text: str
    date: datetime | None

    def xml(self) -> str:
        """Write it as RSS."""
        date = f"<pubDate>{format_datetime(self.date)}</pubDate>" if self.date else ""
        return (
            f"<item><title>{escape(self.title)}</title><link>{escape(self.link)}</link>"
            f'<guid isPermaLink="false">{escape(self.guid)}</guid>{date}'
            f"<description>{escape(self.text)}</description></item>\n"
        )


def rss(title: str, items: Iterable[str]) -> bytes:
    """Write a feed of items that are written already, newest first."""
    head = f'<?xml version="1.0" encoding="UTF-8"?>\n<rss version="2.0"><channel><title>{title}'
    tail = "</title><link>http://paper.example/</link><description>Made up</description>\n"
    return "".join((head, tail, *items, "</channel></rss>\n")).encode()


def page(title: str, text: str, teasers: Sequence[str], *, plain: bool = False) -> bytes:
    """Write an article's page with teasers of others; a `plain` one is all of one element."""
    shape = ("div", "div", "div") if plain else ("main", "article", "aside")
    main, article, aside = shape
    half = text.find(". ", len(text) // 2) + 1
    body = "".join(f"<p>{escape(part.strip())}</p>" for part in (text[:half], text[half:]) if part)
    links = "".join(
        f'<li><a href="/t{n}">{escape(each)}</a></li>' for n, each in enumerate(teasers)
    )
    return (
        f"<!doctype html><html lang=en><head><title>{escape(title)}</title></head><body>"
        f"<nav><a href=/>Home</a> <a href=/news>News</a></nav><{main}><{article}>"
        f"<h1>{escape(title)}</h1>{body}</{article}></{main}>"
        f"<{aside}><h3>Related articles</h3><ul>{links}</ul></{aside}>"
        "<footer><p>All rights reserved.</p></footer></body></html>"
    ).encode()


# ------------------------------------------------- the feeds that are measured: many and even

ITEMS = 20
NEW = 2
CHANGED = 0.3
ROUND = timedelta(hours=7)
"""Simulated time between two rounds: more than any feed is left alone for."""
_TEXT = 1_080
"""Characters of an entry's text: 20 of them make a feed of 26 kB."""


@dataclass(slots=True)
class Even:
    """So many feeds on so many hosts; each round some bring new entries, one in `rare` with a name.

    What changes follows from the round's number alone, so that who asks twice is told the same.
    """

    feeds: int
    hosts: Sequence[str]
    rare: int
    port: int = 0
    _made: int = 0
    _items: list[list[str]] = field(default_factory=list)
    _etags: list[str] = field(default_factory=list)
    _bodies: dict[tuple[str, str], tuple[str, bytes, bytes]] = field(default_factory=dict)
    _prose: str = ""

    def begin(self, port: int) -> None:
        """Write the first body of every feed."""
        self.port = port
        self._prose = prose(random.Random(0), 200_000)  # noqa: S311 - words, no secret
        self._etags = [""] * self.feeds
        self._items = [[] for _ in range(self.feeds)]
        for number in range(self.feeds):
            self._add(number, ITEMS, 0)

    def address(self, number: int) -> str:
        """Give a feed's address."""
        return f"http://{self.hosts[number % len(self.hosts)]}:{self.port}/feed/{number}"

    def turn(self, round_: int) -> int:
        """Let a round's entries appear; give how many of them name a company."""
        before = self._made
        chosen = random.Random(round_).sample(range(self.feeds), int(self.feeds * CHANGED))  # noqa: S311 - as above
        for number in chosen:
            self._add(number, NEW, round_)
        return sum(not n % self.rare for n in range(before + 1, self._made + 1))

    def answer(self, asked: Asked) -> bytes:
        """Answer a request for a feed, for a page, or to go on to the next round."""
        if asked.path.startswith("/turn/"):
            naming = self.turn(int(asked.path.rpartition("/")[2]))
            return Reply(body=json.dumps(naming).encode()).bytes()
        found = self._bodies.get((asked.host, asked.path))
        if found is None:
            return self._page(asked.path)
        etag, whole, unchanged = found
        return unchanged if asked.headers.get("if-none-match") == etag else whole

    def _add(self, number: int, count: int, round_: int) -> None:
        host = self.hosts[number % len(self.hosts)]
        date = START + ROUND * round_ - timedelta(minutes=5)
        for _ in range(count):
            self._made += 1
            name = NAMES[self._made // self.rare % len(NAMES)] if not self._made % self.rare else ""
            self._items[number].insert(
                0, self._item(self._made, host, name if round_ else "", date)
            )
        del self._items[number][ITEMS:]
        etag = f'"{number}-{round_}"'
        headers = (("Content-Type", "application/rss+xml"), ("ETag", etag))
        body = rss(f"Feed {number}", self._items[number])
        whole = Reply(body=body, headers=headers).bytes()
        unchanged = Reply(304, headers=(("ETag", etag),)).bytes()
        self._bodies[host, f"/feed/{number}"] = (etag, whole, unchanged)

    def _item(self, made: int, host: str, name: str, date: datetime) -> str:
        rng = random.Random(made)  # noqa: S311 - as above
        start = rng.randrange(len(self._prose) - _TEXT)
        link, guid = (
            f"http://{host}:{self.port}/note/{made}",
            f"http://{host}:{self.port}/?p={made}",
        )
        text = self._prose[start : start + _TEXT]
        return Row(guid, link, headline(rng, made, name), text, date).xml()

    def _page(self, path: str) -> bytes:
        start = crc32(path.encode()) % (len(self._prose) - 2 * _TEXT)
        text = self._prose[start : start + 2 * _TEXT]
        body = page(f"Note {path.rpartition('/')[2]}", text, ("Weather", "Traffic"))
        return Reply(body=body, headers=(("Content-Type", "text/html"),)).bytes()


async def serve(words: argparse.Namespace) -> None:
    """Serve until the input ends. Say on a line of JSON which addresses the feeds have."""
    even = Even(words.feeds, hosts(words.hosts), words.rare)
    async with doors(even.hosts, even.answer) as port:
        even.begin(port)
        print(json.dumps([even.address(n) for n in range(words.feeds)]), flush=True)  # noqa: T201 - whoever started it reads this
        ended = asyncio.StreamReader()
        await asyncio.get_running_loop().connect_read_pipe(
            lambda: asyncio.StreamReaderProtocol(ended), sys.stdin
        )
        await ended.read()


if __name__ == "__main__":
    _parser = argparse.ArgumentParser("python -m tests.bench.feedrig", description=__doc__)
    _parser.add_argument("--feeds", type=int, default=2000)
    _parser.add_argument("--hosts", type=int, default=500)
    _parser.add_argument(
        "--rare", type=int, default=200, help="one entry in so many names somebody"
    )
    asyncio.run(serve(_parser.parse_args()))
