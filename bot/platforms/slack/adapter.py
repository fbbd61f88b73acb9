"""Slack as a chat platform: what is said comes in durably, what the bot says goes out once.

Everything that Slack sends is handed in before it is acknowledged, at the one desk that all of it
passes: a crash in between makes Slack send it again.
"""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import aiohttp
from slack_sdk.errors import SlackApiError

from bot.core.commands import CommandTable, Role
from bot.core.document import Document
from bot.core.mention import Channel, Invocation, Receipt
from bot.core.web import Route
from bot.errors import BotError
from bot.platforms.base import Inbox, Redelivery
from bot.platforms.slack.api import DEFAULT_URL, Api, SlackError, client, connections
from bot.platforms.slack.checks import channel_problems, scope_problems, token_problems
from bot.platforms.slack.connection import Connection
from bot.platforms.slack.desk import Desk
from bot.platforms.slack.http import Door
from bot.platforms.slack.install import Exchange, InstallPages, OAuth
from bot.platforms.slack.people import People
from bot.platforms.slack.safe import Safe
from bot.platforms.slack.told import Me
from bot.platforms.slack.values import person_of
from bot.platforms.slack.voice import Voice
from bot.platforms.slack.workspaces import PLATFORM, Vault, Workspaces


@dataclass(frozen=True, slots=True)
class SlackSettings:
    """What Slack needs: an app token for Socket Mode, or a signing secret for HTTP.

    A bot token for one workspace; with `oauth` and `token_key` others may install the bot.
    `allowed_bots` are ids of other apps that are listened to. `channels` are the ids of those that
    the configuration names, for `check`.
    """

    bot_token: str | None = field(default=None, repr=False)
    app_token: str | None = field(default=None, repr=False)
    signing_secret: str | None = field(default=None, repr=False)
    oauth: OAuth | None = None
    token_key: str | None = field(default=None, repr=False)
    api_url: str = DEFAULT_URL
    allowed_bots: frozenset[str] = frozenset()
    commands: CommandTable = field(default_factory=CommandTable)
    channels: tuple[str, ...] = ()


@dataclass(slots=True)
class SlackPlatform:
    """Slack over Socket Mode or HTTP, in one workspace or in all that installed the bot.

    Making it raises BotError if the token key is no key.
    """

    settings: SlackSettings
    name: str = PLATFORM
    redelivery: Redelivery = Redelivery.ASKED
    private_answers: bool = True
    workspaces: Workspaces = field(init=False, repr=False)
    _door: Door | None = field(init=False, default=None, repr=False)

    def __post_init__(self) -> None:
        given = self.settings
        if given.signing_secret is not None:
            self._door = Door(given.signing_secret)
        self.workspaces = Workspaces(
            given.api_url,
            given.bot_token,
            None if given.token_key is None else Safe.of(given.token_key),
            Me("", "", "", given.allowed_bots, given.commands.first_words),
        )

    @property
    def _voice(self) -> Voice:
        return Voice(self.workspaces.api_of)

    @property
    def _people(self) -> People:
        return People(self.workspaces.api_of)

    def routes(self) -> Sequence[Route]:
        """Give what is asked for over HTTP: Slack's events, and the pages of an installation."""
        oauth = self.settings.oauth
        pages = InstallPages(oauth, self.workspaces).routes() if oauth else ()
        return (*(self._door.routes() if self._door else ()), *pages)

    async def keep_in(self, vault: Vault) -> None:
        """Take the place where installations are kept; raise BotError if no key opens them."""
        await self.workspaces.open(vault)

    async def run(self, inbox: Inbox) -> None:
        """Connect and hand in what is heard, until cancelled. Raise BotError if refused."""
        try:
            await self.workspaces.begin()
        except SlackError as error:
            if error.permanent:
                raise BotError(f"slack: {error}; check slack.bot_token") from None
            raise
        app = Desk(inbox, self.workspaces, self.settings.commands).app()
        if self._door is not None:
            with self._door.opened(app):
                await asyncio.Event().wait()
        elif self.settings.app_token is not None:
            connection = Connection(app, self.settings.app_token, self.settings.api_url)
            await connection.run()

    async def close(self) -> None:
        """Close what is open to Slack; until then the bot may speak, connected or not."""
        await self.workspaces.close()

    def managers(self) -> str:
        """Say what `role` goes by."""
        return "Admins and owners of the Slack workspace are admins here."

    def person(self, text: str) -> str | None:
        """Read a mention, which is an id: what people call themselves proves nothing."""
        return person_of(text)

    def is_direct(self, channel: Channel) -> bool:
        """Say whether a channel is a person's own: direct messages or the Home tab."""
        return channel.id.startswith(("D", "U", "W"))

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

    def pages(self, document: Document) -> tuple[Document, ...]:
        """Leave an answer whole: it is shared out where it is shown, in a window or otherwise."""
        return (document,)

    async def reply(
        self, invocation: Invocation, document: Document, *, key: str, shared: bool = False
    ) -> None:
        """Answer where only the asker sees it; a shared answer all of the channel see."""
        del key
        await self._voice.reply(invocation, document, shared=shared)

    def aside(self, channel: Channel, *, anew: bool) -> None:
        """Need no other place: the asker alone sees answers."""

    async def role(self, channel: Channel, actor: str, groups: Mapping[str, Role]) -> Role:
        """Take admins and owners of the workspace for admins; groups are user groups."""
        return await self._people.role(channel.team, actor, groups)

    async def moderates(self, channel: Channel, actor: str) -> bool:
        """Nobody has rights in one channel alone."""
        del channel, actor
        return False

    async def private_channels(self, actor: str, team: str) -> frozenset[str]:
        """Ask which private channels the person and the bot share."""
        return await self._people.private_channels(actor, team)

    def facts(self) -> Sequence[str]:
        """Tell nothing."""
        return ()

    async def check(self) -> list[str]:
        """Say what is wrong with the tokens, their scopes and the channels that are configured."""
        given = self.settings
        async with connections() as session:
            api = Api(given.bot_token or "", given.api_url, session)
            app = Api(given.app_token or "", given.api_url, session)
            problems: list[str] = []
            if given.bot_token is not None:
                problems += await token_problems(api, "auth.test", "slack.bot_token")
            if given.app_token is not None:
                problems += await token_problems(app, "apps.connections.open", "slack.app_token")
            if given.bot_token is not None and not problems:
                problems += await scope_problems(api)
                problems += await channel_problems(api, given.channels)
            for granted in await self.workspaces.everywhere():
                there = Api(granted.token, given.api_url, session)
                what = f"workspace {granted.workspace}"
                problems += await token_problems(there, "auth.test", what)
            return problems + await self._check_client(session)

    async def _check_client(self, session: aiohttp.ClientSession) -> list[str]:
        """Try the client id and secret with a code that Slack never gave."""
        oauth = self.settings.oauth
        if oauth is None:
            return []
        try:
            await Exchange(client(self.settings.api_url, session)).oauth_v2_access(
                client_id=oauth.client_id, client_secret=oauth.client_secret, code="check"
            )
        except SlackApiError as error:
            code = error.response.get("error")
            wrong = {"invalid_client_id": "client_id", "bad_client_secret": "client_secret"}
            return [f"slack.{wrong[code]}: {code}"] if code in wrong else []
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            return [f"slack.client_id: Slack cannot be reached: {type(error).__name__}"]
        return []
