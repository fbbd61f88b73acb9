"""The Socket Mode connection, watched: a dead one is replaced, a refused one ends the platform.

The SDK reconnects by itself, yet sockets have been seen to stay silent for good (bolt-python#1529,
python-slack-sdk#1913), so a connection that looks dead for too long is taken down and made anew.
"""

import asyncio
import logging
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field

import aiohttp
import structlog
from slack_bolt.adapter.socket_mode.async_internals import run_async_bolt_app, send_async_response
from slack_bolt.app.async_app import AsyncApp
from slack_sdk.socket_mode.aiohttp import SocketModeClient
from slack_sdk.socket_mode.async_client import AsyncBaseSocketModeClient
from slack_sdk.socket_mode.request import SocketModeRequest

from bot.errors import BotError
from bot.platforms.slack.api import Api, SlackError

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Watch:
    """How closely the connection is watched, in seconds.

    Between two looks at it; between two pings, where the SDK makes a new one of a socket that
    answers none; without a live one after which all is made anew; and for taking it down.
    """

    look: float = 5.0
    ping: float = 5.0
    dead_after: float = 60.0
    close: float = 5.0


CLOSELY = Watch()


@dataclass(slots=True)
class Connection:
    """Keeps a Socket Mode connection up while it runs."""

    app: AsyncApp
    app_token: str = field(repr=False)
    api_url: str
    watch: Watch = CLOSELY
    now: Callable[[], float] = field(default_factory=lambda: asyncio.get_running_loop().time)

    async def run(self) -> None:
        """Stay connected until cancelled; raise BotError if Slack refuses the app token."""
        while True:
            await self._check_token()
            client = self._client()
            try:
                await self._watched(client)
            finally:
                await _close(client, self.watch.close)
            log.error("slack connection is dead; a new one is made")

    async def _check_token(self) -> None:
        api = Api(self.app_token, self.api_url)
        try:
            await api.call("apps.connections.open")
        except SlackError as error:
            if error.permanent:
                raise BotError(f"slack: {error}; check slack.app_token") from None
            raise
        finally:
            await api.close()

    def _client(self) -> SocketModeClient:
        # It logs every try with its traceback, and an address that opens a connection in it.
        logger = logging.getLogger("slack_sdk.vendorwatch")
        logger.setLevel(logging.CRITICAL)
        client = SocketModeClient(
            app_token=self.app_token,
            web_client=self.app.client,
            logger=logger,
            ping_interval=self.watch.ping,
        )
        client.socket_mode_request_listeners.append(self._take)
        return client

    async def _take(self, client: AsyncBaseSocketModeClient, request: SocketModeRequest) -> None:
        """Let the app take a request and acknowledge it if it did."""
        started = self.now()
        response = await run_async_bolt_app(self.app, request)
        with suppress(aiohttp.ClientError, ConnectionError):
            # Without the acknowledgement Slack sends it again, and it is known then.
            await send_async_response(client, request, response, started)

    async def _watched(self, client: SocketModeClient) -> None:
        """Return when the connection has been dead for too long."""
        async with asyncio.TaskGroup() as group:
            connecting = group.create_task(client.connect())  # type: ignore[no-untyped-call]  # the SDK has none
            alive, alive_at = False, self.now()
            while self.now() - alive_at < self.watch.dead_after:
                await asyncio.sleep(self.watch.look)
                was, alive = alive, await client.is_connected()
                if alive:
                    alive_at = self.now()
                if alive and not was:
                    log.info("connected to slack")
                elif was and not alive:
                    log.warning("slack connection lost; it is tried again")
            connecting.cancel()


async def _close(client: SocketModeClient, limit: float) -> None:
    with suppress(Exception):
        async with asyncio.timeout(limit):
            await client.close()  # type: ignore[no-untyped-call]  # as above
    # What a close that hung did not come to.
    running = (client.message_processor, client.current_session_monitor, client.message_receiver)
    for task in running:
        if task is not None:
            task.cancel()
    with suppress(Exception):
        async with asyncio.timeout(limit):
            await client.aiohttp_client_session.close()
