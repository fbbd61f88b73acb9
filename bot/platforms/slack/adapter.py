"""Slack as a chat platform: what is said comes in durably, what the bot says goes out once.

Everything that Slack sends is handed in before it is acknowledged, in a middleware of bolt that all
requests pass: a crash in between makes Slack send it again.
"""

import logging
from collections.abc import Mapping
from dataclasses import dataclass, field

import structlog
from slack_bolt.async_app import AsyncApp
from slack_bolt.request.async_request import AsyncBoltRequest
from slack_bolt.response import BoltResponse

from bot.core.commands import CommandTable, Role
from bot.core.document import Document
from bot.core.mention import Channel, Invocation, Receipt
from bot.errors import BotError
from bot.platforms.base import Inbox, Redelivery
from bot.platforms.slack.api import DEFAULT_URL, Api, SlackError
from bot.platforms.slack.checks import channel_problems, scope_problems, token_problems
from bot.platforms.slack.connection import Connection
from bot.platforms.slack.events import read
from bot.platforms.slack.people import People
from bot.platforms.slack.reception import Reception
from bot.platforms.slack.told import Me
from bot.platforms.slack.voice import Voice

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class SlackSettings:
    """What Slack needs. `allowed_bots` are ids of other apps that are listened to.

    `channels` are the ids of those that the configuration names, for `check`.
    """

    bot_token: str = field(repr=False)
    app_token: str = field(repr=False)
    api_url: str = DEFAULT_URL
    allowed_bots: frozenset[str] = frozenset()
    commands: CommandTable = field(default_factory=CommandTable)
    channels: tuple[str, ...] = ()


@dataclass(slots=True)
class SlackPlatform:
    """Slack over Socket Mode, with one workspace's tokens."""

    settings: SlackSettings
    name: str = "slack"
    redelivery: Redelivery = Redelivery.ASKED
    private_answers: bool = True
    _opened: Api | None = field(init=False, default=None, repr=False)
    _me: Me | None = field(init=False, default=None)

    @property
    def _api(self) -> Api:
        # Not before there is an event loop, which an HTTP session needs.
        if self._opened is None:
            self._opened = Api(self.settings.bot_token, self.settings.api_url)
        return self._opened

    @property
    def _voice(self) -> Voice:
        return Voice(self._api_of)

    @property
    def _people(self) -> People:
        return People(self._api_of)

    async def _api_of(self, team: str) -> Api:
        """Give the way into a team's workspace; there is one."""
        del team
        return self._api

    async def run(self, inbox: Inbox) -> None:
        """Connect and hand in what is heard, until cancelled. Raise BotError if refused."""
        try:
            self._me = await self._who()
            app = AsyncApp(token=self.settings.bot_token, client=self._api.client, logger=_quiet())
            reception = Reception(inbox, self._me, self.settings.commands, self._api_of)
            app.use(_Desk(self._me, reception).take)
            connection = Connection(app, self.settings.app_token, self.settings.api_url)
            await connection.run()
        finally:
            await self._api.close()
            self._opened = None

    async def _who(self) -> Me:
        """Ask who the bot is; raise BotError in one line if the token is no good."""
        try:
            told = await self._api.call("auth.test")
        except SlackError as error:
            if error.permanent:
                raise BotError(f"slack: {error}; check slack.bot_token") from None
            raise
        return Me(
            user_id=str(told.get("user_id") or ""),
            bot_id=str(told.get("bot_id") or ""),
            app_id=str(told.get("app_id") or ""),
            allowed_bots=self.settings.allowed_bots,
            command_words=self.settings.commands.first_words,
        )

    async def post(
        self, channel: Channel, document: Document, *, key: str, thread: str | None = None
    ) -> Receipt:
        """Post a message; one whose blocks Slack does not take goes as words, once."""
        return await self._voice.post(channel, document, key=key, thread=thread)

    async def find(
        self, channel: Channel, *, key: str, thread: str | None = None
    ) -> Receipt | None:
        """Look through the newest messages for one that carries the key."""
        return await self._voice.find(channel, key=key, thread=thread)

    async def edit(
        self, channel: Channel, message_id: str, document: Document, *, key: str
    ) -> None:
        """Let a message say something else."""
        await self._voice.edit(channel, message_id, document, key=key)

    async def withdraw(self, channel: Channel, message_id: str, *, key: str) -> None:
        """Delete a message of the bot's."""
        await self._voice.withdraw(channel, message_id, key=key)

    async def mark(
        self, channel: Channel, message_id: str, document: Document, *, key: str
    ) -> None:
        """React to a message."""
        await self._voice.mark(channel, message_id, document, key=key)

    async def reply(
        self, invocation: Invocation, document: Document, *, shared: bool = False
    ) -> None:
        """Answer where only the asker sees it; a shared answer all of the channel see."""
        await self._voice.reply(invocation, document, shared=shared)

    async def role(self, channel: Channel, actor: str, groups: Mapping[str, Role]) -> Role:
        """Take admins and owners of the workspace for admins; groups are user groups."""
        return await self._people.role(channel.team, actor, groups)

    async def private_channels(self, actor: str, team: str) -> frozenset[str]:
        """Ask which private channels the person and the bot share."""
        return await self._people.private_channels(actor, team)

    async def check(self) -> list[str]:
        """Say what is wrong with the tokens, their scopes and the channels that are configured."""
        api = Api(self.settings.bot_token, self.settings.api_url)
        app = Api(self.settings.app_token, self.settings.api_url)
        try:
            problems = await token_problems(api, "auth.test", "slack.bot_token")
            problems += await token_problems(app, "apps.connections.open", "slack.app_token")
            if not problems:
                problems += await scope_problems(api)
                problems += await channel_problems(api, self.settings.channels)
        finally:
            await api.close()
            await app.close()
        return problems


@dataclass(frozen=True, slots=True)
class _Desk:
    """Takes what Slack sends and hands it in; only then is it acknowledged."""

    me: Me
    reception: Reception

    async def take(self, request: AsyncBoltRequest) -> BoltResponse:
        """Hand one request in; with any failure Slack is told nothing and sends it again."""
        try:
            answer = await self.reception.take(read(request.body, self.me))
        except BotError as error:
            log.error("slack event not kept; slack sends it again", error=str(error))
            return BoltResponse(status=500)
        return BoltResponse(status=200, body=dict(answer) or "")


def _quiet() -> logging.Logger:
    """Give a logger for bolt that never writes a body: at DEBUG it would print people's words."""
    logger = logging.getLogger("slack_bolt.vendorwatch")
    logger.setLevel(logging.WARNING)
    return logger
