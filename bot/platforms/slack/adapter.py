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

from bot.core.document import Document
from bot.core.mention import Channel, Invocation, Receipt
from bot.errors import BotError, DeliveryError
from bot.platforms.base import Inbox, Redelivery
from bot.platforms.slack.api import DEFAULT_URL, Api, SlackError
from bot.platforms.slack.connection import Connection
from bot.platforms.slack.events import read
from bot.platforms.slack.render import SlackMessage, render, render_pages
from bot.platforms.slack.told import Asked, Deleted, Edited, Heard, Me, Nothing

log = structlog.get_logger()

METADATA = "vendorwatch_alert"
"""The type of a message's metadata, which anybody in the workspace can read: an opaque key."""
MARK = "eyes"
"""The emoji of a mark."""
LOOKED_BACK = 100
"""Messages that are looked through for one that may have been posted."""
MOST_PAGES = 5
"""Answers that Slack takes for one command."""


@dataclass(frozen=True, slots=True)
class SlackSettings:
    """What Slack needs. `allowed_bots` are ids of other apps that are listened to."""

    bot_token: str = field(repr=False)
    app_token: str = field(repr=False)
    api_url: str = DEFAULT_URL
    allowed_bots: frozenset[str] = frozenset()
    command_words: frozenset[str] = frozenset()


@dataclass(slots=True)
class SlackPlatform:
    """Slack over Socket Mode, with one workspace's tokens."""

    settings: SlackSettings
    name: str = "slack"
    redelivery: Redelivery = Redelivery.ASKED
    _opened: Api | None = field(init=False, default=None, repr=False)
    _me: Me | None = field(init=False, default=None)

    @property
    def _api(self) -> Api:
        # Not before there is an event loop, which an HTTP session needs.
        if self._opened is None:
            self._opened = Api(self.settings.bot_token, self.settings.api_url)
        return self._opened

    async def run(self, inbox: Inbox) -> None:
        """Connect and hand in what is heard, until cancelled. Raise BotError if refused."""
        try:
            self._me = await self._who()
            app = AsyncApp(token=self.settings.bot_token, client=self._api.client, logger=_quiet())
            app.use(_Desk(inbox, self._me).take)
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
            command_words=self.settings.command_words,
        )

    async def post(
        self, channel: Channel, document: Document, *, key: str, thread: str | None = None
    ) -> Receipt:
        """Post a message; one whose blocks Slack does not take goes as words, once."""
        drawn = render(document)
        try:
            told = await self._post(channel, drawn, key, thread, blocks=True)
        except SlackError as error:
            if error.code != "invalid_blocks":
                raise
            log.error("slack refused the blocks of a message; posted as words", error=str(error))
            told = await self._post(channel, drawn, key, thread, blocks=False)
        ts = str(told.get("ts") or "")
        return Receipt(ts, await self._link(channel, ts))

    async def _post(
        self, channel: Channel, drawn: SlackMessage, key: str, thread: str | None, *, blocks: bool
    ) -> Mapping[str, object]:
        return await self._api.call(
            "chat.postMessage",
            channel=channel.id,
            thread_ts=thread,
            text=drawn.text,
            blocks=drawn.blocks if blocks else None,
            metadata={"event_type": METADATA, "event_payload": {"key": key}},
            unfurl_links=False,
            unfurl_media=False,
        )

    async def _link(self, channel: Channel, ts: str) -> str | None:
        """Give a message's address; without one the alert is as good."""
        try:
            told = await self._api.ask("chat.getPermalink", channel=channel.id, message_ts=ts)
        except SlackError:
            return None
        link = told.get("permalink")
        return link if isinstance(link, str) else None

    async def find(
        self, channel: Channel, *, key: str, thread: str | None = None
    ) -> Receipt | None:
        """Look through the newest messages for one that carries the key."""
        method = "conversations.replies" if thread else "conversations.history"
        told = await self._api.ask(
            method,
            channel=channel.id,
            ts=thread,
            limit=LOOKED_BACK,
            include_all_metadata=True,
        )
        messages = told.get("messages")
        for message in messages if isinstance(messages, list) else ():
            if isinstance(message, Mapping) and _key(message) == key:
                ts = str(message.get("ts") or "")
                return Receipt(ts, await self._link(channel, ts))
        return None

    async def edit(
        self, channel: Channel, message_id: str, document: Document, *, key: str
    ) -> None:
        """Let a message say something else; its metadata stays."""
        del key
        drawn = render(document)
        await self._api.call(
            "chat.update", channel=channel.id, ts=message_id, text=drawn.text, blocks=drawn.blocks
        )

    async def withdraw(self, channel: Channel, message_id: str, *, key: str) -> None:
        """Delete a message of the bot's; one that is gone is as good as deleted."""
        del key
        try:
            await self._api.call("chat.delete", channel=channel.id, ts=message_id)
        except SlackError as error:
            if error.code != "message_not_found":
                raise

    async def mark(
        self, channel: Channel, message_id: str, document: Document, *, key: str
    ) -> None:
        """React to a message."""
        del document, key
        try:
            await self._api.call(
                "reactions.add", channel=channel.id, timestamp=message_id, name=MARK
            )
        except SlackError as error:
            if error.code not in {"already_reacted", "message_not_found"}:
                raise

    async def reply(self, invocation: Invocation, document: Document) -> None:
        """Answer where only the asker sees it: in a direct message simply, else ephemerally."""
        for page in render_pages(document)[:MOST_PAGES]:
            await self._reply(invocation, page)

    async def _reply(self, invocation: Invocation, page: SlackMessage) -> None:
        if invocation.reply_to is not None:
            await self._api.respond(
                invocation.reply_to,
                {
                    "response_type": "ephemeral",
                    "replace_original": False,
                    "text": page.text,
                    "blocks": page.blocks,
                },
            )
        elif invocation.channel.id.startswith("D"):
            await self._api.call(
                "chat.postMessage",
                channel=invocation.channel.id,
                thread_ts=invocation.thread,
                text=page.text,
                blocks=page.blocks,
                unfurl_links=False,
                unfurl_media=False,
            )
        else:
            await self._api.call(
                "chat.postEphemeral",
                channel=invocation.channel.id,
                user=invocation.actor,
                thread_ts=invocation.thread,
                text=page.text,
                blocks=page.blocks,
            )

    async def check(self) -> list[str]:
        """Say what is wrong with the tokens."""
        problems = []
        api = Api(self.settings.bot_token, self.settings.api_url)
        app = Api(self.settings.app_token, self.settings.api_url)
        try:
            for each, method, setting in (
                (api, "auth.test", "slack.bot_token"),
                (app, "apps.connections.open", "slack.app_token"),
            ):
                try:
                    await each.call(method)
                except DeliveryError as error:
                    problems.append(f"{setting}: {error}")
        finally:
            await api.close()
            await app.close()
        return problems


@dataclass(frozen=True, slots=True)
class _Desk:
    """Takes what Slack sends and hands it in; only then is it acknowledged."""

    inbox: Inbox
    me: Me

    async def take(self, request: AsyncBoltRequest) -> BoltResponse:
        """Hand one request in; with any failure Slack is told nothing and sends it again."""
        told = read(request.body, self.me)
        try:
            match told:
                case Heard(message=message):
                    await self.inbox.on_message(message)
                case Edited(message=message):
                    await self.inbox.on_edit(message)
                case Deleted(channel=channel, message_id=message_id):
                    await self.inbox.on_delete(channel, message_id)
                case Asked(invocation=invocation):
                    await self.inbox.on_command(invocation)
                case Nothing(reason=reason):
                    log.debug("slack event passed over", reason=reason)
                case _:
                    log.debug("slack event passed over", reason=type(told).__name__)
        except BotError as error:
            log.error("slack event not kept; slack sends it again", error=str(error))
            return BoltResponse(status=500)
        return BoltResponse(status=200, body="")


def _key(message: Mapping[str, object]) -> str | None:
    metadata = message.get("metadata")
    if not isinstance(metadata, Mapping) or metadata.get("event_type") != METADATA:
        return None
    payload = metadata.get("event_payload")
    key = payload.get("key") if isinstance(payload, Mapping) else None
    return key if isinstance(key, str) else None


def _quiet() -> logging.Logger:
    """Give a logger for bolt that never writes a body: at DEBUG it would print people's words."""
    logger = logging.getLogger("slack_bolt.vendorwatch")
    logger.setLevel(logging.WARNING)
    return logger
