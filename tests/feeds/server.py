"""A real HTTP server on loopback that answers what a test told it to, and remembers who asked.

async with FeedServer() as server:
    server.put("/feed.xml", feed_xml, etag='"1"')
    ...
    assert server.count("/feed.xml") == 1
"""

import asyncio
import gzip
import socket
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from ipaddress import ip_network
from types import TracebackType
from typing import Self

from aiohttp import web
from aiohttp.abc import AbstractResolver, ResolveResult

LOOPBACK = (ip_network("127.0.0.1/32"),)
"""What a fetcher must be allowed in order to reach the server."""

ANY_PORT = range(65_536)
"""What it must be allowed in order to reach pages there, which no fixed port is kept for."""

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class Names(AbstractResolver):
    """Knows the hosts it was given, and no other. `asked` holds every name it was asked for."""

    def __init__(self, hosts: Mapping[str, str]) -> None:
        self.hosts = dict(hosts)
        self.asked: list[str] = []

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        """Give the one address of a host."""
        self.asked.append(host)
        if host not in self.hosts:
            raise OSError(None, "no such host")
        address = self.hosts[host]
        family = socket.AF_INET6 if ":" in address else socket.AF_INET
        return [
            ResolveResult(
                hostname=host,
                host=address,
                port=port,
                family=family,
                proto=0,
                flags=socket.AI_NUMERICHOST,
            )
        ]

    async def close(self) -> None:
        """Forget nothing: there is nothing open."""


@asynccontextmanager
async def speaking(
    first: bytes, again: bytes = b"", every: float | None = None
) -> AsyncIterator[str]:
    """Answer each request with these bytes, and then with more, `every` so many seconds.

    Gives the server's address. Without `every` the connection is closed after the first bytes.
    """

    async def speak(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await reader.readuntil(b"\r\n\r\n")
            writer.write(first)
            while every is not None:
                await writer.drain()
                await asyncio.sleep(every)
                writer.write(again)
        except ConnectionError:
            pass
        finally:
            writer.close()

    async with await asyncio.start_server(speak, "127.0.0.1", 0) as server:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/"


@dataclass(frozen=True, slots=True)
class Asked:
    """A request that came in. Header names are in lower case."""

    path: str
    headers: Mapping[str, str]


@dataclass(slots=True)
class FeedServer:
    """Serves what was put at each path; anything else is a 404. `asked` holds every request."""

    asked: list[Asked] = field(default_factory=list)
    _handlers: dict[str, Handler] = field(default_factory=dict)
    _arrived: dict[str, asyncio.Event] = field(default_factory=dict)
    _runner: web.AppRunner | None = None
    _port: int = 0

    async def __aenter__(self) -> Self:
        application = web.Application()
        application.router.add_route("*", "/{path:.*}", self._answer)
        self._runner = web.AppRunner(application, access_log=None, shutdown_timeout=0.1)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0).start()
        self._port = self._runner.addresses[0][1]
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        assert self._runner is not None
        await self._runner.cleanup()

    def url(self, path: str, host: str = "127.0.0.1") -> str:
        """Give the address of a path."""
        return f"http://{host}:{self._port}{path}"

    def put(
        self,
        path: str,
        body: bytes | str = b"",
        *,
        status: int = 200,
        kind: str = "application/xml",
        etag: str | None = None,
        last_modified: str | None = None,
        compressed: bool = False,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        """Answer this at a path from now on; with validators, a conditional request gets a 304."""
        content = body.encode() if isinstance(body, str) else body
        extra = dict(headers or {})
        if etag:
            extra["ETag"] = etag
        if last_modified:
            extra["Last-Modified"] = last_modified
        if kind:
            extra["Content-Type"] = kind
        if compressed:
            content = gzip.compress(content)
            extra["Content-Encoding"] = "gzip"

        async def answer(request: web.Request) -> web.StreamResponse:
            same_tag = etag and request.headers.get("If-None-Match") == etag
            same_date = last_modified and request.headers.get("If-Modified-Since") == last_modified
            if same_tag or (same_date and not etag):
                return web.Response(status=304, headers=extra)
            return web.Response(body=content, status=status, headers=extra)

        self.handle(path, answer)

    def redirect(self, path: str, location: str, status: int = 302) -> None:
        """Send whoever asks for a path on to another."""
        self.put(path, status=status, headers={"Location": location})

    def hang(self, path: str) -> asyncio.Event:
        """Keep whoever asks for a path waiting; setting the event gives them an empty answer."""
        go_on = asyncio.Event()

        async def wait(_: web.Request) -> web.StreamResponse:
            await go_on.wait()
            return web.Response()

        self.handle(path, wait)
        return go_on

    def handle(self, path: str, handler: Handler) -> None:
        """Answer a path with a handler of the test's own."""
        self._handlers[path] = handler

    def count(self, path: str) -> int:
        """Say how often a path was asked for."""
        return sum(1 for each in self.asked if each.path == path)

    async def wait_for(self, path: str) -> None:
        """Wait until somebody has asked for a path."""
        await self._arrived.setdefault(path, asyncio.Event()).wait()

    async def _answer(self, request: web.Request) -> web.StreamResponse:
        headers = {name.lower(): value for name, value in request.headers.items()}
        self.asked.append(Asked(request.path_qs, headers))
        self._arrived.setdefault(request.path, asyncio.Event()).set()
        handler = self._handlers.get(request.path)
        return web.Response(status=404) if handler is None else await handler(request)
