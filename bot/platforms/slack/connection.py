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

LOOK_S = 5.0
"""Seconds between two looks at the connection."""
DEAD_AFTER_S = 60.0
"""Seconds without a live connection after which a new one is made from nothing."""
CLOSE_S = 5.0
"""Seconds that taking a connection down may take."""


@dataclass(slots=True)
class Connection:
    """Keeps a Socket Mode connection up while it runs."""

    app: AsyncApp
    app_token: str = field(repr=False)
    api_url: str
    now: Callable[[], float] = field(default_factory=lambda: asyncio.get_running_loop().time)

    async def run(self) -> None:
        """Stay connected until cancelled; raise BotError if Slack refuses the app token."""
        while True:
            await self._check_token()
            client = self._client()
            try:
                await self._watched(client)
            finally:
                await _close(client)
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
        logger = logging.getLogger("slack_sdk.vendorwatch")
        logger.setLevel(logging.ERROR)
        client = SocketModeClient(
            app_token=self.app_token, web_client=self.app.client, logger=logger, ping_interval=5
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
            alive_at = self.now()
            while self.now() - alive_at < DEAD_AFTER_S:
                await asyncio.sleep(LOOK_S)
                if await client.is_connected():
                    alive_at = self.now()
            connecting.cancel()


async def _close(client: SocketModeClient) -> None:
    with suppress(Exception):
        async with asyncio.timeout(CLOSE_S):
            await client.close()  # type: ignore[no-untyped-call]  # as above
