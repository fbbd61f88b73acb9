"""A message as it stands in Slack: who wrote it, what it says, whether it is for the bot. Pure."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from bot.core.mention import Channel, Message
from bot.platforms.slack.agreed import ALERT
from bot.platforms.slack.text import mapping, string, words
from bot.platforms.slack.told import Me, Nothing
from bot.platforms.slack.values import channel_of, identity, moment

_READ = frozenset({"", "thread_broadcast", "file_share", "me_message", "bot_message"})
SLACKBOT = "USLACKBOT"


@dataclass(frozen=True, slots=True)
class Delivery:
    """An event and what its envelope says about it."""

    event: Mapping[str, object]
    me: Me
    event_id: str
    team: str
    external: bool

    @property
    def channel(self) -> Channel | None:
        """Where it happened; None if it does not say."""
        return self.place(self.event.get("channel"), string(self.event, "channel_type"))

    def place(self, id_: object, kind: str) -> Channel | None:
        """Give a channel that the event names."""
        return channel_of(id_, kind, team=self.me.team, external=self.external)


def said(post: Mapping[str, object], delivery: Delivery) -> Message | Nothing:
    """Read a message that a person or a listed bot wrote."""
    me, channel, ts = delivery.me, delivery.channel, string(post, "ts")
    if string(post, "subtype") not in _READ:
        return Nothing("a subtype that is not read")
    if is_own(post, me):
        return Nothing("the bot's own")
    bots = {string(post, "bot_id"), _app(post)}
    if is_bot(post) and not bots & me.allowed_bots:
        return Nothing("a bot that is not listened to")
    at = moment(ts)
    if channel is None or at is None:
        return Nothing("no channel or no time")
    author = next(filter(identity, (string(post, "user"), string(post, "bot_id"))), "")
    if not author:
        return Nothing("nobody")
    thread = string(post, "thread_ts")
    in_thread = thread != ts and moment(thread) is not None
    return Message(channel, ts, author, words(post), at, thread if in_thread else None)


def is_own(post: Mapping[str, object], me: Me) -> bool:
    """Say whether the bot wrote a post."""
    if string(mapping(post, "metadata"), "event_type") == ALERT:
        return True
    theirs = (string(post, "user"), string(post, "bot_id"), _app(post))
    return any(
        mine and mine == each
        for mine, each in zip((me.user_id, me.bot_id, me.app_id), theirs, strict=True)
    )


def is_bot(post: Mapping[str, object]) -> bool:
    """Say whether any bot wrote a post."""
    return (
        bool(post.get("bot_id") or post.get("bot_profile"))
        or string(post, "subtype") == "bot_message"
        or string(post, "user") == SLACKBOT
    )


def _app(post: Mapping[str, object]) -> str:
    return string(post, "app_id") or string(mapping(post, "bot_profile"), "app_id")


def is_direct(delivery: Delivery) -> bool:
    """Say whether it happened in the direct messages with the bot."""
    channel = delivery.channel
    direct = string(delivery.event, "channel_type") in {"im", "app_home"}
    return direct or (channel is not None and channel.id.startswith("D"))


def mention_of(me: Me) -> re.Pattern[str] | None:
    """Give how the bot's name stands in a text; None if nobody knows it."""
    return re.compile(rf"<@{re.escape(me.user_id)}(?:\|[^<>]*)?>") if me.user_id else None


def mentions(post: Mapping[str, object], me: Me) -> bool:
    """Say whether a post speaks to the bot: it begins with its name.

    Named further on ("..., cc @vendorwatch") the post is news like any other and is searched.
    """
    mention = mention_of(me)
    return mention is not None and mention.match(string(post, "text").lstrip()) is not None
