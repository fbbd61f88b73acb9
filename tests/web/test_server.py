"""The web server, over real sockets."""

import asyncio
import io
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import aiohttp
import pytest

from bot.cli import command_line
from bot.config import Config
from bot.core.web import Listen, Request, Response, Route
from bot.errors import BotError
from bot.log import configure
from bot.serve import listening
from bot.web.server import Limits, served

HERE = Listen("127.0.0.1", 0)


async def echo(request: Request) -> Response:
    words = f"{request.method} {request.path}?{request.query} {request.body.decode()}"
    return Response(202, words, headers=(("X-One", "1"), ("X-One", "2")))


@asynccontextmanager
async def serving(
    *routes: Route, limits: Limits | None = None
) -> AsyncIterator[tuple[aiohttp.ClientSession, str]]:
    async with (
        served(HERE, routes, limits or Limits()) as address,
        aiohttp.ClientSession() as session,
    ):
        yield session, f"http://{address}"


async def raw(address: str, sent: bytes) -> bytes:
    """Send bytes as they are; give the first line of the answer."""
    host, _, port = address.removeprefix("http://").partition(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    try:
        writer.write(sent)
        await writer.drain()
        return await asyncio.wait_for(reader.readuntil(b"\r\n"), 10)
    finally:
        writer.close()


async def test_healthz_says_ok() -> None:
    async with serving() as (session, url), session.get(f"{url}/healthz") as told:
        assert (told.status, await told.text()) == (200, "ok\n")


async def test_a_room_gets_what_was_asked_and_its_answer_is_given() -> None:
    async with (
        serving(Route("POST", "/room", echo)) as (session, url),
        session.post(f"{url}/room?a=1&b=%20", data="hé") as told,
    ):
        assert (told.status, await told.text()) == (202, "POST /room?a=1&b=%20 hé")
        assert told.headers.getall("X-One") == ["1", "2"]


async def test_no_answer_names_the_program_or_its_version() -> None:
    async with serving(Route("POST", "/room", echo)) as (session, url):
        for method, path in (("GET", "/healthz"), ("GET", "/none"), ("GET", "/room")):
            async with session.request(method, url + path) as told:
                assert "Server" not in told.headers
                assert "aiohttp" not in await told.text()


async def test_what_nobody_answers_is_not_found_and_another_method_is_not_allowed() -> None:
    async with serving(Route("POST", "/room", echo)) as (session, url):
        async with session.get(f"{url}/elsewhere") as told:
            assert told.status == 404
        async with session.get(f"{url}/room") as told:
            assert told.status == 405


async def test_a_body_that_is_too_large_is_refused_whether_its_size_is_said_or_not() -> None:
    async def chunks() -> AsyncIterator[bytes]:
        for _ in range(3):
            yield b"x" * 50

    limits = Limits(largest=100)
    async with serving(Route("POST", "/room", echo), limits=limits) as (session, url):
        async with session.post(f"{url}/room", data=b"x" * 100) as told:
            assert told.status == 202
        for data in (b"x" * 101, chunks()):
            async with session.post(f"{url}/room", data=data) as told:
                assert told.status == 413


async def test_a_body_that_does_not_come_is_not_waited_for() -> None:
    limits = Limits(arrive_s=0.05)
    async with serving(Route("POST", "/room", echo), limits=limits) as (_, url):
        told = await raw(url, b"POST /room HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nhalf")
        assert told.startswith(b"HTTP/1.1 408 ")


async def test_an_answer_that_takes_too_long_is_given_up() -> None:
    async def never(_request: Request) -> Response:
        await asyncio.Event().wait()
        raise AssertionError

    limits = Limits(answer_s=0.05)
    async with (
        serving(Route("GET", "/never", never), limits=limits) as (session, url),
        session.get(f"{url}/never") as told,
    ):
        assert told.status == 503


async def test_a_room_that_fails_is_told_in_the_log_and_not_to_who_asked() -> None:
    stream = io.StringIO()
    configure("debug", "json", stream)

    async def broken(_request: Request) -> Response:
        raise RuntimeError("a fault in the program")

    async with (
        serving(Route("POST", "/broken", broken)) as (session, url),
        session.post(f"{url}/broken", data="what somebody said") as told,
    ):
        assert (told.status, await told.text()) == (500, "failed\n")
    assert "a fault in the program" in stream.getvalue()
    assert "what somebody said" not in stream.getvalue()


async def test_what_is_no_http_leaves_no_trace_in_the_log() -> None:
    stream = io.StringIO()
    configure("debug", "json", stream)
    async with serving() as (_, url):
        for sent in (b"\x16\x03\x01 a b\r\n\r\n", b"GET / HTTP/1.1\r\nbad header\r\n\r\n"):
            assert b" 400 " in await raw(url, sent)
    (line,) = stream.getvalue().splitlines()
    assert "web server listens" in line


async def test_a_port_that_is_taken_is_one_clear_line() -> None:
    async with served(HERE, ()) as address:
        config = Config.model_validate({"web": {"listen": str(address)}})
        with pytest.raises(BotError, match=f"^web.listen: {address} is taken by another program"):
            async with listening(config, ()):
                raise AssertionError


def test_run_ends_with_one_line_and_code_2_where_the_port_is_taken(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        config = tmp_path / "config.yml"
        config.write_text(
            f"web:\n  listen: 127.0.0.1:{taken.getsockname()[1]}\n"
            f"database:\n  url: sqlite+aiosqlite:///{tmp_path / 'bot.db'}\n"
        )
        assert command_line(["run", "--config", str(config)]) == 2
    (line,) = capfd.readouterr().err.splitlines()
    assert line.startswith("vendorwatch: web.listen: 127.0.0.1:")
    assert line.endswith("is taken by another program; stop it or choose another port")


async def test_a_name_that_is_no_address_here_is_one_clear_line() -> None:
    with pytest.raises(BotError, match=r"^web\.listen: cannot listen at no-such-host\.invalid:80"):
        async with served(Listen("no-such-host.invalid", 8080), ()):
            raise AssertionError


async def test_without_an_address_there_is_no_web_server() -> None:
    async with listening(Config(), ()) as address:
        assert address is None


@pytest.mark.parametrize(
    ("text", "host", "port"),
    [
        ("127.0.0.1:8080", "127.0.0.1", 8080),
        (":8080", "", 8080),
        ("[::1]:80", "::1", 80),
        ("localhost:0", "localhost", 0),
    ],
)
def test_an_address_to_listen_at_is_read_and_written_back(text: str, host: str, port: int) -> None:
    assert Listen.parse(text) == Listen(host, port)
    assert str(Listen(host, port)) == text


@pytest.mark.parametrize("text", ["8080", "", "127.0.0.1", "::1:8080", "a:b", "h:65536", "a b:1"])
def test_what_is_no_address_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="is no address to listen at, such as 127"):
        Listen.parse(text)
