"""Socket Mode: connections, envelopes and their acknowledgements, and ways to make them fail.

Source: https://docs.slack.dev/apis/events-api/using-socket-mode
"""

import asyncio
import json
import uuid
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

from aiohttp import WSMsgType, web

from tests.slackserver.deliver import Delivery, Outcome
from tests.slackserver.state import Json, State

Cut: TypeAlias = Literal["close", "abort"]

MOST_CONNECTIONS = 10


@dataclass(slots=True, eq=False)
class Connection:
    """One open socket; `waiting` has the envelopes sent on it that nobody acknowledged yet."""

    socket: web.WebSocketResponse
    request: web.Request
    waiting: set[str] = field(default_factory=set)
    sent: int = 0


@dataclass(slots=True)
class SocketWay:
    """The sockets of the app. Each envelope goes to one of them, to all of them in turn.

    While there is none an attempt fails, or waits if `holds`. With `frozen` the server reads and
    answers nothing, not even pings, on connections that stay open. `unknown_acks` counts
    acknowledgements of envelopes that never were, or not any more (too late, or cut).
    """

    state: State
    limit: float = 3.0
    ping_interval: float = 5.0
    holds: bool = False
    frozen: bool = False
    connection_time: int = 3600
    connections: list[Connection] = field(default_factory=list)
    opened: int = 0
    pings: int = 0
    pongs: int = 0
    acks: int = 0
    unknown_acks: int = 0
    _tickets: set[str] = field(default_factory=set)
    _waiting: dict[str, asyncio.Future[Json | None]] = field(default_factory=dict)
    _turn: int = 0

    def address(self) -> str:
        """Give an address that can be connected to once."""
        ticket = uuid.uuid4().hex
        self._tickets.add(ticket)
        base = self.state.base.replace("http", "ws", 1)
        return f"{base}/link/?ticket={ticket}&app_id={self.state.app.id}"

    async def serve(self, request: web.Request) -> web.StreamResponse:
        """Be the other end of one connection until it ends."""
        ticket = request.query.get("ticket", "")
        if ticket not in self._tickets:
            return web.Response(status=403, text="invalid or used ticket")
        self._tickets.discard(ticket)
        socket = web.WebSocketResponse(autoping=False, timeout=0.2)
        await socket.prepare(request)
        if len(self.connections) >= MOST_CONNECTIONS:
            await socket.send_json(_goodbye("too_many_websockets"))
            await socket.close()
            return socket
        connection = Connection(socket, request)
        self.connections.append(connection)
        self.opened += 1
        try:
            await socket.send_json(self._hello())
            self.state.touched()
            async with asyncio.TaskGroup() as tasks:
                pinging = tasks.create_task(self._ping(connection))
                await self._read(connection)
                pinging.cancel()
        except* ConnectionError:
            pass  # the other end went away; whoever waits is told below
        finally:
            self._lost(connection)
        return socket

    async def send(self, delivery: Delivery, attempt: int, reason: str) -> Outcome:
        """Send one envelope and wait for its acknowledgement."""
        if not self.connections and self.holds:
            await self.state.until(lambda: self.connections, within=3600)
        if not self.connections:
            return Outcome(False, "connection_failed")
        self._turn += 1
        connection = self.connections[self._turn % len(self.connections)]
        envelope = str(uuid.uuid4())
        body: Json = {
            "envelope_id": envelope,
            "payload": delivery.payload,
            "type": delivery.sort,
            "accepts_response_payload": delivery.takes_answer,
        }
        if delivery.sort == "events_api":
            body |= {"retry_attempt": attempt, "retry_reason": reason}
        answered: asyncio.Future[Json | None] = asyncio.get_running_loop().create_future()
        self._waiting[envelope] = answered
        connection.waiting.add(envelope)
        try:
            async with asyncio.timeout(self.limit):
                await connection.socket.send_json(body)
                connection.sent += 1
                return Outcome(True, answer=await answered)
        except TimeoutError:
            return Outcome(False, "timeout")
        except ConnectionError:
            return Outcome(False, "connection_failed")
        finally:
            connection.waiting.discard(envelope)
            self._waiting.pop(envelope, None)

    async def cut(self, how: Cut = "close", count: int | None = None) -> int:
        """End that many connections (or all), properly or by a reset; give how many there were."""
        ending = list(self.connections)[:count]
        for connection in ending:
            self._lost(connection)
            if how == "abort" and connection.request.transport is not None:
                connection.request.transport.abort()
            else:
                await connection.socket.close()
        return len(ending)

    async def disconnect(self, reason: str = "refresh_requested", count: int | None = None) -> None:
        """Ask that many connections (or all) to go; they stay open until the client goes."""
        for connection in list(self.connections)[:count]:
            await connection.socket.send_json(_goodbye(reason))

    async def cut_every(self, seconds: float, how: Cut = "close", times: int | None = None) -> None:
        """Cut all connections at intervals, so many times or until cancelled."""
        while times is None or times > 0:
            await asyncio.sleep(seconds)
            await self.cut(how)
            times = None if times is None else times - 1

    def _hello(self) -> Json:
        return {
            "type": "hello",
            "num_connections": len(self.connections),
            "debug_info": {
                "host": "applink-fake",
                "build_number": 1,
                "approximate_connection_time": self.connection_time,
            },
            "connection_info": {"app_id": self.state.app.id},
        }

    async def _ping(self, connection: Connection) -> None:
        while True:
            await asyncio.sleep(self.ping_interval)
            if not self.frozen:
                await connection.socket.ping(b"Ping from applink-fake")
                self.pings += 1

    async def _read(self, connection: Connection) -> None:
        async for message in connection.socket:
            if self.frozen:
                continue
            if message.type is WSMsgType.PING:
                await connection.socket.pong(message.data)
            elif message.type is WSMsgType.PONG:
                self.pongs += 1
            elif message.type is WSMsgType.TEXT:
                self._acknowledge(message.data)

    def _acknowledge(self, text: str) -> None:
        try:
            read = json.loads(text)
            envelope, answer = read["envelope_id"], read.get("payload")
        except (ValueError, TypeError, KeyError, AttributeError):
            envelope, answer = None, None
        waiting = self._waiting.get(envelope)
        if waiting is None or waiting.done():
            self.unknown_acks += 1
        else:
            self.acks += 1
            waiting.set_result(answer if isinstance(answer, dict) else None)
        self.state.touched()

    def _lost(self, connection: Connection) -> None:
        """Fail what waits on a connection that is over."""
        if connection in self.connections:
            self.connections.remove(connection)
        for envelope in connection.waiting:
            waiting = self._waiting.get(envelope)
            if waiting is not None and not waiting.done():
                waiting.set_exception(ConnectionResetError())
        self.state.touched()


def _goodbye(reason: str) -> Json:
    return {"type": "disconnect", "reason": reason, "debug_info": {"host": "applink-fake"}}
