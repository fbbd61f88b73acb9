"""A door between the bot and its homeserver, which a test can slam.

Every request goes through it and is counted; a rule says what becomes of one.
"""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import TypeAlias

import aiohttp
from aiohttp import web

from tests.matrix.homeserver import Homeserver

LIMIT = 60.0


@dataclass(frozen=True, slots=True)
class Instead:
    """What the door answers by itself; the homeserver hears nothing. `cut`: half of it, no more."""

    status: int
    body: bytes
    kind: str = "application/json"
    cut: bool = False


@dataclass(frozen=True, slots=True)
class Lost:
    """The homeserver does what it was asked, and its answer never comes.

    `told` is set then. `hang`: the connection stays open; otherwise it breaks.
    """

    told: asyncio.Event = field(default_factory=asyncio.Event)
    hang: bool = False


Rule: TypeAlias = Callable[[str, str], Instead | Lost | None]
"""Takes the method and the path without its query; None lets the request through."""


def all_through(method: str, path: str) -> None:
    """Let everything through."""
    del method, path


@dataclass(slots=True)
class Door:
    """The open door. `asked` has a line for every request: its method and its path."""

    homeserver: Homeserver
    rule: Rule = all_through
    asked: list[str] = field(default_factory=list)
    url: str = ""
    _news: asyncio.Condition = field(default_factory=asyncio.Condition)
    _ended: asyncio.Event = field(default_factory=asyncio.Event)

    def count(self, part: str, *, after: int = 0) -> int:
        """Count the requests whose line contains a part."""
        return sum(part in each for each in self.asked[after:])

    async def wait_asked(self, part: str, times: int = 1, *, after: int = 0) -> None:
        """Wait until there were so many requests whose line contains a part."""
        async with asyncio.timeout(LIMIT), self._news:
            await self._news.wait_for(lambda: self.count(part, after=after) >= times)

    async def pass_on(
        self, request: web.Request, connections: aiohttp.ClientSession
    ) -> web.StreamResponse:
        """Do with a request what the rule says."""
        async with self._news:
            self.asked.append(f"{request.method} {request.path}")
            self._news.notify_all()
        fate = self.rule(request.method, request.path)
        if isinstance(fate, Instead):
            return await _said(request, fate)
        try:
            answer = await self._forwarded(request, connections)
        except aiohttp.ClientError:
            return _broken(request)
        if fate is None:
            return answer
        fate.told.set()
        if fate.hang:
            await self._ended.wait()
        return _broken(request)

    async def _forwarded(
        self, request: web.Request, connections: aiohttp.ClientSession
    ) -> web.Response:
        names = ("Authorization", "Content-Type")
        headers = {each: request.headers[each] for each in names if each in request.headers}
        async with connections.request(
            request.method,
            f"{self.homeserver.base_url}{request.raw_path}",
            headers=headers,
            data=await request.read(),
        ) as told:
            kept = {each: told.headers[each] for each in ("Retry-After",) if each in told.headers}
            return web.Response(
                status=told.status,
                body=await told.read(),
                content_type=told.content_type,
                headers=kept,
            )

    def end(self) -> None:
        """Let go of whoever still waits."""
        self._ended.set()


async def _said(request: web.Request, fate: Instead) -> web.StreamResponse:
    response = web.StreamResponse(status=fate.status, headers={"Content-Type": fate.kind})
    response.content_length = len(fate.body)
    await response.prepare(request)
    await response.write(fate.body[: len(fate.body) // 2] if fate.cut else fate.body)
    if fate.cut:
        return _broken(request)
    return response


def _broken(request: web.Request) -> web.Response:
    if request.transport is not None:
        request.transport.abort()
    return web.Response()


@asynccontextmanager
async def door(homeserver: Homeserver) -> AsyncIterator[Door]:
    """Hold a door open at `url` until the block ends."""
    made = Door(homeserver)
    async with aiohttp.ClientSession(auto_decompress=True) as connections:

        async def handle(request: web.Request) -> web.StreamResponse:
            return await made.pass_on(request, connections)

        app = web.Application(client_max_size=1 << 26)
        app.router.add_route("*", "/{path:.*}", handle)
        runner = web.AppRunner(app, access_log=None, shutdown_timeout=1)
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        made.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
        try:
            yield made
        finally:
            made.end()
            await runner.cleanup()
