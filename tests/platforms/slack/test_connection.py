"""The Socket Mode connection: replaced when it is dead, ended when it is refused."""

import asyncio
import itertools
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import pytest
from aiohttp import web
from slack_bolt.async_app import AsyncApp
from slack_bolt.authorization import AuthorizeResult
from slack_bolt.request.async_request import AsyncBoltRequest
from slack_bolt.response import BoltResponse
from structlog.testing import capture_logs

from bot.errors import BotError, DeliveryError
from bot.platforms.slack.api import client, connections
from bot.platforms.slack.connection import Connection, Watch
from tests.slackserver.control import SlackServer
from tests.slackserver.server import slack

QUICK = Watch(look=0.02, ping=0.1, dead_after=0.4, close=0.2)


@dataclass(slots=True)
class Ear:
    """Acknowledges everything and notes the ids of events."""

    heard: list[str] = field(default_factory=list)

    async def take(self, request: AsyncBoltRequest) -> BoltResponse:
        """Note one."""
        self.heard.append(request.body["event_id"])
        return BoltResponse(status=200)


@asynccontextmanager
async def app(url: str, ear: Ear) -> AsyncIterator[AsyncApp]:
    async def allowed(enterprise_id: str | None, team_id: str | None) -> AuthorizeResult:
        return AuthorizeResult(enterprise_id=enterprise_id, team_id=team_id)

    async with connections() as session:
        made = AsyncApp(client=client(url, session), authorize=allowed)
        made.use(ear.take)
        yield made


@asynccontextmanager
async def connected(server: SlackServer, ear: Ear, watch: Watch = QUICK) -> AsyncIterator[None]:
    async with app(server.api_url, ear) as made, asyncio.TaskGroup() as group:
        connection = Connection(made, server.app_token, server.api_url, watch)
        running = group.create_task(connection.run())
        await server.until(lambda: server.socket.connections, within=10)
        yield
        running.cancel()


def say(server: SlackServer) -> None:
    person = server.add_user("somebody")
    server.say(server.add_channel("hall", [person]), person, "hello")


async def test_a_socket_that_answers_nothing_is_replaced_and_loses_nothing() -> None:
    ear = Ear()
    async with slack(retry_delays=(0.1,) * 50, ack_limit=0.5) as server, connected(server, ear):
        server.freeze()
        say(server)
        await server.until(lambda: server.socket.opened >= 2, within=10)
        server.freeze(frozen=False)
        (sent,) = server.deliveries("events_api")
        assert await sent.finished()
        assert set(ear.heard) == {sent.payload["event_id"]}


async def test_where_the_sdk_hangs_all_is_made_anew() -> None:
    ear = Ear()
    async with slack(retry_delays=(0.1,) * 50) as server, connected(server, ear):
        opened, asked = server.socket.opened, server.counts["apps.connections.open"]
        server.fault("apps.connections.open", "slow", seconds=30)
        with capture_logs() as logs:
            await server.cut("abort")
            await server.until(lambda: server.socket.opened > opened, within=10)
        told = [each["event"] for each in logs]
        assert "slack connection is dead; a new one is made" in told
        assert server.counts["apps.connections.open"] >= asked + 3
        say(server)
        (sent,) = server.deliveries("events_api")
        assert await sent.finished()


async def test_a_refused_app_token_ends_with_one_line() -> None:
    async with slack() as server, app(server.api_url, Ear()) as made:
        connection = Connection(made, "xapp-wrong", server.api_url, QUICK)
        with pytest.raises(BotError) as caught:
            await connection.run()
    assert str(caught.value) == (
        "slack: apps.connections.open: invalid_auth; check slack.app_token"
    )


async def test_an_app_token_that_is_taken_back_ends_it_as_well() -> None:
    async with slack() as server, app(server.api_url, Ear()) as made:
        connection = Connection(made, server.app_token, server.api_url, QUICK)
        async with asyncio.TaskGroup() as group:
            running = group.create_task(_failing(connection))
            await server.until(lambda: server.socket.connections, within=10)
            del server.state.tokens[server.app_token]
            await server.cut("abort")
            told = await asyncio.wait_for(running, 10)
    assert told == "slack: apps.connections.open: invalid_auth; check slack.app_token"


async def _failing(connection: Connection) -> str:
    with pytest.raises(BotError) as caught:
        await connection.run()
    return str(caught.value)


async def test_while_slack_cannot_be_reached_it_ends_and_may_be_begun_again() -> None:
    async with slack() as server, app(server.api_url, Ear()) as made:
        server.fault("apps.connections.open", "cut", times=None)
        connection = Connection(made, server.app_token, server.api_url, QUICK)
        with pytest.raises(DeliveryError, match="no answer from Slack") as caught:
            await connection.run()
    assert not caught.value.permanent


async def test_ends_and_beginnings_of_a_connection_are_logged_once() -> None:
    async with slack() as server:
        with capture_logs() as logs:
            async with connected(server, Ear(), Watch(look=0.01, ping=0.5)):
                await asyncio.sleep(0.2)  # several looks: nothing else is to be logged
                await server.cut("abort")
                async with asyncio.timeout(10):
                    while len(logs) < 3:  # noqa: ASYNC110 - the log wakes nobody
                        await asyncio.sleep(0.01)
    told = [each["event"] for each in logs]
    assert told[:3] == [
        "connected to slack",
        "slack connection lost; it is tried again",
        "connected to slack",
    ]
    # The SDK may connect twice; whatever it does, each turn is told once.
    assert all(one != other for one, other in itertools.pairwise(told))


async def test_an_other_end_that_never_says_goodbye_does_not_keep_the_bot_from_ending() -> None:
    there, leave = asyncio.Event(), asyncio.Event()

    async def deaf(request: web.Request) -> web.StreamResponse:
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        there.set()
        await leave.wait()  # reads nothing, so a farewell is not answered
        return socket

    async def open_(request: web.Request) -> web.StreamResponse:
        return web.json_response({"ok": True, "url": f"ws://{request.host}/deaf"})

    application = web.Application()
    application.router.add_post("/api/apps.connections.open", open_)
    application.router.add_get("/deaf", deaf)
    runner = web.AppRunner(application, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    url = f"http://127.0.0.1:{runner.addresses[0][1]}/api/"
    before = asyncio.all_tasks()
    try:
        async with app(url, Ear()) as made, asyncio.TaskGroup() as group:
            # Pings so rare that none is missed meanwhile.
            watch = Watch(look=0.02, ping=30, close=0.2)
            running = group.create_task(Connection(made, "xapp-1", url, watch).run())
            await asyncio.wait_for(there.wait(), 10)
            running.cancel()
            _, late = await asyncio.wait({running}, timeout=2)
            assert not late
        left = {each for each in asyncio.all_tasks() - before if "SocketMode" in repr(each)}
        if left:
            await asyncio.wait(left, timeout=1)
        assert all(each.done() for each in left)
    finally:
        leave.set()
        await runner.cleanup()
