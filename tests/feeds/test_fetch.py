"""What a server may do to the fetcher, and what it may not."""

import asyncio
import socket
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest
from aiohttp import web

from bot import __version__
from bot.errors import FeedError
from bot.feeds.fetch import FEED_BYTES, MOST_REDIRECTS, PAGE_BYTES, Fetcher
from bot.feeds.guard import is_allowed
from tests.feeds.server import LOOPBACK, FeedServer


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
    async with Fetcher() as closed:
        with pytest.raises(FeedError, match=r"not public; feeds\.allow_networks"):
            await closed.page(server.url("/secret", host))
    assert server.asked == []


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
        "no address",
    ],
)  # fmt: skip
def test_an_address_that_is_not_public_is_not_allowed(address: str) -> None:
    assert not is_allowed(address, ())


@pytest.mark.parametrize("address", ["93.184.216.34", "2606:2800:220:1::1", "64:ff9b::808:808"])
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


async def test_a_server_that_drips_is_given_up_too(server: FeedServer) -> None:
    async def drip(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse()
        await response.prepare(request)
        await response.write(b"<rss>")
        await asyncio.Event().wait()
        return response

    server.handle("/feed.xml", drip)
    async with Fetcher(allow_networks=LOOPBACK, limit=0.05) as hasty:
        with pytest.raises(FeedError, match="did not answer"):
            await hasty.feed(server.url("/feed.xml"))


async def test_a_bomb_is_dropped_at_the_cap(server: FeedServer, fetcher: Fetcher) -> None:
    server.put("/feed.xml", b"\0" * (FEED_BYTES + 1), compressed=True)
    with pytest.raises(FeedError, match="larger than 8 MiB"):
        await fetcher.feed(server.url("/feed.xml"))


async def test_a_body_at_the_cap_is_read(server: FeedServer, fetcher: Fetcher) -> None:
    server.put("/page", b"x" * PAGE_BYTES, compressed=True)
    assert len((await fetcher.page(server.url("/page"))).body or b"") == PAGE_BYTES
    server.put("/page", b"x" * (PAGE_BYTES + 1), compressed=True)
    with pytest.raises(FeedError, match="larger than 2 MiB"):
        await fetcher.page(server.url("/page"))


async def test_a_body_that_is_not_what_its_header_says_is_an_error(
    server: FeedServer, fetcher: Fetcher
) -> None:
    server.put("/feed.xml", b"no gzip", headers={"Content-Encoding": "gzip"})
    with pytest.raises(FeedError, match="broken or breaks off"):
        await fetcher.feed(server.url("/feed.xml"))


@pytest.mark.parametrize("status", [204, 206, 403, 404, 410, 500])
async def test_any_other_status_is_an_error_in_one_line(
    server: FeedServer, fetcher: Fetcher, status: int
) -> None:
    server.put("/feed.xml", status=status)
    with pytest.raises(FeedError, match=f"answered {status}") as caught:
        await fetcher.feed(server.url("/feed.xml"))
    assert "\n" not in str(caught.value)
    assert caught.value.retry_after is None


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
    async def speak(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"220 mail ready\r\n\r\n")
        writer.close()

    async with await asyncio.start_server(speak, "127.0.0.1", 0) as strange:
        port = strange.sockets[0].getsockname()[1]
        with pytest.raises(FeedError, match="not HTTP"):
            await fetcher.feed(f"http://127.0.0.1:{port}/")
