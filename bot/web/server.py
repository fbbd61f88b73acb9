"""The bot's one web server: the routes that the rooms hand in, and /healthz.

It speaks plain HTTP; TLS is a proxy's in front of it. Whatever is asked has a bound: the size of a
body, the time that it may take to arrive, and the time that an answer may take.
"""

import asyncio
import errno
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

import aiohttp
import structlog
from aiohttp import hdrs, web

from bot.core.web import Listen, Request, Response, Route
from bot.errors import BotError

log = structlog.get_logger()

LARGEST = 4 * 1024**2
"""Bytes of a body. The largest that is meant, an edit of Slack's longest message, is near 1 MiB."""
ARRIVE_S, ANSWER_S = 10.0, 10.0
"""Seconds in which a body must be here, and in which it must be answered."""
GOING_S = 2.0
"""Seconds that requests under way have when the server ends."""
LINGER_S = 1.0
"""Seconds in which the rest of a refused body is read, so that the refusal is."""


@runtime_checkable
class Reached(Protocol):
    """Something that wants to be reached over the web."""

    def routes(self) -> Sequence[Route]:
        """Give who answers what."""


@dataclass(frozen=True, slots=True)
class Limits:
    """How much and how long; the defaults are meant for the world."""

    largest: int = LARGEST
    arrive_s: float = ARRIVE_S
    answer_s: float = ANSWER_S


WORLD = Limits()


@asynccontextmanager
async def served(
    listen: Listen, routes: Sequence[Route], limits: Limits = WORLD
) -> AsyncIterator[Listen]:
    """Serve for the length of a block; give where it listens, with the port that it got.

    Raise BotError in one line if it cannot listen there.
    """
    application = web.Application(client_max_size=limits.largest)
    for route in (Route("GET", "/healthz", _healthy), *routes):
        application.router.add_route(route.method, route.path, _handler(route, limits))
    application.on_response_prepare.append(_say_less)
    # aiohttp would log every request that is no HTTP with its traceback; anybody can send those.
    quiet = logging.getLogger("aiohttp.vendorwatch")
    quiet.setLevel(logging.CRITICAL)
    runner = web.AppRunner(
        application,
        access_log=None,
        logger=quiet,
        shutdown_timeout=GOING_S,
        lingering_time=LINGER_S,
    )
    await runner.setup()
    try:
        site = web.TCPSite(runner, listen.host or None, listen.port)
        try:
            await site.start()
        except OSError as error:
            raise BotError(_why(listen, error)) from None
        heard = Listen(listen.host, runner.addresses[0][1])
        log.info("web server listens", address=str(heard))
        yield heard
    finally:
        await runner.cleanup()


def _why(listen: Listen, error: OSError) -> str:
    if error.errno == errno.EADDRINUSE:
        return f"web.listen: {listen} is taken by another program; stop it or choose another port"
    if error.errno == errno.EACCES:
        return f"web.listen: not allowed to listen at {listen}; choose a port above 1023"
    return f"web.listen: cannot listen at {listen}: {error.strerror or type(error).__name__}"


async def _healthy(_request: Request) -> Response:
    return Response(body="ok\n")


async def _say_less(_request: web.BaseRequest, response: web.StreamResponse) -> None:
    """Take the name and version of the server off, and let nothing be kept or guessed at."""
    del response.headers[hdrs.SERVER]
    response.headers.setdefault(hdrs.CACHE_CONTROL, "no-store")
    response.headers.setdefault("X-Content-Type-Options", "nosniff")


def _handler(route: Route, limits: Limits) -> Callable[[web.Request], Awaitable[web.Response]]:
    async def handle(request: web.Request) -> web.Response:
        """Answer one request; nothing of its body is ever logged."""
        try:
            async with asyncio.timeout(limits.arrive_s):
                body = await request.read()
        except TimeoutError:
            return _plain(408, "too slow")
        except (aiohttp.ClientError, web.RequestPayloadError, ConnectionError):
            return _plain(400, "cut off")
        try:
            async with asyncio.timeout(limits.answer_s):
                answer = await route.answer(_asked(request, body))
        except TimeoutError:
            log.error("web request took too long", path=route.path)
            return _plain(503, "busy")
        except Exception:
            log.exception("web request failed", path=route.path)
            return _plain(500, "failed")
        return _told(answer)

    return handle


def _asked(request: web.Request, body: bytes) -> Request:
    # Of a header that was sent twice the first counts.
    headers = {name.lower(): request.headers[name] for name in request.headers}
    return Request(request.method, request.path, request.rel_url.raw_query_string, headers, body)


def _told(answer: Response) -> web.Response:
    response = web.Response(
        status=answer.status, text=answer.body, content_type=answer.content_type
    )
    for name, value in answer.headers:
        response.headers.add(name, value)
    return response


def _plain(status: int, words: str) -> web.Response:
    response = web.Response(status=status, text=f"{words}\n")
    response.force_close()
    return response
