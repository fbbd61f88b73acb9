"""What Slack delivers, read: events, as bolt gives their bodies.

Pure: nothing is asked of Slack, and nothing here raises, whatever the body is. The same readers
serve Socket Mode and HTTP. Reference: https://docs.slack.dev/reference/events
"""

import re
from collections.abc import Callable, Mapping

from bot.core.mention import Invocation, Message
from bot.platforms.slack.agreed import MARK
from bot.platforms.slack.interactions import LONGEST_LINE, pressed, shortcut, slash, submitted
from bot.platforms.slack.posts import (
    SLACKBOT,
    Delivery,
    is_bot,
    is_direct,
    is_own,
    mention_of,
    mentions,
    said,
)
from bot.platforms.slack.text import mapping, string, typed, words
from bot.platforms.slack.told import (
    Asked,
    Deleted,
    Edited,
    Event,
    Heard,
    Joined,
    Left,
    Marked,
    Me,
    Nothing,
    Opened,
    Removed,
)
from bot.platforms.slack.values import digest, identity, moment, stamp, team_of, token

_AFTER_MENTION = re.compile(r"\A[\s:,，：]+")


def read(body: object, me: Me) -> Event:
    """Say what a body means for the bot."""
    if not isinstance(body, dict):
        return Nothing("no object")
    kind = string(body, "type")
    if not kind and "command" in body:
        return slash(body, me)
    reader = _PAYLOADS.get(kind)
    return Nothing("a payload of another type") if reader is None else reader(body, me)


def _event(body: Mapping[str, object], me: Me) -> Event:
    event = mapping(body, "event")
    at = next(filter(None, (string(event, "event_ts"), string(event, "ts"))), "")
    # The same for every redelivery, should there be no id.
    event_id = token(string(body, "event_id")) or digest("event", str(event.get("channel")), at)
    external = body.get("is_ext_shared_channel") is True
    delivery = Delivery(event, me, event_id, team_of(body), external)
    return READERS.get(string(event, "type"), _other)(delivery)


def _message(delivery: Delivery) -> Event:
    event = delivery.event
    match string(event, "subtype"):
        case "message_changed":
            return _changed(delivery)
        case "message_deleted":
            gone = string(event, "deleted_ts") or string(mapping(event, "previous_message"), "ts")
            return _deleted(delivery, gone)
        case _:
            return _new(delivery)


def _new(delivery: Delivery) -> Event:
    event, by_bot = delivery.event, is_bot(delivery.event)
    if event.get("hidden"):
        return Nothing("nothing that people see")
    message = said(event, delivery)
    if isinstance(message, Nothing):
        return message
    if not by_bot and (is_direct(delivery) or mentions(event, delivery.me)):
        return _asked(delivery, message)
    if is_direct(delivery):
        return Nothing("a bot's direct message")
    if not message.text:
        return Nothing("no words")
    return Heard(message, delivery.event_id, delivery.team)


def _changed(delivery: Delivery) -> Event:
    """Read an edit. Slack also tells of previews, replies and reactions as changes."""
    now = mapping(delivery.event, "message")
    before = mapping(delivery.event, "previous_message")
    if string(now, "subtype") == "tombstone":  # what is left of a message that has answers
        return _deleted(delivery, string(now, "ts"))
    message = said(now, delivery)
    if isinstance(message, Nothing):
        return message
    if before:
        was = string(before, "text"), words(before)
        changed = was != (string(now, "text"), message.text)
    else:
        changed = bool(now.get("edited"))
    if not changed:
        return Nothing("the words are the same")
    if is_direct(delivery) or (mentions(now, delivery.me) and not is_bot(now)):
        return Nothing("a command that was edited")
    return Edited(message, delivery.event_id, delivery.team)


def _deleted(delivery: Delivery, gone: str) -> Event:
    if is_own(mapping(delivery.event, "previous_message"), delivery.me):
        return Nothing("the bot's own")
    channel = delivery.channel
    if channel is None or moment(gone) is None:
        return Nothing("no channel or no time")
    return Deleted(channel, gone, delivery.event_id, delivery.team)


def _mention(delivery: Delivery) -> Event:
    message = said(delivery.event, delivery)
    if isinstance(message, Nothing):
        return message
    if is_bot(delivery.event):
        return Nothing("a bot's mention")
    if not mentions(delivery.event, delivery.me):
        return Nothing("it does not begin with the bot's name")
    return _asked(delivery, message)


def _asked(delivery: Delivery, message: Message) -> Event:
    """Read a command that somebody wrote as a message; its id is the message's."""
    mention = mention_of(delivery.me)
    text = string(delivery.event, "text")
    mentioned = mention is not None and mention.search(text) is not None
    line = typed(mention.sub(" ", text) if mention else text).strip()
    if mentioned:
        line = _AFTER_MENTION.sub("", line)
    if not line and not mentioned:
        return Nothing("no words")
    first = line.split(maxsplit=1)[0].casefold() if line else ""
    if first.removeprefix("/") in delivery.me.command_words:  # as if it were a slash command
        line, first = line.removeprefix("/"), first.removeprefix("/")
    if first not in delivery.me.command_words:
        line = f"vendor {line or 'help'}"
    invocation = Invocation(
        message.channel, message.id, message.author, line[:LONGEST_LINE], message.thread
    )
    return Asked(invocation, delivery.event_id, delivery.team)


def _opened(delivery: Delivery) -> Event:
    user = identity(delivery.event.get("user"))
    if string(delivery.event, "tab") not in {"", "home"}:
        return Nothing("another tab")
    return Opened(user, delivery.event_id, delivery.team) if user else Nothing("nobody")


def _removed(delivery: Delivery) -> Event:
    tokens = mapping(delivery.event, "tokens")
    if string(delivery.event, "type") == "tokens_revoked" and not tokens.get("bot"):
        return Nothing("tokens of people were revoked")
    return Removed(delivery.team) if delivery.team else Nothing("no workspace")


def _joined(delivery: Delivery) -> Event:
    event, channel = delivery.event, delivery.channel
    if not delivery.me.user_id or string(event, "user") != delivery.me.user_id:
        return Nothing("somebody else came")
    if channel is None:
        return Nothing("no channel")
    by = identity(event.get("inviter")) or None
    return Joined(channel, by, delivery.event_id, delivery.team)


def _left(delivery: Delivery) -> Event:
    """Read that the bot is out of a channel; `group` in the name stands for a private one."""
    room, _, _ = string(delivery.event, "type").partition("_")
    channel = delivery.place(delivery.event.get("channel"), room)
    if channel is None:
        return Nothing("no channel")
    return Left(channel, delivery.event_id, delivery.team)


def _marked(delivery: Delivery) -> Event:
    """Read a reaction: only a person's, with the mark's emoji, on what somebody else wrote."""
    event, me = delivery.event, delivery.me
    item, by = mapping(event, "item"), identity(event.get("user"))
    channel, on = delivery.place(item.get("channel"), ""), stamp(string(item, "ts"))
    if string(event, "reaction") != MARK:
        return Nothing("another emoji")
    if not by or by in {me.user_id, SLACKBOT}:
        return Nothing("the bot's own reaction, or nobody's")
    if me.user_id and string(event, "item_user") == me.user_id:
        return Nothing("on the bot's own message")
    if channel is None or on is None:
        return Nothing("no message")
    invocation = Invocation(channel, delivery.event_id, by, "", thread=on, on=on)
    return Marked(invocation, delivery.event_id, delivery.team)


def _other(_delivery: Delivery) -> Event:
    return Nothing("an event of another type")


READERS: Mapping[str, Callable[[Delivery], Event]] = {
    "message": _message,
    "app_mention": _mention,
    "app_home_opened": _opened,
    "app_uninstalled": _removed,
    "tokens_revoked": _removed,
    "member_joined_channel": _joined,
    "reaction_added": _marked,
} | dict.fromkeys(
    (f"{room}_{what}" for room in ("channel", "group") for what in ("left", "archive", "deleted")),
    _left,
)
"""Every type of event that is read, and how."""

_PAYLOADS: Mapping[str, Callable[[Mapping[str, object], Me], Event]] = {
    "event_callback": _event,
    "block_actions": pressed,
    "message_action": shortcut,
    "view_submission": submitted,
}
