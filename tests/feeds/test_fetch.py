"""What a server may do to the fetcher, and what it may not."""

import asyncio
import gzip
import socket
import tracemalloc
import zlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest
from aiohttp import web

from bot import __version__
from bot.errors import FeedError, GoneError
from bot.feeds.fetching.answers import fresh_for
from bot.feeds.fetching.fetch import FEED_BYTES, MOST_REDIRECTS, PAGE_BYTES, Connections, Fetcher
from bot.feeds.fetching.guard import is_allowed
from tests.feeds.server import ANY_PORT, LOOPBACK, FeedServer, Names, speaking


async def test_a_feed_comes_with_its_validators_and_type(
    server: FeedServer, fetcher: Fetcher
) -> None:
    yesterday = "Sun, 03 Mar 2024 10:00:00 GMT"
    kind = "application/rss+xml; charset=KOI8-R"
    server.put("/feed.xml", b"<rss/>", kind=kind, etag='W/"1"', last_modified=yesterday)
    fetched = await fetcher.feed(server.url("/feed.xml"))
    assert fetched.body == b"<rss/>"
    assert (fetched.etag, fetched.last_modified) == ('W/"1"', yesterday)
    assert (fetched.content_type, fetched.charset) == (kind, "KOI8-R")
    assert (fetched.url, fetched.status) == (server.url("/feed.xml"), 200)


async def test_the_user_agent_names_the_bot_and_its_contact(
    server: FeedServer, fetcher: Fetcher
) -> None:
    server.put("/", b"x")
    await fetcher.page(server.url("/"))
    assert (
        server.asked[0].headers["user-agent"] == f"VendorWatch/{__version__} (+ops@shopper.example)"
    )


async def test_an_unchanged_feed_has_no_body(server: FeedServer, fetcher: Fetcher) -> None:
    server.put("/feed.xml", b"<rss/>", etag='"1"')
    since = "Sun, 03 Mar 2024 10:00:00 GMT"
    fetched = await fetcher.feed(server.url("/feed.xml"), etag='"1"', last_modified=since)
    assert (fetched.status, fetched.body, fetched.etag) == (304, None, '"1"')
    assert server.asked[0].headers["if-none-match"] == '"1"'
    assert server.asked[0].headers["if-modified-since"] == since


async def test_a_304_that_nobody_asked_for_is_an_error(
    server: FeedServer, fetcher: Fetcher
) -> None:
    server.put("/feed.xml", status=304)
    with pytest.raises(FeedError, match="answered 304"):
        await fetcher.feed(server.url("/feed.xml"))


@pytest.mark.parametrize("validator", ["\x80caf\xe9", "x" * 1_001])
async def test_a_validator_that_could_not_be_sent_back_is_dropped(
    server: FeedServer, fetcher: Fetcher, validator: str
) -> None:
    server.put("/feed.xml", b"<rss/>", headers={"ETag": f'"{validator}"'})
    assert (await fetcher.feed(server.url("/feed.xml"))).etag is None


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
async def test_redirects_are_followed_and_the_last_address_is_told(
    server: FeedServer, fetcher: Fetcher, status: int
) -> None:
    server.redirect("/old", "new/feed.xml", status)
    server.put("/new/feed.xml", b"<rss/>")
    fetched = await fetcher.feed(server.url("/old"))
    assert fetched.url == server.url("/new/feed.xml")
    assert fetched.body == b"<rss/>"


async def test_five_redirects_are_followed_and_six_are_not(
    server: FeedServer, fetcher: Fetcher
) -> None:
    for step in range(6):
        server.redirect(f"/{step}", f"/{step + 1}")
    server.put("/6", b"<rss/>")
    assert (await fetcher.feed(server.url("/1"))).body == b"<rss/>"
    with pytest.raises(FeedError, match=f"redirects more than {MOST_REDIRECTS} times"):
        await fetcher.feed(server.url("/0"))


async def test_a_redirect_needs_to_say_where_to(server: FeedServer, fetcher: Fetcher) -> None:
    server.put("/old", status=302)
    with pytest.raises(FeedError, match="without saying where to"):
        await fetcher.feed(server.url("/old"))


@pytest.mark.parametrize("url", ["ftp://shopper.example/feed", "file:///etc/passwd", "feed", ""])
async def test_only_web_addresses_are_fetched(fetcher: Fetcher, url: str) -> None:
    with pytest.raises(FeedError, match="must start with http:// or https://"):
        await fetcher.feed(url)


async def test_a_redirect_out_of_the_web_is_refused(server: FeedServer, fetcher: Fetcher) -> None:
    server.redirect("/old", "file:///etc/passwd")
    with pytest.raises(FeedError, match="redirects to what is no address"):
        await fetcher.feed(server.url("/old"))


@pytest.mark.parametrize(
    "host",
    ["127.0.0.1", "localhost", "[::ffff:127.0.0.1]", "0.0.0.0"],  # noqa: S104 - connected to
)
async def test_a_private_address_is_refused_in_every_spelling(
    server: FeedServer, host: str
) -> None:
    server.put("/secret", b"secret")
    async with Fetcher(allow_ports=ANY_PORT) as closed:
        for fetch in (closed.page, closed.feed):
            with pytest.raises(FeedError, match=r"not public; feeds\.allow_networks"):
                await fetch(server.url("/secret", host))
    assert server.asked == []


@pytest.mark.parametrize("host", ["2130706433", "0177.0.0.1", "0x7f000001", "127.1", "0x7f.1"])
async def test_a_numeric_host_in_an_odd_spelling_leads_nowhere(
    server: FeedServer, host: str
) -> None:
    async with Fetcher(allow_ports=ANY_PORT) as closed:
        with pytest.raises(FeedError):
            await closed.feed(server.url("/secret", host))
    assert server.asked == []


async def test_a_name_that_leads_into_a_private_network_is_refused(server: FeedServer) -> None:
    server.put("/feed.xml", b"<rss/>")
    names = Names(
        {"paper.example": "127.0.0.1", "six.example": "::1", "meta.example": "169.254.169.254"}
    )
    async with Fetcher(allow_ports=ANY_PORT, resolver=names) as closed:
        for host in names.hosts:
            with pytest.raises(FeedError, match="not public"):
                await closed.feed(server.url("/feed.xml", host))
    assert names.asked == list(names.hosts)
    assert server.asked == []


async def test_a_name_that_is_public_when_looked_up_first_is_looked_at_each_time(
    server: FeedServer,
) -> None:
    server.put("/feed.xml", b"<rss/>", headers={"Connection": "close"})
    names = Names({"paper.example": "127.0.0.1"})
    async with lookups_that_end_at_once(names) as open_fetcher:
        url = server.url("/feed.xml", "paper.example")
        assert (await open_fetcher.feed(url)).body == b"<rss/>"
        names.hosts["paper.example"] = "127.0.0.2"
        with pytest.raises(FeedError, match="not public"):
            await open_fetcher.feed(url)
    assert server.count("/feed.xml") == 1


@asynccontextmanager
async def lookups_that_end_at_once(names: Names) -> AsyncIterator[Fetcher]:
    async with Fetcher(
        allow_networks=LOOPBACK, resolver=names, connections=Connections(names=0, keep=0)
    ) as open_fetcher:
        yield open_fetcher


# -------------------------------------------------------------------------------- ports


async def test_a_feeds_own_port_is_asked_and_no_page_or_redirect_has_another(
    server: FeedServer,
) -> None:
    server.put("/feed.xml", b"<rss/>")
    server.redirect("/old", "/feed.xml")
    async with FeedServer() as other, Fetcher(allow_networks=LOOPBACK) as usual:
        server.redirect("/away", other.url("/feed.xml"))
        assert (await usual.feed(server.url("/old"))).body == b"<rss/>"
        with pytest.raises(FeedError, match="redirects to what is at port"):
            await usual.feed(server.url("/away"))
        for beside in (None, other.url("/feed.xml"), server.url("/", "localhost")):
            with pytest.raises(FeedError, match=r"is at port \d+, where no web page is expected"):
                await usual.page(server.url("/feed.xml"), beside=beside)
        page = await usual.page(server.url("/old"), beside=server.url("/feed.xml"))
        assert page.body == b"<rss/>"
        assert other.asked == []


@pytest.mark.parametrize("address", ["http://127.0.0.1:8080/", "https://127.0.0.1:8443/"])
async def test_the_usual_ports_are_asked(address: str) -> None:
    async with Fetcher() as usual:
        with pytest.raises(FeedError, match="not public"):
            await usual.page(address)


async def test_a_port_that_was_opened_is_asked_for_pages_as_well(server: FeedServer) -> None:
    server.put("/page", b"x", kind="text/html")
    port = int(server.url("").rpartition(":")[2])
    async with Fetcher(allow_networks=LOOPBACK, allow_ports={port}) as opened:
        assert (await opened.page(server.url("/page"))).body == b"x"


async def test_a_redirect_into_a_private_network_is_refused(
    server: FeedServer, fetcher: Fetcher
) -> None:
    server.redirect("/old", server.url("/secret", "127.0.0.2"))
    with socket.create_server(("127.0.0.2", 0)) as other:
        server.redirect("/other", f"http://127.0.0.2:{other.getsockname()[1]}/secret")
        for path in ("/old", "/other"):
            with pytest.raises(FeedError, match="not public"):
                await fetcher.page(server.url(path))
        other.settimeout(0)
        with pytest.raises(BlockingIOError):
            other.accept()


@pytest.mark.parametrize(
    "address",
    [
        "10.0.0.1", "127.0.0.1", "0.0.0.1", "169.254.169.254", "100.64.0.1", "192.168.1.1",
        "224.0.0.1", "255.255.255.255", "::", "::1", "fe80::1%eth0", "fc00::1", "ff02::1",
        "::ffff:10.0.0.1", "64:ff9b::a00:1", "64:ff9b:1::808:808", "2002:7f00:1::", "::127.0.0.1",
        "::ffff:0:10.0.0.1", "64:ff9b::a9fe:a9fe", "2002:a9fe:a9fe::1", "2001:0:808:808::f5ff:fffe",
        "2606:2800:220:1:0:5efe:a00:1", "2606:2800:220:1:200:5efe:7f00:1", "fd00::1", "fec0::1",
        "2001:db8::1", "100::1", "4000::1", "no address", "", "127.1", "2130706433",
    ],
)  # fmt: skip
def test_an_address_that_is_not_public_is_not_allowed(address: str) -> None:
    assert not is_allowed(address, ())


@pytest.mark.parametrize(
    "address",
    [
        "93.184.216.34", "2606:2800:220:1::1", "64:ff9b::808:808", "::ffff:8.8.8.8",
        "2002:808:808::1", "2606:2800:220:1:0:5efe:808:808",
    ],
)  # fmt: skip
def test_a_public_address_is_allowed(address: str) -> None:
    assert is_allowed(address, ())


def test_an_opened_network_is_allowed_in_its_ipv6_spelling_too() -> None:
    assert is_allowed("127.0.0.1", LOOPBACK)
    assert is_allowed("::ffff:127.0.0.1", LOOPBACK)
    assert not is_allowed("127.0.0.2", LOOPBACK)


async def test_a_slow_server_is_given_up(server: FeedServer) -> None:
    server.hang("/feed.xml")
    async with Fetcher(allow_networks=LOOPBACK, limit=0.05) as hasty:
        with pytest.raises(FeedError, match=r"did not answer in 0\.05 seconds"):
            await hasty.feed(server.url("/feed.xml"))


HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: text/xml\r\n"


async def test_a_body_that_does_not_come_is_given_up_long_before_the_limit() -> None:
    async with (
        speaking(HEAD + b"Content-Length: 100\r\n\r\n", every=0.01) as url,
        Fetcher(allow_networks=LOOPBACK, patience=0.05) as hasty,
    ):
        with pytest.raises(FeedError, match="too slowly: nothing of its body in"):
            await hasty.feed(url)


async def test_a_server_that_drips_is_given_up_too() -> None:
    async with (
        speaking(HEAD + b"\r\n<rss>", b" ", every=0.005) as url,
        Fetcher(allow_networks=LOOPBACK, patience=0.1) as hasty,
    ):
        with pytest.raises(FeedError, match=r"sends too slowly: [\d.]+ kB in [\d.]+ seconds"):
            await hasty.feed(url)


async def test_a_slow_body_that_keeps_its_pace_is_read(server: FeedServer) -> None:
    # Each piece of 128 bytes buys an eighth of a second.
    async def walk(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse()
        await response.prepare(request)
        for _ in range(6):
            await response.write(b"x" * 128)
            await asyncio.sleep(0.05)
        return response

    server.handle("/feed.xml", walk)
    async with Fetcher(allow_networks=LOOPBACK, patience=0.2) as patient:
        assert len((await patient.feed(server.url("/feed.xml"))).body or b"") == 6 * 128


async def test_a_body_cannot_buy_more_time_than_the_limit() -> None:
    async with (
        speaking(HEAD + b"\r\n", b"x" * 2_000, every=0.01) as url,
        Fetcher(allow_networks=LOOPBACK, limit=0.2, patience=10) as hasty,
    ):
        with pytest.raises(FeedError, match=r"too slowly: [\d.]+ kB in [\d.]+ seconds"):
            await hasty.feed(url)


async def test_compressed_bytes_that_come_to_nothing_buy_no_time() -> None:
    empty = zlib.compressobj(wbits=-15)
    nothing = empty.flush(zlib.Z_FULL_FLUSH) * 1_000
    head = HEAD + b"Content-Encoding: deflate\r\n\r\n"
    async with (
        speaking(head + nothing, nothing, every=0.001) as url,
        Fetcher(allow_networks=LOOPBACK, patience=0.1) as hasty,
    ):
        with pytest.raises(FeedError, match="too slowly: nothing of its body"):
            await hasty.feed(url)


async def test_a_body_without_end_is_dropped_at_the_cap() -> None:
    async with (
        speaking(HEAD + b"\r\n", b"x" * 1_000_000, every=0) as url,
        Fetcher(allow_networks=LOOPBACK) as fetcher,
    ):
        with pytest.raises(FeedError, match="larger than 8 MiB"):
            await fetcher.feed(url)


async def test_a_body_that_is_announced_too_large_is_not_read() -> None:
    length = b"Content-Length: %d\r\n\r\n" % (FEED_BYTES + 1)
    async with (
        speaking(HEAD + length, every=0.01) as url,
        Fetcher(allow_networks=LOOPBACK) as fetcher,
    ):
        with pytest.raises(FeedError, match="larger than 8 MiB"):
            await fetcher.feed(url)


def a_gigabyte() -> bytes:
    """Give a megabyte that becomes a gigabyte."""
    packed = zlib.compressobj(9, wbits=-15)
    zeros = packed.compress(bytes(16 * 1024 * 1024)) + packed.flush(zlib.Z_FULL_FLUSH)
    return gzip.compress(b"", mtime=0)[:10] + zeros * 64 + packed.flush()


@pytest.mark.parametrize("page", [False, True])
async def test_a_bomb_is_dropped_at_the_cap_and_costs_little_memory(
    server: FeedServer, fetcher: Fetcher, page: bool
) -> None:
    bomb = a_gigabyte()
    assert 900_000 < len(bomb) < 1_200_000
    server.put("/feed.xml", bomb, headers={"Content-Encoding": "gzip"})
    tracemalloc.start()
    try:
        with pytest.raises(FeedError, match=r"larger than [28] MiB"):
            await (fetcher.page if page else fetcher.feed)(server.url("/feed.xml"))
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 30_000_000


@pytest.mark.parametrize("packing", ["gzip", "deflate", "bare deflate", "two members"])
async def test_a_packed_body_is_unpacked(
    server: FeedServer, fetcher: Fetcher, packing: str
) -> None:
    text = b"<rss>" + b"tender " * 9_000 + b"</rss>"
    bare = zlib.compressobj(wbits=-15)
    packed = {
        "gzip": gzip.compress(text),
        "deflate": zlib.compress(text),
        "bare deflate": bare.compress(text) + bare.flush(),
        "two members": gzip.compress(text[:100]) + gzip.compress(text[100:]),
    }[packing]
    encoding = "deflate" if "deflate" in packing else "gzip"
    server.put("/feed.xml", packed, headers={"Content-Encoding": encoding})
    assert (await fetcher.feed(server.url("/feed.xml"))).body == text


@pytest.mark.parametrize(
    "header", [b"X-Long: " + b"x" * 20_000 + b"\r\n", b"X-Many: 1\r\n" * 5_000]
)
async def test_headers_have_a_limit(header: bytes) -> None:
    async with (
        speaking(HEAD + header + b"Content-Length: 0\r\n\r\n") as url,
        Fetcher(allow_networks=LOOPBACK) as fetcher,
    ):
        with pytest.raises(FeedError, match="headers that are too large"):
            await fetcher.feed(url)


async def test_a_body_at_the_cap_is_read(server: FeedServer, fetcher: Fetcher) -> None:
    server.put("/page", b"x" * PAGE_BYTES, kind="text/html", compressed=True)
    assert len((await fetcher.page(server.url("/page"))).body or b"") == PAGE_BYTES
    server.put("/page", b"x" * (PAGE_BYTES + 1), kind="text/html", compressed=True)
    with pytest.raises(FeedError, match="larger than 2 MiB"):
        await fetcher.page(server.url("/page"))


async def test_a_body_that_is_not_what_its_header_says_is_an_error(
    server: FeedServer, fetcher: Fetcher
) -> None:
    server.put("/feed.xml", b"no gzip", headers={"Content-Encoding": "gzip"})
    with pytest.raises(FeedError, match="broken or breaks off"):
        await fetcher.feed(server.url("/feed.xml"))


@pytest.mark.parametrize("status", [204, 206, 403, 404, 410, 500, 599])
async def test_any_other_status_is_an_error_in_one_line(
    server: FeedServer, fetcher: Fetcher, status: int
) -> None:
    server.put("/feed.xml", status=status)
    with pytest.raises(FeedError, match=f"answered {status}") as caught:
        await fetcher.feed(server.url("/feed.xml"))
    assert "\n" not in str(caught.value)
    assert caught.value.retry_after is None
    assert isinstance(caught.value, GoneError) == (status == 410)


@pytest.mark.parametrize(
    ("status", "words"),
    [(204, "without content"), (206, "a part though the whole"), (304, "nothing was there")],
)
async def test_an_answer_that_makes_no_sense_is_explained(
    server: FeedServer, fetcher: Fetcher, status: int, words: str
) -> None:
    server.put("/feed.xml", status=status)
    with pytest.raises(FeedError, match=words):
        await fetcher.feed(server.url("/feed.xml"))


async def test_a_servers_own_words_are_not_repeated() -> None:
    async with (
        speaking(b"HTTP/1.1 404 Call 555-0100\r\nContent-Length: 0\r\n\r\n") as url,
        Fetcher(allow_networks=LOOPBACK) as fetcher,
    ):
        with pytest.raises(FeedError, match=r"answered 404 Not Found$"):
            await fetcher.feed(url)


# -------------------------------------------------------------------------------- moving


async def test_permanent_redirects_say_where_a_feed_has_moved_to(
    server: FeedServer, fetcher: Fetcher
) -> None:
    server.redirect("/a", "/b", 301)
    server.redirect("/b", "/c", 308)
    server.redirect("/c", "/d", 302)
    server.redirect("/d", "/e", 301)
    server.put("/e", b"<rss/>")
    secret = server.url("/a").replace("//", "//reader:hunter2@")
    assert (await fetcher.feed(secret)).moved_to == server.url("/c")
    assert (await fetcher.feed(server.url("/b"))).moved_to == server.url("/c")
    for direct in ("/c", "/e"):
        assert (await fetcher.feed(server.url(direct))).moved_to is None


async def test_an_unchanged_feed_can_have_moved(server: FeedServer, fetcher: Fetcher) -> None:
    server.redirect("/a", "/b#top", 301)
    server.put("/b", b"<rss/>", etag='"1"')
    fetched = await fetcher.feed(server.url("/a"), etag='"1"')
    assert (fetched.status, fetched.moved_to) == (304, server.url("/b"))


async def test_a_feed_is_gone_only_where_its_own_server_says_so(
    server: FeedServer, fetcher: Fetcher
) -> None:
    server.put("/gone", status=410)
    server.redirect("/moved", "/gone", 301)
    server.redirect("/parked", "/gone", 302)
    for path in ("/gone", "/moved"):
        with pytest.raises(GoneError, match="answered 410 Gone"):
            await fetcher.feed(server.url(path))
    with pytest.raises(FeedError) as caught:
        await fetcher.feed(server.url("/parked"))
    assert not isinstance(caught.value, GoneError)


async def test_a_feed_says_how_long_nothing_changes(server: FeedServer, fetcher: Fetcher) -> None:
    server.put("/feed.xml", b"<rss/>", etag='"1"', headers={"Cache-Control": "max-age=600"})
    for etag in (None, '"1"'):
        fetched = await fetcher.feed(server.url("/feed.xml"), etag=etag)
        assert fetched.fresh_for == timedelta(minutes=10)


DATE = {"Date": "Sun, 03 Mar 2024 10:00:00 GMT"}


@pytest.mark.parametrize(
    ("headers", "minutes"),
    [
        ({}, None),
        ({"Cache-Control": "public, max-age=600"}, 10),
        ({"Cache-Control": 'Max-Age="600", must-revalidate'}, 10),
        ({"Cache-Control": "max-age=600", "Age": "240"}, 6),
        ({"Cache-Control": "max-age=600", "Age": "6000"}, None),
        ({"Cache-Control": "max-age=600, no-cache"}, None),
        ({"Cache-Control": "no-store,max-age=600"}, None),
        ({"Cache-Control": "s-maxage=600"}, None),
        ({"Cache-Control": "max-age=-1"}, None),
        ({"Cache-Control": "max-age=" + "9" * 5_000}, 24 * 60),
        ({"Expires": "Sun, 03 Mar 2024 10:30:00 GMT"}, 30),
        ({"Expires": "Sun, 03 Mar 2024 09:00:00 GMT"}, None),
        ({"Expires": "Sun, 03 Mar 2084 09:00:00 GMT"}, 24 * 60),
        ({"Expires": "0"}, None),
        ({"Cache-Control": "max-age=60", "Expires": "Sun, 03 Mar 2024 10:30:00 GMT"}, 1),
    ],
)
def test_freshness_is_read_as_caches_read_it(headers: dict[str, str], minutes: int | None) -> None:
    expected = None if minutes is None else timedelta(minutes=minutes)
    assert fresh_for(headers | DATE, datetime(2030, 1, 1, tzinfo=UTC)) == expected


# --------------------------------------------------------------------------------- pages


@pytest.mark.parametrize(
    "kind", ["application/pdf", "Application/PDF; name=x", "application/x-pdf"]
)
async def test_a_pdf_is_refused_before_its_body(kind: str) -> None:
    head = f"HTTP/1.1 200 OK\r\nContent-Type: {kind}\r\nContent-Length: 9\r\n\r\n"
    async with (
        speaking(head.encode(), every=0.01) as url,
        Fetcher(allow_networks=LOOPBACK, allow_ports=ANY_PORT) as fetcher,
    ):
        with pytest.raises(FeedError, match="is a PDF, which is not read"):
            await fetcher.page(url)


async def test_a_pdf_that_calls_itself_a_page_is_recognised(
    server: FeedServer, fetcher: Fetcher
) -> None:
    server.put("/report", b"%PDF-1.7 ...", kind="text/html")
    with pytest.raises(FeedError, match="is a PDF, which is not read"):
        await fetcher.page(server.url("/report"))


@pytest.mark.parametrize("kind", ["image/png", "application/zip", "application/octet-stream"])
async def test_what_is_no_text_is_no_page(server: FeedServer, fetcher: Fetcher, kind: str) -> None:
    server.put("/file", b"x", kind=kind)
    with pytest.raises(FeedError, match=f"is no text but {kind}"):
        await fetcher.page(server.url("/file"))


@pytest.mark.parametrize(
    "kind", ["text/html; charset=GB18030", "application/xhtml+xml", "text/plain", "application/xml"]
)
async def test_what_is_text_is_a_page(server: FeedServer, fetcher: Fetcher, kind: str) -> None:
    server.put("/page", b"x", kind=kind)
    assert (await fetcher.page(server.url("/page"))).content_type == kind


async def test_a_feed_may_have_any_type(server: FeedServer, fetcher: Fetcher) -> None:
    server.put("/feed.xml", b"<rss/>", kind="application/octet-stream")
    assert (await fetcher.feed(server.url("/feed.xml"))).body == b"<rss/>"


@pytest.mark.parametrize(
    ("value", "seconds"),
    [("120", 120.0), ("0", 0.0), ("soon", None), ("-5", None), ("9" * 400, 1e12)],
)
async def test_retry_after_in_seconds_is_passed_on(
    server: FeedServer, fetcher: Fetcher, value: str, seconds: float | None
) -> None:
    server.put("/feed.xml", status=429, headers={"Retry-After": value})
    with pytest.raises(FeedError, match="answered 429 Too Many Requests") as caught:
        await fetcher.feed(server.url("/feed.xml"))
    assert caught.value.retry_after == pytest.approx(seconds)


async def test_retry_after_as_a_date_is_read_by_the_servers_clock(
    server: FeedServer, fetcher: Fetcher
) -> None:
    server_now = datetime(2001, 1, 1, tzinfo=UTC)
    for wait, expected in ((timedelta(hours=2), 7200), (timedelta(hours=-2), 0)):
        dates = {
            "Date": format_datetime(server_now, usegmt=True),
            "Retry-After": format_datetime(server_now + wait, usegmt=True),
        }
        server.put("/feed.xml", status=503, headers=dates)
        with pytest.raises(FeedError) as caught:
            await fetcher.feed(server.url("/feed.xml"))
        assert caught.value.retry_after == expected


async def test_credentials_are_sent_and_never_told(server: FeedServer, fetcher: Fetcher) -> None:
    server.put("/feed.xml", b"<rss/>")
    server.redirect("/old", "/feed.xml")
    secret = server.url("/old").replace("//", "//reader:hunter2@")
    fetched = await fetcher.feed(secret)
    assert [each.headers.get("authorization", "")[:6] for each in server.asked] == ["Basic "] * 2
    assert fetched.url == server.url("/feed.xml")
    server.put("/feed.xml", status=401)
    with pytest.raises(FeedError) as caught:
        await fetcher.feed(secret + "?token=hunter2&page=2")
    assert "hunter2" not in str(caught.value)
    assert "page=2" in str(caught.value)


async def test_credentials_do_not_follow_a_redirect_to_another_server(
    server: FeedServer, fetcher: Fetcher
) -> None:
    async with FeedServer() as other:
        other.put("/feed.xml", b"<rss/>")
        for location in (other.url("/feed.xml"), other.url("/feed.xml").replace("//", "//a:b@")):
            server.redirect("/old", location)
            await fetcher.feed(server.url("/old").replace("//", "//reader:hunter2@"))
        assert other.count("/feed.xml") == 2
        assert not any("authorization" in each.headers for each in other.asked)


async def test_cookies_are_not_kept(server: FeedServer, fetcher: Fetcher) -> None:
    server.put("/feed.xml", b"<rss/>", headers={"Set-Cookie": "reader=7"})
    for _ in range(2):
        await fetcher.feed(server.url("/feed.xml", "localhost"))
    assert "cookie" not in server.asked[1].headers


async def test_a_proxy_in_the_environment_is_not_used(
    server: FeedServer, fetcher: Fetcher, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("http_proxy", server.url("/proxy"))
    async with FeedServer() as target:
        target.put("/feed.xml", b"<rss/>")
        await fetcher.feed(target.url("/feed.xml"))
    assert server.asked == []


async def test_what_cannot_be_reached_is_said_plainly(fetcher: Fetcher) -> None:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    with pytest.raises(FeedError, match="cannot be reached: "):
        await fetcher.feed(f"http://127.0.0.1:{port}/")
    with pytest.raises(FeedError, match="is no usable address"):
        await fetcher.feed("http://2130706433/")
    with pytest.raises(FeedError, match="is no usable address"):
        await fetcher.feed(f"http://{'a' * 70}.example/")


async def test_an_answer_that_is_not_http_is_said_plainly(fetcher: Fetcher) -> None:
    async with speaking(b"220 mail ready\r\n\r\n") as url:
        with pytest.raises(FeedError, match="not HTTP"):
            await fetcher.feed(url)
