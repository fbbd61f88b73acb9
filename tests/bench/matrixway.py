"""The way between the bot and its homeserver, on which events can be put into what it hears.

A Synapse on the same machine takes some tens of events a second, far fewer than the bot; so what is
to show the bot's own work reaches it in its syncs without having passed the homeserver.
"""

import asyncio
import json
from collections import deque
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import aiohttp
from aiohttp import web
from yarl import URL

AT_ONCE = 100
"""Events in one sync, of all rooms together."""
_KEPT = ("Authorization", "Content-Type")


@dataclass(slots=True)
class Way:
    """Passes everything on; `hand_over` puts events into the bot's syncs."""

    target: str
    connections: aiohttp.ClientSession
    base_url: str = ""
    _events: deque[tuple[str, dict[str, Any]]] = field(default_factory=deque)
    _come: asyncio.Event = field(default_factory=asyncio.Event)
    _taken: asyncio.Event = field(default_factory=asyncio.Event)

    async def hand_over(self, events: Iterable[tuple[str, dict[str, Any]]]) -> None:
        """Let the bot hear events (each with its room); return when it has taken them all."""
        self._taken.clear()
        self._events.extend(events)
        self._come.set()
        await self._taken.wait()

    async def answer(self, request: web.Request) -> web.StreamResponse:
        """Pass a request on, or answer a sync with what was put in."""
        since = request.query.get("since")
        if request.path.endswith("/sync") and since is not None:
            if not self._events:
                self._taken.set()  # who asks for more has taken all there was
            return await self._sync(request, since)
        return await self._pass_on(request)

    async def _sync(self, request: web.Request, since: str) -> web.StreamResponse:
        async with asyncio.TaskGroup() as group:
            asked = group.create_task(self._pass_on(request))
            come = group.create_task(self._come.wait())
            await asyncio.wait((asked, come), return_when=asyncio.FIRST_COMPLETED)
            if asked.done():
                come.cancel()
                return asked.result()
            asked.cancel()
        rooms: dict[str, list[dict[str, Any]]] = {}
        for _ in range(min(AT_ONCE, len(self._events))):
            room_id, event = self._events.popleft()
            rooms.setdefault(room_id, []).append(event)
        if not self._events:
            self._come.clear()
        join = {room_id: {"timeline": {"events": told}} for room_id, told in rooms.items()}
        return web.json_response({"next_batch": since, "rooms": {"join": join}})

    async def _pass_on(self, request: web.Request) -> web.StreamResponse:
        async with self.connections.request(
            request.method,
            URL(self.target + request.raw_path, encoded=True),
            data=await request.read(),
            headers={key: request.headers[key] for key in _KEPT if key in request.headers},
        ) as response:
            return web.Response(
                body=await response.read(),
                status=response.status,
                content_type="application/json",
            )


@asynccontextmanager
async def way(target: str) -> AsyncIterator[Way]:
    """Run it for the length of a block."""
    async with aiohttp.ClientSession() as connections:
        made = Way(target, connections)
        app = web.Application(client_max_size=1 << 26)
        app.router.add_route("*", "/{rest:.*}", made.answer)
        runner = web.AppRunner(app, access_log=None, shutdown_timeout=1)
        await runner.setup()
        try:
            site = web.TCPSite(runner, "127.0.0.1", 0)
            await site.start()
            host, port = runner.addresses[0][:2]
            made.base_url = f"http://{host}:{port}"
            yield made
        finally:
            await runner.cleanup()


def event(event_id: str, sender: str, at_ms: int, kind: str, content: object) -> dict[str, Any]:
    """Give an event as a sync brings it."""
    return {
        "event_id": event_id,
        "sender": sender,
        "origin_server_ts": at_ms,
        "type": kind,
        "content": json.loads(json.dumps(content)),
    }
