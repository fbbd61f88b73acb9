"""What the bot says on Slack: posts, edits, marks and answers, each within Slack's rules.

Reference: https://docs.slack.dev/reference/methods
"""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass

import structlog

from bot.core.document import Document
from bot.core.mention import Channel, Invocation, Receipt
from bot.platforms.slack.agreed import ALERT, MARK
from bot.platforms.slack.answers import Answers
from bot.platforms.slack.api import Api, SlackError
from bot.platforms.slack.render import SlackMessage, render

log = structlog.get_logger()

LOOKED_BACK = 100
"""Messages that are looked through for one that may have been posted."""


@dataclass(frozen=True, slots=True)
class Voice:
    """Speaks in the workspace of each channel. `api_of` gives the way into a team's workspace."""

    api_of: Callable[[str], Awaitable[Api]]

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
        return await self._call(
            channel,
            "chat.postMessage",
            thread_ts=thread,
            text=drawn.text,
            blocks=drawn.blocks if blocks else None,
            metadata={"event_type": ALERT, "event_payload": {"key": key}},
            unfurl_links=False,
            unfurl_media=False,
        )

    async def _link(self, channel: Channel, ts: str) -> str | None:
        """Give a message's address; without one the alert is as good."""
        try:
            told = await self._ask(channel, "chat.getPermalink", message_ts=ts)
        except SlackError:
            return None
        link = told.get("permalink")
        return link if isinstance(link, str) else None

    async def find(
        self, channel: Channel, *, key: str, thread: str | None = None
    ) -> Receipt | None:
        """Look through the newest messages for one that carries the key.

        An app that may not read messages finds none.
        """
        method = "conversations.replies" if thread else "conversations.history"
        try:
            told = await self._ask(
                channel,
                method,
                ts=thread,
                limit=LOOKED_BACK,
                include_all_metadata=True,
            )
        except SlackError as error:
            if error.code != "missing_scope":
                raise
            return None
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
        await self._call(
            channel, "chat.update", ts=message_id, text=drawn.text, blocks=drawn.blocks
        )

    async def withdraw(self, channel: Channel, message_id: str, *, key: str) -> None:
        """Delete a message of the bot's; one that is gone is as good as deleted."""
        del key
        try:
            await self._call(channel, "chat.delete", ts=message_id)
        except SlackError as error:
            if error.code != "message_not_found":
                raise

    async def mark(
        self, channel: Channel, message_id: str, document: Document, *, key: str
    ) -> None:
        """React to a message."""
        del document, key
        try:
            await self._call(channel, "reactions.add", timestamp=message_id, name=MARK)
        except SlackError as error:
            if error.code not in {"already_reacted", "message_not_found"}:
                raise

    async def reply(
        self, invocation: Invocation, document: Document, *, shared: bool = False
    ) -> None:
        """Answer where the command was given from; all of the channel see a shared answer."""
        await Answers(self.api_of).reply(invocation, document, shared=shared)

    async def _call(
        self, channel: Channel, method: str, **arguments: object
    ) -> Mapping[str, object]:
        api = await self.api_of(channel.team)
        return await api.call(method, channel=channel.id, **arguments)

    async def _ask(
        self, channel: Channel, method: str, **arguments: object
    ) -> Mapping[str, object]:
        api = await self.api_of(channel.team)
        return await api.ask(method, channel=channel.id, **arguments)


def _key(message: Mapping[str, object]) -> str | None:
    metadata = message.get("metadata")
    if not isinstance(metadata, Mapping) or metadata.get("event_type") != ALERT:
        return None
    payload = metadata.get("event_payload")
    key = payload.get("key") if isinstance(payload, Mapping) else None
    return key if isinstance(key, str) else None
